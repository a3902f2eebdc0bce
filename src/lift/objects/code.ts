// A function of an image on its way to assembly text: its instructions, what they refer to, and how a target
// writes that. `rewrite-x86.ts` and `rewrite-aarch64.ts` fill it in.

import type { CodeLine } from './listing.ts';

/** An instruction that names an address of data. */
export interface DataReference {
  /** Which line. */
  line: number;
  address: number;
  /** The register that holds the address afterwards, in full width. */
  register?: string;
}

export interface CodeOfFunction {
  name: string;
  /** Further names of the same place. */
  aliases: string[];
  address: number;
  end: number;
  lines: readonly CodeLine[];
  /** Assembly of each line; empty where there is none, several where the linker had made one of them. */
  texts: string[][];
  references: DataReference[];
}

/** Where a branch of either target leads, as its last operand. */
export const branchTarget = /(^|[\s,])(0x[\da-f]+)$/;
