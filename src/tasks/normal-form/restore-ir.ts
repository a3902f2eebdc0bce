// Normal form back to a module that LLVM accepts: target, names, declarations and the standard attributes
// are put back, everything else is there already. What the text does not tell and the table does not hold
// is recovered from uses: a call says what it calls, everything else is a global.

import { llvmFloat, isFloatKind, type FloatKind } from './floating-point.ts';
import { quotedName } from './ir-text.ts';
import { returnsFirstArgument, withoutEffects } from './library-names.ts';
import { NormalFormRefusal } from './refusal.ts';
import { llvmTypes } from './spelling.ts';
import { SymbolTable } from './symbols.ts';
import { standardAttributes, targets, type OptimisationLevel, type TargetName } from './targets.ts';
import { afterBracket, splitAtCommas, tokenise, write } from './tokens.ts';
import { Types } from './types.ts';

export interface RestoreOptions {
  target: TargetName;
  /** Whose attributes the functions get; default Oz. */
  level?: OptimisationLevel;
  /** What the placeholders stand for; without it they get made-up names. */
  symbols?: SymbolTable;
}

/** Throws NormalFormRefusal where the text is too far from IR to be read; LLVM's verifier has the last word. */
export function restoreIr(text: string, options: RestoreOptions): string {
  const { target, level = 'Oz' } = options;
  const restored = new Restoration(options.symbols ?? new SymbolTable());
  const written = text.split('\n').map((line) => llvmTypes(line.trim()));
  const lines = written.flatMap((line, index) => {
    if (line.startsWith('define ')) restored.start(written.slice(index, written.indexOf('}', index)));
    return restored.line(line, written[index + 1] === 'unreachable');
  });
  const attributes = standardAttributes(target, level).join(' ');
  const { triple, dataLayout } = targets[target];
  return [
    `target datalayout = "${dataLayout}"`,
    `target triple = "${triple}"`,
    '',
    ...lines,
    ...restored.declarations(),
    '',
    `attributes #0 = { ${attributes} }`,
    '',
    // The range of a truth value in memory.
    '!2 = !{i8 0, i8 2}',
    '!llvm.module.flags = !{!0, !1}',
    '!0 = !{i32 8, !"PIC Level", i32 2}',
    '!1 = !{i32 7, !"PIE Level", i32 2}',
    '',
  ].join('\n');
}

interface Use {
  /** `i32 @name(ptr, i32)` without the name, of a call. */
  signature?: { result: string; parameters: string[] };
  threadLocal?: boolean;
  /** The widest access to it, which says how it is aligned at least. */
  align: number;
  /** Bytes up to the end of the farthest access: LLVM folds offsets and pairs loads only inside of an object. */
  size: number;
}

class Restoration {
  private readonly symbols: SymbolTable;
  private readonly types = new Types();
  private readonly uses = new Map<string, Use>();
  private readonly defined = new Set<string>();
  private inFunction = false;
  private nounwind = false;
  /** Values of the current function that are 0 or 1. */
  private truths = new Set<string>();

  constructor(symbols: SymbolTable) {
    this.symbols = symbols;
  }

  /** Looks ahead over the lines of a function. */
  start(body: readonly string[]): void {
    const truths = body.map((line) => / = trunc nuw i8 (%\d+) to i1$/.exec(line)?.[1]);
    this.truths = new Set(truths.filter((name) => name !== undefined));
  }

  /** `last`: nothing but `unreachable` follows, so a call does not return. */
  line(line: string, last: boolean): string[] {
    if (line === '') return [];
    if (line === '}') {
      this.inFunction = false;
      return ['}', ''];
    }
    if (/^b\d+:$/.test(line)) return [line];
    const tokens = llvmConstants(tokenise(line));
    if (tokens[0] === 'define') return this.header(tokens);
    if (!this.inFunction) return this.constant(tokens);
    this.noteUses(tokens);
    const truth = tokens[2] === 'load' && tokens[3] === 'i8' && this.truths.has(tokens[0]!);
    const restored = this.named(withinObject(this.withAlignment(this.withCallAttributes(tokens, last))));
    return [`  ${write(restored)}${truth ? ', !range !2' : ''}`];
  }

  private header(tokens: string[]): string[] {
    this.inFunction = true;
    this.nounwind = tokens.includes('nounwind');
    const at = tokens.findIndex((token) => token.startsWith('@'));
    if (at < 0 || tokens.at(-1) !== '{') throw new NormalFormRefusal('expected `define T @0(…) {`');
    this.define(tokens[at]!);
    const personality = tokens.indexOf('personality');
    const end = personality < 0 ? tokens.length - 1 : personality;
    for (const token of tokens.slice(end)) this.use(token);
    const open = tokens.indexOf('(', at);
    const close = afterBracket(tokens, open);
    const words = [
      ...tokens.slice(1, open),
      ...this.withoutUndefined(tokens.slice(open, close)),
      ...tokens.slice(close, end),
    ];
    const local = this.symbols.symbol(tokens[at]!).local === true ? ['dso_local'] : [];
    return [write(['define', ...local, ...this.named([...words, '#0', ...tokens.slice(end)])]), 'b0:'];
  }

  /** `@1 = constant [3 x i8] c"ab\00"`. */
  private constant(tokens: string[]): string[] {
    if (!tokens[0]!.startsWith('@')) throw new NormalFormRefusal(`expected a function, found ${tokens[0]!}`);
    this.define(tokens[0]!);
    return [write(this.named([tokens[0]!, '=', 'private', 'unnamed_addr', ...tokens.slice(2)]))];
  }

  private define(token: string): void {
    this.defined.add(placeholderOf(token).placeholder);
  }

  /** What a line says of the symbols in it. */
  private noteUses(tokens: readonly string[]): void {
    for (const [index, token] of tokens.entries()) {
      const use = this.use(token);
      // `ptr align 16 @1` of memory intrinsics.
      if (use !== undefined && tokens[index - 2] === 'align') {
        use.align = Math.max(use.align, Number(tokens[index - 1]));
      }
    }
    const call = tokens.findIndex((token) => token === 'call' || token === 'invoke' || token === 'callbr');
    if (call >= 0) this.noteCall(tokens, call);
    const access = tokens.findIndex((token) => token === 'load' || token === 'store');
    if (access >= 0) this.noteAccess(tokens, access);
    if (tokens[2] === 'getelementptr') this.noteElements(tokens);
  }

  private use(token: string): Use | undefined {
    if (!token.startsWith('@') || token.startsWith('@llvm.')) return undefined;
    const { placeholder } = placeholderOf(token);
    const known = this.uses.get(placeholder) ?? { align: 1, size: 1 };
    known.size = Math.max(known.size, offsetOf(token));
    this.uses.set(placeholder, known);
    return known;
  }

  private noteCall(tokens: readonly string[], call: number): void {
    let at = call + 1;
    while (at < tokens.length && !this.types.startsAt(tokens, at)) at++;
    const { type, next } = this.types.parse(tokens, at);
    const callee = tokens[next] ?? '';
    if (callee.startsWith('@llvm.threadlocal.address')) {
      const variable = tokens.slice(next).find((token, index) => index > 0 && token.startsWith('@'));
      const use = variable === undefined ? undefined : this.use(variable);
      if (use !== undefined) use.threadLocal = true;
    }
    if (callee.startsWith('@llvm.mem')) this.noteCopy(tokens.slice(next + 1));
    const use = this.use(callee);
    if (use === undefined || use.signature !== undefined || tokens[next + 1] !== '(') return;
    const signature = /^(.*?) \((.*)\)$/.exec(type.text);
    if (signature !== null && type.kind === 'function') {
      use.signature = { result: signature[1]!, parameters: [signature[2]!] };
      return;
    }
    const inside = tokens.slice(next + 2, afterBracket(tokens, next + 1) - 1);
    const parameters = splitAtCommas(inside).map((part) => this.types.parse(part, 0).type.text);
    use.signature = { result: type.text, parameters };
  }

  /** An array is aligned like its elements: by the largest power of two in their size, 8 at most. */
  private noteElements(tokens: readonly string[]): void {
    let at = 3;
    while (/^[a-z]+$/.test(tokens[at] ?? '') && !this.types.startsAt(tokens, at)) at++;
    const { type, next } = this.types.parse(tokens, at);
    const use = this.use(tokens[next + 2] ?? '');
    if (use !== undefined && type.size > 0)
      use.align = Math.max(use.align, Math.min(8, type.size & -type.size));
  }

  private noteAccess(tokens: readonly string[], access: number): void {
    let at = access + 1;
    while (tokens[at] === 'volatile' || tokens[at] === 'atomic') at++;
    const { type } = this.types.parse(tokens, at);
    const pointer = tokens.findIndex((token, index) => {
      return index > at && token === 'ptr' && tokens[index + 1]?.startsWith('@') === true;
    });
    const use = pointer < 0 ? undefined : this.use(tokens[pointer + 1]!);
    const given = tokens.lastIndexOf('align');
    const align = given < 0 ? type.align : Number(tokens[given + 1]);
    if (use === undefined) return;
    use.align = Math.max(use.align, align);
    use.size = Math.max(use.size, offsetOf(tokens[pointer + 1]!) + type.size);
  }

  /** `@llvm.memcpy…(ptr align 8 %0, ptr align 16 @1, i64 32, …)` reads and writes as many bytes. */
  private noteCopy(tokens: readonly string[]): void {
    const length = tokens.indexOf('i64');
    for (const token of tokens.slice(0, length)) {
      const use = /^\d+$/.test(tokens[length + 1] ?? '') ? this.use(token) : undefined;
      if (use !== undefined) use.size = Math.max(use.size, offsetOf(token) + Number(tokens[length + 1]));
    }
  }

  /**
   * Parameters and arguments between parentheses, `noundef` where clang says so for C: pointers and integers
   * up to 32 bits. Wider ones may be structures in disguise, with padding that nobody wrote.
   */
  private withoutUndefined(tokens: readonly string[]): string[] {
    const parts = splitAtCommas(tokens.slice(1, -1)).map((part) => {
      const plain = /^(?:ptr|i1|i8|i16|i32)$/.test(part[0] ?? '') && !/^(?:undef|poison)$/.test(part.at(-1)!);
      return plain && !part.includes('byval') ? [part[0]!, 'noundef', ...part.slice(1)] : part;
    });
    return ['(', ...parts.flatMap((part, index) => (index === 0 ? part : [',', ...part])), ')'];
  }

  /** In a function that never unwinds no call does. */
  private withCallAttributes(tokens: string[], last: boolean): string[] {
    const words = [...(this.nounwind ? ['nounwind'] : []), ...(last ? ['noreturn'] : [])];
    const call = tokens.slice(0, 4).findIndex((token) => token === 'call' || token === 'invoke');
    if (call < 0) return tokens;
    let at = call + 1;
    while (at < tokens.length && !this.types.startsAt(tokens, at)) at++;
    const { next } = this.types.parse(tokens, at);
    if (tokens[next]?.startsWith('@llvm.') === true) return tokens;
    const inlineAssembly = tokens[next] === 'asm';
    const open = inlineAssembly ? tokens.indexOf('(', next) : next + 1;
    if (tokens[open] !== '(') return tokens;
    const end = afterBracket(tokens, open);
    const values = tokens.slice(open, end);
    return [
      ...tokens.slice(0, open),
      ...(inlineAssembly ? values : this.withoutUndefined(values)),
      ...words,
      ...tokens.slice(end),
    ];
  }

  /** Without an alignment LLVM gives an alloca the preferred one, which is not the ABI's on AArch64. */
  private withAlignment(tokens: string[]): string[] {
    if (tokens[2] !== 'alloca' || tokens.includes('align')) return tokens;
    const { type } = this.types.parse(tokens, 3);
    return [...tokens, ',', 'align', String(type.align)];
  }

  /** Names as LLVM takes them: values may not be bare numbers. */
  private named(tokens: readonly string[]): string[] {
    return tokens.map((token) => {
      if (/^%\d/.test(token)) return `%v${token.slice(1)}`;
      if (!token.startsWith('@') || token.startsWith('@llvm.')) return token;
      const { placeholder, offset } = placeholderOf(token);
      const name = `@${quotedName(this.symbols.symbol(placeholder).name)}`;
      return offset === undefined ? name : `getelementptr (i8, ptr ${name}, i64 ${offset})`;
    });
  }

  /** A line for each symbol that is used and not defined here. */
  declarations(): string[] {
    const lines: string[] = [];
    for (const [placeholder, use] of this.uses) {
      if (this.defined.has(placeholder)) continue;
      const { name, local, threadLocal, constant } = this.symbols.symbol(placeholder);
      const written = `@${quotedName(name)}`;
      const words = local === true ? ' dso_local' : '';
      if (use.signature !== undefined) {
        const { result, parameters } = use.signature;
        const [first, ...others] = parameters;
        const list =
          first === 'ptr' && returnsFirstArgument.has(name) ? ['ptr returned', ...others] : parameters;
        const effects = withoutEffects.has(name) ? ' nounwind willreturn memory(none)' : '';
        lines.push(`declare${words} ${result} ${written}(${list.join(', ')})${effects}`);
      } else {
        const thread = threadLocal === true || use.threadLocal === true ? ' thread_local' : '';
        const kind = constant === true ? 'constant' : 'global';
        lines.push(`${written} = external${words}${thread} ${kind} [${use.size} x i8], align ${use.align}`);
      }
    }
    return lines;
  }
}

/** A constant distance forward stays in the object, as clang says of every member and element. */
function withinObject(tokens: string[]): string[] {
  const forward = tokens[2] === 'getelementptr' && tokens[3] === 'i8' && /^\d+$/.test(tokens.at(-1)!);
  return forward ? [...tokens.slice(0, 3), 'inbounds', 'nuw', ...tokens.slice(3)] : tokens;
}

/** `@1+24` apart. */
function placeholderOf(token: string): { placeholder: string; offset?: string } {
  const match = /^(@\w+)([+-]\d+)$/.exec(token);
  if (match === null) return { placeholder: token };
  return { placeholder: match[1]!, offset: match[2]!.replace('+', '') };
}

function offsetOf(token: string): number {
  return Number(placeholderOf(token).offset ?? 0);
}

/** `@1` `+` `24` of the tokeniser as one token, and readable floats as LLVM takes them. */
function llvmConstants(tokens: readonly string[]): string[] {
  const line: string[] = [];
  let kind: FloatKind | undefined;
  for (const token of tokens) {
    const last = line.at(-1);
    if (isFloatKind(token)) kind = token;
    else if (/^(?:i\d+|ptr|half|bfloat|x86_fp80|fp128)$/.test(token)) kind = undefined;
    if (token === '+' && last?.startsWith('@') === true) line[line.length - 1] = `${last}+`;
    else if (last?.startsWith('@') === true && last.endsWith('+')) line[line.length - 1] = last + token;
    else if (kind !== undefined && /^-?\d+(?:\.\d+)?(?:e-?\d+)?$/.test(token) && /[.e]/.test(token)) {
      line.push(llvmFloat(kind, token));
    } else line.push(token);
  }
  return line;
}
