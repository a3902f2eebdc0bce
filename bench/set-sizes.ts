// What the finished sets of a folder hold: examples by split, packages, inputs (rows of the corpus), characters and tokens.
//
//   node dist-bench/set-sizes.js DATA-FOLDER [--model models/ozma-ftd.gguf] [--every 10]
//
// Tokens are of the model's vocabulary, counted in every tenth row and multiplied; of a corpus those of its IR.

import { parseArgs } from 'node:util';
import { readSet } from '#ozma/data/corpus.js';
import { querySets } from '#ozma/data/query.js';
import { findSets } from '#ozma/data/set-manifest.js';
import { openModel } from '#ozma/model/load-model.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'models/ozma-ftd.gguf' },
    every: { type: 'string', default: '10' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('expected the folder that holds the sets');
const every = Number(values.every);

const model = await openModel(values.model);
const tokenizer = await model.readTokenizer();
await model.close();
if (tokenizer === undefined) throw new Error(`${values.model}: expected a model with a tokenizer`);

console.log('set         train  validation  test  packages  inputs  characters, M  tokens, M  a row');
for (const { name, folder: place, manifest } of await findSets(folder)) {
  const { columns, splits, rows } = manifest;
  const texts = ['prompt', 'completion', 'text', 'ir'].filter((column) => column in columns);
  if (texts.length === 0) continue;
  const origin = 'corpus_id' in columns ? 'corpus_id' : 'id';
  const { rows: counts } = await querySets(
    folder,
    `SELECT count(DISTINCT package)::INTEGER AS packages, count(DISTINCT ${origin})::INTEGER AS inputs FROM ${name}`,
  );
  let [at, counted, characters, tokens] = [0, 0, 0, 0];
  for await (const row of readSet<Record<string, unknown>>(place)) {
    if (at++ % every !== 0) continue;
    const text = texts.map((column) => (row[column] as string | null) ?? '').join('\n');
    characters += text.length;
    tokens += tokenizer.encode(text).length;
    counted++;
  }
  const scale = rows / Math.max(1, counted) / 1e6;
  const numbers = [
    ...(['train', 'validation', 'test'] as const).map((split) => splits[split]?.rows ?? 0),
    ...Object.values(counts[0] ?? {}),
    (characters * scale).toFixed(1),
    (tokens * scale).toFixed(1),
    Math.round(tokens / Math.max(1, counted)),
  ];
  console.log([name.padEnd(11), ...numbers].join('  '));
}
