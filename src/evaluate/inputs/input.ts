// What evaluations take: the settings that all inputs share, and an input with where it comes from.

import { stat } from 'node:fs/promises';
import type { CodeForm } from '../../common/code-form.ts';
import { OzmaError } from '../../common/errors.ts';
import type { SetManifest } from '../../data/set-manifest.ts';
import type { WorkerPool } from '../../llvm/worker-pool.ts';

/** What nothing was trained on. */
export type HeldOut = 'validation' | 'test';

export interface InputSettings {
  /** A task set, a corpus, or a folder of .c, .cc, .cpp, .ll and .bc files. */
  data: string;
  split: HeldOut;
  /** Samples at most: those with the smallest ids, a fair choice. */
  limit: number;
  seed: number;
  /** How the model wants its code. */
  form: CodeForm;
  /** Of clang, for sources. */
  flags: readonly string[];
  pool: WorkerPool;
  /** Compiles at the same time. */
  jobs: number;
  signal?: AbortSignal | undefined;
}

export interface Input<Row> {
  row: Row;
  /** The source file; the package where a set does not name files. */
  group: string;
  /** The function, where it is known. */
  name: string;
}

export interface Inputs<Row> {
  inputs: Input<Row>[];
  dropped: Record<string, number>;
  /** All that there are, before `limit` chose; undefined where nobody counted. */
  available: number | undefined;
}

/** Each once, in the order of ids, which are hashes: the first ones are a fair choice. */
export function smallest<Row extends { id: string }>(
  inputs: readonly Input<Row>[],
  limit: number,
): Input<Row>[] {
  const byId = new Map(inputs.map((input) => [input.row.id, input]));
  return [...byId.values()].sort((a, b) => (a.row.id < b.row.id ? -1 : 1)).slice(0, limit);
}

export async function mustExist(data: string): Promise<void> {
  const found = await stat(data).catch(() => undefined);
  if (found === undefined) throw new OzmaError('usage', `${data}: expected data, found nothing there`);
}

export function wrongSet(data: string, expected: string, found: string): OzmaError {
  return new OzmaError(
    'usage',
    `${data}: expected a set of ${expected} or a folder of sources, found a set of ${found}`,
  );
}

/** Throws `usage` where a set's code is not in the form that the model reads. */
export function mustHaveForm(manifest: SetManifest, { data, form }: InputSettings): void {
  // Sets made before forms were told apart do not say it.
  const { form: found = 'normal' } = manifest.made as { form?: string };
  if (found === form) return;
  throw new OzmaError(
    'usage',
    `${data}: expected code in ${form} form, as the model reads it, found ${found} form; make the set with --form ${form}`,
  );
}
