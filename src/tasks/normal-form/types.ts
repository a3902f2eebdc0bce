// LLVM's types as text with their size and alignment in memory, for the 64-bit little-endian targets that
// the normal form knows (x86-64 and AArch64 lay these types out alike). Named types are written out, so
// that no text needs a line of its own for them; with opaque pointers none can contain itself.

import { NormalFormRefusal } from './refusal.ts';
import { afterBracket, splitAtCommas, tokenise, write } from './tokens.ts';

export interface Type {
  /** Canonical, without named types. */
  text: string;
  /** Bytes from one array element to the next; 0 for what has no size. */
  size: number;
  /** ABI alignment in bytes. */
  align: number;
  kind: 'scalar' | 'vector' | 'array' | 'struct' | 'function' | 'opaque';
  /** Of an array or vector. */
  element?: Type;
  /** Of a structure, with the byte offset of each. */
  fields?: { type: Type; offset: number }[];
}

const scalars: Record<string, [size: number, align: number]> = {
  half: [2, 2],
  bfloat: [2, 2],
  float: [4, 4],
  double: [8, 8],
  x86_fp80: [16, 16],
  fp128: [16, 16],
  ppc_fp128: [16, 16],
  ptr: [8, 8],
};

const unsized = new Set(['void', 'label', 'metadata', 'token', 'opaque', 'x86_amx']);

/** x86's pointers of 32 bits (`__ptr32`). */
const smallAddressSpaces = new Set(['270', '271']);

/** Named types of a module, by `%name`. */
export class Types {
  private readonly definitions = new Map<string, string[]>();
  private readonly known = new Map<string, Type>();

  define(name: string, tokens: string[]): void {
    this.definitions.set(name, tokens);
  }

  has(name: string): boolean {
    return this.definitions.has(name);
  }

  /** Whether a type starts at this token. */
  startsAt(tokens: readonly string[], at: number): boolean {
    const token = tokens[at];
    if (token === undefined) return false;
    if (/^i\d+$/.test(token) || token in scalars || unsized.has(token)) return true;
    if (token === '[' || token === '{' || token === '<') return true;
    return token === 'target' || this.definitions.has(token);
  }

  /** The type at `at` and the index after it. Throws NormalFormRefusal where none stands there. */
  parse(tokens: readonly string[], at: number): { type: Type; next: number } {
    let { type, next } = this.parseSimple(tokens, at);
    while (tokens[next] === '(') {
      const end = afterBracket(tokens, next);
      const parameters = splitAtCommas(tokens.slice(next + 1, end - 1)).map((part) =>
        part[0] === '...' ? '...' : this.parse(part, 0).type.text,
      );
      type = { text: `${type.text} (${parameters.join(', ')})`, size: 0, align: 1, kind: 'function' };
      next = end;
    }
    return { type, next };
  }

  /** The type that a text names. */
  read(text: string): Type {
    return this.parse(tokenise(text), 0).type;
  }

  private parseSimple(tokens: readonly string[], at: number): { type: Type; next: number } {
    const token = tokens[at];
    if (token === undefined) throw new NormalFormRefusal('expected a type, found the end of the line');
    if (token === 'ptr' && tokens[at + 1] === 'addrspace') {
      const space = tokens[at + 3]!;
      const size = smallAddressSpaces.has(space) ? 4 : 8;
      return {
        type: { text: `ptr addrspace(${space})`, size, align: size, kind: 'scalar' },
        next: at + 5,
      };
    }
    const integer = /^i(\d+)$/.exec(token);
    if (integer !== null) return { type: integerType(Number(integer[1])), next: at + 1 };
    if (Object.hasOwn(scalars, token)) {
      const [size, align] = scalars[token]!;
      return { type: { text: token, size, align, kind: 'scalar' }, next: at + 1 };
    }
    if (unsized.has(token)) return { type: { text: token, size: 0, align: 1, kind: 'opaque' }, next: at + 1 };
    if (token === 'target') {
      const next = afterBracket(tokens, at + 1);
      return { type: { text: write(tokens.slice(at, next)), size: 0, align: 1, kind: 'opaque' }, next };
    }
    if (token === '[') return this.parseArray(tokens, at);
    if (token === '{') return this.parseStruct(tokens, at, false);
    if (token === '<' && tokens[at + 1] === '{') return this.parseStruct(tokens, at + 1, true);
    if (token === '<') return this.parseVector(tokens, at);
    if (token.startsWith('%')) return { type: this.named(token), next: at + 1 };
    throw new NormalFormRefusal(`expected a type, found ${token}`);
  }

  private named(name: string): Type {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const definition = this.definitions.get(name);
    if (definition === undefined) throw new NormalFormRefusal(`the type ${name} is not defined`);
    const { type } = this.parse(definition, 0);
    this.known.set(name, type);
    return type;
  }

  private parseArray(tokens: readonly string[], at: number): { type: Type; next: number } {
    const count = Number(tokens[at + 1]);
    const { type: element, next } = this.parse(tokens, at + 3);
    const text = `[${count} x ${element.text}]`;
    return {
      type: { text, size: count * element.size, align: element.align, kind: 'array', element },
      next: next + 1,
    };
  }

  private parseVector(tokens: readonly string[], at: number): { type: Type; next: number } {
    const scalable = tokens[at + 1] === 'vscale';
    if (scalable) {
      const next = afterBracket(tokens, at);
      return { type: { text: write(tokens.slice(at, next)), size: 0, align: 1, kind: 'opaque' }, next };
    }
    const count = Number(tokens[at + 1]);
    const { type: element, next } = this.parse(tokens, at + 3);
    const bits = /^i(\d+)$/.exec(element.text);
    const bytes = Math.ceil((count * (bits === null ? element.size * 8 : Number(bits[1]))) / 8);
    const size = 2 ** Math.ceil(Math.log2(Math.max(1, bytes)));
    return {
      type: { text: `<${count} x ${element.text}>`, size, align: size, kind: 'vector', element },
      next: next + 1,
    };
  }

  private parseStruct(tokens: readonly string[], at: number, packed: boolean): { type: Type; next: number } {
    const end = afterBracket(tokens, at);
    const members = splitAtCommas(tokens.slice(at + 1, end - 1)).map((part) => this.parse(part, 0).type);
    const fields: { type: Type; offset: number }[] = [];
    let size = 0;
    let align = 1;
    for (const type of members) {
      const own = packed ? 1 : type.align;
      size = roundUp(size, own);
      fields.push({ type, offset: size });
      size += type.size;
      align = Math.max(align, own);
    }
    const inside = `{${members.map((member) => member.text).join(', ')}}`;
    return {
      type: {
        text: packed ? `<${inside}>` : inside,
        size: roundUp(size, align),
        align,
        kind: 'struct',
        fields,
      },
      next: packed ? end + 1 : end,
    };
  }
}

function integerType(bits: number): Type {
  const bytes = Math.ceil(bits / 8);
  const align = Math.min(16, 2 ** Math.ceil(Math.log2(bytes)));
  return { text: `i${bits}`, size: roundUp(bytes, align), align, kind: 'scalar' };
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
