// Reads the types out of one `define` or `declare` line of LLVM-IR: what a driver must know to call a
// function, or to stand in for it. Only first-class values of at most 16 bytes a parameter are known; for
// anything else the reader says what it found, and the function is not run.

/** One parameter: its type, and the attributes that decide how it is passed. */
export interface Parameter {
  type: string;
  attributes: string;
}

export interface Signature {
  name: string;
  /** `void`, a first-class type, or a structure of first-class types. */
  returns: string;
  parameters: Parameter[];
  variadic: boolean;
}

const scalar = String.raw`i(?:1|8|16|32|64|128)|ptr|float|double|half|x86_fp80`;
const scalarType = new RegExp(`^(?:${scalar})$`);
const vectorType = new RegExp(`^<(\\d+) x (${scalar})>$`);
const passing = /\b(?:signext|zeroext|inreg|byval\([^()]*\)|sret\([^()]*\)|align \d+)/g;
const widths: Readonly<Record<string, number>> = {
  ptr: 8,
  float: 4,
  double: 8,
  half: 2,
  i1: 1,
  x86_fp80: 16,
};

/** Bytes that a value takes in memory, or nothing for a type that is not known. */
export function bytesOf(type: string): number | undefined {
  if (scalarType.test(type)) return widths[type] ?? Number(type.slice(1)) / 8;
  const vector = vectorType.exec(type);
  if (vector !== null) return Number(vector[1]) * bytesOf(vector[2]!)!;
  return undefined;
}

/** The end of the type that starts `text`: brackets are skipped whole. */
function typeLength(text: string): number {
  const closing: Readonly<Record<string, string>> = { '{': '}', '<': '>', '[': ']' };
  if (closing[text[0]!] === undefined) return /^[^\s,()]+/.exec(text)?.[0].length ?? 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if ('{<[('.includes(text[at]!)) depth++;
    else if ('}>])'.includes(text[at]!) && --depth === 0) return at + 1;
  }
  return text.length;
}

/** Splits at commas that stand in no bracket. */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (character === undefined || (character === ',' && depth === 0)) {
      const part = text.slice(start, at).trim();
      if (part !== '') parts.push(part);
      start = at + 1;
    } else if ('{<[('.includes(character)) depth++;
    else if ('}>])'.includes(character)) depth--;
  }
  return parts;
}

function parameterOf(text: string): Parameter {
  const length = typeLength(text);
  return { type: text.slice(0, length), attributes: (text.slice(length).match(passing) ?? []).join(' ') };
}

/** The closing bracket of the one that opens at `open`. */
function closingOf(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at;
  }
  return text.length;
}

const heading = /^(?:define|declare)\b.*?(?=@)/;
const namePattern = /^@("(?:[^"\\]|\\[0-9a-fA-F]{2})*"|[-\w.$]+)\(/;

/** Words before the name that are no type: linkage, visibility, calling convention, return attributes. */
const returnType = new RegExp(String.raw`((?:void|${scalar}|[{<\[].*[}>\]]))\s*$`);

/** Reads one line; nothing when it is neither a definition nor a declaration of a function. */
export function signatureOf(line: string): Signature | undefined {
  const before = heading.exec(line)?.[0];
  if (before === undefined) return undefined;
  const rest = line.slice(before.length);
  const name = namePattern.exec(rest)?.[1];
  const returns = returnType.exec(before)?.[1];
  if (name === undefined || returns === undefined) return undefined;
  const open = name.length + 1;
  const words = splitList(rest.slice(open + 1, closingOf(rest, open)));
  return {
    name: name.startsWith('"') ? name.slice(1, -1) : name,
    returns: /(?:^|\s)((?:void|i\d+|ptr|float|double|half|x86_fp80))\s*$/.exec(returns)?.[1] ?? returns,
    parameters: words.filter((word) => word !== '...').map((word) => parameterOf(word)),
    variadic: words.includes('...'),
  };
}

/** All functions that a module defines or declares, intrinsics left out. */
export function signaturesOf(ir: string): { defined: Signature[]; declared: Signature[] } {
  const defined: Signature[] = [];
  const declared: Signature[] = [];
  for (const line of ir.split('\n')) {
    if (!/^(?:define|declare)\b/.test(line)) continue;
    const signature = signatureOf(line);
    if (signature === undefined || signature.name.startsWith('llvm.')) continue;
    (line.startsWith('define') ? defined : declared).push(signature);
  }
  return { defined, declared };
}

/** The types that functions are called with, call by call; calls with unnamed arguments are left out. */
export function calledWith(ir: string): Map<string, string[][]> {
  const calls = new Map<string, string[][]>();
  for (const line of ir.split('\n')) {
    // A bracket before the name is that of a prototype.
    const before = /\bcall\b[^@(]*(?=@)/.exec(line);
    if (before === null) continue;
    const rest = line.slice(before.index + before[0].length);
    const name = namePattern.exec(rest)?.[1];
    if (name === undefined) continue;
    const open = name.length + 1;
    const words = splitList(rest.slice(open + 1, closingOf(rest, open)));
    const plain = name.startsWith('"') ? name.slice(1, -1) : name;
    const types = words.map((word) => word.slice(0, typeLength(word)));
    calls.set(plain, [...(calls.get(plain) ?? []), types]);
  }
  return calls;
}

const placeOf = (type: string): string =>
  type === 'x86_fp80' ? 'stack' : /^(?:float|double|<)/.test(type) ? 'vector' : 'general';

/**
 * The parameters as all calls have them: a call that passes fewer, or fewer bits, leaves in the rest of a
 * register whatever was there.
 */
export function commonParameters(
  { parameters, variadic }: Signature,
  calls: readonly (readonly string[])[],
): Parameter[] {
  if (variadic) return parameters;
  const counts = new Map<string, number>();
  return parameters.flatMap((parameter) => {
    const place = placeOf(parameter.type);
    const index = counts.get(place) ?? 0;
    counts.set(place, index + 1);
    let { type } = parameter;
    for (const call of calls) {
      const other = call.filter((one) => placeOf(one) === place)[index];
      if (other === undefined) return [];
      if ((bytesOf(other) ?? 16) < (bytesOf(type) ?? 16)) type = other;
    }
    return [{ ...parameter, type }];
  });
}

/** What a function with unnamed arguments is given behind the named ones, in registers and on the stack. */
const unnamedTypes = ['ptr', 'i64', 'double', 'i64', 'ptr', 'i64', 'ptr', 'double', 'i64', 'i64'];

/** Zeroes behind them, so that a function that asks for more finds the same on both sides. */
const unnamedZeroes = 256;

/** The arguments that a function is called with. */
export function calledParameters({ parameters, variadic }: Signature): Parameter[] {
  return variadic ? [...parameters, ...unnamedTypes.map((type) => ({ type, attributes: '' }))] : parameters;
}

/** The arguments as a call has them: `values` of what it is called with, and zeroes behind unnamed ones. */
export function callWords(signature: Signature, values: (index: number) => string): string {
  const words = calledParameters(signature).map(
    ({ type, attributes }, index) => `${type} ${attributes} ${values(index)}`,
  );
  if (signature.variadic) words.push(...Array.from({ length: unnamedZeroes }, () => 'i64 0'));
  return words.join(', ');
}

/** The types in brackets, as a declaration has them. */
export function parameterTypes({ parameters, variadic }: Signature): string {
  const words = parameters.map(({ type, attributes }) => `${type} ${attributes}`);
  return [...words, ...(variadic ? ['...'] : [])].join(', ');
}

/** Why a function of this signature cannot be called with made-up arguments; nothing when it can. */
export function whyNotCallable(signature: Signature): string | undefined {
  for (const { type } of signature.parameters) {
    const bytes = bytesOf(type);
    if (bytes === undefined || bytes > 16) return `it takes a parameter of type ${type}`;
  }
  return whyNotReturned(signature.returns);
}

/** The members of a returned structure; one for other types, none for void. */
export function membersOfResult(type: string): string[] {
  return type.startsWith('{') ? splitList(type.slice(1, -1)) : type === 'void' ? [] : [type];
}

function whyNotReturned(type: string): string | undefined {
  const members = membersOfResult(type);
  const unknown = members.find((member) => (bytesOf(member) ?? 17) > 16);
  return unknown === undefined && members.length <= 4 ? undefined : `it returns ${type}`;
}
