// The tokenizer against others: how fast it trains and encodes beside PyPI's `tokenizers` (Rust) and
// llama.cpp, and whether all three give the same ids, on real files and on random text.
//
//   node dist-bench/tokenizer.js FOLDER [PYTHON]
//
// FOLDER is as tokenizer-sample.ts makes it. A Python with `tokenizers` is made if none is given. Speeds
// are ratios to ours, each the best of three runs, in memory, vocabulary 4,096.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { createRandom } from '#ozma/common/random.js';
import { writeGgufFile } from '#ozma/model/gguf/file.js';
import { float32, string, uint32 } from '#ozma/model/gguf/metadata.js';
import { tokenizerMetadata } from '#ozma/model/gguf/tokenizer-metadata.js';
import { saveTokenizer } from '#ozma/tokenizer/hugging-face-writing.js';
import { createTokenizer } from '#ozma/tokenizer/tokenizer.js';
import { trainVocabulary } from '#ozma/tokenizer/training.js';
import { mergeRules } from '#ozma/tokenizer/training-text.js';
import { pythonWith } from './python-environment.ts';

const size = 4096;
const mostFiles = 1000;
const randomTexts = 1000;
const runs = 3;

/** Digits apart as ours; and lines, since `tokenizers` takes a file for one word else. */
const trainingInPython = `
import json, sys, time
from tokenizers import Tokenizer, Regex, models, pre_tokenizers, trainers
texts = json.load(open(sys.argv[1]))
best = 1e9
for _ in range(${runs}):
    tokenizer = Tokenizer(models.BPE(byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Split("\\n", "merged_with_next")])
    trainer = trainers.BpeTrainer(vocab_size=int(sys.argv[2]) - 272, min_frequency=2, max_token_length=32, show_progress=False)
    start = time.perf_counter()
    tokenizer.train_from_iterator(texts, trainer)
    best = min(best, time.perf_counter() - start)
print(best)
`;

const encodingInPython = `
import json, sys, time
from tokenizers import Tokenizer
texts = json.load(open(sys.argv[1]))
best = 1e9
for _ in range(${runs}):
    tokenizer = Tokenizer.from_file(sys.argv[2])
    # Control tokens are not read out of plain text.
    tokenizer.encode_special_tokens = True
    start = time.perf_counter()
    if sys.argv[4] == 'batch':
        encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
    else:
        encoded = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    best = min(best, time.perf_counter() - start)
ids = [one.ids for one in encoded]
wrong = sum(tokenizer.decode(one, skip_special_tokens=False) != text for one, text in zip(ids, texts))
json.dump(ids, open(sys.argv[3], 'w'))
print(best)
print(wrong)
`;

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected a folder made by tokenizer-sample.js');
const work = join(folder, 'bench');
mkdirSync(work, { recursive: true });
const python = pythonWith(['tokenizers==0.23.3'], process.argv[3]);

function runPython(code: string, words: string[], oneThread: boolean): number[] {
  const env = {
    ...process.env,
    TOKENIZERS_PARALLELISM: String(!oneThread),
    RAYON_NUM_THREADS: oneThread ? '1' : '',
  };
  if (!oneThread) Reflect.deleteProperty(env, 'RAYON_NUM_THREADS');
  const output = execFileSync(python, ['-c', code, ...words], { env, encoding: 'utf8', maxBuffer: 1 << 28 });
  return output.trim().split('\n').map(Number);
}

async function fastest<T>(work: () => T | Promise<T>): Promise<[seconds: number, value: T]> {
  let best = Infinity;
  for (let run = 1; ; run++) {
    const started = performance.now();
    const value = await work();
    best = Math.min(best, (performance.now() - started) / 1000);
    if (run === runs) return [best, value];
  }
}

function print(name: string, ...cells: (string | number)[]): void {
  const shown = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell).padStart(12));
  process.stdout.write(`${name.padEnd(44)}${shown.join('')}\n`);
}

/** All kinds of characters but U+2581, which llama.cpp takes for a space. */
function makeRandomTexts(): string[] {
  const random = createRandom(1);
  const character = (): string => {
    const kind = random.next();
    if (kind < 0.2)
      return random.pick(['[INST]', '</code>', '<s>', '</s>', '<0x0A>', '\r\n', '    ', 'align ']);
    if (kind < 0.8) return String.fromCharCode(random.below(0x80));
    const code = random.below(0x11_0000 - 0x800);
    return String.fromCodePoint(code < 0xd800 ? code : code + 0x800).replace('\u2581', ' ');
  };
  return Array.from({ length: randomTexts }, () =>
    Array.from({ length: random.below(200) }, character).join(''),
  );
}

const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => /^(train|held-out)\/.*\.(ll|s)$/.test(name))
  .sort();
const trainTexts = names
  .filter((name) => name.startsWith('train'))
  .map((name) => readFileSync(join(folder, name), 'utf8'));
const stride = Math.max(1, names.length / mostFiles);
const chosen = Array.from(
  { length: Math.min(mostFiles, names.length) },
  (_, at) => names[Math.floor(at * stride)]!,
);
const fileTexts = chosen.map((name) => readFileSync(join(folder, name), 'utf8'));
const random = makeRandomTexts();
const megabytes = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
const file = (name: string, content: unknown): string => {
  const path = join(work, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};

const [trainSeconds, { vocabulary }] = await fastest(() =>
  trainVocabulary(trainTexts, { size, longestPiece: 32, rule: mergeRules.apart }),
);
const tokenizer = createTokenizer(vocabulary);
await saveTokenizer(tokenizer, work);
const trainFile = file('train.json', trainTexts);
const [pythonTrainOne = 0] = runPython(trainingInPython, [trainFile, String(size)], true);
const [pythonTrain = 0] = runPython(trainingInPython, [trainFile, String(size)], false);
const trainMegabytes = megabytes(trainTexts);
print(`training, ${trainMegabytes.toFixed(1)} MB`, 'seconds', 'MB/s', 'ours is ×');
print('ours, 1 thread', trainSeconds, trainMegabytes / trainSeconds, 1);
print('tokenizers, 1 thread', pythonTrainOne, trainMegabytes / pythonTrainOne, pythonTrainOne / trainSeconds);
print('tokenizers, its default', pythonTrain, trainMegabytes / pythonTrain, pythonTrain / trainSeconds);

// A new tokenizer each time: nothing remembered.
const [seconds, ourIds] = await fastest(() => {
  const fresh = createTokenizer(vocabulary);
  return fileTexts.map((text) => fresh.encode(text));
});
const [decodeSeconds, wrongRounds] = await fastest(
  () => ourIds.filter((ids, at) => tokenizer.decodeText(ids) !== fileTexts[at]).length,
);
const filesFile = file('files.json', fileTexts);
const tokenizerFile = join(work, 'tokenizer.json');
const idsFile = join(work, 'ids.json');
const [pythonBatch = 0] = runPython(encodingInPython, [filesFile, tokenizerFile, idsFile, 'batch'], false);
const [pythonOne = 0, pythonWrong = 0] = runPython(
  encodingInPython,
  [filesFile, tokenizerFile, idsFile, 'one'],
  true,
);
const pythonIds = JSON.parse(readFileSync(idsFile, 'utf8')) as number[][];

const modelPath = join(work, 'vocabulary.gguf');
const sizes = [
  'context_length',
  'embedding_length',
  'block_count',
  'feed_forward_length',
  'attention.head_count',
];
await writeGgufFile(modelPath, {
  metadata: [
    ['general.architecture', string('llama')],
    ...sizes.map((key) => [`llama.${key}`, uint32(1)] as const),
    ['llama.attention.layer_norm_rms_epsilon', float32(1e-5)],
    ...tokenizerMetadata(tokenizer, tokenizer.size),
  ],
  tensors: [],
  readValues: () => Promise.reject(new Error('no tensors')),
});
const llama = await getLlama({
  gpu: false,
  build: 'never',
  logLevel: LlamaLogLevel.disabled,
  progressLogs: false,
});
const model = await llama.loadModel({ modelPath, vocabOnly: true });
const llamaStarted = performance.now();
const llamaIds = fileTexts.map((text) => [...model.tokenize(text)] as number[]);
const llamaSeconds = (performance.now() - llamaStarted) / 1000;

const fileMegabytes = megabytes(fileTexts);
process.stdout.write('\n');
print(`encoding, ${chosen.length} files, ${fileMegabytes.toFixed(1)} MB`, 'seconds', 'MB/s', 'ours is ×');
print('ours, 1 thread', seconds, fileMegabytes / seconds, 1);
print('tokenizers, 1 thread', pythonOne, fileMegabytes / pythonOne, pythonOne / seconds);
print(
  'tokenizers, encode_batch, its default',
  pythonBatch,
  fileMegabytes / pythonBatch,
  pythonBatch / seconds,
);
print(
  'llama.cpp through node-llama-cpp, one run',
  llamaSeconds,
  fileMegabytes / llamaSeconds,
  llamaSeconds / seconds,
);
print('decoding: ours', decodeSeconds, fileMegabytes / decodeSeconds, 1);

const equal = (a: readonly number[], b: readonly number[] | undefined): boolean =>
  a.length === b?.length && a.every((id, at) => id === b[at]);
const agreeing = (left: readonly number[][], right: readonly number[][]): string =>
  `${left.filter((ids, at) => equal(ids, right[at])).length}/${left.length}`;

const randomIds = random.map((text) => tokenizer.encode(text));
const [, pythonRandomWrong = 0] = runPython(
  encodingInPython,
  [file('random.json', random), tokenizerFile, idsFile, 'one'],
  true,
);
const pythonRandomIds = JSON.parse(readFileSync(idsFile, 'utf8')) as number[][];
const llamaRandomIds = random.map((text) => [...model.tokenize(text)] as number[]);
const bytes = createRandom(2);
const binary = Array.from({ length: randomTexts }, () =>
  Uint8Array.from({ length: bytes.below(400) }, () => bytes.below(256)),
);
const wrongBinary = binary.filter(
  (one) => !Buffer.from(tokenizer.decode(tokenizer.encodeBytes(one))).equals(one),
).length;
const wrongRandom = random.filter((text, at) => tokenizer.decodeText(randomIds[at]!) !== text).length;
process.stdout.write('\n');
print('the same ids as ours', 'files', 'random text');
print('tokenizers', agreeing(ourIds, pythonIds), agreeing(randomIds, pythonRandomIds));
print('llama.cpp', agreeing(ourIds, llamaIds), agreeing(randomIds, llamaRandomIds));
print('texts that do not come back', 'files', 'random text', 'random bytes');
print('ours', String(wrongRounds), String(wrongRandom), String(wrongBinary));
print('tokenizers', String(pythonWrong), String(pythonRandomWrong), 'not UTF-8');
await model.dispose();
await llama.dispose();
