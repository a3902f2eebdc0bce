// Reads sizes out of an object file in memory: the allocated sections that take space in the file (code,
// constants, unwind tables), which is what `llvm-size` calls text + data. ELF of any word size and byte
// order, and WebAssembly (code and data sections). Not a general object reader, and never the judge of a
// final answer: that is llvm-size on the written file.

import { ElfError, ElfFile, sectionFlag, sectionType, type Section } from './elf-file.ts';
import { functionSizes, type FunctionSize } from './function-sizes.ts';
import { readWebAssembly } from './webassembly-file.ts';

export type { FunctionSize } from './function-sizes.ts';

export interface ObjectSizes {
  /** Bytes of all allocated sections that are not BSS. */
  bytes: number;
  /** Bytes of the executable sections alone. */
  text: number;
}

export interface ElfObject extends ObjectSizes {
  /** The functions defined in it; those without a size are left out. */
  functions: FunctionSize[];
}

/** The bytes are no object that we can read: another format, or damaged. */
export class ObjectFormatError extends Error {
  override readonly name = 'ObjectFormatError';
}

function elfSizes(elf: ElfFile): ObjectSizes {
  const allocated = elf.sections.filter(
    (section) => (section.flags & sectionFlag.alloc) !== 0n && section.type !== sectionType.noBits,
  );
  const total = (sections: Section[]): number => sections.reduce((sum, section) => sum + section.size, 0);
  return {
    bytes: total(allocated),
    text: total(allocated.filter((section) => (section.flags & sectionFlag.executable) !== 0n)),
  };
}

/** Calls the reader of the format. Throws ObjectFormatError. */
function read<T>(bytes: Uint8Array, elf: (file: ElfFile) => T, other: (bytes: Uint8Array) => T): T {
  const magic = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  try {
    if (magic === '\x7fELF') return elf(new ElfFile(bytes));
    if (magic === '\0asm') return other(bytes);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof ElfError)) throw error;
    throw new ObjectFormatError(`expected a whole object file, found a damaged one: ${error.message}`);
  }
  throw new ObjectFormatError(
    `expected an ELF or WebAssembly object, found the bytes ${JSON.stringify(magic)}`,
  );
}

/** The sizes of an object file alone, which is quicker than `readObject`. Throws ObjectFormatError. */
export function readSizes(bytes: Uint8Array): ObjectSizes {
  const sizes = read<ObjectSizes>(bytes, elfSizes, readWebAssembly);
  return { bytes: sizes.bytes, text: sizes.text };
}

/** Sizes of an object file and of its functions. Throws ObjectFormatError. */
export function readObject(bytes: Uint8Array): ElfObject {
  return read<ElfObject>(
    bytes,
    (elf) => ({ ...elfSizes(elf), functions: functionSizes(elf) }),
    readWebAssembly,
  );
}
