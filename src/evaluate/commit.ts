// The commit of the code that runs, for results: of the checkout that this file lies in, or as a package was
// stamped with it (`npm pack` writes dist/commit.txt). Results used to say `released` wherever git did not answer,
// which it does not where the folder belongs to another user, nor in a copy without .git.

import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What results say where there is neither a checkout nor a stamp. */
export const unknownCommit = 'unknown';

/** Asked once: what is committed while a run goes on is not the code that runs. */
let ownCommit: string | undefined;

/** Of this process' own code. */
export function runningCommit(): string {
  return (ownCommit ??= currentCommit());
}

const ownFolder = fileURLToPath(new URL('../..', import.meta.url));

/** Twelve digits, `+changes` behind them where files of src/ differ from it; `unknown` where nobody knows. */
export function currentCommit(folder: string = ownFolder): string {
  return ofCheckout(folder) ?? ofStamp(folder) ?? unknownCommit;
}

function ofCheckout(folder: string): string | undefined {
  // Git's own variables, as hooks have them, name another repository.
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')),
  );
  const git = (...words: string[]): string =>
    // The code of this folder is running already: whose folder it is makes no difference any more.
    execFileSync('git', ['-c', 'safe.directory=*', '-C', folder, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: environment,
    }).trim();
  try {
    // Installed below somebody's own repository, this is not that repository's code.
    if (realpathSync(git('rev-parse', '--show-toplevel')) !== realpathSync(folder)) return undefined;
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'src') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? '+changes' : ''}`;
  } catch {
    return undefined;
  }
}

function ofStamp(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, 'dist/commit.txt'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
