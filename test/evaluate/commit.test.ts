// The commit that results are stamped with, in repositories made for it: what git itself says, also where the
// folder is another user's, where a hook's variables name another repository, and where there is no checkout.

import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { currentCommit } from '#ozma/evaluate/commit.js';

const folder = mkdtempSync(join(tmpdir(), 'ozma-commit-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const git = (where: string, ...words: string[]): string =>
  execFileSync('git', ['-C', where, '-c', 'user.name=a', '-c', 'user.email=a@b', ...words], {
    encoding: 'utf8',
  }).trim();

function repository(name: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, 'src'), { recursive: true });
  git(path, 'init', '-q');
  writeFileSync(join(path, 'src/a.ts'), `// ${name}\n`);
  git(path, 'add', '.');
  git(path, 'commit', '-q', '-m', name);
  return path;
}

describe('the commit of a result', () => {
  test('is what git says, with changes to the code marked and changes elsewhere not', () => {
    const path = repository('plain');
    const head = git(path, 'rev-parse', 'HEAD').slice(0, 12);
    expect(currentCommit(path)).toBe(head);
    writeFileSync(join(path, 'notes.md'), 'words');
    expect(currentCommit(path)).toBe(head);
    writeFileSync(join(path, 'src/a.ts'), '// changed\n');
    expect(currentCommit(path)).toBe(`${head}+changes`);
  });

  test.skipIf(process.getuid?.() !== 0)('is known where the folder belongs to another user', () => {
    const path = repository('foreign');
    const head = git(path, 'rev-parse', 'HEAD').slice(0, 12);
    for (const part of ['', '.git']) chownSync(join(path, part), 65534, 65534);
    expect(() => execFileSync('git', ['-C', path, 'rev-parse', 'HEAD'], { stdio: 'ignore' })).toThrow();
    expect(currentCommit(path)).toBe(head);
  });

  test('is that of its own repository, whatever a hook has in its environment', () => {
    const [path, other] = [repository('own'), repository('other')];
    process.env['GIT_DIR'] = join(other, '.git');
    try {
      const own = currentCommit(path);
      delete process.env['GIT_DIR'];
      expect(own).toBe(git(path, 'rev-parse', 'HEAD').slice(0, 12));
    } finally {
      delete process.env['GIT_DIR'];
    }
  });

  test('is never that of a repository around it; a stamp says it there, and nobody without one', () => {
    const installed = join(repository('around'), 'node_modules/ozma');
    mkdirSync(join(installed, 'dist'), { recursive: true });
    expect(currentCommit(installed)).toBe('unknown');
    writeFileSync(join(installed, 'dist/commit.txt'), '0123456789ab\n');
    expect(currentCommit(installed)).toBe('0123456789ab');
  });
});
