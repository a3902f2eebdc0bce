// The usual way to measure a pass list, for comparison: start `opt`, start `llc`, look at the object. The
// same code model, relocation model and level as ours, bitcode between the two, files in a temporary folder.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programPath, type LlvmInstallation, type LlvmProgram } from '#ozma/llvm/installation.js';
import { readSizes } from '#ozma/llvm/object-file.js';
import type { ModuleSource } from '#ozma/llvm/worker-protocol.js';

export interface Spawner {
  /** Bytes of the object, or nothing where `opt` or `llc` fails. `asked`: by a third program, llvm-size. */
  compile(
    module: ModuleSource,
    relocation: 'pic' | 'static',
    pipeline: string,
    asked: boolean,
  ): Promise<number | undefined>;
  dispose(): void;
}

export function createSpawner(installation: LlvmInstallation): Spawner {
  const folder = mkdtempSync(join(tmpdir(), 'ozma-spawn-'));
  const written = new Set<string>();
  const [optimised, object] = [join(folder, 'optimised.bc'), join(folder, 'object.o')];
  const run = async (program: LlvmProgram, words: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(programPath(installation, program), words);
    return stdout;
  };
  return {
    async compile(module, relocation, pipeline, asked) {
      // Not for `llc` alone: loop-reduce asks the target machine what an address costs.
      const model = `-relocation-model=${relocation}`;
      const input = join(folder, `${module.hash}.bc`);
      if (!written.has(module.hash)) writeFileSync(input, module.bytes);
      written.add(module.hash);
      try {
        await run('opt', [`-passes=${pipeline}`, model, input, '-o', optimised]);
        await run('llc', ['-O2', '-filetype=obj', model, optimised, '-o', object]);
      } catch {
        return undefined;
      }
      if (!asked) return readSizes(readFileSync(object)).bytes;
      const line = (await run('llvm-size', [object])).split('\n')[1]!;
      const [text, data] = line.trim().split(/\s+/);
      return Number(text) + Number(data);
    },
    dispose: () => rmSync(folder, { recursive: true }),
  };
}
