// The directives of the assembler that say something about code or data, one entry each. The others
// (.cfi_startproc, .loc …) are passed over.

import { parseExpression, parseInteger, parseString, unquote } from './tokens.ts';
import type { AssemblyFile, AssemblyFunction, DataSection } from './types.ts';

/** What a directive may change. */
export interface Reader {
  readonly file: AssemblyFile;
  readonly declaredFunctions: Set<string>;
  readonly functionsByName: Map<string, AssemblyFunction>;
  section: DataSection;
  executable: boolean;
  open: AssemblyFunction | undefined;
  alignment: number;
  sectionNamed(name: string, executable: boolean, writable: boolean): DataSection;
  problem(text: string): void;
  noteDataInCode(): void;
}

type Handler = (reader: Reader, words: string[]) => void;

/** All data of a file together; more is noted and dropped (`.zero 1 << 40` is cheap to write). */
const mostBytes = 1 << 24;

function append(reader: Reader, bytes: Iterable<number>, count: number): void {
  const { section } = reader;
  if (section.bytes.length + count > mostBytes) {
    reader.problem(`section ${section.name}: more than ${mostBytes} bytes`);
    return;
  }
  if (reader.executable) reader.noteDataInCode();
  for (const byte of bytes) section.bytes.push(byte);
}

function* littleEndian(value: bigint, width: number): Generator<number> {
  for (let at = 0; at < width; at++) yield Number((value >> BigInt(8 * at)) & 255n);
}

const integers =
  (width: number): Handler =>
  (reader, words) => {
    for (const word of words) {
      const number = parseInteger(word);
      const expression = number === undefined ? parseExpression(word) : undefined;
      if (number === undefined && expression === undefined) reader.problem(word);
      if (expression?.symbol !== undefined) {
        reader.section.relocations.set(reader.section.bytes.length, {
          width,
          symbol: expression.symbol,
          addend: expression.addend,
          shift: expression.shift,
          ...(expression.minus === undefined ? {} : { minus: expression.minus }),
        });
      }
      append(
        reader,
        littleEndian(number ?? (expression?.symbol === undefined ? (expression?.addend ?? 0n) : 0n), width),
        width,
      );
    }
  };

const strings =
  (ending: readonly number[]): Handler =>
  (reader, words) => {
    for (const word of words) {
      const bytes = parseString(word);
      if (bytes === undefined) reader.problem(word);
      else append(reader, [...bytes, ...ending], bytes.length + ending.length);
    }
  };

function floats(width: 4 | 8): Handler {
  return (reader, words) => {
    for (const word of words) {
      const buffer = Buffer.alloc(width);
      if (width === 4) buffer.writeFloatLE(Number(word));
      else buffer.writeDoubleLE(Number(word));
      append(reader, buffer, width);
    }
  };
}

const fill: Handler = (reader, [count = '0', value = '0']) => {
  const wanted = Number(parseInteger(count) ?? -1n);
  if (wanted < 0 || wanted > mostBytes) {
    reader.problem(`expected a number of bytes up to ${mostBytes}, found ${count}`);
    return;
  }
  const byte = Number((parseInteger(value) ?? 0n) & 255n);
  append(
    reader,
    (function* () {
      for (let at = 0; at < wanted; at++) yield byte;
    })(),
    wanted,
  );
};

function align(reader: Reader, power: number): void {
  if (!(power >= 0 && power <= 16)) return;
  reader.alignment = power;
  const { section } = reader;
  if (reader.executable) return;
  const bytes = 2 ** power;
  const padding = (bytes - (section.bytes.length % bytes)) % bytes;
  if (section.bytes.length + padding <= mostBytes) for (let at = 0; at < padding; at++) section.bytes.push(0);
  section.alignments.set(section.bytes.length, bytes);
}

const section: Handler = (reader, [name = '', flags = '']) => {
  const plain = unquote(name);
  const written = unquote(flags);
  const executable =
    written.includes('x') || plain.startsWith('.text') || plain === '.init' || plain === '.fini';
  const readOnly = plain.startsWith('.rodata') || plain.startsWith('.data.rel.ro');
  reader.sectionNamed(
    plain,
    executable,
    !readOnly && !executable && (written === '' || written.includes('w')),
  );
};

const globalNames: Handler = (reader, words) => {
  for (const word of words) {
    const name = unquote(word);
    reader.file.globals.add(name);
    const known = reader.functionsByName.get(name);
    if (known !== undefined) known.global = true;
  }
};

export const directiveHandlers: Record<string, Handler> = Object.assign(Object.create(null) as object, {
  '.text': (reader) => reader.sectionNamed('.text', true, false),
  '.data': (reader) => reader.sectionNamed('.data', false, true),
  '.bss': (reader) => reader.sectionNamed('.bss', false, true),
  '.section': section,
  '.pushsection': section,
  '.globl': globalNames,
  '.global': globalNames,
  '.weak': globalNames,
  '.type': (reader, [name = '', kind = '']) => {
    if (/function|gnu_indirect/.test(kind)) reader.declaredFunctions.add(unquote(name));
    if (/tls_object/.test(kind)) reader.file.threadLocal.add(unquote(name));
  },
  '.size': (reader, [name = '', value = '']) => {
    const plain = unquote(name);
    if (
      reader.open !== undefined &&
      (reader.open.name === plain || plain.startsWith(`${reader.open.name}.cold`))
    ) {
      reader.open = undefined;
    }
    const size = parseInteger(value);
    const label = reader.file.data.get(plain);
    if (label !== undefined && size !== undefined) label.size = Number(size);
  },
  '.ident': (reader, [text = '']) => {
    if (/^"GCC: /.test(text)) reader.file.compiler = 'gcc';
  },
  '.cfi_endproc': (reader) => {
    reader.open = undefined;
  },
  '.set': (reader, [alias = '', target = '']) => {
    const name = unquote(alias);
    const expression = parseExpression(target);
    if (expression?.symbol === undefined) return;
    reader.file.defined.add(name);
    const known = expression.addend === 0n ? reader.functionsByName.get(expression.symbol) : undefined;
    if (known !== undefined) known.aliases.push(name);
    const label = reader.file.data.get(expression.symbol);
    if (label === undefined) return;
    reader.file.data.set(name, { section: label.section, offset: label.offset + Number(expression.addend) });
  },
  '.comm': (reader, [name = '', size = '']) => {
    const plain = unquote(name);
    reader.file.defined.add(plain);
    // Where it will lie is the linker's to say: a section of its own.
    const place = {
      name: `.common ${plain}`,
      writable: true,
      bytes: [],
      relocations: new Map(),
      alignments: new Map(),
    };
    reader.file.data.set(plain, { section: place, offset: 0, size: Number(parseInteger(size) ?? 0n) });
  },
  '.local': () => undefined,
  '.byte': integers(1),
  '.short': integers(2),
  '.hword': integers(2),
  '.2byte': integers(2),
  '.value': integers(2),
  '.long': integers(4),
  '.int': integers(4),
  '.4byte': integers(4),
  '.quad': integers(8),
  '.xword': integers(8),
  '.8byte': integers(8),
  '.dword': integers(8),
  '.word': (reader, words) => integers(reader.file.target === 'x86-64' ? 2 : 4)(reader, words),
  '.float': floats(4),
  '.single': floats(4),
  '.double': floats(8),
  '.ascii': strings([]),
  '.asciz': strings([0]),
  '.string': strings([0]),
  '.zero': fill,
  '.skip': fill,
  '.space': fill,
  '.p2align': (reader, [power = '']) => align(reader, Number(parseInteger(power) ?? -1n)),
  '.align': (reader, [value = '']) => {
    const number = Number(parseInteger(value) ?? -1n);
    align(reader, reader.file.target === 'x86-64' ? Math.log2(number) : number);
  },
  '.balign': (reader, [value = '']) => align(reader, Math.log2(Number(parseInteger(value) ?? -1n))),
} satisfies Record<string, Handler>);
