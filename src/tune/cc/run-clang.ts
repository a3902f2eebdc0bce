// Clang in our place: the same words, the terminal's own streams, and the way it ends is the way we end.

import { spawn } from 'node:child_process';

/** Resolves to clang's exit code; a signal that ended it ends us, too. */
export function runClang(program: string, words: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      if (signal === null) {
        resolve(exitCode ?? 1);
        return;
      }
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
      // Should the signal be one that does not end us.
      resolve(128);
    });
  });
}
