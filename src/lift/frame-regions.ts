// What stays memory of a stack frame, cut into regions: one alloca each.

import type { FunctionBody } from './blocks.ts';
import { isInObject, visitFrame, type Frame, type FrameObject } from './frame.ts';
import { Unsupported } from './step.ts';

/**
 * What becomes of the stack frame. `whole`: slots are values, and places whose address is taken are parts of
 * one object; `memory`: slots are parts of it as well; `split`: each of those is an object of its own; `slots`: every slot stays memory, as in code
 * generated at -O0; `reloads`: the same, and moves out of memory stay moves; `spills`: the same again, but slots of the register
 * allocator are values.
 */
export type FrameForm = 'whole' | 'memory' | 'split' | 'slots' | 'reloads' | 'spills';

/** Forms for code that was generated at -O0. */
export const isPlain = (form: FrameForm): boolean => !['whole', 'memory', 'split'].includes(form);

export interface FrameRegion {
  name: string;
  start: number;
  bytes: number;
  alignment: number;
}

/** More than this is no frame but an attack on memory. */
const largestFrame = 1 << 24;

/**
 * The regions of what is still accessed in memory. Together they are one, from the lowest place to the
 * saved registers; split, each place whose address is taken begins another, up to the next. As slots, what
 * lies below every such place is a region for each slot, and the highest comes first, as it was laid out.
 * An object is always one of its own.
 */
export function findRegions(
  body: FunctionBody,
  frame: Frame,
  aligned: number,
  form: FrameForm,
): FrameRegion[] {
  const ends = new Map<number, number>();
  const note = (start: number, end: number): void => {
    ends.set(start, Math.max(end, ends.get(start) ?? start));
  };
  visitFrame(
    body,
    ({ offset, bytes }) => isInObject(frame.objects, offset) || note(offset, offset + bytes),
    (offset) => isInObject(frame.objects, offset) || note(offset, offset),
  );
  for (const { start, bytes, alignment } of frame.objects)
    if (alignment !== undefined) note(start, start + bytes);
  if (ends.size === 0) return [];
  const starts = [...ends.keys()].sort((left, right) => left - right);
  const first = starts[0]!;
  const last = Math.max(...ends.values());
  // Above the places in use the frame goes on to the first slot that holds something else.
  const others = [...frame.slots.keys(), ...frame.objects.map(({ start }) => start)];
  const slots = others.sort((left, right) => left - right);
  const ceiling = (place: number): number => slots.find((offset) => offset >= place) ?? Math.max(0, place);
  const objectAt = new Map(frame.objects.map((object) => [object.start, object]));
  const isBehind = (start: number): boolean =>
    frame.objects.some((object) => starts.find((place) => place >= object.start + object.bytes) === start);
  const lowest = frame.taken[0] ?? Infinity;
  const apart = isPlain(form);
  const begins = (start: number): boolean =>
    objectAt.has(start) ||
    isBehind(start) ||
    (form !== 'whole' && form !== 'memory' && frame.taken.includes(start)) ||
    (apart && start < lowest && !isInside(start, ends));
  const bounds = starts.filter(begins);
  if (bounds[0] !== first) bounds.unshift(first);
  if (apart) return slotRegions(bounds, (start) => ends.get(start)!, lowest, ceiling, aligned, objectAt);
  return bounds.flatMap((start, index): FrameRegion[] => {
    const next = bounds[index + 1];
    const inside = starts.filter((place) => place >= start && (next === undefined || place < next));
    const used = Math.max(...inside.map((place) => ends.get(place)!), start + 1);
    const object = objectAt.get(start);
    const top =
      object !== undefined
        ? start + object.bytes
        : next === undefined
          ? ceiling(Math.max(last, used))
          : Math.min(next, ceiling(used));
    const bytes = top - start;
    if (bytes <= 0 || bytes > largestFrame) return [];
    const distance = Math.abs(start - aligned);
    const alignment = object?.alignment ?? [16, 8, 4, 2].find((power) => distance % power === 0) ?? 1;
    return [{ name: `%frame.${index}`, start, bytes, alignment }];
  });
}

/** Whether a slot begins inside another one. */
function isInside(start: number, ends: ReadonlyMap<number, number>): boolean {
  for (let before = start - 1; before > start - 16; before--)
    if ((ends.get(before) ?? before) > start) return true;
  return false;
}

/**
 * One region a slot, in the order in which code generation lays them out: downwards. Where the next one down
 * would not come to lie at its place it is made larger.
 */
function slotRegions(
  bounds: readonly number[],
  endOf: (start: number) => number,
  lowestTaken: number,
  ceiling: (place: number) => number,
  aligned: number,
  objectAt: ReadonlyMap<number, FrameObject>,
): FrameRegion[] {
  const regions: FrameRegion[] = [];
  let above = ceiling(bounds.at(-1)!);
  for (const start of bounds.toReversed()) {
    const object = objectAt.get(start);
    const distance = Math.abs(start - aligned);
    const extent = endOf(start) - start;
    // What nothing uses any more lay between.
    for (const { start: gone, alignment } of objectAt.values())
      if (alignment === undefined && gone >= start + extent) above = Math.min(above, gone);
    // A variable of type long double takes 16 bytes, one of the register allocator 10.
    const used = extent === 10 && distance % 16 === 0 && above - start >= 16 ? 16 : extent;
    const known = object !== undefined || start < lowestTaken;
    const natural = known && [1, 2, 4, 8, 16].includes(used) ? used : 16;
    const alignment =
      object?.alignment ?? [16, 8, 4, 2].find((power) => power <= natural && distance % power === 0) ?? 1;
    const fits = known && Math.floor((above - used - aligned) / alignment) * alignment + aligned === start;
    const bytes = fits ? used : above - start;
    if (bytes > largestFrame) throw new Unsupported('a stack frame of this size');
    if (bytes > 0) regions.push({ name: `%frame.${regions.length}`, start, bytes, alignment });
    above = start;
  }
  return regions;
}
