// Functions to disassemble: out of whole files as clang writes them, or of a disassembly set. A set in normal
// form holds nothing that assembles; so its functions are those whose answer compiles back to the very prompt
// (column `exact`), and the assembly of that is what is lifted and compared with.

import { createHash } from 'node:crypto';
import { disassemblyMaker, type DisassemblyRow } from '../../data/task-sets/disassembly.ts';
import { levels, settingsOf } from '../../data/task-sets/levels.ts';
import { readManifest } from '../../data/set-manifest.ts';
import type { Subject } from '../../disassemble/recompile.ts';
import { splitAssembly, standalone } from '../../disassemble/split.ts';
import { parseAssembly } from '../../lift/assembly/parse-assembly.ts';
import type { AssemblyFile, AssemblyFunction } from '../../lift/assembly/types.ts';
import { targetOfTriple } from '../../lift/lift.ts';
import { defaultTriple } from '../../llvm/clang.ts';
import { compileVariants } from '../../llvm/compile-variants.ts';
import type { OptimisationLevel } from '../../llvm/module.ts';
import { parseAnswer } from '../../tasks/answers.ts';
import { restoreIr } from '../../tasks/normal-form/restore-ir.ts';
import { parsePrompt } from '../../tasks/prompts.ts';
import type { Sample } from '../evaluation.ts';
import { countsOf } from '../inputs/counts.ts';
import type { InputSettings } from '../inputs/input.ts';
import { assemblyOfSources } from '../inputs/sources.ts';
import { readTaskRows } from '../inputs/task-rows.ts';
import { lengthBucket } from '../length.ts';

export interface LiftingSample extends Sample {
  /** The assembly that the function is in. */
  text: string;
  subject: Subject;
}

export interface LiftingSettings extends InputSettings {
  /** Of sources; sets have their own. */
  level: OptimisationLevel;
}

export interface LiftingSamples {
  samples: LiftingSample[];
  dropped: Record<string, number>;
  available: number | undefined;
}

export async function liftingSamples(settings: LiftingSettings): Promise<LiftingSamples> {
  const manifest = await readManifest(settings.data);
  return manifest === undefined ? samplesOfSources(settings) : samplesOfRows(settings);
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

function lengthOf({ items }: AssemblyFunction): number {
  return items.filter(({ kind }) => kind === 'instruction').length;
}

async function samplesOfSources(settings: LiftingSettings): Promise<LiftingSamples> {
  const { level, limit } = settings;
  const triple = await targetTriple(settings);
  const target = targetOfTriple(triple);
  const { files, dropped } = await assemblyOfSources(settings, level);
  const found: { id: string; file: string; text: string; parsed: AssemblyFile; body: AssemblyFunction }[] =
    [];
  for (const { file, text } of files) {
    const parsed = parseAssembly(text, target);
    for (const body of parsed.functions) {
      if (lengthOf(body) > 0) found.push({ id: hashOf(`${file} ${body.name}`), file, text, parsed, body });
    }
  }
  found.sort((left, right) => (left.id < right.id ? -1 : 1));
  const samples: LiftingSample[] = [];
  for (const { id, file, text, parsed, body } of found) {
    if (samples.length === limit) break;
    const subject = { file: parsed, split: splitAssembly(text, parsed), function: body };
    samples.push({
      id,
      input: standalone(subject.split, body.name).assembly,
      text,
      subject,
      origin: { group: file, name: body.name },
      strata: { target, level, length: lengthBucket(lengthOf(body)) },
    });
  }
  return { samples, dropped, available: found.length };
}

async function targetTriple({ flags, pool }: LiftingSettings): Promise<string> {
  const named = flags.find((flag) => flag.startsWith('--target='))?.slice('--target='.length);
  return named ?? defaultTriple(pool.installation);
}

async function samplesOfRows(settings: LiftingSettings): Promise<LiftingSamples> {
  const { pool, form } = settings;
  const maker = disassemblyMaker({ installation: pool.installation, form, pairs: 2, levels, x86Share: 0.5 });
  const where = form === 'normal' ? 'exact' : undefined;
  const { inputs, dropped, available } = await readTaskRows<DisassemblyRow>(maker, settings, where);
  const counts = countsOf(dropped);
  const samples = await Promise.all(
    inputs.map(async ({ row, group, name }): Promise<LiftingSample | undefined> => {
      const assembly = form === 'full' ? assemblyOf(row) : await compiledAnswer(row, settings);
      const parsed = assembly === undefined ? undefined : parseAssembly(assembly, row.target);
      const body = parsed?.functions[0];
      if (assembly === undefined || parsed === undefined || body === undefined || row.exact === false) {
        counts.count('the answer does not compile back to the prompt');
        return undefined;
      }
      return {
        id: row.id,
        input: row.prompt,
        origin: { group, name },
        strata: { target: row.target, level: row.level, length: lengthBucket(lengthOf(body)) },
        text: assembly,
        subject: { file: parsed, split: splitAssembly(assembly, parsed), function: body },
      };
    }),
  );
  return { samples: samples.filter((sample) => sample !== undefined), dropped: counts.all, available };
}

function assemblyOf(row: DisassemblyRow): string | undefined {
  const prompt = parsePrompt(row.prompt);
  return prompt?.task === 'disassemble' ? prompt.assembly : undefined;
}

/** The assembly that a set's function had, up to names: those of the restored code are made up. */
async function compiledAnswer(row: DisassemblyRow, { pool }: LiftingSettings): Promise<string | undefined> {
  const { code = '' } = parseAnswer(row.completion);
  const { passes, codegen } = settingsOf(row.level);
  const ir = restoreIr(code, { target: row.target, level: passes });
  const [outcome] = await compileVariants(pool, ir, [{ recipe: [], level: codegen, texts: ['assembly'] }]);
  return outcome?.ok === true ? outcome.value.texts[0] : undefined;
}
