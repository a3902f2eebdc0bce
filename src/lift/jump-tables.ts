// Indirect jumps through tables of the file become switches. To think of it: follow the jump's address
// backwards through register writes until a load from a table whose entries are labels of this function;
// what was added to the table's address there, divided by the size of an entry, is the index.

import type { AssemblyFile, DataLabel, Relocation } from './assembly/types.ts';
import { registerValue, terms, zeroExtend, signExtend, type Expression } from './expression.ts';
import { linkPredecessors, type Block, type FunctionBody } from './blocks.ts';
import { Unsupported, type RegisterWrite, type Step } from './step.ts';

/** How far back the computation of a jump's address is followed. */
const mostSteps = 64;
const mostEntries = 1 << 14;

interface Place {
  block: Block;
  /** The state before the step of this number. */
  position: number;
}

interface Definition {
  write: RegisterWrite;
  value: Expression;
  place: Place;
}

/** The last write of a register before a place in its block; `lost` where a call comes later. */
function lastWrite(
  { block, position }: Place,
  register: number,
  clobbered: readonly number[],
): Definition | 'lost' | undefined {
  for (let at = position - 1; at >= 0; at--) {
    const step = block.steps[at]!;
    if (step.flow?.kind === 'call' && clobbered.includes(register)) return 'lost';
    const write = step.writes.find((one) => one.register === register);
    if (write === undefined) continue;
    return write.rest === 'zero' ? { write, value: write.value, place: { block, position: at } } : 'lost';
  }
  return undefined;
}

const isSameSymbol = (left: Expression, right: Expression): boolean =>
  left.kind === 'symbol' && right.kind === 'symbol' && left.symbol === right.symbol;

/**
 * Who wrote a register that is read at a place: the one write that reaches it, or several that say the same
 * symbol, as where a table's address is computed before a loop.
 */
function definitionOf(
  body: FunctionBody,
  register: number,
  place: Place,
  clobbered: readonly number[],
): Definition | undefined {
  let found: Definition | undefined;
  const seen = new Set<number>();
  const waiting = [place];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const written = lastWrite(at, register, clobbered);
    if (written === 'lost') return undefined;
    if (written === undefined) {
      for (const index of at.block.predecessors) {
        const block = body.blocks[index]!;
        if (!seen.has(index)) waiting.push({ block, position: block.steps.length });
        seen.add(index);
      }
    } else if (found === undefined) found = written;
    else if (found.write !== written.write && !isSameSymbol(found.value, written.value)) return undefined;
  }
  return found;
}

interface TableAccess {
  step: Step;
  table: DataLabel;
  index: Expression;
  size: number;
}

class TableSearch {
  private readonly body: FunctionBody;
  private readonly file: AssemblyFile;
  private readonly clobbered: readonly number[];
  private budget = mostSteps;
  /** A load from a local symbol was met, but what stands there is not in the file. */
  blind = false;
  /** What was written to compute the address, and is read by nobody once the jump is a switch. */
  readonly passed: RegisterWrite[] = [];

  constructor(body: FunctionBody, file: AssemblyFile, clobbered: readonly number[]) {
    this.body = body;
    this.file = file;
    this.clobbered = clobbered;
  }

  private definitionOf(register: number, place: Place): Definition | undefined {
    return definitionOf(this.body, register, place, this.clobbered);
  }

  /** The first load from a table that the value of an expression depends on. */
  find(expression: Expression, place: Place): TableAccess | undefined {
    if (this.budget-- <= 0) return undefined;
    switch (expression.kind) {
      case 'load': {
        const access = this.tableAccess(expression, place);
        return access ?? this.find(expression.address, place);
      }
      case 'register': {
        const definition = this.definitionOf(expression.register, place);
        if (definition === undefined) return undefined;
        this.passed.push(definition.write);
        return this.find(definition.value, definition.place);
      }
      case 'operation':
        for (const operand of expression.operands) {
          const found = this.find(operand, place);
          if (found !== undefined) return found;
        }
        return undefined;
      default:
        return undefined;
    }
  }

  private tableAccess(load: Expression & { kind: 'load' }, place: Place): TableAccess | undefined {
    const summands = terms(load.address);
    let table: DataLabel | undefined;
    const others: Expression[] = [];
    for (const summand of summands) {
      const symbol = this.symbolOf(summand, place);
      if (symbol !== undefined && table === undefined) {
        table = this.file.data.get(symbol);
        this.blind ||= table === undefined && symbol.startsWith('.');
      } else others.push(summand);
    }
    const step = place.block.steps[place.position];
    if (table === undefined || others.length !== 1 || step === undefined) return undefined;
    const size = Number(load.type.slice(1)) / 8;
    const index = dividedBy(others[0]!, size);
    if (index !== undefined) return { step, table, index, size };
    // gcc -O0 multiplies by the size before.
    const [scaled] = others;
    const definition = scaled!.kind === 'register' ? this.definitionOf(scaled!.register, place) : undefined;
    const earlier = definition === undefined ? undefined : dividedBy(definition.value, size);
    if (definition === undefined || earlier === undefined) return undefined;
    return { step: definition.place.block.steps[definition.place.position]!, table, index: earlier, size };
  }

  /** The symbol that an expression is the address of. */
  private symbolOf(expression: Expression, place: Place): string | undefined {
    let value: Expression | undefined = expression;
    let at = place;
    for (let depth = 0; depth < 8 && value !== undefined; depth++) {
      if (value.kind === 'symbol') return value.addend === 0n ? value.symbol : undefined;
      if (value.kind !== 'register') return undefined;
      const definition: Definition | undefined = this.definitionOf(value.register, at);
      if (definition === undefined) return undefined;
      this.passed.push(definition.write);
      ({ value, place: at } = definition);
    }
    return undefined;
  }
}

function dividedBy(expression: Expression, size: number): Expression | undefined {
  if (
    expression.kind === 'operation' &&
    (expression.operator === 'zext' || expression.operator === 'sext') &&
    size === 1
  ) {
    return (expression.operator === 'zext' ? zeroExtend : signExtend)(expression.operands[0]!, 'i64');
  }
  if (size === 1) return expression;
  if (expression.kind !== 'operation' || expression.operator !== 'shl') return undefined;
  const [value, amount] = expression.operands;
  return amount!.kind === 'constant' && amount!.value === BigInt(Math.log2(size)) ? value : undefined;
}

/** The labels in a table, up to the first entry that is none of this function or the next label. */
function entriesOf(
  table: DataLabel,
  size: number,
  places: Map<string, number>,
  starts: Set<number>,
): number[] {
  const entries: number[] = [];
  for (let offset = table.offset; entries.length < mostEntries; offset += size) {
    if (offset > table.offset && starts.has(offset)) break;
    const relocation: Relocation | undefined = table.section.relocations.get(offset);
    const to =
      relocation === undefined || relocation.width !== size ? undefined : places.get(relocation.symbol);
    if (to === undefined) break;
    entries.push(to);
  }
  return entries;
}

export function resolveJumpTables(
  body: FunctionBody,
  file: AssemblyFile,
  places: Map<string, number>,
  clobbered: readonly number[],
): void {
  let starts: Map<unknown, Set<number>> | undefined;
  const labelsOf = (table: DataLabel): Set<number> => {
    if (starts === undefined) {
      starts = new Map();
      for (const { section, offset } of file.data.values()) {
        if (!starts.has(section)) starts.set(section, new Set());
        starts.get(section)!.add(offset);
      }
    }
    return starts.get(table.section)!;
  };
  // A resolved jump gives blocks their predecessors, and with them others their table.
  for (let again = true; again;) {
    again = false;
    for (const block of body.blocks) {
      if (block.terminator.kind !== 'indirect') continue;
      const place = { block, position: block.steps.length - 1 };
      const search = new TableSearch(body, file, clobbered);
      const access = search.find(block.terminator.address, place);
      if (search.blind) throw new Unsupported('a jump table that is not there');
      if (access === undefined) continue;
      const to = entriesOf(access.table, access.size, places, labelsOf(access.table));
      if (to.length === 0) continue;
      const register = body.registerTypes.length;
      body.registerTypes.push('i64');
      access.step.writes.push({ register, value: access.index, rest: 'zero' });
      block.terminator = { kind: 'switch', index: registerValue(register, 'i64'), to };
      for (const write of search.passed) write.read = 'scratch';
      again = true;
    }
    if (again) linkPredecessors(body);
  }
}
