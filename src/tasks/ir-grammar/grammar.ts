// The functions in normal form that a model may answer with, as an automaton over bytes: values and blocks are
// numbered in the order in which they are first mentioned, each is defined once and named only with its type, a
// block ends with a jump, and all that is jumped to is there. Everything else is left to the model: LLVM checks it.
//
// Narrower than the normal form: only a phi names a value that is defined below it.

import { endsBlock, expectedNext, readLine, resultType, returnedType } from './line-types.ts';

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

/** A function as far as its lines go. */
interface Body {
  returns: string | undefined;
  /** Types of the values that were mentioned, by number; undefined where no line told. */
  values: readonly (string | undefined)[];
  /** Mentioned and not defined yet. */
  openValues: ReadonlySet<number>;
  /** How many blocks were mentioned; the entry is the first. */
  blocks: number;
  openBlocks: ReadonlySet<number>;
  /** Behind the last line of a block. */
  ended: boolean;
}

const empty: Body = {
  returns: undefined,
  values: [],
  openValues: new Set(),
  blocks: 1,
  openBlocks: new Set(),
  ended: false,
};

const operations = (
  'add sub mul udiv sdiv urem srem shl lshr ashr and or xor fadd fsub fmul fdiv frem fneg freeze icmp fcmp alloca load store ' +
  'getelementptr call invoke callbr tail musttail notail phi select br ret switch unreachable resume indirectbr landingpad ' +
  'trunc zext sext fptrunc fpext fptoui fptosi uitofp sitofp ptrtoint ptrtoaddr inttoptr bitcast addrspacecast extractvalue ' +
  'insertvalue extractelement insertelement shufflevector atomicrmw cmpxchg fence va_arg cleanupret catchret catchswitch ' +
  'catchpad cleanuppad'
).split(' ');

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

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
  return { ...empty, returns: returnedType(header), values };
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
    if (this.reference !== undefined) return this.inReference(this.reference, byte, character);
    if (this.line === '') return this.first(character);
    if (this.line === '}') return character === '\n' ? new TailState('') : undefined;
    const line = this.line + character;
    if (character === '\n') return this.ended();
    // Texts of inline assembly have a % of their own.
    if (this.line.split('"').length % 2 === 0) return this.grown(line);
    if (this.line.endsWith('%')) return this.named(character);
    if (character === '%') return this.options().length === 0 ? undefined : this.grown(line);
    return this.fits(line, character) ? this.grown(line) : undefined;
  }

  private grown(line: string): LineState {
    return new LineState(this.body, line, undefined, this.defines);
  }

  /** What a line begins with. */
  private first(character: string): IrGrammarState | undefined {
    const { ended, openBlocks } = this.body;
    if (ended && character === 'b') return this.refer('label', 'b');
    if (ended) return character === '}' && openBlocks.size === 0 ? this.grown('}') : undefined;
    if (character === '%') return this.refer('definition', '%');
    return operations.some((operation) => operation.startsWith(character))
      ? this.grown(character)
      : undefined;
  }

  private refer(kind: Reference['kind'], line: string, type?: string): LineState {
    const allowed = this.optionsOf(kind, type);
    const reference = { kind, digits: '', allowed, ...(type === undefined ? {} : { type }) };
    return new LineState(this.body, line, reference, this.defines);
  }

  private get mayName(): ReturnType<typeof expectedNext> {
    return expectedNext(readLine(this.line.replace(/%$/, '')));
  }

  /** Numbers that may follow a % here. */
  private options(): readonly number[] {
    const expected = this.mayName;
    if (expected === undefined) return [];
    return expected.kind === 'block' ? this.optionsOf('block') : this.optionsOf('value', expected.type);
  }

  private optionsOf(kind: Reference['kind'], type?: string): readonly number[] {
    const { values, openValues, blocks, openBlocks } = this.body;
    switch (kind) {
      case 'definition':
        return [...openValues, values.length];
      case 'label':
        return [...openBlocks, blocks];
      case 'block':
        return [...Array(blocks + 1).keys()].slice(this.isPhi ? 0 : 1);
      case 'value': {
        const known = [...values.keys()].filter((number) => {
          const itself = number === this.defines && !this.isPhi;
          return !itself && (values[number] === undefined || values[number] === type);
        });
        return this.isPhi ? [...known, values.length] : known.filter((number) => !openValues.has(number));
      }
    }
  }

  private get isPhi(): boolean {
    return / = phi /.test(this.line);
  }

  /** Behind a %. */
  private named(character: string): IrGrammarState | undefined {
    const expected = this.mayName;
    if (expected?.kind === 'block')
      return character === 'b' ? this.refer('block', `${this.line}b`) : undefined;
    return expected === undefined
      ? undefined
      : this.refer('value', this.line, expected.type).inReferenceTo(character);
  }

  private inReferenceTo(character: string): IrGrammarState | undefined {
    return this.inReference(this.reference!, character.charCodeAt(0), character);
  }

  private inReference(reference: Reference, byte: number, character: string): IrGrammarState | undefined {
    const { kind, digits, allowed } = reference;
    if (isDigit(character)) {
      const longer = digits + character;
      if (!allowed.some((number) => String(number).startsWith(longer))) return undefined;
      const line = this.line + character;
      return new LineState(this.body, line, { ...reference, digits: longer }, this.defines);
    }
    const number = Number(digits);
    if (digits === '' || !allowed.includes(number)) return undefined;
    const { body } = this;
    switch (kind) {
      case 'label': {
        if (character !== ':') return undefined;
        const openBlocks = without(body.openBlocks, number);
        const blocks = Math.max(body.blocks, number + 1);
        return literal('\n', 0, () => new LineState({ ...body, blocks, openBlocks, ended: false }, ''));
      }
      case 'definition': {
        if (character !== ' ') return undefined;
        const fresh = number === body.values.length;
        const grown = fresh ? { ...body, values: [...body.values, undefined] } : body;
        const text = `${this.line} = `;
        return literal('= ', 0, () => new LineState(grown, text, undefined, number));
      }
      case 'block': {
        const fresh = number === body.blocks;
        const grown = fresh
          ? { ...body, blocks: number + 1, openBlocks: new Set([...body.openBlocks, number]) }
          : body;
        return new LineState(grown, this.line, undefined, this.defines).next(byte);
      }
      case 'value': {
        const fresh = number === body.values.length;
        const grown = fresh
          ? {
              ...body,
              values: [...body.values, reference.type],
              openValues: new Set([...body.openValues, number]),
            }
          : body;
        return new LineState(grown, this.line, undefined, this.defines).next(byte);
      }
    }
  }

  /** Whether the line may go on like this: its operation exists, and what it yields or returns is what is wanted. */
  private fits(text: string, character: string): boolean {
    const written = text.replace(/^%\d+ = /, '');
    if (/^[a-z_]*$/.test(written)) return operations.some((operation) => operation.startsWith(written));
    if (!/[ ,(]/.test(character)) return true;
    const [word] = written.split(/[ ,(]/, 1);
    if (!operations.includes(word!)) return false;
    const line = readLine(text);
    if (!isBalanced(line.tokens)) return true;
    if (line.operation === 'ret') {
      const returned = returnedType(line);
      return returned === undefined || returned === this.body.returns;
    }
    return this.yields(resultType(line));
  }

  /** Whether the line's value may be of a type. */
  private yields(type: string | undefined): boolean {
    if (this.defines === undefined || type === undefined) return true;
    const wanted = this.body.values[this.defines];
    return type !== 'void' && (wanted === undefined || wanted === type);
  }

  /** At the end of the line. */
  private ended(): IrGrammarState | undefined {
    const { body, defines } = this;
    if (!this.fits(this.line, ' ')) return undefined;
    const line = readLine(this.line);
    if (!operations.includes(line.operation)) return undefined;
    const ended = endsBlock(line);
    if (defines === undefined) return new LineState({ ...body, ended }, '');
    const values = body.values.with(defines, resultType(line) ?? body.values[defines]);
    const openValues = without(body.openValues, defines);
    return new LineState({ ...body, values, openValues, ended }, '');
  }
}

/** Types are read to their end only. */
function isBalanced(tokens: readonly string[]): boolean {
  const count = (pattern: RegExp): number => tokens.filter((token) => pattern.test(token)).length;
  return count(/^[([{<]$/) === count(/^[)\]}>]$/);
}

function without(numbers: ReadonlySet<number>, number: number): ReadonlySet<number> {
  return new Set([...numbers].filter((other) => other !== number));
}
