// Assembly files as data: what parseAssembly makes of text, and llvm-objdump's output is turned into the
// same. Nothing here knows what an instruction computes.

export type TargetName = 'x86-64' | 'aarch64';

/** A symbol as an operand or in data: `strcmp@PLT`, `:lo12:table+8`, `.LBB0_2`. */
export interface SymbolOperand {
  kind: 'symbol';
  symbol: string;
  /** Without punctuation, lower case: plt, gotpcrel, tpoff, lo12, got, got_lo12 … */
  modifier?: string;
  addend: bigint;
  /** `$symbol` of x86-64: the address as a number, not what is stored there. */
  immediate?: boolean;
}

/** `-8(%rbp,%rax,4)`, `table(%rip)`, `[x0, w1, sxtw #2]`, `[sp, #-16]!`, `[x0], #8`. */
export interface MemoryOperand {
  kind: 'memory';
  base?: string;
  index?: string;
  /** Bytes that the index is multiplied by. */
  scale: number;
  /** How a 32-bit index is widened; AArch64 only. */
  extend?: 'uxtw' | 'sxtw' | 'sxtx' | 'lsl';
  displacement: bigint;
  symbol?: SymbolOperand;
  segment?: string;
  /** AArch64: the base is changed before or after the access. */
  writeBack?: 'before' | 'after';
}

export interface ShiftOperand {
  kind: 'shift';
  /** lsl, lsr, asr, ror, msl, or an extension: uxtb … sxtx. */
  operation: string;
  amount: number;
}

export type Operand =
  | { kind: 'register'; name: string }
  | { kind: 'immediate'; value: bigint }
  | { kind: 'float'; value: number }
  | SymbolOperand
  | MemoryOperand
  | ShiftOperand
  /** `*%rax` and `*8(%rdi)` of x86-64. */
  | { kind: 'indirect'; target: Operand }
  /** `{ v0.16b, v1.16b }` of AArch64, with `[1]` behind. */
  | { kind: 'list'; registers: string[]; lane?: number }
  /** Condition names, barrier options and whatever is not understood. */
  | { kind: 'word'; text: string };

export interface Instruction {
  mnemonic: string;
  operands: Operand[];
  /** From 1. */
  line: number;
  /** lock, rep, repne … of x86-64. */
  prefix?: string;
}

export type CodeItem = { kind: 'label'; name: string } | { kind: 'instruction'; instruction: Instruction };

export interface AssemblyFunction {
  name: string;
  /** Others can see it. */
  global: boolean;
  weak: boolean;
  section: string;
  /** As a power of two. */
  alignment: number;
  line: number;
  items: CodeItem[];
  /** More than one name at its first instruction. */
  aliases: string[];
}

/** A symbol's address in data: `(symbol - minus + addend) >> shift`. */
export interface Relocation {
  width: number;
  symbol: string;
  minus?: string;
  addend: bigint;
  shift: number;
}

export interface DataSection {
  name: string;
  writable: boolean;
  /** Bytes; zero where a relocation stands. */
  bytes: number[];
  relocations: Map<number, Relocation>;
  /** Alignment in bytes at offsets where one was asked for. */
  alignments: Map<number, number>;
}

export interface DataLabel {
  section: DataSection;
  offset: number;
  /** From `.size`, where given. */
  size?: number;
}

export interface AssemblyFile {
  target: TargetName;
  functions: AssemblyFunction[];
  data: Map<string, DataLabel>;
  /** Names declared `.globl` or `.weak`. */
  globals: Set<string>;
  /** Names that the file defines: functions, data, `.comm`. */
  defined: Set<string>;
  /** Thread-local ones among them, and those used as such. */
  threadLocal: Set<string>;
  /** Symbols that are reached through the linker's tables: others may define them. */
  preemptible: Set<string>;
  /** Unless addresses stand in the code as plain numbers. */
  positionIndependent: boolean;
  /** Where the file says who wrote it. */
  compiler?: 'gcc';
  /** Lines that could not be read: at most the first hundred are kept. */
  problems: { line: number; text: string }[];
}
