// Registers of x86-64 by number: general registers 0–15, vector registers 16–31, the eight conditions that
// jumps test as one-bit registers of their own 32–39, the x87 stack 40–47 and its control and status words. A flag (carry, zero …) is a condition too, and
// `be` (carry or zero) is kept beside the flags that it joins: most instructions that set it say it in one
// comparison, and what nobody reads is never computed.

export const general = {
  rax: 0,
  rcx: 1,
  rdx: 2,
  rbx: 3,
  rsp: 4,
  rbp: 5,
  rsi: 6,
  rdi: 7,
  r8: 8,
  r9: 9,
  r10: 10,
  r11: 11,
  r12: 12,
  r13: 13,
  r14: 14,
  r15: 15,
} as const;

export const firstVector = 16;

/** Overflow, below (carry), equal (zero), below or equal, sign, parity, less, less or equal. */
export const conditionNames = ['o', 'b', 'e', 'be', 's', 'p', 'l', 'le'] as const;
export type ConditionName = (typeof conditionNames)[number];
export const firstCondition = 32;
/** Rows count the x87 stack from its top, before the instruction; x87-stack.ts makes places of that. */
export const firstStack = 40;
export const stackPlaces = 8;
export const controlWord = 48;
export const statusWord = 49;
export const registerCount = 50;

export const conditionRegister = (name: ConditionName): number =>
  firstCondition + conditionNames.indexOf(name);

export interface RegisterPart {
  register: number;
  bits: number;
  /** From which bit on: 8 for ah, bh, ch, dh. */
  from: number;
}

function listParts(): Map<string, RegisterPart> {
  const parts = new Map<string, RegisterPart>();
  const set = (name: string, register: number, bits: number, from = 0): void => {
    parts.set(name, { register, bits, from });
  };
  for (const letter of ['a', 'b', 'c', 'd']) {
    const register = general[`r${letter}x` as keyof typeof general];
    set(`r${letter}x`, register, 64);
    set(`e${letter}x`, register, 32);
    set(`${letter}x`, register, 16);
    set(`${letter}l`, register, 8);
    set(`${letter}h`, register, 8, 8);
  }
  for (const name of ['sp', 'bp', 'si', 'di']) {
    const register = general[`r${name}` as keyof typeof general];
    set(`r${name}`, register, 64);
    set(`e${name}`, register, 32);
    set(name, register, 16);
    set(`${name}l`, register, 8);
  }
  for (let number = 8; number < 16; number++) {
    set(`r${number}`, number, 64);
    set(`r${number}d`, number, 32);
    set(`r${number}w`, number, 16);
    set(`r${number}b`, number, 8);
  }
  for (let number = 0; number < 16; number++) set(`xmm${number}`, firstVector + number, 128);
  return parts;
}

export const registerParts: ReadonlyMap<string, RegisterPart> = listParts();

/** The conditions as jumps spell them; negated ones are the opposite of a register. */
const spellings: Record<string, ConditionName> = {
  o: 'o',
  b: 'b',
  c: 'b',
  nae: 'b',
  e: 'e',
  z: 'e',
  be: 'be',
  na: 'be',
  s: 's',
  p: 'p',
  pe: 'p',
  l: 'l',
  nge: 'l',
  le: 'le',
  ng: 'le',
};
const opposites: Record<string, ConditionName> = {
  no: 'o',
  ae: 'b',
  nb: 'b',
  nc: 'b',
  ne: 'e',
  nz: 'e',
  a: 'be',
  nbe: 'be',
  ns: 's',
  np: 'p',
  po: 'p',
  ge: 'l',
  nl: 'l',
  g: 'le',
  nle: 'le',
};

export const conditionSpellings: ReadonlyMap<string, { name: ConditionName; negated: boolean }> = new Map(
  [spellings, opposites].flatMap((table) =>
    Object.entries(table).map(([text, name]) => [text, { name, negated: table === opposites }]),
  ),
);
