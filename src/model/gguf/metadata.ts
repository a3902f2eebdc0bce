// GGUF's key-value pairs: thirteen types of value, little-endian. 64-bit integers are bigint; arrays are
// plain arrays of one type. Specification: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

import { OzmaError } from '../../common/errors.ts';

type Plain = number | bigint | boolean | string;

interface FixedSize {
  readonly bytes: number;
  readonly read: (bytes: Buffer) => Plain;
  readonly write: (bytes: Buffer, value: Plain) => void;
}

/**
 * The shortest decimal that is stored as this float32: 0.00001, where the bits alone say
 * 0.000009999999747378752.
 */
function shortestDecimal(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
}

const fixedSize = {
  uint8: { bytes: 1, read: (bytes) => bytes.readUInt8(), write: (bytes, v) => bytes.writeUInt8(v as number) },
  int8: { bytes: 1, read: (bytes) => bytes.readInt8(), write: (bytes, v) => bytes.writeInt8(v as number) },
  uint16: {
    bytes: 2,
    read: (bytes) => bytes.readUInt16LE(),
    write: (bytes, v) => bytes.writeUInt16LE(v as number),
  },
  int16: {
    bytes: 2,
    read: (bytes) => bytes.readInt16LE(),
    write: (bytes, v) => bytes.writeInt16LE(v as number),
  },
  uint32: {
    bytes: 4,
    read: (bytes) => bytes.readUInt32LE(),
    write: (bytes, v) => bytes.writeUInt32LE(v as number),
  },
  int32: {
    bytes: 4,
    read: (bytes) => bytes.readInt32LE(),
    write: (bytes, v) => bytes.writeInt32LE(v as number),
  },
  float32: {
    bytes: 4,
    read: (bytes) => shortestDecimal(bytes.readFloatLE()),
    write: (bytes, v) => bytes.writeFloatLE(v as number),
  },
  boolean: {
    bytes: 1,
    read: (bytes) => bytes.readUInt8() !== 0,
    write: (bytes, v) => bytes.writeUInt8(Number(v)),
  },
  uint64: {
    bytes: 8,
    read: (bytes) => bytes.readBigUInt64LE(),
    write: (bytes, v) => bytes.writeBigUInt64LE(v as bigint),
  },
  int64: {
    bytes: 8,
    read: (bytes) => bytes.readBigInt64LE(),
    write: (bytes, v) => bytes.writeBigInt64LE(v as bigint),
  },
  float64: {
    bytes: 8,
    read: (bytes) => bytes.readDoubleLE(),
    write: (bytes, v) => bytes.writeDoubleLE(v as number),
  },
} satisfies Record<string, FixedSize>;

type ElementType = keyof typeof fixedSize | 'string';

/** By the number that the file has for each. */
const typesByNumber: readonly (ElementType | 'array')[] = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'boolean',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
];

export type MetadataValue =
  | { readonly type: ElementType; readonly value: Plain }
  | { readonly type: 'array'; readonly elements: ElementType; readonly value: readonly Plain[] };

export type Metadata = ReadonlyMap<string, MetadataValue>;

export const uint32 = (value: number): MetadataValue => ({ type: 'uint32', value });
export const float32 = (value: number): MetadataValue => ({ type: 'float32', value });
export const boolean = (value: boolean): MetadataValue => ({ type: 'boolean', value });
export const string = (value: string): MetadataValue => ({ type: 'string', value });
export const arrayOf = (elements: ElementType, value: readonly Plain[]): MetadataValue => ({
  type: 'array',
  elements,
  value,
});

function encodeElement(type: ElementType, value: Plain): Buffer {
  if (type === 'string') {
    // Length in bytes, then UTF-8 without an end mark.
    const text = Buffer.from(value as string, 'utf8');
    return Buffer.concat([encodeElement('uint64', BigInt(text.length)), text]);
  }
  const { bytes, write } = fixedSize[type];
  const buffer = Buffer.alloc(bytes);
  write(buffer, value);
  return buffer;
}

export const encodeUint32 = (value: number): Buffer => encodeElement('uint32', value);
export const encodeUint64 = (value: number): Buffer => encodeElement('uint64', BigInt(value));
export const encodeString = (value: string): Buffer => encodeElement('string', value);

export function encodePair(key: string, value: MetadataValue): Buffer {
  const parts = [encodeString(key), encodeUint32(typesByNumber.indexOf(value.type))];
  if (value.type === 'array') {
    parts.push(encodeUint32(typesByNumber.indexOf(value.elements)), encodeUint64(value.value.length));
    for (const element of value.value) parts.push(encodeElement(value.elements, element));
  } else {
    parts.push(encodeElement(value.type, value.value));
  }
  return Buffer.concat(parts);
}

/** Reads forward through the head of a file, a mebibyte of it at a time. */
export class HeadReader {
  private readonly fileSize: number;
  private readonly more: (offset: number, length: number) => Promise<Buffer>;
  private buffer: Buffer = Buffer.alloc(0);
  private bufferStart = 0;
  /** Bytes from the start of the file. */
  position = 0;

  constructor(fileSize: number, more: (offset: number, length: number) => Promise<Buffer>) {
    this.fileSize = fileSize;
    this.more = more;
  }

  async bytes(length: number): Promise<Buffer> {
    if (this.position - this.bufferStart + length > this.buffer.length) {
      const wanted = Math.max(length, Math.min(1024 * 1024, this.fileSize - this.position));
      this.buffer = await this.more(this.position, wanted);
      this.bufferStart = this.position;
    }
    const start = this.position - this.bufferStart;
    this.position += length;
    return this.buffer.subarray(start, start + length);
  }

  async uint32(): Promise<number> {
    return (await this.bytes(4)).readUInt32LE();
  }

  /** A count, a size or an offset: nothing larger than the file can be one. */
  async count(): Promise<number> {
    const value = (await this.bytes(8)).readBigUInt64LE();
    if (value > BigInt(this.fileSize)) {
      throw new OzmaError('usage', `GGUF: expected a count up to ${this.fileSize}, found ${value}`);
    }
    return Number(value);
  }

  async string(): Promise<string> {
    return (await this.bytes(await this.count())).toString('utf8');
  }

  async value(): Promise<MetadataValue> {
    const type = await this.type();
    if (type !== 'array') return { type, value: await this.element(type) };
    const elements = await this.type();
    if (elements === 'array') {
      throw new OzmaError('usage', 'GGUF: expected an array of plain values, found an array of arrays');
    }
    const length = await this.count();
    const value: Plain[] = [];
    for (let index = 0; index < length; index++) value.push(await this.element(elements));
    return { type, elements, value };
  }

  private async type(): Promise<ElementType | 'array'> {
    const number = await this.uint32();
    const type = typesByNumber[number];
    if (type === undefined) {
      throw new OzmaError('usage', `GGUF: expected a type of value from 0 to 12, found ${number}`);
    }
    return type;
  }

  private async element(type: ElementType): Promise<Plain> {
    if (type === 'string') return this.string();
    const { bytes, read } = fixedSize[type];
    return read(await this.bytes(bytes));
  }
}
