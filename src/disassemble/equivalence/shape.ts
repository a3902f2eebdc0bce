// What a function reads where, from its IR: which offsets behind its pointers hold pointers, numbers or code, the same
// of variables, and which numbers it compares with. Inputs that look like that lead further than any mixture: a pointer is found where one is
// followed, a function where one is called. All functions of one shape share it: objects are not told apart.

import { signatureOf, type Signature } from './signature.ts';

/** What is read at a place: `type` is that of a number, `callee` is an index into `Shape.callees`. */
export type Field = { kind: 'pointer' } | { kind: 'number'; type: string } | { kind: 'code'; callee: number };

/** By offset in bytes; several where objects of different types are read at one offset. */
export type Fields = ReadonlyMap<number, readonly Field[]>;

export interface Shape {
  /** Of everything behind pointers. */
  objects: Fields;
  /** Of variables, by name. */
  variables: ReadonlyMap<string, Fields>;
  /** Parameters that are called, by index. */
  parameters: ReadonlyMap<number, Field>;
  /** Numbers that the function compares with. */
  constants: readonly bigint[];
  /** Types of the functions that are called through pointers, by what they are called with. */
  callees: readonly Signature[];
}

type Place =
  | { kind: 'object'; offset: number }
  | { kind: 'variable'; name: string; offset: number }
  // The stack, and what lies at offsets that are computed.
  | { kind: 'elsewhere' };

const name = String.raw`(?:"[^"]*"|[-\w.$]+)`;
const definition = new RegExp(String.raw`^\s*%(${name}) = (.*)$`);
const step = new RegExp(
  String.raw`^getelementptr (?:(?:inbounds|nuw|nusw) )*i8, ptr (\S+), i64 (-?\d+|%${name})`,
);
const constantStep = new RegExp(
  String.raw`^getelementptr (?:(?:inbounds|nuw|nusw) )*\(i8, ptr @(${name}), i64 (-?\d+)\)`,
);
const load =
  /^load (?:volatile |atomic )?(ptr|i8|i16|i32|i64|float|double), ptr (.*?)(?:, (?:align|!).*| seq_cst.*)?$/;
const indirectCall = new RegExp(
  String.raw`^(?:%${name} = )?(?:tail |musttail |notail )?call (.*?)(?: \([^()]*\))? %(${name})\((.*)\)`,
);

const bare = (word: string): string => word.replaceAll('"', '');

class Reader {
  private readonly definitions = new Map<string, string>();
  private readonly parameters = new Map<string, number>();
  readonly objects = new Map<number, Field[]>();
  readonly variables = new Map<string, Map<number, Field[]>>();
  readonly called = new Map<number, Field>();
  readonly callees: Signature[] = [];
  readonly constants: bigint[] = [];

  constructor(lines: readonly string[]) {
    for (const [at, match] of [...(lines[0] ?? '').matchAll(/%([-\w.$]+)(?=[,)])/g)].entries()) {
      this.parameters.set(match[1]!, at);
    }
    for (const line of lines) {
      const match = definition.exec(line);
      if (match !== null) this.definitions.set(bare(match[1]!), match[2]!);
    }
    for (const what of this.definitions.values()) this.read(what);
    for (const line of lines) {
      this.call(line.trim());
      const compared = / icmp \w+(?: \w+)? i\d+ \S+ (-?\d+)$|^\s+i\d+ (-?\d+), label/.exec(line);
      if (compared !== null) this.constants.push(BigInt(compared[1] ?? compared[2]!));
    }
  }

  private placeOf(operand: string, depth = 0): Place {
    const constant = constantStep.exec(operand);
    if (constant !== null) return { kind: 'variable', name: bare(constant[1]!), offset: Number(constant[2]) };
    if (operand.startsWith('@')) return { kind: 'variable', name: bare(operand.slice(1)), offset: 0 };
    const what = this.definitions.get(bare(operand.slice(1))) ?? '';
    if (what.startsWith('alloca')) return { kind: 'elsewhere' };
    const stepped = step.exec(what);
    if (stepped === null || depth > 8) return { kind: 'object', offset: 0 };
    const base = this.placeOf(stepped[1]!, depth + 1);
    if (base.kind === 'elsewhere') return base;
    if (stepped[2]!.startsWith('%')) return { kind: 'elsewhere' };
    return { ...base, offset: base.offset + Number(stepped[2]) };
  }

  private note(operand: string, field: Field): void {
    const place = this.placeOf(operand);
    if (place.kind === 'elsewhere' || place.offset < 0) return;
    let fields = this.objects;
    if (place.kind === 'variable') {
      fields = this.variables.get(place.name) ?? new Map<number, Field[]>();
      this.variables.set(place.name, fields);
    }
    fields.set(place.offset, [...(fields.get(place.offset) ?? []), field]);
  }

  private read(what: string): void {
    const loaded = load.exec(what);
    if (loaded !== null) {
      const type = loaded[1]!;
      this.note(loaded[2]!, type === 'ptr' ? { kind: 'pointer' } : { kind: 'number', type });
      return;
    }
    // A number that is made a pointer was one.
    const made = /^inttoptr i64 %(\S+) to ptr/.exec(what);
    const from = made === null ? null : load.exec(this.definitions.get(bare(made[1]!)) ?? '');
    if (from !== null) this.note(from[2]!, { kind: 'pointer' });
  }

  private call(line: string): void {
    const match = indirectCall.exec(line);
    if (match === null) return;
    const callee = `ozma_pointed_${this.callees.length}`;
    const signature = signatureOf(`declare ${match[1]} @${callee}(${match[3]})`);
    if (signature === undefined) return;
    const called = bare(match[2]!);
    const field: Field = { kind: 'code', callee: this.callees.length };
    const parameter = this.parameters.get(called);
    const loaded = load.exec(this.definitions.get(called) ?? '');
    if (parameter === undefined && loaded === null) return;
    this.callees.push(signature);
    if (parameter !== undefined) this.called.set(parameter, field);
    else this.noteCode(loaded![2]!, field);
  }

  /** What is called at a place is nothing else there. */
  private noteCode(operand: string, field: Field): void {
    const place = this.placeOf(operand);
    if (place.kind === 'elsewhere') return;
    const fields = place.kind === 'object' ? this.objects : this.variables.get(place.name)!;
    const known = fields.get(place.offset)?.find(({ kind }) => kind === 'code');
    fields.set(place.offset, [known ?? field]);
  }
}

/** Reads the function `name` in a module's text. */
export function shapeOf(ir: string, functionName: string): Shape {
  const lines = ir.split('\n');
  const start = lines.findIndex(
    (line) => line.startsWith('define') && signatureOf(line)?.name === functionName,
  );
  const end = lines.indexOf('}', start);
  const { objects, variables, called, constants, callees } = new Reader(lines.slice(start, end));
  return { objects, variables, parameters: called, constants, callees };
}
