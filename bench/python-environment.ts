// A Python with named PyPI packages, for comparisons with the programs that everybody uses. Made once in the
// cache folder; nothing of it is part of the product.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '#ozma/common/cache-folder.js';

/**
 * Path of a Python that has the packages (`name==version`); some gigabytes for torch. `given` is used as it
 * is. Needs python3 with venv.
 */
export function pythonWith(packages: readonly string[], given: string | undefined): string {
  if (given !== undefined) return given;
  const hash = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), `python-${hash}`);
  if (!existsSync(folder)) {
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    console.error(`installing ${packages.join(' ')} into ${folder}`);
    execFileSync('python3', ['-m', 'venv', unfinished], { stdio: ['ignore', 2, 2] });
    const python = join(unfinished, 'bin', 'python');
    execFileSync(python, ['-m', 'pip', 'install', '-q', ...packages], { stdio: ['ignore', 2, 2] });
    renameSync(unfinished, folder);
  }
  return join(folder, 'bin', 'python');
}

/** Runs a few lines of Python with arguments; its standard output. */
export function runPython(python: string, lines: string, ...parameters: string[]): string {
  return execFileSync(python, ['-c', lines, ...parameters], {
    maxBuffer: 2 ** 30,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TRANSFORMERS_VERBOSITY: 'error', HF_HUB_OFFLINE: '1', TQDM_DISABLE: '1' },
  });
}
