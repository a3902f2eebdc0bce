// The three task sets, built from functions of the example programs and looked at with other tools: clang
// itself for the code of a level, opt and llvm-size for what a pass list did, DuckDB for the columns.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CodeForm } from '#ozma/common/code-form.js';
import { corpusColumns, readSet, type CorpusRow } from '#ozma/data/corpus.js';
import { writeParquetSet } from '#ozma/data/parquet-set.js';
import { buildTaskSet, type BuildSettings, type Maker } from '#ozma/data/task-sets/build.js';
import { disassemblyMaker, type DisassemblyRow } from '#ozma/data/task-sets/disassembly.js';
import { disassemble } from '#ozma/disassemble/disassemble.js';
import { emulationMaker, type EmulationRow } from '#ozma/data/task-sets/emulation.js';
import { forTargetAndLevel, levels } from '#ozma/data/task-sets/levels.js';
import { pretrainingMaker, type PretrainingRow } from '#ozma/data/task-sets/pretraining.js';
import type { TaskRow } from '#ozma/data/task-sets/task-rows.js';
import { programPath } from '#ozma/llvm/installation.js';
import { contentHash } from '#ozma/llvm/module.js';
import { parseAnswer } from '#ozma/tasks/answers.js';
import { normaliseAssembly } from '#ozma/tasks/normal-form/normalise-assembly.js';
import { normaliseIr } from '#ozma/tasks/normal-form/normalise-ir.js';
import { restoreIr } from '#ozma/tasks/normal-form/restore-ir.js';
import { parsePrompt } from '#ozma/tasks/prompts.js';
import { installation, llvmSize } from '../../llvm/compile.ts';
import { functionsOf } from '../../tasks/real-functions.ts';

const folder = mkdtempSync(join(tmpdir(), 'ozma-task-sets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const corpus = join(folder, 'corpus');
const functions = [...functionsOf('json.c', 6), ...functionsOf('calculator.c', 6)];

beforeAll(async () => {
  const rows = functions.map(({ name, ir }, index): CorpusRow => ({
    id: contentHash(Buffer.from(ir)),
    kind: 'function',
    name,
    ir,
    package: index < 6 ? 'json' : 'calculator',
    version: '1',
    licence: 'Apache-2.0',
    language: 'c',
    file: 'example.c',
    flags: [],
    target: 'x86_64-pc-linux-gnu',
    instructions: 1,
    bytes: null,
    split: index < 6 ? 'train' : 'test',
  }));
  await writeParquetSet(
    corpus,
    { name: 'corpus', columns: corpusColumns },
    [{ key: 'all', input: rows }],
    (unit) => unit.input,
  );
});

const makers = (form: CodeForm = 'normal') => ({
  disassembly: disassemblyMaker({ installation, form, pairs: 4, levels, x86Share: 0.5 }),
  emulation: emulationMaker({ installation, form, lists: 2, longest: 10, x86Share: 0.85 }),
  pretraining: pretrainingMaker({ installation, form, x86Share: 0.85 }),
});

async function build<Row extends TaskRow>(
  maker: Maker<Row>,
  name: string,
  changes: Partial<BuildSettings> = {},
): Promise<{ rows: Row[]; hash: string }> {
  const output = join(folder, name);
  const settings = {
    installation,
    corpus,
    output,
    seed: 1,
    jobs: 2,
    maximumCharacters: 16_384,
    jsonl: false,
  };
  const { contentHash: hash } = await buildTaskSet(maker, { ...settings, ...changes });
  const rows: Row[] = [];
  for await (const row of readSet<Row>(output)) rows.push(row);
  return { rows, hash };
}

function run(program: 'opt' | 'clang', words: readonly string[], input: string): Buffer {
  return execFileSync(programPath(installation, program), words, {
    input,
    maxBuffer: 1 << 26,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

describe('disassembly', () => {
  let rows: DisassemblyRow[];
  beforeAll(async () => {
    ({ rows } = await build(makers().disassembly, 'disassembly'));
  });

  test('prompts and answers are those of the task, splits and packages the corpus’', () => {
    expect(rows.length).toBeGreaterThan(35);
    for (const row of rows) {
      expect(parsePrompt(row.prompt)?.task).toBe('disassemble');
      expect(parseAnswer(row.completion).code).toMatch(/^define /);
      expect(row.split).toBe(row.package === 'json' ? 'train' : 'test');
      expect(row.characters).toBe(row.prompt.length + row.completion.length);
      expect(row.bucket).toBeGreaterThanOrEqual(row.characters);
    }
    expect(new Set(rows.map(({ target }) => target)).size).toBe(2);
    expect(new Set(rows.map(({ level }) => level))).toEqual(new Set(levels));
  });

  test('nearly every answer compiles back to its assembly', () => {
    expect(rows.filter(({ exact }) => exact).length / rows.length).toBeGreaterThan(0.9);
  });

  test('what is called exact is so for clang too', () => {
    const published = rows.filter((row) => row.exact && row.level === 'paper').slice(0, 6);
    expect(published.length).toBeGreaterThan(2);
    for (const { prompt, completion, target } of published) {
      const ir = restoreIr(parseAnswer(completion).code!, { target });
      const assembly = run(
        'clang',
        [`--target=${target === 'aarch64' ? 'aarch64' : 'x86_64'}-linux-gnu`, '-xir', '-', '-S', '-o', '-'],
        ir,
      );
      expect(codeOf(prompt)).toBe(normaliseAssembly(assembly.toString(), { target }).text);
    }
  });

  test('beyond the rules is what ozma disassemble does not lift exactly', async () => {
    const some = { installation, form: 'normal', pairs: 2, levels: ['O2'], x86Share: 1 } as const;
    const { rows } = await build(disassemblyMaker(some), 'all');
    const { rows: beyond } = await build(disassemblyMaker({ ...some, beyondRules: true }), 'beyond');
    const kept = new Set(beyond.map(({ id }) => id));
    let exact = 0;
    for (const { id, corpus_id: from } of rows) {
      const { ir } = functions.find((one) => contentHash(Buffer.from(one.ir)) === from)!;
      const assembly = run(
        'clang',
        ['-O2', '-w', '-xir', '-', '-S', '-o', '-'],
        forTargetAndLevel(ir, 'x86-64', 'O2'),
      );
      const { functions: lifted } = await disassemble(assembly.toString(), {
        installation,
        target: 'x86_64-pc-linux-gnu',
      });
      expect([id, kept.has(id)]).toEqual([id, lifted[0]!.status !== 'exact']);
      exact += Number(lifted[0]!.status === 'exact');
    }
    expect(exact).toBeGreaterThan(2);
    expect(kept.size).toBeGreaterThan(0);
    expect(kept.size).toBeLessThan(rows.length);
  });

  test('-O0 is what clang -O0 makes of the source', async () => {
    const only = disassemblyMaker({ installation, form: 'normal', pairs: 1, levels: ['O0'], x86Share: 1 });
    const { rows } = await build(only, 'unoptimised');
    const include = new URL('../../../examples', import.meta.url).pathname;
    const words = ['--target=x86_64-linux-gnu', '-O0', '-S', '-w', `-I${include}`, '-xc', '-', '-o', '-'];
    const expected = ['json.c', 'calculator.c'].flatMap((example, index) => {
      const source = readFileSync(new URL(`../../../examples/${example}`, import.meta.url), 'utf8');
      const whole = run('clang', words, source).toString();
      const names = functions.slice(6 * index, 6 * index + 6).map(({ name }) => name);
      return names.map((own) => normaliseAssembly(whole, { target: 'x86-64', own }).text);
    });
    // clang at -Oz ends scopes with blocks of their own, for the lifetimes of variables; at -O0 it does not.
    const same = rows.filter(({ prompt }) => expected.includes(codeOf(prompt)!));
    expect(same.length).toBeGreaterThanOrEqual(functions.length - 4);
  });
});

function codeOf(prompt: string): string | undefined {
  return /<code>(.*)<\/code>/s.exec(prompt)?.[1];
}

describe('emulation', () => {
  let rows: EmulationRow[];
  beforeAll(async () => {
    ({ rows } = await build(makers().emulation, 'emulation'));
  });

  test('opt and clang give the same answers for the prompt’s own text', () => {
    expect(rows.length).toBeGreaterThan(18);
    expect(new Set(rows.map(({ answer }) => answer)).size).toBe(2);
    for (const row of rows.slice(0, 8)) {
      const prompt = parsePrompt(row.prompt);
      const answer = parseAnswer(row.completion);
      if (prompt?.task !== 'emulate') throw new Error(row.prompt);
      const target = `--target=${row.target === 'aarch64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
      const input = restoreIr(prompt.ir, { target: row.target });
      const output = run('opt', ['-p', prompt.pipeline, '-S', '-o', '-'], input).toString();
      const sizeOf = (ir: string): number =>
        llvmSize(run('clang', [target, '-c', '-xir', '-', '-o', '-'], ir));
      expect([prompt.sizes.bytes, answer.bytes]).toEqual([sizeOf(input), sizeOf(output)]);
      expect([prompt.sizes.instructions, answer.instructions]).toEqual([
        countInstructions(input),
        countInstructions(output),
      ]);
      if (prompt.answer === 'ir') {
        // Placeholders apart: here the prompt's numbering is not known.
        const plain = normaliseIr(output, { constants: true }).text.replaceAll(/@\d+/g, '@');
        expect(answer.code!.replaceAll(/@\d+/g, '@')).toBe(plain);
      }
    }
  });

  test('the columns repeat what prompt and answer say', () => {
    for (const row of rows) {
      const answer = parseAnswer(row.completion);
      expect([row.instructions_after, row.bytes_after]).toEqual([answer.instructions, answer.bytes]);
      expect(row.prompt).toContain(
        `instruction count ${row.instructions_before} and binary size ${row.bytes_before} bytes`,
      );
      expect(row.prompt).toContain(`opt -p '${row.pipeline}'`);
    }
  });
});

/** As llvm-dis prints them: a line each, deeper lines continue one. */
function countInstructions(ir: string): number {
  const text = run('opt', ['-p', 'verify', '-S', '-o', '-'], ir).toString();
  return text.split('\n').filter((line) => /^ {2}[^ \]]/.test(line)).length;
}

test('pretraining: every function before passes and at a level, as IR and as assembly', async () => {
  const { rows } = await build(makers().pretraining, 'pretraining');
  const of = (row: PretrainingRow): string => `${row.kind} ${row.level === 'O0' ? 'before' : 'after'}`;
  expect(new Set(rows.map(of)).size).toBe(4);
  expect(rows.length).toBeGreaterThan(functions.length * 4 - 8);
  for (const row of rows) {
    expect(row.prompt).toBe('');
    expect(row.completion).toMatch(row.kind === 'ir' ? /^define / : /^[a-z]+ /);
  }
});

test('the full form is what the compiler writes', async () => {
  const { rows } = await build(makers('full').disassembly, 'full');
  for (const row of rows) {
    expect(row.prompt).toContain('.cfi_startproc');
    expect(row.completion).toContain('target triple');
    expect(row.exact).toBeNull();
  }
});

test('the same data for one worker and for two, and after an interruption', async () => {
  const { emulation } = makers();
  const two = await build(emulation, 'two');
  const stop = new AbortController();
  stop.abort();
  await expect(build(emulation, 'one', { jobs: 1, signal: stop.signal })).rejects.toThrow(/interrupted/);
  const one = await build(emulation, 'one', { jobs: 1 });
  expect(one.hash).toBe(two.hash);
  const another = await build(emulation, 'another', { seed: 2 });
  expect(another.hash).not.toBe(two.hash);
});

test('JSON lines hold prompt and completion', async () => {
  const { rows } = await build(makers().disassembly, 'lines', { jsonl: true });
  const lines = readFileSync(join(folder, 'lines', 'jsonl', 'train.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const train = rows.filter(({ split }) => split === 'train');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
    train.map(({ prompt, completion }) => ({ prompt, completion })),
  );
});

test('examples that are too long are left out and counted', async () => {
  const output = join(folder, 'short');
  const settings = { installation, corpus, output, seed: 1, jobs: 2, maximumCharacters: 600, jsonl: false };
  const manifest = await buildTaskSet(makers().disassembly, settings);
  expect(manifest.dropped['longer than 600 characters']).toBeGreaterThan(0);
});
