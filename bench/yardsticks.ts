// What a trained model's loss is worth: bits per byte on held-out packages, for IR and for the assembly of each
// processor apart, beside
//
//   5-gram     counting (interpolated Kneser-Ney) on the same tokens that the run was trained on, and no others; for a
//              file of weights on the first --tokens of the set
//   xz after   the growth of `xz -9` when the held-out text is put behind the text of those same tokens
//   xz, gzip   the held-out text of the group alone, as one file: no training text at all
//
// Model and 5-gram see each text from its beginning, in windows of the run's context, and pay for the end token of
// each text as well. xz reads the texts of a group one after the other, so it learns from those before.
//
//   node dist-bench/yardsticks.js RUN [--bytes 300000] [--order 5] [--json FILE]
//   node dist-bench/yardsticks.js FILE.gguf --set FOLDER [--tokens 7000000] [--bytes …] [--order …] [--json …]
//
// RUN is the output folder of `ozma train pretrain` on a set of `ozma data pretraining`; --bytes of held-out text a
// group, at most. Needs `xz`.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { openDatabase, sqlList } from '#ozma/data/database.js';
import { mustBeSet, setFiles } from '#ozma/data/set-manifest.js';
import { Mixture, type MixtureSource } from '#ozma/train/data/mixture.js';
import { Pieces } from '#ozma/train/data/pieces.js';
import { openTokenSet } from '#ozma/train/data/token-set.js';
import { batchShapeFor } from '#ozma/train/network/batch-shape.js';
import { defaultAdamW } from '#ozma/train/optimiser/adamw.js';
import { ParameterStore } from '#ozma/train/optimiser/parameter-store.js';
import { latestCheckpoint, readTrainingState, type TrainingState } from '#ozma/train/stages/checkpoint.js';
import { checkSettings } from '#ozma/train/stages/settings.js';
import { openStageData } from '#ozma/train/stages/stage-data.js';
import { startingPoint } from '#ozma/train/stages/starting-point.js';
import { bitsPerByte } from '#ozma/train/stages/training-log.js';
import { holdOut, validate } from '#ozma/train/stages/validation.js';
import { LossMeter } from '#ozma/train/training-step.js';
import { KneserNey } from '#ozma/train/yardsticks/kneser-ney.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bytes: { type: 'string', default: '300000' },
    order: { type: 'string', default: '5' },
    json: { type: 'string' },
    set: { type: 'string' },
    tokens: { type: 'string', default: '7000000' },
  },
});
const [run] = positionals;
if (run === undefined) throw new Error('expected the folder of a run, or a file of weights');
const checkpoint = values.set === undefined ? await latestCheckpoint(run) : undefined;
if (values.set === undefined && checkpoint === undefined) {
  throw new Error('expected the folder of a run with a checkpoint, or --set for a file of weights');
}
const state = checkpoint === undefined ? undefined : await readTrainingState(checkpoint);
const settings =
  state?.settings ??
  checkSettings({ output: '', from: run, data: [{ path: values.set }], tokens: 1, graphTokens: 2048 }, run);
const { configuration, tokenizer, weights } = await startingPoint(settings, checkpoint);
const context = configuration.contextLength;
const data = await openStageData(settings, tokenizer, context, console.error);

/** The pieces in rows that the run has trained on, each once. */
function trainedOn(sources: readonly MixtureSource[], { packer }: TrainingState) {
  const mixture = new Mixture(sources, settings.seed);
  const left = new Map<string, { source: number; piece: number }>();
  const taken = packer.mixture.reduce(
    (sum, { epoch, next }, index) => sum + epoch * sources[index]!.pieces.count + next,
    0,
  );
  const open = new Set(packer.open.flat().map(({ source, piece }) => `${source} ${piece}`));
  for (let count = 0; count < taken; count++) {
    const { source, piece } = mixture.next();
    const key = `${source} ${piece}`;
    if (!open.has(key)) left.set(key, { source, piece });
  }
  return [...left.values()].map(({ source, piece }) => sources[source]!.pieces.read(piece));
}

/** The first pieces, of so many tokens together. */
function firstOf(sources: readonly MixtureSource[], tokens: number) {
  const mixture = new Mixture(sources, settings.seed);
  const pieces = [];
  for (let taken = 0; taken < tokens;) {
    const { source, piece } = mixture.next();
    const read = sources[source]!.pieces.read(piece);
    pieces.push(read);
    taken += read.ids.length;
  }
  return pieces;
}

/** Held-out texts of a kind, a fair sample: ids are hashes. */
async function heldOutTexts(condition: string): Promise<string[]> {
  const files: string[] = [];
  for (const { path } of settings.data) files.push(...setFiles(path, await mustBeSet(path), 'validation'));
  const database = await openDatabase();
  try {
    const rows = await database.runAndReadAll(
      `SELECT completion FROM read_parquet(${sqlList(files)}) WHERE ${condition} ORDER BY id`,
    );
    const texts: string[] = [];
    let bytes = 0;
    for (const [text] of rows.getRowsJS() as [string][]) {
      if (bytes >= Number(values.bytes)) break;
      texts.push(text);
      bytes += Buffer.byteLength(text);
    }
    return texts;
  } finally {
    database.closeSync();
  }
}

/** Bytes that `xz -9` makes of it. */
function xzBytes(text: Uint8Array): number {
  return execFileSync('xz', ['-9', '-c', '-T1'], { input: text, maxBuffer: 1 << 30 }).length;
}

const seen =
  state === undefined ? firstOf(data.training, Number(values.tokens)) : trainedOn(data.training, state);
const fiveGram = new KneserNey(tokenizer.size, Number(values.order));
let trainedTokens = 0;
for (const { ids, firstAnswer } of seen) {
  fiveGram.learn(ids, firstAnswer + 1);
  trainedTokens += ids.length - 1 - firstAnswer;
}
fiveGram.finish();
const trainingText = Buffer.concat(seen.map(({ ids }) => tokenizer.decode([...ids])));
const trainingXz = xzBytes(trainingText);
console.log(
  `${run}: ${state === undefined ? 'other tokens' : `step ${state.step} of ${state.steps}`}; ${trainedTokens} tokens counted, each once: ` +
    `${(trainingText.length / 1e6).toFixed(1)} MB of text`,
);

const store = new ParameterStore(configuration);
store.load(weights);
const shape = batchShapeFor(context, settings.graphTokens);
const meter = await LossMeter.load(store, { configuration, shape, adamW: defaultAdamW });
const folder = await mkdtemp(join(tmpdir(), 'ozma-yardsticks-'));
const results = [];

const groups = {
  IR: "kind = 'ir'",
  'x86-64 assembly': "kind = 'assembly' AND target = 'x86-64'",
  'AArch64 assembly': "kind = 'assembly' AND target = 'aarch64'",
};
console.log('bits per byte     texts   bytes  tokens    model  5-gram  xz after  xz alone  gzip alone');
for (const [name, condition] of Object.entries(groups)) {
  const texts = await heldOutTexts(condition);
  if (texts.length === 0) continue;
  const file = join(folder, `${results.length}.jsonl`);
  await writeFile(file, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const pieces = new Pieces(await openTokenSet({ path: file, split: 'train' }, tokenizer), context);
  const all = { tokens: Infinity, rows: shape.rows, context };
  const [model] = await validate(meter, [holdOut({ name, pieces, share: 1 }, all, data.pieceBytes)]);
  let nats = 0;
  for (let piece = 0; piece < pieces.count; piece++) {
    const { ids, firstAnswer } = pieces.read(piece);
    for (let at = firstAnswer + 1; at < ids.length; at++) nats -= Math.log(fiveGram.probability(ids, at));
  }
  const text = Buffer.from(texts.join(''));
  const bits = (bytes: number): number => (8 * bytes) / text.length;
  const result = {
    group: name,
    ...{ texts: texts.length, bytes: text.length, tokens: model!.answers },
    model: model!.bitsPerByte,
    fiveGram: bitsPerByte(nats, text.length),
    xzAfter: bits(xzBytes(Buffer.concat([trainingText, text])) - trainingXz),
    xz: bits(xzBytes(text)),
    gzip: bits(gzipSync(text, { level: 9 }).length),
  };
  results.push(result);
  const cells = [
    String(result.texts).padStart(5),
    String(result.bytes).padStart(6),
    String(result.tokens).padStart(6),
    ...[result.model, result.fiveGram].map((number) => number.toFixed(4).padStart(7)),
    ...[result.xzAfter, result.xz].map((number) => number.toFixed(4).padStart(8)),
    result.gzip.toFixed(4).padStart(10),
  ];
  console.log(`${name.padEnd(16)}  ${cells.join('  ')}`);
}
await meter.close();
await rm(folder, { recursive: true });
if (values.json !== undefined) {
  await writeFile(values.json, JSON.stringify({ step: state?.step, trainedTokens, results }, undefined, 2));
}
