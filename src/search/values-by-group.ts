// What each group of functions measures in a whole: the numbers that lists of functions are compared by.

import type { Measurement } from '../llvm/worker-protocol.ts';
import { everyFunction } from './plan.ts';
import { valueOf, type Objective } from './settings.ts';

/** By function, or one value for all where they do not go separate ways. Functions that are gone have none. */
export function valuesByGroup(
  measurement: Measurement,
  objective: Objective,
  separate: boolean,
): Map<string, number> {
  if (!separate) return new Map([[everyFunction, valueOf(measurement, objective)]]);
  if (objective === 'instructions') {
    const counts = measurement.functionInstructions ?? [];
    return new Map(counts.map(({ name, instructions }) => [name, instructions]));
  }
  return new Map((measurement.functions ?? []).map((size) => [size.name, size[objective]]));
}
