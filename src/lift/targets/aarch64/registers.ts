// Registers of AArch64 by number: x0–x30, the stack pointer 31, vector registers 32–63, and the seven
// conditions that branches test as one-bit registers 64–70 (their opposites are the other spellings).

export const stackPointer = 31;
export const firstVector = 32;
export const firstCondition = 64;
export const conditionNames = ['eq', 'lo', 'mi', 'vs', 'ls', 'lt', 'le'] as const;
export type ConditionName = (typeof conditionNames)[number];
export const registerCount = 71;

export const conditionRegister = (name: ConditionName): number =>
  firstCondition + conditionNames.indexOf(name);

/** The opposite of each condition is its other spelling. */
const spellings: [ConditionName, string, string][] = [
  ['eq', 'eq', 'ne'],
  ['lo', 'lo', 'hs'],
  ['lo', 'cc', 'cs'],
  ['mi', 'mi', 'pl'],
  ['vs', 'vs', 'vc'],
  ['ls', 'ls', 'hi'],
  ['lt', 'lt', 'ge'],
  ['le', 'le', 'gt'],
];

export const conditionSpellings: ReadonlyMap<string, { name: ConditionName; negated: boolean }> = new Map(
  spellings.flatMap(([name, plain, opposite]) =>
    [plain, opposite].map((text) => [text, { name, negated: text === opposite }]),
  ),
);

export interface RegisterPart {
  /** 'zero' reads as 0 and swallows what is written. */
  register: number | 'zero';
  bits: number;
  /** `v0.4s`: lanes and their letter. */
  lanes?: { count: number; bits: number };
  /** `v0.s[1]` */
  lane?: number;
}

const scalarBits: Record<string, number> = { b: 8, h: 16, s: 32, d: 64, q: 128 };

export function registerPart(name: string): RegisterPart | undefined {
  if (name === 'sp') return { register: stackPointer, bits: 64 };
  if (name === 'wsp') return { register: stackPointer, bits: 32 };
  if (name === 'xzr') return { register: 'zero', bits: 64 };
  if (name === 'wzr') return { register: 'zero', bits: 32 };
  if (name === 'lr') return { register: 30, bits: 64 };
  if (name === 'fp') return { register: 29, bits: 64 };
  const match = /^([xwbhsdqv])(\d+)(?:\.(\d*)([bhsdq])(?:\[(\d+)\])?)?$/.exec(name);
  if (match === null) return undefined;
  const number = Number(match[2]);
  const letter = match[1]!;
  if (letter === 'x' || letter === 'w') return { register: number, bits: letter === 'x' ? 64 : 32 };
  if (letter !== 'v') return { register: firstVector + number, bits: scalarBits[letter]! };
  const bits = scalarBits[match[4] ?? 'q']!;
  if (match[5] !== undefined) {
    return { register: firstVector + number, bits, lane: Number(match[5]) };
  }
  const count = match[3] === undefined || match[3] === '' ? 128 / bits : Number(match[3]);
  return { register: firstVector + number, bits: count * bits, lanes: { count, bits } };
}
