// The check of the rooms bites: a made-up house with arrows that point up, in a circle or to a room that
// nobody listed is refused, and one with arrows that point down is not.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import type { IConfiguration } from 'dependency-cruiser';
import { afterEach, expect, test } from 'vitest';

const rooms = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as IConfiguration;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs the check on a house of the given files and returns the names of the broken rules. */
async function checkHouse(files: Record<string, string>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-rooms-'));
  folders.push(folder);
  for (const [name, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { options, ...ruleSet } = rooms;
  const { output } = await cruise(['src'], { ...options, validate: true, ruleSet, baseDir: folder });
  if (typeof output === 'string') throw new Error(`expected a result, found ${output}`);
  return [...new Set(output.summary.violations.map((violation) => violation.rule.name))];
}

const leaf = 'export const one = 1;\n';

test('arrows that point down are allowed', async () => {
  const house = await checkHouse({
    'src/common/leaf.ts': leaf,
    'src/llvm/use.ts': "export { one } from '../common/leaf.ts';\n",
    'src/search/use.ts': "export { one } from '../llvm/use.ts';\n",
    'src/cli/use.ts': "export { one } from '../search/use.ts';\n",
  });
  expect(house).toEqual([]);
});

test.each([
  ['up', 'llvm', 'search', 'llvm-uses-only-its-rooms'],
  ['from common', 'common', 'llvm', 'common-uses-only-its-rooms'],
  ['down, but to a room that its row does not name', 'tasks', 'llvm', 'tasks-uses-only-its-rooms'],
  ['between neighbours', 'tune', 'emulate', 'tune-uses-only-its-rooms'],
  ['from a room without a row', 'attic', 'common', 'only-rooms-that-are-listed'],
])('an arrow %s is refused (%s to %s)', async (_what, from, to, rule) => {
  const house = await checkHouse({
    [`src/${to}/leaf.ts`]: leaf,
    [`src/${from}/use.ts`]: `export { one } from '../${to}/leaf.ts';\n`,
  });
  expect(house).toEqual([rule]);
});

test('an import of a type alone counts', async () => {
  const house = await checkHouse({
    'src/search/leaf.ts': 'export interface Leaf { one: number }\n',
    'src/llvm/use.ts': "import type { Leaf } from '../search/leaf.ts';\nexport type Own = Leaf;\n",
  });
  expect(house).toEqual(['llvm-uses-only-its-rooms']);
});

test('the public barrel must not import the command line', async () => {
  const house = await checkHouse({
    'src/cli/leaf.ts': leaf,
    'src/index.ts': "export { one } from './cli/leaf.ts';\n",
  });
  expect(house).toEqual(['public-barrel-without-command-line']);
});

test('a circle is refused', async () => {
  const house = await checkHouse({
    'src/llvm/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n",
    'src/llvm/b.ts': "import { a } from './a.ts';\nexport const b = () => a;\n",
  });
  expect(house).toEqual(['no-cycles']);
});
