// Starts the trainer and stays until it ends. Its output goes line by line to whoever listens and to a file.

import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createInterface } from 'node:readline';
import { OzmaError } from '../../common/errors.ts';

export interface LaunchOptions {
  /** What each line goes to besides the file. */
  say: (line: string) => void;
  /** Ends the trainer. */
  signal?: AbortSignal | undefined;
  outputFile: string;
}

const install = 'install them with: pip install torch accelerate transformers trl';

/** Lines of a failed trainer that the error holds. */
const lastLines = 5;

/**
 * Resolves when the trainer has ended well. Throws `environment` when it or its packages are not installed,
 * `negative` when it fails, and the signal's reason.
 */
export async function launch(command: readonly string[], options: LaunchOptions): Promise<void> {
  const { say, signal, outputFile } = options;
  signal?.throwIfAborted();
  const file = createWriteStream(outputFile, { flags: 'a' });
  // A process group of its own: Ctrl-C reaches it once, through us, and all its workers end with it.
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    // Progress bars are no lines.
    env: { PYTHONUNBUFFERED: '1', TQDM_DISABLE: '1', ...process.env },
  });
  const stop = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  signal?.addEventListener('abort', stop, { once: true });
  const recent: string[] = [];
  const listen = (stream: NodeJS.ReadableStream): void => {
    createInterface({ input: stream }).on('line', (line) => {
      file.write(`${line}\n`);
      recent.push(line);
      if (recent.length > 200) recent.shift();
      say(line);
    });
  };
  listen(child.stdout);
  listen(child.stderr);
  const outcome = await new Promise<number | NodeJS.Signals | Error>((resolve) => {
    child.on('error', resolve);
    child.on('close', (code, by) => resolve(code ?? by ?? 0));
  });
  signal?.removeEventListener('abort', stop);
  file.end();
  await finished(file);
  signal?.throwIfAborted();
  if (outcome === 0) return;
  const line = command.join(' ');
  if (outcome instanceof Error) {
    throw new OzmaError(
      'environment',
      `expected the trainer's programs on the PATH, found: ${outcome.message}; ${install}`,
    );
  }
  const missing = recent.find((text) => text.includes('ModuleNotFoundError'));
  if (missing !== undefined) {
    throw new OzmaError(
      'environment',
      `expected the trainer's packages, found: ${missing.trim()}; ${install}`,
    );
  }
  const ending = recent.slice(-lastLines).join(' | ');
  throw new OzmaError(
    'negative',
    `the trainer ended with ${outcome}: ${line}: ${ending} (all in ${outputFile})`,
  );
}
