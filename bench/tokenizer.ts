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
/** How much is encoded to measure speed; agreement is checked on all files. */
const speedMegabytes = 5;
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
for _ in range(int(sys.argv[5])):
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

let taken = 0;
const speedTexts = fileTexts.filter((text) => (taken += Buffer.byteLength(text)) < speedMegabytes * 1e6);
// A new tokenizer each time: nothing remembered.
const [seconds, speedIds] = await fastest(() => {
  const fresh = createTokenizer(vocabulary);
  return speedTexts.map((text) => fresh.encode(text));
});
const [decodeSeconds] = await fastest(() => speedIds.map((ids) => tokenizer.decodeText(ids)));
const tokenizerFile = join(work, 'tokenizer.json');
const idsFile = join(work, 'ids.json');
function encodeInPython(
  name: string,
  texts: readonly string[],
  way: 'one' | 'batch',
  times: number,
): { seconds: number; wrong: number; ids: number[][] } {
  const words = [file(name, texts), tokenizerFile, idsFile, way, String(times)];
  const [fastestSeconds = 0, wrong = 0] = runPython(encodingInPython, words, way === 'one');
  return { seconds: fastestSeconds, wrong, ids: JSON.parse(readFileSync(idsFile, 'utf8')) as number[][] };
}
const batch = encodeInPython('speed.json', speedTexts, 'batch', runs);
const single = encodeInPython('speed.json', speedTexts, 'one', runs);

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
const llamaEncode = (texts: readonly string[]): number[][] => texts.map((text) => [...model.tokenize(text)]);
const [llamaSeconds] = await fastest(() => llamaEncode(speedTexts));

const speedSize = megabytes(speedTexts);
process.stdout.write('\n');
print(`encoding, ${speedTexts.length} files, ${speedSize.toFixed(1)} MB`, 'seconds', 'MB/s', 'ours is ×');
print('ours, 1 thread', seconds, speedSize / seconds, 1);
print('tokenizers, 1 thread', single.seconds, speedSize / single.seconds, single.seconds / seconds);
print(
  'tokenizers, encode_batch, its default',
  batch.seconds,
  speedSize / batch.seconds,
  batch.seconds / seconds,
);
print('llama.cpp through node-llama-cpp', llamaSeconds, speedSize / llamaSeconds, llamaSeconds / seconds);
print('decoding: ours', decodeSeconds, speedSize / decodeSeconds, '');

const equal = (a: readonly number[], b: readonly number[] | undefined): boolean =>
  a.length === b?.length && a.every((id, at) => id === b[at]);
const agreeing = (left: readonly number[][], right: readonly number[][]): string =>
  `${left.filter((ids, at) => equal(ids, right[at])).length}/${left.length}`;

const comesBack = (texts: readonly string[], ids: readonly number[][]): string =>
  `${texts.filter((text, at) => tokenizer.decodeText(ids[at]!) === text).length}/${texts.length}`;
const ourIds = fileTexts.map((text) => tokenizer.encode(text));
const randomIds = random.map((text) => tokenizer.encode(text));
const pythonFiles = encodeInPython('files.json', fileTexts, 'one', 1);
const pythonRandom = encodeInPython('random.json', random, 'one', 1);
const bytes = createRandom(2);
const binary = Array.from({ length: randomTexts }, () =>
  Uint8Array.from({ length: bytes.below(400) }, () => bytes.below(256)),
);
const binaryBack = binary.filter((one) =>
  Buffer.from(tokenizer.decode(tokenizer.encodeBytes(one))).equals(one),
);
process.stdout.write('\n');
print('the same ids as ours', 'files', 'random text');
print('tokenizers', agreeing(ourIds, pythonFiles.ids), agreeing(randomIds, pythonRandom.ids));
print('llama.cpp', agreeing(ourIds, llamaEncode(fileTexts)), agreeing(randomIds, llamaEncode(random)));
print('come back exactly', 'files', 'random text', 'random bytes');
const binaryResult = `${binaryBack.length}/${binary.length}`;
print('ours', comesBack(fileTexts, ourIds), comesBack(random, randomIds), binaryResult);
const right = (wrong: number, texts: readonly string[]): string => `${texts.length - wrong}/${texts.length}`;
print('tokenizers', right(pythonFiles.wrong, fileTexts), right(pythonRandom.wrong, random), 'not UTF-8');
await model.dispose();
await llama.dispose();
