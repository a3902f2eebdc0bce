// The path to machines larger than ours, at toy size: `ozma train tune --engine accelerate` with Hugging Face TRL
// on two CPU processes (gloo), and what comes back. A task that a small network learns in a minute: repeat the
// number of the prompt. Three things must hold: the held-out loss of the weights that came back, by our forward
// pass, is what the trainer said; llama.cpp answers with model.gguf as it was taught; our own engine, told the
// same settings, learns it as well.
//
//   npm run bench:accelerate -- [--python FOLDER/bin/python]
//
// Makes a Python environment with the packages below in the cache folder (6 GB); --python names one that has
// them. Exit code 1 when something does not hold.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { LlamaCompletion } from 'node-llama-cpp';
import { loadModel } from '#ozma/model/load-model.js';
import { referenceForward } from '#ozma/model/reference-forward.js';
import { saveTokenizer } from '#ozma/tokenizer/hugging-face-writing.js';
import { startLlama } from './llama-cpp-logits.ts';
import { pythonWith } from './python-environment.ts';
import { toyTokenizer } from './toy-models.ts';

const packages = ['torch==2.15.0', 'transformers==5.23.0', 'accelerate==1.15.0', 'trl==1.16.0'];

const { values } = parseArgs({ options: { python: { type: 'string' } } });
const python = pythonWith(packages, values.python);
const folder = mkdtempSync(join(tmpdir(), 'ozma-accelerate-bench-'));
const ozma = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');

const prompt = (number: number): string => `[INST] Say ${number} [/INST]`;
const answer = (number: number): string => `<code>ret i32 ${number}</code>`;
const heldOutNumbers = Array.from({ length: 16 }, (_, index) => 105 + 50 * index);

function writePairs(name: string, numbers: readonly number[]): string {
  const file = join(folder, name);
  const lines = numbers.map((number) =>
    JSON.stringify({ prompt: prompt(number), completion: answer(number) }),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

const tokenizer = toyTokenizer();
await saveTokenizer(tokenizer, join(folder, 'tokenizer'));
const every = Array.from({ length: 900 }, (_, index) => 100 + index);
const config = join(folder, 'config.json');
const settings = {
  depth: 2,
  tokenizer: join(folder, 'tokenizer'),
  context: 64,
  data: [
    {
      path: writePairs(
        'train.jsonl',
        every.filter((number) => !heldOutNumbers.includes(number)),
      ),
      validation: writePairs('validation.jsonl', heldOutNumbers),
    },
  ],
  tokens: 150_000,
  batchTokens: 1024,
  graphTokens: 512,
  learningRate: 0.003,
  threads: 2,
};
writeFileSync(config, JSON.stringify(settings));

/** Seconds that the command took. It must succeed. */
function train(name: string, ...words: string[]): number {
  const started = performance.now();
  const command = [ozma, 'train', 'tune', '--config', config, '-o', join(folder, name), ...words];
  const { status, stderr } = spawnSync(process.execPath, command, {
    encoding: 'utf8',
    env: {
      ...process.env,
      HF_HUB_OFFLINE: '1',
      PATH: `${dirname(python)}${delimiter}${process.env['PATH']}`,
    },
  });
  if (status !== 0) throw new Error(`${command.join(' ')}: exit code ${status}: ${stderr.slice(-2000)}`);
  return (performance.now() - started) / 1000;
}

/** Mean nats of the answers' tokens, their end included, by our forward pass. */
async function heldOutLoss(path: string): Promise<number> {
  const { configuration, weights } = await loadModel(path);
  let [nats, count] = [0, 0];
  for (const number of heldOutNumbers) {
    const question = [tokenizer.beginId, ...tokenizer.encode(prompt(number))];
    const tokens = [...question, ...tokenizer.encode(answer(number)), tokenizer.endId];
    const logits = referenceForward(configuration, weights, tokens);
    for (let at = question.length; at < tokens.length; at++) {
      const row = logits[at - 1]!;
      const highest = Math.max(...row);
      const total = row.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
      nats += highest + Math.log(total) - row[tokens[at]!]!;
      count++;
    }
  }
  return nats / count;
}

/** How many held-out prompts llama.cpp answers to the letter. */
async function rightAnswers(path: string): Promise<number> {
  const llama = await startLlama();
  const model = await llama.loadModel({ modelPath: path });
  const context = await model.createContext({ contextSize: 64 });
  const completion = new LlamaCompletion({ contextSequence: context.getSequence() });
  let right = 0;
  for (const number of heldOutNumbers) {
    const found = await completion.generateCompletion(model.tokenize(prompt(number), true), {
      maxTokens: 30,
      temperature: 0,
    });
    if (found === answer(number)) right++;
  }
  await llama.dispose();
  return right;
}

const seconds = {
  trl: train('trl', '--engine', 'accelerate', '--processes', '2'),
  own: train('own'),
};
const output = readFileSync(join(folder, 'trl', 'accelerate', 'output.log'), 'utf8');
const trainerLoss = Number(
  /^.*'eval_loss': '?([\d.e+-]+)/ms.exec(output.slice(output.lastIndexOf('eval_loss') - 2))?.[1],
);
const loss = {
  trl: await heldOutLoss(join(folder, 'trl', 'model.gguf')),
  own: await heldOutLoss(join(folder, 'own', 'model.gguf')),
};
const right = {
  trl: await rightAnswers(join(folder, 'trl', 'model.gguf')),
  own: await rightAnswers(join(folder, 'own', 'model.gguf')),
};
const version = execFileSync(python, ['-c', 'import torch, trl; print(torch.__version__, trl.__version__)']);
console.log(`torch and trl ${version.toString().trim()}; ${heldOutNumbers.length} held-out prompts`);
console.log(
  `TRL, 2 processes   held-out loss ${trainerLoss.toPrecision(3)} by TRL, ${loss.trl.toPrecision(3)} by us, ${right.trl} right answers, ${seconds.trl.toFixed(0)} s`,
);
console.log(
  `ONNX, 2 threads    held-out loss ${loss.own.toPrecision(3)} by us, ${right.own} right answers, ${seconds.own.toFixed(0)} s`,
);
rmSync(folder, { recursive: true });
if (!(Math.abs(loss.trl / trainerLoss - 1) < 0.05 && right.trl === heldOutNumbers.length))
  process.exitCode = 1;
