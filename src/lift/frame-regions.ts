// What stays memory of a stack frame, cut into regions: one alloca each.

import type { FunctionBody } from './blocks.ts';
import { visitFrame, type Frame } from './frame.ts';

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
 * saved registers; split, each place whose address is taken begins another, up to the next.
 */
export function findRegions(
  body: FunctionBody,
  frame: Frame,
  aligned: number,
  split: boolean,
): FrameRegion[] {
  const ends = new Map<number, number>();
  const note = (start: number, end: number): void => {
    ends.set(start, Math.max(end, ends.get(start) ?? start));
  };
  visitFrame(
    body,
    ({ offset, bytes }) => note(offset, offset + bytes),
    (offset) => note(offset, offset),
  );
  if (ends.size === 0) return [];
  const starts = [...ends.keys()].sort((left, right) => left - right);
  const first = starts[0]!;
  const last = Math.max(...ends.values());
  // Above the places in use the frame goes on to the first slot that holds something else.
  const slots = [...frame.slots.keys()].sort((left, right) => left - right);
  const ceiling = (place: number): number => slots.find((offset) => offset >= place) ?? Math.max(0, place);
  const bounds = split ? starts.filter((start) => frame.taken.includes(start)) : [];
  if (bounds[0] !== first) bounds.unshift(first);
  return bounds.flatMap((start, index): FrameRegion[] => {
    const next = bounds[index + 1];
    const inside = starts.filter((place) => place >= start && (next === undefined || place < next));
    const used = Math.max(...inside.map((place) => ends.get(place)!), start + 1);
    const top = next === undefined ? ceiling(Math.max(last, used)) : Math.min(next, ceiling(used));
    const bytes = top - start;
    if (bytes <= 0 || bytes > largestFrame) return [];
    const distance = Math.abs(start - aligned);
    const alignment = [16, 8, 4, 2].find((power) => distance % power === 0) ?? 1;
    return [{ name: `%frame.${index}`, start, bytes, alignment }];
  });
}
