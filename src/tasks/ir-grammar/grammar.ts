// The functions in normal form that a model may answer with, as an automaton over bytes: values and blocks are
// numbered in the order in which they are first mentioned, each is defined once; a value is named with its type, where
// every way has passed it; a phi names what jumps to it; a block ends with a jump, and all that is jumped to is there.
// Everything else is left to the model: LLVM checks it.
//
// Narrower than the normal form: only a phi names a value that is defined below it.

import type { CodeForm } from '../../common/code-form.ts';
import { spellTypes } from '../normal-form/spelling.ts';
import {
  addLine,
  begin,
  blocksOf,
  definable,
  labels,
  mentionBlock,
  mentionValue,
  namedBlocks,
  namedValues,
  newBody,
  type Body,
} from './body.ts';
import { isWholePhi } from './flow.ts';
import { expectedNext, readLine, resultType, returnedType, type Expected, type Line } from './line-types.ts';

export interface IrGrammarState {
  next(byte: number): IrGrammarState | undefined;
  /** 0 where the text may end; elsewhere at least this many further bytes. */
  readonly missing: number;
}

export interface IrGrammar {
  start(): IrGrammarState;
}

/** What stands around the function in an answer: tags, and then whatever the model has to say of sizes. */
const before = '<code>';
const after = '</code>';

const operations = (
  'add sub mul udiv sdiv urem srem shl lshr ashr and or xor fadd fsub fmul fdiv frem fneg freeze icmp fcmp alloca load store ' +
  'getelementptr call invoke callbr tail musttail notail phi select br ret switch unreachable resume indirectbr landingpad ' +
  'trunc zext sext fptrunc fpext fptoui fptosi uitofp sitofp ptrtoint ptrtoaddr inttoptr bitcast addrspacecast extractvalue ' +
  'insertvalue extractelement insertelement shufflevector atomicrmw cmpxchg fence va_arg cleanupret catchret catchswitch ' +
  'catchpad cleanuppad'
).split(' ');

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

/** The grammar as an option for an engine that takes grammars; nothing where the answer is not in normal form. */
export function irGrammarFor(
  { grammars }: { readonly grammars: boolean },
  form: CodeForm,
): { grammar?: IrGrammar } {
  return grammars && form === 'normal' ? { grammar: createIrGrammar() } : {};
}

export function createIrGrammar(): IrGrammar {
  return { start: () => literal(before, 0, () => new HeaderState('')) };
}

/** So many bytes of a text read that has to stand here. */
function literal(text: string, read: number, then: () => IrGrammarState): IrGrammarState {
  if (read === text.length) return then();
  return {
    next: (byte) => (byte === text.charCodeAt(read) ? literal(text, read + 1, then) : undefined),
    missing: text.length - read,
  };
}

/** Behind the code nothing is asked for. */
const anything: IrGrammarState = { next: () => anything, missing: 0 };

/** In the line of the `define`, whose parameters are the first values. */
class HeaderState implements IrGrammarState {
  readonly missing = after.length;
  private readonly line: string;

  constructor(line: string) {
    this.line = line;
  }

  next(byte: number): IrGrammarState | undefined {
    const character = String.fromCharCode(byte);
    if (character !== '\n') {
      const line = this.line + character;
      return line.startsWith(opening) || opening.startsWith(line) ? new HeaderState(line) : undefined;
    }
    const body = readHeader(this.line);
    return body === undefined ? undefined : new LineState(body, '');
  }
}

const opening = 'define ';

/** Below a function: constants, another one that was split from it, or the end of the code. */
class TailState implements IrGrammarState {
  readonly missing = after.length;
  private readonly line: string;

  constructor(line: string) {
    this.line = line;
  }

  next(byte: number): IrGrammarState | undefined {
    const character = String.fromCharCode(byte);
    if (this.line === '' && character === 'd') return new HeaderState('d');
    if (this.line === '' && character !== '@') return literal(after, 0, () => anything).next(byte);
    return new TailState(character === '\n' ? '' : this.line + character);
  }
}

/** Undefined where the parameters are not `%0`, `%1`, … */
function readHeader(line: string): Body | undefined {
  if (!/^define .*@\d+\(.*\{$/.test(line)) return undefined;
  const header = readLine(line);
  const values: string[] = [];
  for (const [index, token] of header.tokens.entries()) {
    if (!token.startsWith('%')) continue;
    const expected = expectedNext({ ...header, tokens: header.tokens.slice(0, index) });
    if (token !== `%${values.length}` || expected?.kind !== 'value') return undefined;
    values.push(expected.type);
  }
  return newBody(returnedType(header), values);
}

/** A number that is being read. */
interface Reference {
  kind: 'value' | 'block' | 'definition' | 'label';
  digits: string;
  allowed: readonly number[];
  /** What a value is known to be by its place. */
  type?: string;
}

/** In a line of the function. */
class LineState implements IrGrammarState {
  readonly missing = after.length;
  private readonly body: Body;
  private readonly line: string;
  private readonly reference: Reference | undefined;
  /** The value of this line. */
  private readonly defines: number | undefined;

  constructor(body: Body, line: string, reference?: Reference, defines?: number) {
    this.body = body;
    this.line = line;
    this.reference = reference;
    this.defines = defines;
  }

  next(byte: number): IrGrammarState | undefined {
    const character = String.fromCharCode(byte);
    if (this.reference !== undefined) return this.inReference(this.reference, character);
    if (this.line === '') return this.first(character);
    if (this.line === '}') return character === '\n' ? new TailState('') : undefined;
    const line = this.line + character;
    if (character === '\n') return this.ended();
    // Texts of inline assembly have a % of their own.
    if (this.line.split('"').length % 2 === 0) return this.grown(line);
    if (this.line.endsWith('%')) return this.named(character);
    if (character === '%') return this.place.allowed.length === 0 ? undefined : this.grown(line);
    return this.fits(line, character) ? this.grown(line) : undefined;
  }

  private grown(line: string, body = this.body): LineState {
    return new LineState(body, line, undefined, this.defines);
  }

  /** What a line begins with. */
  private first(character: string): IrGrammarState | undefined {
    const { body } = this;
    if (body.place === 'behind') {
      if (character === 'b') return this.refer('label', 'b', labels(body));
      return character === '}' && body.openBlocks.size === 0 ? this.grown('}') : undefined;
    }
    if (character === '%') return this.refer('definition', '%', definable(body));
    return this.operations.some((name) => name.startsWith(character)) ? this.grown(character) : undefined;
  }

  /** A phi stands at the top of a block. */
  private get operations(): readonly string[] {
    return this.body.place === 'top' ? operations : operations.filter((name) => name !== 'phi');
  }

  private refer(kind: Reference['kind'], line: string, allowed: readonly number[], type?: string): LineState {
    const reference = { kind, digits: '', allowed, ...(type === undefined ? {} : { type }) };
    return new LineState(this.body, line, reference, this.defines);
  }

  /** What a % stands for here, and the numbers that may follow it. */
  private get place(): { expected: Expected; allowed: readonly number[] } {
    const line = readLine(this.line.replace(/%$/, ''));
    const expected = expectedNext(line);
    if (expected === undefined) return { expected, allowed: [] };
    if (expected.kind === 'block') return { expected, allowed: namedBlocks(this.body, line) };
    const isPhi = line.operation === 'phi';
    return { expected, allowed: namedValues(this.body, expected.type, this.defines, isPhi) };
  }

  /** Behind a %. */
  private named(character: string): IrGrammarState | undefined {
    const { expected, allowed } = this.place;
    if (expected?.kind === 'value') {
      const reference = { kind: 'value', digits: '', allowed, type: expected.type } as const;
      return this.inReference(reference, character);
    }
    return character === 'b' ? this.refer('block', `${this.line}b`, allowed) : undefined;
  }

  private inReference(reference: Reference, character: string): IrGrammarState | undefined {
    const { kind, digits, allowed, type } = reference;
    const { body, line } = this;
    if (isDigit(character)) {
      const longer = digits + character;
      if (!allowed.some((number) => String(number).startsWith(longer))) return undefined;
      return new LineState(body, line + character, { ...reference, digits: longer }, this.defines);
    }
    const number = Number(digits);
    if (digits === '' || !allowed.includes(number)) return undefined;
    const byte = character.charCodeAt(0);
    switch (kind) {
      case 'label':
        return literal(':\n', 0, () => new LineState(begin(body, number), '')).next(byte);
      case 'definition': {
        const grown = mentionValue(body, number, undefined);
        return literal(' = ', 0, () => new LineState(grown, `${line} = `, undefined, number)).next(byte);
      }
      case 'block':
        return this.grown(line, mentionBlock(body, number)).next(byte);
      case 'value':
        return this.grown(line, mentionValue(body, number, type)).next(byte);
    }
  }

  /** Whether the line may go on like this: its operation exists, and what it yields or returns is what is wanted. */
  private fits(text: string, character: string): boolean {
    const written = text.replace(/^%\d+ = /, '');
    if (/^[a-z_]*$/.test(written)) return this.operations.some((name) => name.startsWith(written));
    if (written.startsWith('ret ')) return this.returns(written.slice('ret '.length));
    if (!/[ ,(]/.test(character)) return true;
    const [word] = written.split(/[ ,(]/, 1);
    if (!this.operations.includes(word!)) return false;
    const line = readLine(text);
    if (line.operation === 'phi' && character === ',' && text.endsWith('],')) return !this.isDone(line);
    return !isBalanced(line.tokens) || this.yields(resultType(line));
  }

  private returns(text: string): boolean {
    const wanted = spellTypes(this.body.returns ?? '');
    return wanted.startsWith(text) || text.startsWith(`${wanted} `);
  }

  /** Whether a phi has named what the first one of its block did. */
  private isDone(line: Line): boolean {
    const { flow } = this.body;
    return flow.phis.has(flow.current) && isWholePhi(flow, blocksOf(line));
  }

  /** Whether the line's value may be of a type. */
  private yields(type: string | undefined): boolean {
    if (this.defines === undefined || type === undefined) return true;
    const wanted = this.body.values[this.defines]!.type;
    return type !== 'void' && (wanted === undefined || wanted === type);
  }

  /** At the end of the line. */
  private ended(): IrGrammarState | undefined {
    const line = readLine(this.line);
    const { body, defines } = this;
    if (!this.operations.includes(line.operation) || !isBalanced(line.tokens)) return undefined;
    if (line.operation === 'ret' && returnedType(line) !== body.returns) return undefined;
    if (line.operation === 'phi' && !isWholePhi(body.flow, blocksOf(line))) return undefined;
    return this.yields(resultType(line)) ? new LineState(addLine(body, line, defines), '') : undefined;
  }
}

/** Types are read to their end only. */
function isBalanced(tokens: readonly string[]): boolean {
  const count = (pattern: RegExp): number => tokens.filter((token) => pattern.test(token)).length;
  return count(/^[([{<]$/) === count(/^[)\]}>]$/);
}
