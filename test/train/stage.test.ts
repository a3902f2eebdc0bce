// Whole stages with a tiny network: it learns, a stopped run goes on to the same losses to the last digit,
// kill -9 at any moment loses at most the interval, and one stage starts from another with a longer context.

import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeGguf } from '#ozma/model/gguf/gguf.js';
import { loadModel, openModel } from '#ozma/model/load-model.js';
import { createRandom } from '#ozma/common/random.js';
import { checkSettings, type GivenSettings } from '#ozma/train/stages/settings.js';
import { runStage } from '#ozma/train/stages/stage-run.js';
import type { LogRecord } from '#ozma/train/stages/training-log.js';
import { makeToyCorpus, type ToyCorpus } from './toy-corpus.ts';

const main = fileURLToPath(import.meta.resolve('#ozma/cli/main.js'));
const run = promisify(execFile);

let corpus: ToyCorpus;

beforeAll(async () => {
  corpus = await makeToyCorpus();
});

afterAll(async () => {
  await rm(corpus.folder, { recursive: true });
});

const network = { width: 32, heads: 2, keyValueHeads: 1, headSize: 16, feedForwardWidth: 64 };

const given = (output: string, other: Partial<GivenSettings> = {}): GivenSettings => ({
  output: join(corpus.folder, output),
  ...{ depth: 2, network, tokenizer: corpus.tokenizerFolder },
  data: [{ path: corpus.texts, validation: corpus.heldOut }],
  ...{ context: 64, batchTokens: 512, graphTokens: 256, tokens: 512 * 40, learningRate: 0.01 },
  ...{ warmupSteps: 4, validations: 4, validationTokens: 1024, threads: 2 },
  ...other,
});

const without = (settings: GivenSettings, ...names: (keyof GivenSettings)[]): GivenSettings =>
  Object.fromEntries(
    Object.entries(settings).filter(([name]) => !names.includes(name as keyof GivenSettings)),
  ) as unknown as GivenSettings;

const quiet = { say: () => undefined };

async function logOf(output: string): Promise<LogRecord[]> {
  const text = await readFile(join(corpus.folder, output, 'log.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogRecord);
}

/** Losses and norms of a run as they are printed; times differ. */
async function losses(output: string): Promise<string[]> {
  return (await logOf(output)).map((record) =>
    record.kind === 'step'
      ? `${record.step} ${record.loss} ${record.gradientNorm} ${record.rate}`
      : `${record.step} ${record.sources.map(({ loss }) => loss).join(' ')}`,
  );
}

describe('a run', () => {
  test('learns, validates, and leaves a model, a picture and two checkpoints', async () => {
    const said: string[] = [];
    const settings = checkSettings(given('whole', { checkpointMinutes: 0.001 }), 'test');
    const result = await runStage('pretrain', settings, { say: (line) => said.push(line) });
    const log = await logOf('whole');
    const steps = log.filter((record) => record.kind === 'step');
    const looks = log.filter((record) => record.kind === 'validation');
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(looks.map(({ step }) => step)).toEqual([0, 10, 20, 30, 40]);
    // ln 400 = 5.99 before; the shape of the functions is learned soon, their numbers cannot be.
    expect(looks[0]!.sources[0]!.loss).toBeCloseTo(Math.log(400), 0);
    expect(result.validation[0]!.loss).toBeLessThan(2.7);
    expect(said.join('\n')).toMatch(/pretrain: 0\.03 M parameters, context 64, 40 steps of 512 tokens/);
    const model = await loadModel(result.model);
    expect(model.configuration).toMatchObject({
      ...network,
      layers: 2,
      contextLength: 64,
      vocabularySize: 400,
    });
    expect(await readFile(join(settings.output, 'loss.svg'), 'utf8')).toMatch(
      /^<svg[^]*<polyline points="[\d., -]+"[^]*<\/svg>\n$/,
    );
    const kept = await readdir(join(settings.output, 'checkpoints'));
    expect(kept.at(-1)).toBe('step-00000040');
    expect(kept.length).toBe(2);
  });

  test('that was stopped and resumed has the same losses to the last digit', async () => {
    const stop = new AbortController();
    const settings = checkSettings(given('stopped'), 'test');
    let looks = 0;
    const say = (line: string): void => {
      if (line.startsWith('held out') && ++looks === 3) stop.abort(new Error('enough'));
    };
    await expect(runStage('pretrain', settings, { say, signal: stop.signal })).rejects.toThrow('enough');
    expect((await logOf('stopped')).at(-1)!.step).toBeLessThan(25);
    // What was logged after the checkpoint is not there twice afterwards.
    await runStage('pretrain', settings, quiet);
    expect(await losses('stopped')).toEqual(await losses('whole'));
  });

  test('refuses a folder with another run', async () => {
    const other = checkSettings(given('whole', { learningRate: 0.02 }), 'test');
    await expect(runStage('pretrain', other, quiet)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/expected learningRate 0\.01, to go on with it, found 0\.02$/) as string,
    });
    const settings = checkSettings(given('whole', { checkpointMinutes: 0.001 }), 'test');
    await expect(runStage('tune', settings, quiet)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/expected stage "pretrain", to go on with it, found "tune"$/) as string,
    });
  });

  test('goes on where it was moved to', async () => {
    const stop = new AbortController();
    const say = (line: string): void => {
      if (/^step \d/.test(line)) stop.abort(new Error('enough'));
    };
    const before = checkSettings(given('before-moving'), 'test');
    await expect(runStage('pretrain', before, { say, signal: stop.signal })).rejects.toThrow('enough');
    await rename(before.output, join(corpus.folder, 'moved'));
    await runStage('pretrain', checkSettings(given('moved'), 'test'), quiet);
    expect(await losses('moved')).toEqual(await losses('whole'));
  });

  test('in minutes keeps its number of steps when it is resumed', async () => {
    const settings = checkSettings(without(given('timed', { minutes: 0.15 }), 'tokens'), 'test');
    const stop = new AbortController();
    const say = (line: string): void => {
      if (/^step \d/.test(line)) stop.abort(new Error('enough'));
    };
    await expect(runStage('pretrain', settings, { say, signal: stop.signal })).rejects.toThrow('enough');
    const introductions: string[] = [];
    const result = await runStage('pretrain', settings, { say: (line) => introductions.push(line) });
    const log = (await logOf('timed')).filter((record) => record.kind === 'step');
    expect(log.length).toBe(result.steps);
    expect(log.at(-1)!.rate / 0.01).toBeCloseTo(1 / 30, 6);
    expect(introductions.find((line) => line.startsWith('pretrain'))).toMatch(/going on after step 1$/);
  });
});

test('kill -9 loses at most the interval, also while a checkpoint is written, and the losses stay', async () => {
  // An interval that every step is longer than.
  const settings = given('killed', { checkpointMinutes: 1e-6 });
  const checkpoints = join(corpus.folder, 'killed', 'checkpoints');
  const names = (): string[] => (existsSync(checkpoints) ? readdirSync(checkpoints) : []);
  const unfinished = (): boolean => names().some((name) => name.startsWith('.'));
  const file = join(corpus.folder, 'killed.json');
  await writeFile(file, JSON.stringify(settings));
  const random = createRandom(9);
  let interrupted = 0;
  for (let attempt = 0; attempt < 40; attempt++) {
    const child = spawn(process.execPath, [main, 'train', 'pretrain', '--config', file], { stdio: 'pipe' });
    const ended = new Promise<number | null>((done) => child.on('close', done));
    let running = true;
    void ended.then(() => (running = false));
    // Not before it trains: from then on, a checkpoint is written after every step.
    const begun = new Promise<void>((done) => {
      child.stderr.on('data', (text: Buffer) => {
        if (text.toString().includes('pretrain:')) setTimeout(done, random.below(200));
      });
    });
    await Promise.race([begun, ended]);
    if (attempt < 2) child.kill('SIGKILL');
    else if (attempt < 4) {
      while (running && !unfinished()) await setImmediate();
      child.kill('SIGKILL');
    }
    if ((await ended) === 0) break;
    interrupted++;
    const log = await readFile(join(corpus.folder, 'killed', 'log.jsonl'), 'utf8').catch(() => '');
    const steps = log.split('\n').filter((line) => line.startsWith('{"kind":"step"')).length;
    const whole = names().filter((name) => !name.startsWith('.'));
    const saved = Number(/\d+$/.exec(whole.sort().at(-1) ?? '0')![0]);
    expect(steps - saved).toBeLessThanOrEqual(1);
  }
  expect(interrupted).toBeGreaterThan(1);
  expect(interrupted).toBeLessThanOrEqual(4);
  expect(await losses('killed')).toEqual(await losses('whole'));
}, 120_000);

describe('the next stage', () => {
  test('starts from the last one, mixes its data in, learns answers alone, at a longer context', async () => {
    const rest = without(given('answers'), 'depth', 'network', 'tokenizer');
    const settings = checkSettings(
      {
        ...rest,
        from: join(corpus.folder, 'whole'),
        data: [{ path: corpus.questions }],
        earlier: [{ path: corpus.texts }],
        ...{ context: 128, ropeBase: 40_000, tokens: 512 * 10 },
      },
      'test',
    );
    const result = await runStage('tune', settings, quiet);
    const { configuration } = await loadModel(result.model);
    expect(configuration).toMatchObject({ contextLength: 128, ropeBase: 40_000, layers: 2 });
    expect(result.validation).toEqual([]);
  });

  test('starts from a GGUF file and from a Hugging Face folder alike', async () => {
    const from = (await readdir(join(corpus.folder, 'whole', 'checkpoints'))).at(-1)!;
    const folder = join(corpus.folder, 'elsewhere');
    await cp(join(corpus.folder, 'whole', 'checkpoints', from), folder, { recursive: true });
    const rest = without(given(''), 'depth', 'network', 'tokenizer');
    const first: number[] = [];
    for (const [name, path] of [
      ['from-folder', folder],
      ['from-gguf', join(corpus.folder, 'whole', 'model.gguf')],
    ] as const) {
      const output = join(corpus.folder, name);
      const settings = checkSettings({ ...rest, output, from: path, tokens: 512 }, 'test');
      await runStage('pretrain', settings, quiet);
      const [look] = await logOf(name);
      first.push(look?.kind === 'validation' ? look.sources[0]!.loss : Number.NaN);
    }
    const last = (await logOf('whole')).at(-1)!;
    expect(first[0]).toBe(last.kind === 'validation' ? last.sources[0]!.loss : undefined);
    // The file holds 16-bit weights.
    expect(Math.abs(first[1]! - first[0]!)).toBeLessThan(1e-3);
  });
});

test('files without a manifest leave the form of the code as the weights had it', async () => {
  const from = join(corpus.folder, 'with-form.gguf');
  const whole = await openModel(join(corpus.folder, 'whole', 'model.gguf'));
  expect(whole.form).toBeUndefined();
  await writeGguf(from, { ...whole, form: 'normal' }, { type: 'F16' });
  await whole.close();
  const rest = without(given('same-form'), 'depth', 'network', 'tokenizer');
  const { model } = await runStage('tune', checkSettings({ ...rest, from, tokens: 512 }, 'test'), quiet);
  const next = await openModel(model);
  expect(next.form).toBe('normal');
  await next.close();
});

describe('the command line', () => {
  test.each([
    [['train', 'pretrain'], /expected -o FOLDER or --config FILE/],
    [['train', 'pretrain', '-o', 'x'], /expected data to train on/],
    [['train', 'pretrain', 'data', '-o', 'x', '--tokens', '5'], /expected either from .* or depth/],
    [
      ['train', 'pretrain', 'data', '-o', 'x', '--depth', '2', '--tokens', '5'],
      /expected tokenizer with depth/,
    ],
    [['train', 'tune', '--config', 'nowhere.json'], /nowhere\.json: cannot be read: no such/],
  ])('%j is refused in one line', async (words, message) => {
    const failed = await run(process.execPath, [main, ...words]).then(
      () => undefined,
      (error: { code: number; stderr: string }) => error,
    );
    expect(failed?.code).toBe(2);
    expect(failed?.stderr).toMatch(message);
    expect(failed?.stderr.trim().split('\n').length).toBe(1);
    expect(existsSync('x')).toBe(false);
  });

  test('overrides the file, and prints one JSON document', async () => {
    const file = join(corpus.folder, 'short.json');
    await writeFile(file, JSON.stringify(given('short')));
    const words = ['train', 'pretrain', '--config', file, '--tokens', '1024', '--json'];
    const { stdout } = await run(process.execPath, [main, ...words]);
    expect(JSON.parse(stdout)).toMatchObject({ stage: 'pretrain', steps: 2, tokens: 1024 });
  });
});
