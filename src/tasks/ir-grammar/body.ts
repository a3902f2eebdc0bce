// What is known of a function as far as its lines go, and what may be named next. A body never changes: a line that
// adds to it makes another.

import { addPhi, atEntry, beginBlock, isAbove, jumpTo, namedByPhi, targetsOf, type Flow } from './flow.ts';
import { endsBlock, resultType, type Line } from './line-types.ts';

export interface Value {
  /** Undefined where no line told. */
  type: string | undefined;
  /** The block of its line; undefined before that. */
  home?: number;
}

export interface Body {
  returns: string | undefined;
  /** All that were mentioned, by number. */
  values: readonly Value[];
  /** How many blocks were mentioned; the entry is the first. */
  blocks: number;
  /** Mentioned and not begun. */
  openBlocks: ReadonlySet<number>;
  flow: Flow;
  /** Where the current line stands in its block. */
  place: 'top' | 'inside' | 'behind';
}

export function newBody(returns: string | undefined, parameters: readonly string[]): Body {
  return {
    returns,
    values: parameters.map((type) => ({ type, home: 0 })),
    blocks: 1,
    openBlocks: new Set(),
    flow: atEntry,
    place: 'inside',
  };
}

/** Numbers that a line may begin with as its value. */
export function definable({ values }: Body): number[] {
  return [...values.keys(), values.length].filter((number) => values[number]?.home === undefined);
}

/** Blocks that may begin. */
export function labels({ openBlocks, blocks }: Body): number[] {
  return [...openBlocks, blocks];
}

/** Blocks that a line may name after those that it has. */
export function namedBlocks({ flow, blocks }: Body, line: Line): readonly number[] {
  const named = blocksOf(line);
  const all = [...Array(blocks + 1).keys()];
  if (line.operation === 'phi') return namedByPhi(flow, named, all);
  const jumps = { br: line.tokens[1] === 'label' ? 1 : 2, invoke: 2 }[line.operation] ?? Infinity;
  return targetsOf(flow, named, all, jumps - named.length);
}

export function blocksOf({ tokens }: Line): number[] {
  return tokens.flatMap((token) => (/^%b\d+$/.test(token) ? [Number(token.slice(2))] : []));
}

/** Values of a type that a line may name; `own` is the line's. A phi may name what is defined elsewhere, or later. */
export function namedValues(
  { values, flow }: Body,
  type: string,
  own: number | undefined,
  isPhi: boolean,
): number[] {
  const known = [...values.keys()].filter((number) => {
    const { type: found = type, home } = values[number]!;
    if (found !== type) return false;
    return isPhi || (number !== own && home !== undefined && isAbove(flow, home));
  });
  return isPhi ? [...known, values.length] : known;
}

export function mentionValue(body: Body, number: number, type: string | undefined): Body {
  return number < body.values.length ? body : { ...body, values: [...body.values, { type }] };
}

export function mentionBlock(body: Body, number: number): Body {
  if (number < body.blocks) return body;
  return { ...body, blocks: number + 1, openBlocks: new Set([...body.openBlocks, number]) };
}

export function begin(body: Body, block: number): Body {
  const openBlocks = new Set([...body.openBlocks].filter((other) => other !== block));
  const blocks = Math.max(body.blocks, block + 1);
  return { ...body, blocks, openBlocks, flow: beginBlock(body.flow, block), place: 'top' };
}

/** Behind a whole line; `own` is its value. */
export function addLine(body: Body, line: Line, own: number | undefined): Body {
  const { flow } = body;
  const named = blocksOf(line);
  const isPhi = line.operation === 'phi';
  const values =
    own === undefined
      ? body.values
      : body.values.with(own, { type: resultType(line) ?? body.values[own]!.type, home: flow.current });
  if (endsBlock(line)) return { ...body, values, flow: jumpTo(flow, named), place: 'behind' };
  return { ...body, values, flow: isPhi ? addPhi(flow, named) : flow, place: isPhi ? body.place : 'inside' };
}
