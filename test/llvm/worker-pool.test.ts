// The pool when things go wrong: every way in which a pass or a worker can fail is answered by its name, the
// requests around it are not touched, and no process stays behind.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { recipeOf } from '#ozma/llvm/recipe.js';
import { WorkerPool, type PoolOptions } from '#ozma/llvm/worker-pool.js';
import {
  describeFailure,
  type Measurement,
  type ModuleSource,
  type Outcome,
} from '#ozma/llvm/worker-protocol.js';
import { compileModule, installation, sourceOf } from './compile.ts';
import { loops, noFixpoint } from './programs.ts';

const pools: WorkerPool[] = [];
afterEach(() => pools.splice(0).forEach((pool) => pool.close()));

function createPool(options: Partial<PoolOptions> = {}): WorkerPool {
  const pool = new WorkerPool({ installation, workers: 1, ...options });
  pools.push(pool);
  return pool;
}

const module = compileModule(loops);
/** Minutes of work. */
const hanging = `function(${Array<string>(300_000).fill('gvn').join(',')})`;
const closed = { ok: false, failure: { kind: 'crashed', message: 'the pool was closed' } };

function measure(
  pool: WorkerPool,
  pipeline: string,
  of: ModuleSource = module,
): Promise<Outcome<Measurement>> {
  return pool.measure(of, recipeOf(pipeline), { level: 'Oz', codegen: true });
}

/** Whether a process runs; one that ended and that nobody asked about does not. */
function runs(processId: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${processId}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function gone(processId: number): Promise<boolean> {
  for (let tries = 0; tries < 100 && runs(processId); tries++) await sleep(50);
  return !runs(processId);
}

test.each(['trigger-crash-module', 'function(trigger-crash-function)'])(
  'a crash is named by its signal, and the next request is served: %s',
  async (pipeline) => {
    const pool = createPool();
    const outcomes = await Promise.all([
      measure(pool, 'function(sroa)'),
      measure(pool, pipeline),
      measure(pool, 'function(sroa)'),
    ]);
    expect(outcomes[1]).toEqual({ ok: false, failure: { kind: 'crashed', signal: 'SIGABRT', message: '' } });
    expect(outcomes[2]).toMatchObject({ ok: true });
    expect(outcomes[2]).toEqual(outcomes[0]);
  },
);

test('many pipelines in one request: sizes as of single ones, and only the one that crashes is blamed', async () => {
  const pool = createPool();
  const pipelines = [
    'function(sroa)',
    'default<Oz>',
    'trigger-crash-module',
    'no-such-pass',
    'default<Oz>,globaldce',
  ];
  const outcomes = await pool.measureAll(module, pipelines, ['Oz', 'O0']);
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false, false, true]);
  expect(outcomes[2]).toEqual({ ok: false, failure: { kind: 'crashed', signal: 'SIGABRT', message: '' } });
  expect(outcomes[3]).toMatchObject({ failure: { kind: 'refused' } });
  for (const [index, outcome] of outcomes.entries()) {
    if (!outcome.ok) continue;
    for (const level of ['Oz', 'O0'] as const) {
      const recipe = recipeOf(pipelines[index]!);
      const single = await pool.measure(module, recipe, { level, codegen: true, reuse: false });
      expect(single.ok && single.value.bytes).toBe(outcome.value.bytes[level]);
    }
  }
});

test('a fatal error is named by LLVM’s own words', async () => {
  const outcome = await measure(createPool(), 'function(instcombine)', compileModule(noFixpoint));
  expect(outcome).toMatchObject({ ok: false, failure: { kind: 'crashed', exitCode: 1 } });
  const line = outcome.ok ? '' : describeFailure(outcome.failure);
  expect(line).toMatch(
    /^crashed \(exit code 1\): LLVM ERROR: Instruction Combining on common_divisor did not reach a fixpoint after 1 iterations/,
  );
});

test('a pipeline that does not end is timed out, the next one is served', async () => {
  const pool = createPool({ timeoutSeconds: 1 });
  const [first, second] = await Promise.all([measure(pool, hanging), measure(pool, 'function(sroa)')]);
  expect(first).toEqual({ ok: false, failure: { kind: 'timedOut', seconds: 1 } });
  expect(second.ok).toBe(true);
});

test('the time limit is for the request, not for the start of the worker', async () => {
  const pool = createPool({ timeoutSeconds: 0.2 });
  const tiny = compileModule('int f(int x) { return x; }');
  expect((await measure(pool, 'function(sroa)', tiny)).ok).toBe(true);
});

test('a pass that eats memory is stopped at the limit', async () => {
  const levels = Array.from(
    { length: 24 },
    (_, n) =>
      `static inline __attribute__((always_inline)) int f${n + 1}(int x) { return f${n}(x) ^ f${n}(x + ${n}); }`,
  );
  const explosion = `static int f0(int x) { return x * 3; }\n${levels.join('\n')}\nint f(int x) { return f24(x); }`;
  const pool = createPool({ memoryMegabytes: 300, timeoutSeconds: 25 });
  const outcome = await measure(pool, 'always-inline', compileModule(explosion));
  expect(outcome).toEqual({ ok: false, failure: { kind: 'outOfMemory', megabytes: 300 } });
  expect((await measure(pool, 'function(sroa)')).ok).toBe(true);
});

test.each([
  ['nonsense', "unknown pass name 'nonsense'"],
  ['function(globaldce)', "unknown function pass 'globaldce'"],
])('a refusal costs no worker: %s', async (pipeline, message) => {
  const pool = createPool();
  await measure(pool, '');
  const before = pool.processIds();
  expect(await measure(pool, pipeline)).toEqual({ ok: false, failure: { kind: 'refused', message } });
  expect(pool.processIds()).toEqual(before);
});

test.each([
  ['broken IR', sourceOf('define i32 @f() { ret i64 0 }'), /^input:1:\d+: error: value doesn't match/],
  ['no IR', sourceOf('hello'), /^input:1:1: error: expected top-level entity$/],
  ['unknown target', { ...module, triple: 'nonsense-none-none' }, /nonsense-none-none/],
  [
    'an object that we cannot read',
    sourceOf('target triple = "x86_64-apple-macosx"\ndefine void @f() { ret void }'),
    /^expected an ELF or WebAssembly object, found the bytes/,
  ],
])('refused in one line: %s', async (_, source, message) => {
  const outcome = await measure(createPool(), '', source);
  const text =
    outcome.ok || outcome.failure.kind !== 'refused' ? JSON.stringify(outcome) : outcome.failure.message;
  expect(text).toMatch(message);
  expect(text).not.toContain('\n');
});

test('kill -9 of a busy worker: that request is answered as killed, all others are served', async () => {
  const pool = createPool();
  await measure(pool, '');
  const victim = measure(pool, hanging);
  const later = [measure(pool, 'function(sroa)'), measure(pool, 'function(early-cse)')];
  await sleep(200);
  process.kill(pool.processIds()[0]!, 'SIGKILL');
  expect(await victim).toEqual({ ok: false, failure: { kind: 'crashed', signal: 'SIGKILL', message: '' } });
  for (const outcome of await Promise.all(later)) expect(outcome.ok).toBe(true);
});

test('kill -9 of an idle worker: the next request gets a new one', async () => {
  const pool = createPool();
  await measure(pool, '');
  const [processId] = pool.processIds();
  process.kill(processId!, 'SIGKILL');
  await sleep(200);
  expect((await measure(pool, '')).ok).toBe(true);
  expect(pool.processIds()).not.toEqual([processId]);
});

test('one worker and three give the same answers', async () => {
  const pipelines = [
    '',
    'function(sroa)',
    'trigger-crash-module',
    'nonsense',
    'function(early-cse)',
    'globaldce',
  ];
  const again = [...pipelines, ...pipelines];
  const answers = async (workers: number): Promise<unknown[]> => {
    const pool = createPool({ workers });
    const outcomes = await Promise.all(again.map((pipeline) => measure(pool, pipeline)));
    // Which worker saw the IR before depends on their number.
    return outcomes.map((outcome) => (outcome.ok ? { ...outcome.value, reused: undefined } : outcome));
  };
  expect(await answers(3)).toEqual(await answers(1));
});

test('passes that write files leave none behind', async () => {
  const before = readdirSync('.');
  await measure(createPool(), 'function(dot-cfg)');
  expect(readdirSync('.')).toEqual(before);
});

test('modules may be forgotten and asked about again', async () => {
  const pool = createPool();
  const first = await measure(pool, 'function(sroa)');
  pool.forget(module);
  expect(await measure(pool, 'function(sroa)')).toMatchObject({ ...first, value: { reused: true } });
});

test('closing answers what was not answered, and ends the workers', async () => {
  const pool = createPool();
  await measure(pool, '');
  const [processId] = pool.processIds();
  const pending = [measure(pool, hanging), measure(pool, ''), measure(pool, '')];
  await sleep(50);
  pool.close();
  expect(await Promise.all(pending)).toEqual([closed, closed, closed]);
  expect(await measure(pool, '')).toEqual(closed);
  expect(await gone(processId!)).toBe(true);
});

test('a parent that is killed leaves no worker behind, not even one that hangs', async () => {
  const script = `
    import { findInstallation } from '#ozma/llvm/installation.js';
    import { WorkerPool } from '#ozma/llvm/worker-pool.js';
    const pool = new WorkerPool({ installation: findInstallation(), workers: 2, timeoutSeconds: 600 });
    const module = { hash: 'a', bytes: Buffer.from(process.argv[1], 'base64') };
    const ask = (pipeline) => pool.measure(module, [{ kind: 'module', pipeline }], { level: 'Oz', codegen: false });
    await Promise.all([ask(''), ask('')]);
    void ask('function(' + Array(300_000).fill('gvn').join(',') + ')');
    setTimeout(() => console.log(pool.processIds().join(' ')), 200);
  `;
  const parent = spawn(
    process.execPath,
    ['--input-type=module', '-e', script, Buffer.from(module.bytes).toString('base64')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const line = await new Promise<string>((resolve) =>
    parent.stdout.once('data', (data) => resolve(String(data))),
  );
  const processIds = line.trim().split(' ').map(Number);
  expect(processIds).toHaveLength(2);
  expect(processIds.map(runs)).toEqual([true, true]);
  parent.kill('SIGKILL');
  expect(await Promise.all(processIds.map(gone))).toEqual([true, true]);
});
