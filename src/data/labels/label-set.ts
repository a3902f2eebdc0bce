// The labels as their readers see them: one row a program and code generation level. The IR is not in it;
// `id` finds it in the corpus.

import type { Columns, Split } from '../set-manifest.ts';
import type { LabelLevel } from './measured-program.ts';

export interface LabelRow {
  /** Of the corpus row: hash of the normalised IR. */
  id: string;
  package: string;
  version: string;
  /** The source, relative to the package. */
  file: string;
  name: string;
  kind: 'function' | 'module';
  target: string;
  /** The code generation that all bytes of this row are measured with. */
  codegen: LabelLevel;
  /** The best list; `default<Oz>` where nothing is smaller than clang -Oz. */
  pipeline: string;
  /** Allocated bytes after it. */
  bytes: number;
  /** With clang's own -Oz. */
  ozBytes: number;
  unoptimisedBytes: number;
  /** Further lists, each larger than the one before it. */
  runnersUp: string[];
  runnersUpBytes: number[];
  /** How many lists were measured on this program. */
  listsMeasured: number;
  split: Split;
}

export const labelColumns: Columns = {
  id: 'VARCHAR',
  package: 'VARCHAR',
  version: 'VARCHAR',
  file: 'VARCHAR',
  name: 'VARCHAR',
  kind: 'VARCHAR',
  target: 'VARCHAR',
  codegen: 'VARCHAR',
  pipeline: 'VARCHAR',
  bytes: 'INTEGER',
  ozBytes: 'INTEGER',
  unoptimisedBytes: 'INTEGER',
  runnersUp: 'VARCHAR[]',
  runnersUpBytes: 'INTEGER[]',
  listsMeasured: 'INTEGER',
};
