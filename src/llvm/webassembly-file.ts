// Sizes of a WebAssembly object: the code and data sections, as `llvm-size` counts them, and the bodies of
// its functions. What `llvm-size` leaves out is left out here (types, imports, the function table), and the
// data section of an object holds zero-initialised variables too, which the linker drops.

import type { FunctionSize } from './function-sizes.ts';

const sectionId = { custom: 0, import: 2, code: 10, data: 11 } as const;
const importKind = { function: 0, table: 1, memory: 2, global: 3 } as const;
const symbolTableSubsection = 8;
const symbolKind = { function: 0, data: 1, section: 3 } as const;
const symbolFlag = { undefined: 0x10, explicitName: 0x40 } as const;

/** Reads numbers and names one after the other. */
class Cursor {
  at: number;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new RangeError('the object ends too early');
    return value;
  }

  /** An unsigned number in LEB128. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  name(): string {
    const length = this.number();
    this.at += length;
    return Buffer.from(this.bytes.subarray(this.at - length, this.at)).toString('utf8');
  }
}

export interface WebAssemblySizes {
  bytes: number;
  /** Bytes of the code section. */
  text: number;
  functions: FunctionSize[];
}

export function readWebAssembly(bytes: Uint8Array): WebAssemblySizes {
  const sizes: WebAssemblySizes = { bytes: 0, text: 0, functions: [] };
  let imported = 0;
  let bodies: number[] = [];
  const cursor = new Cursor(bytes, 8);
  while (cursor.at < bytes.length) {
    const id = cursor.byte();
    const size = cursor.number();
    const end = cursor.at + size;
    if (end > bytes.length) throw new RangeError('a section ends after the object');
    if (id === sectionId.code || id === sectionId.data) sizes.bytes += size;
    if (id === sectionId.import) imported = countImportedFunctions(cursor);
    if (id === sectionId.code) {
      sizes.text += size;
      bodies = readBodies(cursor);
    }
    if (id === sectionId.custom && cursor.name() === 'linking') {
      sizes.functions = nameBodies(cursor, end, imported, bodies);
    }
    cursor.at = end;
  }
  return sizes;
}

function countImportedFunctions(cursor: Cursor): number {
  const skipLimits = (): void => {
    const flags = cursor.number();
    cursor.number();
    if ((flags & 1) !== 0) cursor.number();
  };
  let functions = 0;
  for (let left = cursor.number(); left > 0; left--) {
    cursor.name();
    cursor.name();
    const kind = cursor.byte();
    if (kind === importKind.function) {
      functions++;
      cursor.number();
    } else if (kind === importKind.table) {
      cursor.byte();
      skipLimits();
    } else if (kind === importKind.memory) {
      skipLimits();
    } else {
      // A global: type and mutability. A tag: attribute and type.
      cursor.byte();
      cursor.number();
    }
  }
  return functions;
}

/** Bytes of each function body with the number in front of it. */
function readBodies(cursor: Cursor): number[] {
  return Array.from({ length: cursor.number() }, () => {
    const start = cursor.at;
    const size = cursor.number();
    cursor.at += size;
    return cursor.at - start;
  });
}

function nameBodies(cursor: Cursor, end: number, imported: number, bodies: number[]): FunctionSize[] {
  const named = new Map<number, FunctionSize>();
  cursor.number(); // the version of the section
  while (cursor.at < end) {
    const kind = cursor.byte();
    const size = cursor.number();
    const next = cursor.at + size;
    if (kind === symbolTableSubsection) {
      for (let left = cursor.number(); left > 0; left--) readSymbol(cursor, imported, bodies, named);
    }
    cursor.at = next;
  }
  return [...named.values()];
}

function readSymbol(
  cursor: Cursor,
  imported: number,
  bodies: number[],
  named: Map<number, FunctionSize>,
): void {
  const kind = cursor.byte();
  const flags = cursor.number();
  const defined = (flags & symbolFlag.undefined) === 0;
  if (kind === symbolKind.section) {
    cursor.number();
  } else if (kind === symbolKind.data) {
    cursor.name();
    if (defined) for (let field = 0; field < 3; field++) cursor.number();
  } else {
    const index = cursor.number();
    if (!defined && (flags & symbolFlag.explicitName) === 0) return;
    const name = cursor.name();
    const size = bodies[index - imported];
    if (kind === symbolKind.function && defined && size !== undefined && !named.has(index)) {
      named.set(index, { name, bytes: size, text: size });
    }
  }
}
