// LLVM-IR of one function (or a few) in normal form: what the code is, in LLVM's own syntax, without what
// only names, describes or hints. docs/normal-form.md says what goes and why; restore-ir.ts makes a module
// of it again.

import { keptConvention, keptFunctionAttributes, readValueAttributes } from './attributes.ts';
import { rewriteInstruction, readableConstants, type Surroundings } from './instructions.ts';
import { nameOf, readModule, type FunctionText, type GlobalText, type ModuleText } from './ir-text.ts';
import { LocalNames, renameTokens } from './names.ts';
import { NormalFormRefusal } from './refusal.ts';
import { spellTypes } from './spelling.ts';
import { SymbolTable } from './symbols.ts';
import { afterBracket, splitAtCommas, write } from './tokens.ts';

/** Goes up with every change of the text, so that sets made before are made again. */
export const normalFormVersion = 4;

export interface NormaliseOptions {
  /** Symbols that the other side of the pair has numbered already; new ones are added to it. */
  symbols?: SymbolTable;
  /** The function that is `@0`; the first one with a body if not given. */
  own?: string;
  /** Also the contents of constants that the code names, a line each; default false. */
  constants?: boolean;
  /** Where variables on the stack begin and end to live; default true. Code generation at -O0 ignores it. */
  lifetimes?: boolean;
}

export interface NormalText {
  text: string;
  /** What the placeholders stand for. */
  symbols: SymbolTable;
}

/** Throws NormalFormRefusal for targets other than x86-64 and AArch64, and for IR without a function. */
export function normaliseIr(ir: string, options: NormaliseOptions = {}): NormalText {
  const module = readModule(ir);
  if (!/^(?:x86_64|amd64|aarch64|arm64)/.test(module.triple)) {
    throw new NormalFormRefusal(`expected x86-64 or AArch64, found ${module.triple || 'no target triple'}`);
  }
  const own = options.own ?? options.symbols?.own ?? module.functions[0]?.name;
  if (own === undefined) throw new NormalFormRefusal('expected a function with a body, found none');
  const symbols = options.symbols ?? new SymbolTable();
  symbols.own ??= own;
  learnSymbols(module, symbols);
  const functions = [
    ...module.functions.filter(({ name }) => name === own),
    ...module.functions.filter(({ name }) => name !== own),
  ];
  const lines = functions.flatMap((each) => normaliseFunction(each, module, symbols, options));
  if (options.constants === true) lines.push(...constantLines(module, symbols));
  return { text: `${lines.join('\n')}\n`, symbols };
}

/** Linkage and visibility that let code reach a symbol directly. */
const insideTheFile = new Set(['dso_local', 'internal', 'private', 'hidden', 'protected']);

function learnSymbols(module: ModuleText, symbols: SymbolTable): void {
  const local = (words: readonly string[]): { local: boolean } => ({
    local: words.some((word) => insideTheFile.has(word)),
  });
  for (const { name, tokens } of module.globals) {
    const words = tokens.slice(0, 8);
    const threadLocal = words.some((word) => word === 'thread_local') ? { threadLocal: true } : {};
    const constant = words.includes('constant') ? { constant: true } : {};
    symbols.learn(name, { ...local(words), ...threadLocal, ...constant });
  }
  for (const { name, header } of module.functions) symbols.learn(name, local(header));
  for (const tokens of module.declarations) {
    const name = tokens.find((token, index) => token.startsWith('@') && tokens[index + 1] === '(');
    if (name !== undefined) symbols.learn(nameOf(name), local(tokens));
  }
}

function normaliseFunction(
  each: FunctionText,
  module: ModuleText,
  symbols: SymbolTable,
  { lifetimes = true }: NormaliseOptions,
): string[] {
  const { tokens, unwinds, entry } = rewriteHeader(each, module);
  const label = each.body[0]?.label;
  const locals = new LocalNames(each.body, label ?? entry);
  const around: Surroundings = { module, unwinds, lifetimes, truths: new Set() };
  const lines = [spellTypes(write(renameTokens(tokens, locals, symbols)))];
  for (const [index, line] of each.body.entries()) {
    if (line.label !== undefined) {
      if (index > 0) lines.push(`${locals.rename(line.label).slice(1)}:`);
      continue;
    }
    const instruction = rewriteInstruction(line.tokens!, around);
    if (instruction !== undefined) lines.push(spellTypes(write(renameTokens(instruction, locals, symbols))));
  }
  lines.push('}');
  return lines;
}

function rewriteHeader(
  { header }: FunctionText,
  module: ModuleText,
): { tokens: string[]; unwinds: boolean; entry: string } {
  const { types } = module;
  const at = header.findIndex((token, index) => token.startsWith('@') && header[index + 1] === '(');
  let start = 0;
  while (start < at && !types.startsAt(header, start)) {
    start = header[start + 1] === '(' ? afterBracket(header, start + 1) : start + 1;
    if (header[start - 1] === 'align' || header[start - 1] === 'cc') start++;
  }
  const words = header.slice(0, start);
  const { type } = types.parse(header, start);
  const end = afterBracket(header, at + 1);
  const result = readValueAttributes(
    words.filter((word) => /^[a-z]+$/.test(word)),
    0,
    types,
    false,
  );
  let unnamed = 0;
  const parameters = splitAtCommas(header.slice(at + 2, end - 1)).map((part) => {
    if (part[0] === '...') return part;
    const { type: own, next } = types.parse(part, 0);
    const { kept, next: name } = readValueAttributes(part, next, types, false);
    // A parameter that nobody named has a number all the same.
    const written = part[name] ?? `%${unnamed}`;
    if (/^%\d+$/.test(written)) unnamed++;
    return [own.text, ...kept, written];
  });
  const attributes = header
    .slice(end)
    .flatMap((word) => (word.startsWith('#') ? (module.attributeGroups.get(word) ?? []) : [word]));
  const personality = header.indexOf('personality', end);
  const tokens = [
    'define',
    ...keptConvention(words),
    ...result.kept,
    type.text,
    header[at]!,
    '(',
    ...parameters.flatMap((part, index) => (index === 0 ? part : [',', ...part])),
    ')',
    ...keptFunctionAttributes(attributes),
    ...(personality < 0 ? [] : header.slice(personality, personality + 3)),
    '{',
  ];
  return { tokens, unwinds: !attributes.includes('nounwind'), entry: `%${unnamed}` };
}

/** Constants that the code names and whose contents are known. */
function constantLines(module: ModuleText, symbols: SymbolTable): string[] {
  const named = new Set(symbols.entries().map(({ name }) => name));
  return module.globals.flatMap(({ name, tokens }: GlobalText) => {
    const at = tokens.indexOf('constant');
    if (!named.has(name) || at < 0 || tokens.slice(0, at).includes('external')) return [];
    const { type, next } = module.types.parse(tokens, at + 1);
    const initialiser = splitAtCommas(tokens.slice(next))[0]!.map((token) =>
      module.types.has(token) ? module.types.read(token).text : token,
    );
    if (initialiser.some((token) => token.startsWith('@') || token === 'getelementptr')) return [];
    const line = readableConstants(['constant', type.text, ...initialiser]);
    return [spellTypes(`${symbols.placeholder(name)} = ${write(line)}`)];
  });
}
