// What the rows of all task sets have in common: where they come from, for which machine they are, how
// long they are, and the two columns that trainers read.

import { createHash } from 'node:crypto';
import type { Random } from '../../common/random.ts';
import type { TargetName } from '../../tasks/normal-form/targets.ts';
import type { CorpusRow } from '../corpus.ts';
import type { Columns, Split } from '../set-manifest.ts';
import { isPortable } from './levels.ts';

export interface TaskRow {
  /** Hash of prompt and completion: equal rows are the same example. */
  id: string;
  /** Of the row of the corpus. */
  corpus_id: string;
  package: string;
  target: TargetName;
  /** Of prompt and completion together. */
  characters: number;
  /** The smallest power of two that is not below `characters`, 256 at least. */
  bucket: number;
  prompt: string;
  completion: string;
  split: Split;
}

export const taskColumns: Columns = {
  id: 'VARCHAR',
  corpus_id: 'VARCHAR',
  package: 'VARCHAR',
  target: 'VARCHAR',
  characters: 'INTEGER',
  bucket: 'INTEGER',
  prompt: 'VARCHAR',
  completion: 'VARCHAR',
};

export function taskRow(
  source: Pick<CorpusRow, 'id' | 'package' | 'split'>,
  target: TargetName,
  prompt: string,
  completion: string,
): TaskRow {
  const characters = prompt.length + completion.length;
  return {
    id: createHash('sha256')
      .update(JSON.stringify([prompt, completion]))
      .digest('hex')
      .slice(0, 32),
    corpus_id: source.id,
    package: source.package,
    target,
    characters,
    bucket: 2 ** Math.max(8, Math.ceil(Math.log2(characters))),
    prompt,
    completion,
    split: source.split,
  };
}

/** A machine by chance, x86-64 with the given share; what only x86-64 understands stays there. */
export function drawTarget(random: Random, ir: string, x86Share: number): TargetName {
  const drawn = random.next() < x86Share ? 'x86-64' : 'aarch64';
  return drawn === 'aarch64' && !isPortable(ir) ? 'x86-64' : drawn;
}
