// The normal form against the real compiler, on functions of real programs for both targets: what comes
// back is valid, has the same normal form again and generates the same code; both sides of a pair name
// the same symbols alike. golden/normal-form shows what it looks like.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { createRandom } from '#ozma/common/random.js';
import { baselinePipeline } from '#ozma/llvm/baseline.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { normaliseAssembly } from '#ozma/tasks/normal-form/normalise-assembly.js';
import { normaliseIr, type NormalText } from '#ozma/tasks/normal-form/normalise-ir.js';
import { NormalFormRefusal } from '#ozma/tasks/normal-form/refusal.js';
import { restoreIr } from '#ozma/tasks/normal-form/restore-ir.js';
import { SymbolTable } from '#ozma/tasks/normal-form/symbols.js';
import { installation } from '../llvm/compile.ts';
import { emit, forTarget, functionsOf, instructionsOf } from './real-functions.ts';

const pool = new WorkerPool({ installation, workers: 2 });
afterAll(() => pool.close());

const functions = [
  ...functionsOf('json.c', 6),
  ...functionsOf('compress.c', 5),
  ...functionsOf('calculator.c', 5),
];
const targetNames = ['x86-64', 'aarch64'] as const;
const rows = targetNames.flatMap((target) =>
  functions.map(({ name, ir }) => ({ target, name, ir: forTarget(ir, target) })),
);

const goldenFolder = new URL('./golden/normal-form/', import.meta.url);

describe('golden', () => {
  const names = readdirSync(fileURLToPath(goldenFolder)).filter((name) => !name.endsWith('.txt'));
  test.each(names)('%s', (name) => {
    const input = readFileSync(new URL(name, goldenFolder), 'utf8');
    const target = name.includes('.aarch64.') ? 'aarch64' : 'x86-64';
    const normal = name.endsWith('.ll') ? normaliseIr(input) : normaliseAssembly(input, { target });
    expect(normal.text + describeSymbols(normal)).toBe(
      readFileSync(new URL(`${name}.txt`, goldenFolder), 'utf8'),
    );
  });
});

function describeSymbols({ symbols }: NormalText): string {
  const lines = symbols.entries().map(({ name, local, threadLocal }, index) => {
    return `@${index + 1} ${name}${local === true ? ' local' : ''}${threadLocal === true ? ' thread-local' : ''}\n`;
  });
  return lines.join('');
}

describe('IR there and back', () => {
  test.each(rows)('$target $name', async ({ target, name, ir }) => {
    const baseline = await baselinePipeline(installation);
    for (const stage of [ir, await emit(pool, ir, baseline, 'Oz', 'ir')]) {
      if (!stage.includes('\ndefine ')) continue;
      const normal = normaliseIr(stage);
      const restored = restoreIr(normal.text, { target, symbols: normal.symbols });
      expect(normaliseIr(restored).text).toBe(normal.text);
      // emit refuses what the verifier objects to.
      const [before, after] = [stage, restored].map((each) => emit(pool, each, '', 'O0', 'assembly'));
      expect(instructionsOf(await after!), name).toEqual(instructionsOf(await before!));
    }
  });
});

describe('assembly and the IR that it came from', () => {
  test.each(rows)('$target $name', async ({ target, ir }) => {
    const optimised = await emit(pool, ir, await baselinePipeline(installation), 'Oz', 'ir');
    if (!optimised.includes('\ndefine ')) return;
    for (const level of ['Oz', 'O0'] as const) {
      const assembly = normaliseAssembly(await emit(pool, optimised, '', level, 'assembly'), { target });
      const known = assembly.symbols.entries().length;
      const answer = normaliseIr(optimised, {
        symbols: new SymbolTable(assembly.symbols.own, assembly.symbols.entries()),
      });
      // Every symbol of the IR is in the assembly, under the same number.
      expect(
        answer.symbols
          .entries()
          .slice(0, known)
          .map(({ name }) => name),
      ).toEqual(assembly.symbols.entries().map(({ name }) => name));
      expect(numbersIn(answer.text).filter((number) => number > known)).toEqual([]);
      // Only the answer's text and the assembly's symbols are needed to get the assembly again.
      const lifted = restoreIr(answer.text, { target, symbols: assembly.symbols });
      const again = normaliseAssembly(await emit(pool, lifted, '', level, 'assembly'), { target });
      expect(again.text).toBe(assembly.text);
    }
  });
});

function numbersIn(text: string): number[] {
  return [...text.matchAll(/@(\d+)/g)].map((match) => Number(match[1]));
}

test('assembly in normal form holds no directive, comment or local name', async () => {
  for (const { target, ir } of rows) {
    const { text } = normaliseAssembly(await emit(pool, ir, '', 'O0', 'assembly'), { target });
    expect(text).not.toMatch(/^\s*\.|#|\/\/|\.L|@PLT|@GOT|:lo12:|:got/m);
  }
});

test('the same function of another file, with other names, has the same normal form', () => {
  const [{ ir }] = functions as [(typeof functions)[0]];
  const renamed = ir
    .replaceAll(/%struct\.(\w+)/g, '%struct.other_$1')
    .replaceAll(/@(?!llvm)(\w*_\w+)/g, '@other_$1');
  expect(renamed).not.toBe(ir);
  expect(normaliseIr(renamed).text).toBe(normaliseIr(ir).text);
});

describe('refused', () => {
  test.each([
    [
      'another machine',
      'target triple = "riscv64"\ndefine void @f() {\n  ret void\n}\n',
      /x86-64 or AArch64, found riscv64/,
    ],
    ['no function', 'target triple = "x86_64-linux-gnu"\ndeclare void @f()\n', /found none/],
  ])('%s', (_, ir, message) => {
    expect(() => normaliseIr(ir)).toThrow(NormalFormRefusal);
    expect(() => normaliseIr(ir)).toThrow(message);
  });

  test('assembly without the function', () => {
    expect(() => normaliseAssembly('\t.text\n', { target: 'x86-64' })).toThrow(NormalFormRefusal);
  });

  test('whatever a model writes: IR, or a refusal', () => {
    const random = createRandom(1);
    const texts = readdirSync(fileURLToPath(goldenFolder)).filter((name) => name.endsWith('.ll.txt'));
    const refusals = texts.flatMap((name) => {
      const words = readFileSync(new URL(name, goldenFolder), 'utf8').split(/(?<=[ \n(,[])/);
      return Array.from({ length: 200 }, () => {
        const damaged = [...words];
        for (let change = 0; change <= random.below(3); change++) {
          damaged.splice(
            random.below(words.length),
            random.below(3),
            ...[random.pick(words)].slice(random.below(2)),
          );
        }
        try {
          expect(restoreIr(damaged.join(''), { target: 'aarch64' })).toContain('target triple');
          return 0;
        } catch (error) {
          expect(error).toBeInstanceOf(NormalFormRefusal);
          return 1;
        }
      });
    });
    expect(new Set(refusals).size).toBe(2);
  });

  test('text of a model that is no IR', () => {
    for (const text of ['hello', 'define i32', 'define i32 @0( {\n%1 = call\n}']) {
      expect(() => restoreIr(text, { target: 'x86-64' })).toThrow(NormalFormRefusal);
    }
  });
});
