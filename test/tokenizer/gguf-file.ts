// Writes a GGUF file that holds metadata and no tensors: enough for llama.cpp to load its vocabulary.

import { writeFileSync } from 'node:fs';

const types = { uint32: 4, int32: 5, float32: 6, boolean: 7, string: 8, array: 9 };

function number32(value: number, write: 'writeUInt32LE' | 'writeInt32LE' | 'writeFloatLE'): Buffer {
  const bytes = Buffer.alloc(4);
  bytes[write](value);
  return bytes;
}

function count(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([count(bytes.length), bytes]);
}

function array(type: number, items: Buffer[]): Buffer {
  return Buffer.concat([
    number32(types.array, 'writeUInt32LE'),
    number32(type, 'writeUInt32LE'),
    count(items.length),
    ...items,
  ]);
}

function value(found: unknown): Buffer {
  const typed = (type: number, bytes: Buffer): Buffer =>
    Buffer.concat([number32(type, 'writeUInt32LE'), bytes]);
  if (typeof found === 'string') return typed(types.string, string(found));
  if (typeof found === 'number') return typed(types.uint32, number32(found, 'writeUInt32LE'));
  if (typeof found === 'boolean') return typed(types.boolean, Buffer.from([Number(found)]));
  if (found instanceof Float32Array) {
    return array(
      types.float32,
      Array.from(found, (item) => number32(item, 'writeFloatLE')),
    );
  }
  if (found instanceof Int32Array) {
    return array(
      types.int32,
      Array.from(found, (item) => number32(item, 'writeInt32LE')),
    );
  }
  return array(types.string, (found as string[]).map(string));
}

/** Version 3, no tensors. */
export function writeMetadata(path: string, metadata: Readonly<Record<string, unknown>>): void {
  const pairs = Object.entries(metadata);
  const head = [Buffer.from('GGUF'), number32(3, 'writeUInt32LE'), count(0), count(pairs.length)];
  writeFileSync(
    path,
    Buffer.concat([...head, ...pairs.flatMap(([key, found]) => [string(key), value(found)])]),
  );
}
