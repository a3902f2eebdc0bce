// Whether Hugging Face `datasets` reads our sets: each finished set of a folder is loaded by the very library,
// and its splits, numbers of rows, columns and first and last rows are compared with ours.
//
//   node dist-bench/hugging-face-datasets.js DATA-FOLDER [--python PYTHON]
//
// Without --python it installs `datasets` into the cache folder first.

import { parseArgs } from 'node:util';
import { readSet } from '#ozma/data/corpus.js';
import { findSets, splits } from '#ozma/data/set-manifest.js';
import { pythonWith, runPython } from './python-environment.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string' } },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('expected the folder that holds the sets');
const python = pythonWith(['datasets==4.4.1'], values.python);

const load = `
import json, sys
from datasets import load_dataset
found = load_dataset(sys.argv[1])
print(json.dumps({split: {"rows": part.num_rows, "columns": part.column_names, "ends": [part[0], part[-1]]} for split, part in found.items()}))
`;

interface Loaded {
  rows: number;
  columns: string[];
  ends: unknown[];
}

/** With the names of columns in one order: the two libraries need not agree on it. */
function text(row: unknown): string {
  return JSON.stringify(Object.entries(row as object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

let wrong = 0;
for (const { name, folder: place, manifest } of await findSets(folder)) {
  const loaded = JSON.parse(runPython(python, load, place)) as Record<string, Loaded>;
  for (const split of splits) {
    const expected = manifest.splits[split];
    if (expected === undefined) continue;
    const found = loaded[split];
    let first: unknown;
    let last: unknown;
    for await (const row of readSet<unknown>(place, 'true', { split })) {
      first ??= row;
      last = row;
    }
    const agrees =
      found !== undefined &&
      found.rows === expected.rows &&
      found.columns.length === Object.keys(manifest.columns).length &&
      found.ends.map(text).join() === [first, last].map(text).join();
    if (!agrees) wrong++;
    console.log(
      `${agrees ? 'same     ' : 'different'}  ${name} ${split}: ${found?.rows ?? 0} rows of ${expected.rows}`,
    );
  }
}
if (wrong > 0) process.exitCode = 1;
