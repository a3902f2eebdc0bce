// What is handed to TRL and taken back from it, with a stand-in for the trainer that reads what TRL would and
// changes one weight. The trainer itself, on two processes: bench/accelerate-stage.ts.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadModel } from '#ozma/model/load-model.js';
import { finalNormName } from '#ozma/model/parameters.js';
import { saveTokenizer } from '#ozma/tokenizer/hugging-face-writing.js';
import { runAccelerateStage } from '#ozma/train/accelerate/accelerate-stage.js';
import { planBatches } from '#ozma/train/accelerate/trl-configuration.js';
import { checkSettings } from '#ozma/train/stages/settings.js';
import type { StageSettings } from '#ozma/train/stages/settings.js';
import { openStartingPoint } from '#ozma/train/stages/starting-point.js';
import { toyTokenizer } from '../../bench/toy-models.ts';
import { runOzma } from '../cli/run-ozma.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-accelerate-'));
const tokenizer = toyTokenizer();
const data = join(folder, 'pairs.jsonl');
const trainer = join(folder, 'trainer.mjs');

/** Every number of the weights files's last tensor (the final norm comes last) set to 3. */
const standIn = `
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
const { argv } = process;
if (argv.slice(2, 5).join(' ') !== '-m trl.scripts.sft --config') throw new Error(argv.join(' '));
const settings = JSON.parse(readFileSync(argv[5], 'utf8'));
console.log('steps ' + settings.max_steps + ' ' + argv.slice(6).join(' '));
if (argv.includes('--fail')) { console.error('out of memory'); process.exit(7); }
if (argv.includes('--missing')) { console.error("ModuleNotFoundError: No module named 'trl'"); process.exit(1); }
if (argv.includes('--interrupted')) {
  for (const step of ['checkpoint-2', 'checkpoint-10']) {
    mkdirSync(settings.output_dir + '/' + step, { recursive: true });
  }
  writeFileSync(settings.output_dir + '/checkpoint-2/trainer_state.json', '{}');
  process.exit(1);
}
cpSync(settings.model_name_or_path, settings.output_dir, { recursive: true });
const weights = readFileSync(settings.output_dir + '/model.safetensors');
const numbers = new Float32Array(64).fill(3);
Buffer.from(numbers.buffer).copy(weights, weights.length - 256);
writeFileSync(settings.output_dir + '/model.safetensors', weights);
`;

beforeAll(async () => {
  await saveTokenizer(tokenizer, join(folder, 'tokenizer'));
  const pair = (index: number): string =>
    JSON.stringify({ prompt: `[INST] add ${index} [/INST]`, completion: `<code>ret ${index}</code>` });
  writeFileSync(data, Array.from({ length: 8 }, (_, index) => `${pair(index)}\n`).join(''));
  writeFileSync(trainer, standIn);
});
afterAll(() => rmSync(folder, { recursive: true }));

const settingsFor = (name: string, changes: object = {}): StageSettings =>
  checkSettings(
    {
      output: join(folder, name),
      depth: 1,
      tokenizer: join(folder, 'tokenizer'),
      context: 32,
      data: [{ path: data, validation: data }],
      tokens: 600,
      batchTokens: 100,
      graphTokens: 40,
      ...changes,
    },
    'test',
  );

const said: string[] = [];
const run = (settings: StageSettings, ...trainerFlags: string[]) =>
  runAccelerateStage(
    'tune',
    settings,
    { launcher: [process.execPath, trainer], processes: 2, trainerFlags },
    { say: (line) => void said.push(line) },
  );

interface Line {
  input_ids: number[];
  labels: number[];
}
const readLines = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('a stage from start to finish', () => {
  const settings = settingsFor('whole');
  beforeAll(async () => {
    await run(settings, '--bf16', 'false');
  });

  test('samples are tokenised, and answers alone have labels', () => {
    const lines = readLines(join(settings.output, 'accelerate', 'data', 'train.jsonl'));
    // 18 tokens each, 17 of them predicted: 600 in all.
    expect(lines).toHaveLength(36);
    for (const { input_ids: ids, labels } of lines) {
      const number = /add (\d)/.exec(tokenizer.decodeText(ids))![1];
      expect(ids).toEqual([
        1,
        ...tokenizer.encode(`[INST] add ${number} [/INST]<code>ret ${number}</code>`),
        2,
      ]);
      const answer = labels.filter((label) => label !== -100);
      expect(answer).toEqual([...tokenizer.encode(`<code>ret ${number}</code>`), 2]);
      expect(labels.slice(-answer.length)).toEqual(answer);
    }
    expect(readLines(join(settings.output, 'accelerate', 'data', 'validation.jsonl'))).toHaveLength(8);
  });

  test('the trainer is told batch, schedule and optimiser, and gets flags of its own last', () => {
    const told = JSON.parse(readFileSync(join(settings.output, 'accelerate', 'sft.json'), 'utf8')) as object;
    expect(told).toMatchObject({
      // 2 samples of 17 in a pass of 40 tokens; on two processes 4 of the 6 that make a step of 100.
      per_device_train_batch_size: 2,
      gradient_accumulation_steps: 1,
      max_steps: 9,
      max_length: null,
      lr_scheduler_type: 'cosine_with_min_lr',
      lr_scheduler_kwargs: { min_lr_rate: 1 / 30 },
      adam_beta1: 0.9,
      adam_beta2: 0.95,
      weight_decay: 0.1,
      max_grad_norm: 1,
      use_cpu: true,
    });
    expect(said).toContain('steps 9 --bf16 false');
  });

  test('its weights come back as a checkpoint and as GGUF, with our tokenizer', async () => {
    const { source } = await openStartingPoint(
      settingsFor('next', { depth: undefined, from: settings.output }),
    );
    const { data: norm } = (await source.readTensor(finalNormName))!;
    await source.close();
    expect([...norm]).toEqual(Array.from({ length: 64 }, () => 3));
    const exported = await loadModel(join(settings.output, 'model.gguf'));
    expect([...exported.weights.get(finalNormName)!.data]).toEqual([...norm]);
    expect(exported.tokenizer!.encode('ret 5')).toEqual(tokenizer.encode('ret 5'));
  });

  test('what is finished is not begun again', async () => {
    await expect(run(settings)).rejects.toThrow('expected an unfinished run, found');
  });
});

test('an interrupted run goes on from the newest whole checkpoint, with the same settings only', async () => {
  const settings = settingsFor('interrupted');
  await expect(run(settings, '--interrupted')).rejects.toMatchObject({ code: 'negative' });
  await expect(run({ ...settings, seed: 2 }, '--interrupted')).rejects.toThrow(
    'with the same settings to go on with',
  );
  await expect(run(settings, '--interrupted')).rejects.toThrow();
  const told = readFileSync(join(settings.output, 'accelerate', 'sft.json'), 'utf8');
  expect(told).toContain(
    `"resume_from_checkpoint": "${join(settings.output, 'accelerate/trained/checkpoint-2')}"`,
  );
});

test('a trainer that fails, is not complete or is not there', async () => {
  await expect(run(settingsFor('fails'), '--fail')).rejects.toMatchObject({
    code: 'negative',
    message: expect.stringMatching(/ended with 7: .*out of memory/) as string,
  });
  await expect(run(settingsFor('incomplete'), '--missing')).rejects.toMatchObject({
    code: 'environment',
    message: expect.stringContaining("No module named 'trl'; install them with: pip install torch") as string,
  });
  const nowhere = { launcher: ['no-such-launcher'], processes: 1, trainerFlags: [] };
  await expect(
    runAccelerateStage('tune', settingsFor('nowhere'), nowhere, { say: () => {} }),
  ).rejects.toMatchObject({
    code: 'environment',
    message: expect.stringContaining('spawn no-such-launcher ENOENT') as string,
  });
});

test('minutes cannot be promised for machines that are not ours', async () => {
  const settings = settingsFor('minutes', { tokens: undefined, minutes: 5 });
  await expect(run(settings)).rejects.toThrow('expected tokens with --engine accelerate, found minutes');
});

test.each([
  // Long samples: passes make up the step.
  [{ samples: 100, positions: 100_000 }, 1, [2, 4, 13]],
  // Short samples: a pass is filled before passes are added.
  [{ samples: 1000, positions: 64_000 }, 2, [32, 2, 8]],
  // More processes than samples in a step.
  [{ samples: 100, positions: 100_000 }, 16, [1, 1, 6]],
])('%j on %i processes: samples a pass, passes, steps', (lines, processes, expected) => {
  const plan = planBatches(lines, processes, { batchTokens: 8192, graphTokens: 2048 });
  expect([plan.samplesPerPass, plan.passesPerStep, plan.steps]).toEqual(expected);
});

test('flags of TRL are for TRL: without --engine accelerate they are refused', async () => {
  const words = ['train', 'tune', data, '--depth', '1', '--tokenizer', folder, '--tokens', '9', '-o', folder];
  const refused = await runOzma([...words, '--', '--bf16', 'true']);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('without --engine accelerate, found --bf16 true');
});
