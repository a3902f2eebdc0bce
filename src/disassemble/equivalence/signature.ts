// Reads the types out of one `define` or `declare` line of LLVM-IR: what a driver must know to call a
// function, or to stand in for it. Only first-class values of at most 16 bytes a parameter are known; for
// anything else the reader says what it found, and the function is not run.

/** One parameter: its type, and the attributes that decide how it is passed. */
export interface Parameter {
  type: string;
  attributes: string;
  /** Of a stub: how many bytes of the caller's frame lie behind the pointer in all calls that pass one to it. */
  pointed?: number;
}

/** An argument of a call. */
interface Argument {
  type: string;
  /** It points into the caller's frame: bytes to the end of that variable, 0 where nobody knows. */
  pointed?: number;
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

/** Bytes that a value takes, arrays included; 0 for a type that is not known. */
function extentOf(type: string): number {
  const array = /^\[(\d+) x (.*)\]$/.exec(type);
  return array === null ? (bytesOf(type) ?? 0) : Number(array[1]) * extentOf(array[2]!);
}

/** Pointers into the frame by name: bytes from there to the end of the variable, 0 where nobody knows. */
function pointersToFrame(ir: string): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const line of ir.split('\n')) {
    const [, name, operation, rest = ''] = /^\s+(%[-\w.$"]+) = (\w+) (.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    if (operation === 'alloca') {
      // A variable of computed size has a comma behind its type that is no alignment's.
      const [, type = '', count] = /^(.*?)(?:, (i\d+ .*?))?(?:, align \d+.*)?$/.exec(rest) ?? [];
      bytes.set(name, count === undefined ? extentOf(type) : 0);
      continue;
    }
    const base = (rest.match(/%[-\w.$"]+/g) ?? []).find((word) => bytes.has(word));
    if (base === undefined) continue;
    const distance = /^(?:\w+ )*i8, ptr %[-\w.$"]+, i64 (\d+)$/.exec(rest)?.[1];
    if (operation === 'getelementptr' && distance !== undefined)
      bytes.set(name, Math.max(0, bytes.get(base)! - Number(distance)));
    else if (/^(?:getelementptr|phi|select|freeze)$/.test(operation!)) bytes.set(name, 0);
  }
  return bytes;
}

/** What functions are called with, call by call; calls with unnamed arguments are left out. */
export function calledWith(ir: string): Map<string, Argument[][]> {
  const pointers = pointersToFrame(ir);
  const calls = new Map<string, Argument[][]>();
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
    const passed = words.map((word): Argument => {
      const type = word.slice(0, typeLength(word));
      const pointed = pointers.get(/%[-\w.$"]+$/.exec(word)?.[0] ?? '');
      // Of a structure that is passed by value the callee gets a copy.
      return { type, ...(pointed === undefined ? {} : { pointed: word.includes(' byval(') ? 0 : pointed }) };
    });
    calls.set(plain, [...(calls.get(plain) ?? []), passed]);
  }
  return calls;
}

const placeOf = (type: string): string =>
  type === 'x86_fp80' ? 'stack' : /^(?:float|double|<)/.test(type) ? 'vector' : 'general';

/**
 * The parameters as all calls have them: a call that passes fewer, or fewer bits, leaves in the rest of a
 * register whatever was there; one that passes a smaller variable is followed by whatever lies behind it.
 */
export function commonParameters(
  { parameters, variadic }: Signature,
  calls: readonly (readonly Argument[])[],
): Parameter[] {
  if (variadic) return parameters;
  const counts = new Map<string, number>();
  return parameters.flatMap((parameter) => {
    const place = placeOf(parameter.type);
    const index = counts.get(place) ?? 0;
    counts.set(place, index + 1);
    let { type } = parameter;
    let pointed: number | undefined;
    for (const call of calls) {
      const other = call.filter((one) => placeOf(one.type) === place)[index];
      if (other === undefined) return [];
      if ((bytesOf(other.type) ?? 16) < (bytesOf(type) ?? 16)) ({ type } = other);
      if (other.pointed !== undefined) pointed = Math.min(other.pointed, pointed ?? Infinity);
    }
    return [{ ...parameter, type, ...(pointed === undefined ? {} : { pointed }) }];
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
