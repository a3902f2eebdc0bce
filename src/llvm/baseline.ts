// The pipeline that `clang -Oz` really runs, asked of clang itself. It is not `default<Oz>` of `opt`:
// clang 22 adds `slp-vectorizer`, and 18 of 78 files come out at another size without it.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { programPath, type LlvmInstallation } from './installation.ts';
import type { OptimisationLevel } from './module.ts';

const known = new Map<string, Promise<string>>();

/** The pass pipeline of `clang -Oz`, as text that `opt -p` takes. */
export function baselinePipeline(installation: LlvmInstallation): Promise<string> {
  return levelPipeline(installation, 'Oz');
}

/** The same for another level of clang. */
export function levelPipeline(installation: LlvmInstallation, level: OptimisationLevel): Promise<string> {
  const path = programPath(installation, 'clang');
  const key = `${path} ${level}`;
  let pipeline = known.get(key);
  if (pipeline === undefined) {
    pipeline = askClang(path, level);
    known.set(key, pipeline);
  }
  return pipeline;
}

async function askClang(clang: string, level: OptimisationLevel): Promise<string> {
  const words = [
    `-${level}`,
    '-c',
    '-x',
    'c',
    '/dev/null',
    '-o',
    '/dev/null',
    '-mllvm',
    '-print-pipeline-passes',
  ];
  const { stdout } = await promisify(execFile)(clang, words);
  return stdout.trim();
}
