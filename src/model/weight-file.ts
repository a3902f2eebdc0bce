// Byte ranges of large files: what both file formats need to read and write tensors without holding a file
// in memory. Tensors pass through in pieces; a file appears under its name only when it is whole.

import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { OzmaError } from '../common/errors.ts';
import { reasonOf, temporaryName } from '../common/files.ts';
import { decodeValues, encodeValues, storedBytes } from './storage-types.ts';
import type { StorageType } from './storage-types.ts';

/** Values converted at a time: 16 MiB of float32, a multiple of every block. */
const pieceValues = 4 * 1024 * 1024;

/** A file open for reading at any place. */
export class WeightFile {
  readonly path: string;
  readonly size: number;
  private readonly handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.handle = handle;
  }

  static async open(path: string): Promise<WeightFile> {
    const handle = await open(path).catch((cause: unknown) => {
      throw new OzmaError('usage', `${path}: expected a file of weights, found none that can be read`, {
        cause,
      });
    });
    return new WeightFile(path, (await handle.stat()).size, handle);
  }

  /** `length` bytes from `offset`; a usage error when the file ends before. */
  async read(offset: number, length: number): Promise<Buffer> {
    this.checkRange(offset, length);
    const bytes = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.handle.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) throw this.cutShort(offset + length);
      filled += bytesRead;
    }
    return bytes;
  }

  /** `count` values of a tensor that starts at `offset`. */
  async readValues(type: StorageType, offset: number, count: number): Promise<Float32Array> {
    this.checkRange(offset, storedBytes(type, count));
    const values = new Float32Array(count);
    for (let start = 0; start < count; start += pieceValues) {
      const piece = values.subarray(start, start + pieceValues);
      const bytes = await this.read(offset + storedBytes(type, start), storedBytes(type, piece.length));
      decodeValues(type, bytes, piece);
    }
    return values;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private checkRange(offset: number, length: number): void {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) throw this.cutShort(offset + length);
  }

  private cutShort(end: number): OzmaError {
    return new OzmaError('usage', `${this.path}: expected at least ${end} bytes, found ${this.size}`);
  }
}

/** Where a file being written is, and how to go on. */
export interface FileWriter {
  readonly position: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Zero bytes up to the next multiple. */
  align(multiple: number): Promise<void>;
  writeValues(type: StorageType, values: Float32Array): Promise<void>;
}

/** Writes a file under a temporary name, makes it durable, and gives it its name when `fill` is done. */
export async function writeWholeFile(
  path: string,
  fill: (writer: FileWriter) => Promise<void>,
): Promise<void> {
  const temporary = temporaryName(path);
  const handle = await open(temporary, 'w').catch((cause: unknown) => {
    throw new OzmaError('usage', `${path}: cannot be written: ${reasonOf(cause)}`, { cause });
  });
  let position = 0;
  const writer: FileWriter = {
    get position() {
      return position;
    },
    write: async (bytes) => {
      let written = 0;
      while (written < bytes.length) {
        written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
      }
      position += bytes.length;
    },
    align: async (multiple) => {
      await writer.write(Buffer.alloc((multiple - (position % multiple)) % multiple));
    },
    writeValues: async (type, values) => {
      for (let start = 0; start < values.length; start += pieceValues) {
        await writer.write(encodeValues(type, values.subarray(start, start + pieceValues)));
      }
    },
  };
  try {
    await fill(writer);
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}
