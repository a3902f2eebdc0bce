// The commit of the code that runs, for results: from the checkout that this file lies in.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Twelve digits, `+changes` behind them where files differ from it; `released` outside of a checkout. */
export function currentCommit(): string {
  const folder = fileURLToPath(new URL('../..', import.meta.url));
  const git = (...words: string[]): string =>
    execFileSync('git', ['-C', folder, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'src') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? '+changes' : ''}`;
  } catch {
    return 'released';
  }
}
