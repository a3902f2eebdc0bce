// Assembly of real code for the benches of lifting: prepared packages (bench/packages.ts) compiled with clang
// or gcc, or modules that `ozma data collect` left behind, compiled in process at a level and for a machine.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { countModules, readModules } from '#ozma/data/collect/collected.js';
import { forTargetAndLevel, isPortable, settingsOf, type Level } from '#ozma/data/task-sets/levels.js';
import { targetOfTriple } from '#ozma/lift/lift.js';
import { levelPipeline } from '#ozma/llvm/baseline.js';
import { type LlvmInstallation, programPath } from '#ozma/llvm/installation.js';
import { contentHash } from '#ozma/llvm/module.js';
import { recipeOf } from '#ozma/llvm/recipe.js';
import type { WorkerPool } from '#ozma/llvm/worker-pool.js';

export interface AssemblySettings {
  /** x86_64-… or aarch64-…. */
  triple: string;
  /** `paper` is IR of -Oz with code generated at -O0. */
  level: Level;
  /** gcc compiles prepared packages only. */
  compiler: 'clang' | 'gcc';
}

export interface AssemblyInput {
  package: string;
  file: string;
  text: string;
}

interface Entry {
  directory: string;
  file: string;
  arguments: string[];
}

function compileEntry(
  installation: LlvmInstallation,
  { directory, file, arguments: words }: Entry,
  { triple, level, compiler }: AssemblySettings,
): string | undefined {
  const flags = words.slice(1).filter((word) => word !== '-c' && word !== file && !/^-O/.test(word));
  const run = (program: string, line: string[], input?: Buffer): Buffer | undefined => {
    const result = spawnSync(program, line, { cwd: directory, input, maxBuffer: 1 << 28 });
    return result.status === 0 ? result.stdout : undefined;
  };
  if (compiler === 'gcc') {
    const gcc = targetOfTriple(triple) === 'aarch64' ? 'aarch64-linux-gnu-gcc' : 'gcc';
    const own = level === 'Oz' || level === 'paper' ? 'Os' : level;
    return run(gcc, [...flags, '-w', `-${own}`, '-S', file, '-o', '-'])?.toString();
  }
  const clang = programPath(installation, 'clang');
  const own = [...flags, `--target=${triple}`, '-w'];
  if (level !== 'paper') return run(clang, [...own, `-${level}`, '-S', file, '-o', '-'])?.toString();
  const bitcode = run(clang, [...own, '-Oz', '-emit-llvm', '-c', file, '-o', '-']);
  const line = [`--target=${triple}`, '-S', '-x', 'ir', '-w', '-', '-o', '-'];
  return bitcode === undefined ? undefined : run(clang, line, bitcode)?.toString();
}

async function compileModule(
  installation: LlvmInstallation,
  pool: WorkerPool,
  content: Uint8Array,
  { triple, level }: AssemblySettings,
): Promise<string | undefined> {
  const own = { hash: contentHash(content), bytes: content };
  const read = await pool.emit(own, [], 'Oz', 'ir');
  pool.forget(own);
  if (!read.ok) return undefined;
  const ir = Buffer.from(read.value).toString();
  const target = targetOfTriple(triple);
  if (target === 'aarch64' && !isPortable(ir)) return undefined;
  const { passes, codegen } = settingsOf(level);
  const bytes = Buffer.from(forTargetAndLevel(ir, target, passes));
  const module = { hash: contentHash(bytes), bytes };
  const recipe = passes === 'O0' ? [] : recipeOf(await levelPipeline(installation, passes));
  const [outcome] = await pool.variants(module, [{ recipe, level: codegen, texts: ['assembly'] }]);
  pool.forget(module);
  return outcome?.ok === true ? outcome.value.texts[0] : undefined;
}

/** Prepared packages below a folder, or the folder itself. */
function packageFolders(place: string): string[] {
  const isPackage = (folder: string): boolean => existsSync(join(folder, 'compile_commands.json'));
  if (isPackage(place)) return [place];
  return readdirSync(place)
    .sort()
    .map((name) => join(place, name))
    .filter(isPackage);
}

/** Each file's assembly; what does not compile for this target is named on stderr and left out. */
export async function* assemblyInputs(
  installation: LlvmInstallation,
  pool: WorkerPool,
  places: readonly string[],
  settings: AssemblySettings,
): AsyncGenerator<AssemblyInput> {
  const skipped = (file: string): boolean => process.stderr.write(`${file}: not compiled\n`);
  for (const place of places) {
    if (place.endsWith('.parquet')) {
      if (settings.compiler === 'gcc') throw new Error(`${place}: expected a package's sources for gcc`);
      for await (const module of readModules(place, 0, await countModules(place))) {
        const text = await compileModule(installation, pool, module.content, settings);
        if (text === undefined) skipped(module.file);
        else yield { package: module.package, file: module.file, text };
      }
      continue;
    }
    for (const folder of packageFolders(place)) {
      const commands = readFileSync(join(folder, 'compile_commands.json'), 'utf8');
      for (const entry of JSON.parse(commands) as Entry[]) {
        const text = compileEntry(installation, entry, settings);
        if (text === undefined) skipped(entry.file);
        else yield { package: basename(folder), file: entry.file, text };
      }
    }
  }
}
