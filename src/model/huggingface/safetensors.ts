// One safetensors file: the length of a JSON head, the head with each tensor's type, shape and byte range,
// then the bytes. Format: https://huggingface.co/docs/safetensors

import { OzmaError } from '../../common/errors.ts';
import { elementCount } from '../parameters.ts';
import { storedBytes } from '../storage-types.ts';
import type { StorageType } from '../storage-types.ts';
import type { Tensor } from '../weights.ts';
import { WeightFile, writeWholeFile } from '../weight-file.ts';

/** What the format calls them; Q8_0 is GGUF's alone. */
export type SafetensorsType = Exclude<StorageType, 'Q8_0'>;
const types: readonly string[] = ['F32', 'F16', 'BF16'] satisfies SafetensorsType[];

/** Like the format's own library: no head is larger. */
const largestHead = 100_000_000;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the end of the head: first byte, byte after the last. */
  readonly data_offsets: readonly [number, number];
}

export interface SafetensorsFile {
  readonly names: readonly string[];
  /** Undefined where the file has no such tensor. */
  readTensor(name: string): Promise<Tensor | undefined>;
  close(): Promise<void>;
}

function isEntry(value: unknown): value is Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<Entry>;
  const wholeNumbers = (list: unknown): boolean =>
    Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && item >= 0);
  return typeof dtype === 'string' && wholeNumbers(shape) && wholeNumbers(offsets) && offsets!.length === 2;
}

async function readHead(file: WeightFile): Promise<{ entries: Map<string, Entry>; dataStart: number }> {
  const length = Number((await file.read(0, 8)).readBigUInt64LE());
  if (length > Math.min(largestHead, file.size - 8)) {
    throw new OzmaError(
      'usage',
      `${file.path}: expected a safetensors file, found a head of ${length} bytes`,
    );
  }
  let head: Record<string, unknown>;
  try {
    head = JSON.parse((await file.read(8, length)).toString('utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new OzmaError('usage', `${file.path}: expected a safetensors head in JSON, found something else`, {
      cause,
    });
  }
  const entries = new Map<string, Entry>();
  for (const [name, entry] of Object.entries(head)) {
    if (name === '__metadata__') continue;
    if (!isEntry(entry)) {
      throw new OzmaError(
        'usage',
        `${file.path}: expected type, shape and range of ${name}, found something else`,
      );
    }
    entries.set(name, entry);
  }
  return { entries, dataStart: 8 + length };
}

export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await WeightFile.open(path);
  try {
    const { entries, dataStart } = await readHead(file);
    return {
      names: [...entries.keys()],
      readTensor: async (name) => {
        const entry = entries.get(name);
        if (entry === undefined) return undefined;
        const { dtype, shape, data_offsets: range } = entry;
        if (!types.includes(dtype)) {
          throw new OzmaError('usage', `${path}: expected ${name} as ${types.join(', ')}, found ${dtype}`);
        }
        const type = dtype as SafetensorsType;
        const count = elementCount(shape);
        if (range[1] - range[0] !== storedBytes(type, count)) {
          throw new OzmaError(
            'usage',
            `${path}: expected ${storedBytes(type, count)} bytes of ${name}, found ${range[1] - range[0]}`,
          );
        }
        return { shape, data: await file.readValues(type, dataStart + range[0], count) };
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Writes the named tensors, all of one type. `readTensor` is asked once for each, in order. */
export async function writeSafetensors(
  path: string,
  type: SafetensorsType,
  tensors: readonly { name: string; shape: readonly number[] }[],
  readValues: (name: string) => Promise<Float32Array>,
): Promise<void> {
  let end = 0;
  const entries = tensors.map(({ name, shape }): [string, Entry] => {
    const start = end;
    end += storedBytes(type, elementCount(shape));
    return [name, { dtype: type, shape, data_offsets: [start, end] }];
  });
  const head = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  // Padded with spaces, so that tensors start at a multiple of 8 bytes.
  const text = Buffer.from(head.padEnd(Math.ceil(Buffer.byteLength(head) / 8) * 8), 'utf8');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await writeWholeFile(path, async (writer) => {
    await writer.write(Buffer.concat([length, text]));
    for (const { name } of tensors) await writer.writeValues(type, await readValues(name));
  });
}
