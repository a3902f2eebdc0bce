// A small corpus and a tokenizer learned from it: functions of one shape with other names and numbers, so
// that a tiny network learns something within seconds.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '#ozma/common/random.js';
import { saveTokenizer } from '#ozma/tokenizer/hugging-face-writing.js';
import { createTokenizer, type Tokenizer } from '#ozma/tokenizer/tokenizer.js';
import { trainVocabulary } from '#ozma/tokenizer/training.js';
import { mergeRules } from '#ozma/tokenizer/training-text.js';

const random = createRandom(4);

function toyFunction(): string {
  const [operation, type] = [random.pick(['add', 'sub', 'mul', 'xor']), random.pick(['i32', 'i64'])];
  const body = Array.from(
    { length: 1 + random.below(4) },
    (_, index) => `  %${index + 1} = ${operation} ${type} %${index}, ${random.below(100)}\n`,
  );
  return `define ${type} @f${random.below(1000)}(${type} %0) {\n${body.join('')}  ret ${type} %${body.length}\n}\n`;
}

export interface ToyCorpus {
  folder: string;
  /** Plain text, 300 functions. */
  texts: string;
  /** Plain text, 40 others. */
  heldOut: string;
  /** 200 questions with answers. */
  questions: string;
  /** Folder with tokenizer.json. */
  tokenizerFolder: string;
  tokenizer: Tokenizer;
}

/** Also points the cache into the folder. */
export async function makeToyCorpus(): Promise<ToyCorpus> {
  const folder = await mkdtemp(join(tmpdir(), 'ozma-train-'));
  process.env['OZMA_CACHE'] = join(folder, 'cache');
  const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const functions = Array.from({ length: 300 }, toyFunction);
  const corpus = {
    folder,
    texts: join(folder, 'texts.jsonl'),
    heldOut: join(folder, 'held-out.jsonl'),
    questions: join(folder, 'questions.jsonl'),
    tokenizerFolder: join(folder, 'tokenizer'),
  };
  await writeFile(corpus.texts, lines(functions.map((text) => ({ text }))));
  await writeFile(corpus.heldOut, lines(Array.from({ length: 40 }, () => ({ text: toyFunction() }))));
  const question = (): object => {
    const [a, b] = [random.below(10), random.below(10)];
    return { prompt: `[INST] ${a} + ${b} [/INST]`, completion: ` ${a + b}` };
  };
  await writeFile(corpus.questions, lines(Array.from({ length: 200 }, question)));
  const trained = await trainVocabulary(functions, { size: 400, longestPiece: 16, rule: mergeRules.apart });
  const tokenizer = createTokenizer(trained.vocabulary);
  await saveTokenizer(tokenizer, corpus.tokenizerFolder);
  return { ...corpus, tokenizer };
}
