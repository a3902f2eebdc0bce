// Runs the built command line in a process of its own, as a person would.

import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

export const mainFile = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Run {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

export async function runOzma(words: string[], environment: Record<string, string> = {}): Promise<Run> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [mainFile, ...words], {
    reject: false,
    env: environment,
  });
  return { exitCode, stdout, stderr };
}
