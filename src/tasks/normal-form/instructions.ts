// One instruction in normal form: metadata gone, memory types in bytes, alignment only where it is not the
// natural one, attributes down to those that stay, constants readable. Names are still the input's;
// names.ts gives the final ones.

import { openingOf, rewriteAddress, rewriteConstantAddress } from './addresses.ts';
import {
  keptCallAttributes,
  keptConvention,
  isCallingConvention,
  readValueAttributes,
} from './attributes.ts';
import { isFloatKind, readableFloat, type FloatKind } from './floating-point.ts';
import type { ModuleText } from './ir-text.ts';
import { NormalFormRefusal } from './refusal.ts';
import { afterBracket, splitAtCommas } from './tokens.ts';
import type { Type } from './types.ts';

export interface Surroundings {
  module: ModuleText;
  /** The function has no `nounwind`, so single calls may. */
  unwinds: boolean;
  /** Whether `llvm.lifetime` markers stay. */
  lifetimes: boolean;
  /** Values that were loaded with the range of a truth value, 0 or 1; filled while lines are rewritten. */
  truths: Set<string>;
}

/** Flags that no assembly shows and that change it next to never; `nsw`, `nuw`, `nneg` and `exact` do. */
const promises = new Set(['disjoint', 'samesign']);

/** Calls that leave no trace in the code. */
const droppedCalls =
  /^@llvm\.(?:dbg\.|experimental\.noalias\.scope\.decl|var\.annotation|codeview|pseudoprobe|donothing|sideeffect)/;

/** Intrinsics whose pointer alignment decides the code. */
const alignedIntrinsics = /^@llvm\.(?:mem|masked|vp)/;

/** The instruction rewritten, or undefined where nothing of it stays. */
export function rewriteInstruction(tokens: readonly string[], around: Surroundings): string[] | undefined {
  const { types } = around.module;
  const range = tokens.indexOf('!range');
  if (range > 0 && around.module.metadata.get(tokens[range + 1]!) === '!{i8 0, i8 2}') {
    around.truths.add(tokens[0]!);
  }
  let line = rewriteConstants(withoutAttachments(tokens), around);
  const start = line[1] === '=' ? 2 : 0;
  const result = line.slice(0, start);
  let at = start;
  while (line[at] === 'tail' || line[at] === 'musttail' || line[at] === 'notail') at++;
  const operation = line[at];
  const rest = line.slice(at + 1);
  switch (operation) {
    case 'getelementptr':
      line = [...result, operation, ...rewriteAddress(rest, types)];
      break;
    case 'alloca':
      line = [...result, operation, ...rewriteAlloca(rest, around)];
      break;
    case 'load':
    case 'store':
      line = [...result, operation, ...rewriteAccess(rest, around)];
      break;
    case 'cmpxchg':
    case 'atomicrmw':
      line = [...result, operation, ...rewriteAtomic(rest, around)];
      break;
    case 'call':
    case 'invoke':
    case 'callbr': {
      const call = rewriteCall(operation, rest, around);
      if (call === undefined) return undefined;
      const marked = call.intrinsic ? [] : line.slice(start, at);
      line = [...result, ...marked, operation, ...call.tokens];
      break;
    }
    case 'trunc':
      // LLVM says the same by `nuw` once it has optimised.
      if (around.truths.has(rest[1]!) && rest[0] === 'i8') line.splice(at + 1, 0, 'nuw');
      line = writtenTypes(line, around);
      break;
    case 'or':
    case 'icmp':
      line = writtenTypes(line, around).filter((word, index) => index !== at + 1 || !promises.has(word));
      break;
    default:
      line = writtenTypes(line, around);
  }
  return readableConstants(line);
}

/** Cut before the first `, !name` that is no operand. */
function withoutAttachments(tokens: readonly string[]): readonly string[] {
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token === '(' || token === '[' || token === '{' || token === '<') depth++;
    else if (token === ')' || token === ']' || token === '}' || token === '>') depth--;
    else if (token === ',' && depth === 0 && /^!\w/.test(tokens[index + 1] ?? ''))
      return tokens.slice(0, index);
  }
  return tokens;
}

/** Constant addresses inside operands, innermost first. */
function rewriteConstants(tokens: readonly string[], { module }: Surroundings): string[] {
  const line = [...tokens];
  for (let at = line.length - 1; at >= 0; at--) {
    if (line[at] !== 'getelementptr') continue;
    if (openingOf(line, at) < 0) continue;
    const { tokens: replaced, next } = rewriteConstantAddress(line.slice(at), module.types);
    line.splice(at, next, ...replaced);
  }
  return line;
}

/** Named types written out wherever they stand. */
function writtenTypes(tokens: readonly string[], { module }: Surroundings): string[] {
  return tokens.map((token) =>
    token.startsWith('%') && module.types.has(token) ? module.types.read(token).text : token,
  );
}

/** `alloca T, i32 %n, align 8`: memory is bytes, whatever it is for. */
function rewriteAlloca(rest: readonly string[], around: Surroundings): string[] {
  const { types } = around.module;
  const words = rest[0] === 'inalloca' || rest[0] === 'swifterror' ? 1 : 0;
  const { type, next } = types.parse(rest, words);
  const memory = inBytes(type);
  const kept = splitAtCommas(rest.slice(next + 1)).filter((part) => {
    return !(part[0] === 'align' && Number(part[1]) === memory.align);
  });
  return [
    ...rest.slice(0, words),
    memory.text,
    ...kept.flatMap((part) => [',', ...writtenTypes(part, around)]),
  ];
}

function inBytes(type: Type): { text: string; align: number } {
  if (type.kind !== 'array' && type.kind !== 'struct') return type;
  return { text: `[${type.size} x i8]`, align: 1 };
}

/** `load T, ptr p, align 4` and `store T v, ptr p, align 4`, perhaps volatile or atomic. */
function rewriteAccess(rest: readonly string[], around: Surroundings): string[] {
  const { types } = around.module;
  let at = 0;
  while (rest[at] === 'volatile' || rest[at] === 'atomic') at++;
  const { type, next } = types.parse(rest, at);
  const atomic = rest.slice(0, at).includes('atomic');
  const [value, ...others] = splitAtCommas(rest.slice(next));
  const kept = others.filter((part) => {
    return atomic || !(part[0] === 'align' && Number(part[1]) === type.align);
  });
  return [
    ...rest.slice(0, at),
    type.text,
    ...writtenTypes(value ?? [], around),
    ...kept.flatMap((part) => [',', ...writtenTypes(part, around)]),
  ];
}

/** The alignment of these is always the size of what they exchange, unless somebody says otherwise. */
function rewriteAtomic(rest: readonly string[], around: Surroundings): string[] {
  const parts = splitAtCommas(rest);
  const { types } = around.module;
  const { type } = types.parse(parts[1] ?? [], 0);
  const kept = parts.filter((part) => !(part[0] === 'align' && Number(part[1]) === type.size));
  return kept.flatMap((part, index) => [...(index === 0 ? [] : [',']), ...writtenTypes(part, around)]);
}

const fastMath = new Set(['fast', 'nnan', 'ninf', 'nsz', 'arcp', 'contract', 'afn', 'reassoc']);

/** What follows `call`, `invoke` or `callbr`. */
function rewriteCall(
  operation: string,
  rest: readonly string[],
  around: Surroundings,
): { tokens: string[]; intrinsic: boolean } | undefined {
  const { types } = around.module;
  const before: string[] = [];
  let at = 0;
  while (fastMath.has(rest[at]!)) before.push(rest[at++]!);
  const convention = at;
  while (isCallingConvention(rest[at] ?? '')) at += rest[at] === 'cc' ? 2 : 1;
  before.push(...keptConvention(rest.slice(convention, at)));
  const results = types.startsAt(rest, at)
    ? { kept: [], next: at }
    : readValueAttributes(rest, at, types, false);
  before.push(...results.kept);
  at = results.next;
  if (rest[at] === 'addrspace') at = afterBracket(rest, at + 1);
  const { type, next } = types.parse(rest, at);
  const open = argumentsOf(rest, next);
  const callee = rest.slice(next, open);
  const intrinsic = callee[0]?.startsWith('@llvm.') ?? false;
  if (intrinsic && droppedCalls.test(callee[0]!)) return undefined;
  if (!around.lifetimes && callee[0]?.startsWith('@llvm.lifetime.') === true) return undefined;
  const end = afterBracket(rest, open);
  const keepAlignment = intrinsic && alignedIntrinsics.test(callee[0]!);
  const values = splitAtCommas(rest.slice(open + 1, end - 1)).map((part) =>
    rewriteArgument(part, keepAlignment, around),
  );
  const { attributes, others } = afterArguments(rest.slice(end), around);
  return {
    intrinsic: intrinsic && operation === 'call' && !keepAlignment,
    tokens: [
      ...before,
      type.text,
      ...callee,
      '(',
      ...values.flatMap((value, index) => (index === 0 ? value : [',', ...value])),
      ')',
      ...(intrinsic ? [] : keptCallAttributes(attributes, around.unwinds)),
      ...others,
    ],
  };
}

/** Where the arguments open: after a name, an `asm` with its two strings, or a constant expression. */
function argumentsOf(rest: readonly string[], callee: number): number {
  const first = rest[callee] ?? '';
  if (first === 'asm') return rest.indexOf('(', callee);
  if (/^[@%]/.test(first) || /^(?:null|undef|poison)$/.test(first)) return callee + 1;
  return afterBracket(rest, rest.indexOf('(', callee));
}

function rewriteArgument(part: readonly string[], keepAlignment: boolean, around: Surroundings): string[] {
  const { types } = around.module;
  if (part[0] === 'metadata') return rewriteMetadata(part, around);
  const { type, next } = types.parse(part, 0);
  const { kept, next: value } = readValueAttributes(part, next, types, keepAlignment);
  return [type.text, ...kept, ...writtenTypes(part.slice(value), around)];
}

/** A node that an argument names by number is written out: its line is dropped. */
function rewriteMetadata(part: readonly string[], { module }: Surroundings): string[] {
  const node = part[1] ?? '';
  if (!/^!\d+$/.test(node)) return [...part];
  const text = module.metadata.get(node);
  if (text === undefined || /!\d/.test(text)) {
    throw new NormalFormRefusal(`an argument names the metadata ${node}, which no line can hold`);
  }
  return ['metadata', text];
}

/** Attributes and groups after the arguments; bundles and labels as they are. */
function afterArguments(
  rest: readonly string[],
  around: Surroundings,
): { attributes: string[]; others: string[] } {
  const attributes: string[] = [];
  let at = 0;
  for (; at < rest.length; at++) {
    const word = rest[at]!;
    if (word.startsWith('#')) attributes.push(...(around.module.attributeGroups.get(word) ?? []));
    else if (word === '[' || word === 'to') break;
    else attributes.push(word);
  }
  return { attributes, others: writtenTypes(rest.slice(at), around) };
}

/** Floating-point constants in the notation of a person. */
export function readableConstants(tokens: readonly string[]): string[] {
  let kind: FloatKind | undefined;
  return tokens.map((token) => {
    if (isFloatKind(token)) kind = token;
    else if (/^(?:i\d+|ptr|half|bfloat|x86_fp80|fp128)$/.test(token)) kind = undefined;
    else if (kind !== undefined && /^(?:0x[0-9A-F]+|-?\d+\.\d.*)$/.test(token))
      return readableFloat(kind, token);
    return token;
  });
}
