// The container: magic, version, key-value pairs, tensor infos, then the tensors, each at a multiple of the
// alignment. Nothing here knows what the tensors mean; llama-layout.ts does. Dimensions are written
// innermost first in the file; here they are as everywhere, outermost first.

import { OzmaError } from '../../common/errors.ts';
import { elementCount } from '../parameters.ts';
import { storedBytes } from '../storage-types.ts';
import type { StorageType } from '../storage-types.ts';
import { WeightFile, writeWholeFile } from '../weight-file.ts';
import { encodePair, encodeString, encodeUint32, encodeUint64, HeadReader } from './metadata.ts';
import type { Metadata, MetadataValue } from './metadata.ts';

const magic = 'GGUF';
/** Version 2 differs in nothing that we read. */
const versions = [3, 2];
const defaultAlignment = 32;

/** ggml's numbers of the types that we read and write. */
export const ggmlTypes: Readonly<Record<StorageType, number>> = { F32: 0, F16: 1, Q8_0: 8, BF16: 30 };

export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Undefined for a type that we do not read; `typeNumber` is ggml's. */
  readonly type: StorageType | undefined;
  readonly typeNumber: number;
  /** Bytes from the start of the file. */
  readonly offset: number;
}

export interface GgufFile {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readValues(tensor: GgufTensor): Promise<Float32Array>;
  close(): Promise<void>;
}

const alignUp = (position: number, alignment: number): number => Math.ceil(position / alignment) * alignment;

async function readTensorInfos(head: HeadReader, count: number): Promise<GgufTensor[]> {
  const tensors: GgufTensor[] = [];
  for (let index = 0; index < count; index++) {
    const name = await head.string();
    const dimensions = await head.uint32();
    if (dimensions > 4) {
      throw new OzmaError('usage', `GGUF: expected ${name} to have up to 4 dimensions, found ${dimensions}`);
    }
    const shape: number[] = [];
    for (let dimension = 0; dimension < dimensions; dimension++) shape.unshift(await head.count());
    const typeNumber = await head.uint32();
    const type = (Object.keys(ggmlTypes) as StorageType[]).find((key) => ggmlTypes[key] === typeNumber);
    tensors.push({ name, shape, type, typeNumber, offset: await head.count() });
  }
  return tensors;
}

async function readHead(file: WeightFile): Promise<Pick<GgufFile, 'metadata' | 'tensors'>> {
  const head = new HeadReader(file.size, (offset, length) => file.read(offset, length));
  const opening = (await head.bytes(magic.length)).toString('latin1');
  if (opening !== magic) {
    throw new OzmaError(
      'usage',
      `${file.path}: expected ${magic} at its start, found ${JSON.stringify(opening)}`,
    );
  }
  const version = await head.uint32();
  if (!versions.includes(version)) {
    throw new OzmaError('usage', `${file.path}: expected GGUF version 3, little-endian, found ${version}`);
  }
  const tensorCount = await head.count();
  const pairCount = await head.count();
  const metadata = new Map<string, MetadataValue>();
  for (let index = 0; index < pairCount; index++) metadata.set(await head.string(), await head.value());
  const infos = await readTensorInfos(head, tensorCount);
  const alignment = Number(metadata.get('general.alignment')?.value ?? defaultAlignment);
  const start = alignUp(head.position, alignment);
  const tensors = infos.map((tensor) => ({ ...tensor, offset: start + tensor.offset }));
  return { metadata, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])) };
}

export async function openGgufFile(path: string): Promise<GgufFile> {
  const file = await WeightFile.open(path);
  try {
    return {
      ...(await readHead(file)),
      readValues: async ({ name, shape, type, typeNumber, offset }) => {
        if (type === undefined) {
          throw new OzmaError(
            'usage',
            `${path}: expected ${name} as ${Object.keys(ggmlTypes).join(', ')}, found ggml's type ${typeNumber}; ` +
              'such a file can be run, not converted or trained: take the unquantised weights',
          );
        }
        return file.readValues(type, offset, elementCount(shape));
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

export interface GgufContent {
  readonly metadata: Iterable<readonly [string, MetadataValue]>;
  readonly tensors: readonly { name: string; shape: readonly number[]; type: StorageType }[];
  /** Asked once for each tensor, in their order. */
  readValues(name: string): Promise<Float32Array>;
}

/** Writes version 3. The file appears when it is complete. */
export async function writeGgufFile(path: string, content: GgufContent): Promise<void> {
  const pairs = [...content.metadata];
  const head = [
    Buffer.from(magic, 'latin1'),
    encodeUint32(versions[0]!),
    encodeUint64(content.tensors.length),
    encodeUint64(pairs.length),
    ...pairs.map(([key, value]) => encodePair(key, value)),
  ];
  let offset = 0;
  for (const { name, shape, type } of content.tensors) {
    head.push(
      encodeString(name),
      encodeUint32(shape.length),
      ...shape.toReversed().map(encodeUint64),
      encodeUint32(ggmlTypes[type]),
      encodeUint64(offset),
    );
    offset = alignUp(offset + storedBytes(type, elementCount(shape)), defaultAlignment);
  }
  await writeWholeFile(path, async (writer) => {
    await writer.write(Buffer.concat(head));
    for (const { name, type } of content.tensors) {
      await writer.align(defaultAlignment);
      await writer.writeValues(type, await content.readValues(name));
    }
    await writer.align(defaultAlignment);
  });
}
