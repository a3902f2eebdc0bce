// Does a draft of the rules in the prompt help a model to lift what the rules do not get exact? Two sets of the
// same functions and answers: the questions of `ozma disassemble`, and the same with the rules' best try below.
// Only functions where nothing of the rules compiles back exactly: elsewhere no model is asked.
//
//   node dist-bench/drafts.js make SET -o FOLDER [--functions N] [--characters 1000]
//   node dist-bench/drafts.js ask MODEL FOLDER --with plain|drafted [--limit 200] [--candidates 1]
//
// SET is of `ozma data disassembly`. `make` writes plain-SPLIT.jsonl and drafted-SPLIT.jsonl, which `ozma train
// disassemble` reads, and questions.jsonl of the validation split. `ask` counts by those what compiles back at
// all and what compiles back exactly; nothing is repaired, nothing is run. --functions is a limit for each split.

import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { openDatabase, sqlList } from '#ozma/data/database.js';
import { mustBeSet, setFiles, type Split } from '#ozma/data/set-manifest.js';
import type { DisassemblyRow } from '#ozma/data/task-sets/disassembly.js';
import { settingsOf } from '#ozma/data/task-sets/levels.js';
import { compileCandidate, type CheckedCandidate } from '#ozma/disassemble/check.js';
import { rulesOf } from '#ozma/disassemble/disassemble.js';
import { modelSource } from '#ozma/disassemble/model-candidates.js';
import type { Subject } from '#ozma/disassemble/recompile.js';
import { likelySettings } from '#ozma/disassemble/settings.js';
import { splitAssembly } from '#ozma/disassemble/split.js';
import { openEngine, type Engine } from '#ozma/inference/engine.js';
import { parseAssembly } from '#ozma/lift/assembly/parse-assembly.js';
import { compileVariants } from '#ozma/llvm/compile-variants.js';
import { findInstallation } from '#ozma/llvm/installation.js';
import { WorkerPool } from '#ozma/llvm/worker-pool.js';
import { parseAnswer } from '#ozma/tasks/answers.js';
import { normaliseAssembly } from '#ozma/tasks/normal-form/normalise-assembly.js';
import { normaliseIr } from '#ozma/tasks/normal-form/normalise-ir.js';
import { NormalFormRefusal } from '#ozma/tasks/normal-form/refusal.js';
import { restoreIr } from '#ozma/tasks/normal-form/restore-ir.js';
import { targets } from '#ozma/tasks/normal-form/targets.js';
import { codeBlock, renderPrompt } from '#ozma/tasks/prompts.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: 'string', short: 'o' },
    functions: { type: 'string', default: '1000000' },
    characters: { type: 'string', default: '1000' },
    with: { type: 'string', default: 'plain' },
    limit: { type: 'string', default: '200' },
    candidates: { type: 'string', default: '1' },
  },
});
const [what, from, folder = values.output] = positionals;
if (from === undefined || folder === undefined)
  throw new Error('expected make SET -o FOLDER, or ask MODEL FOLDER');
const jobs = 2;
const pool = new WorkerPool({ installation: findInstallation(), workers: jobs });

interface Question {
  id: string;
  target: DisassemblyRow['target'];
  prompt: string;
  drafted: string;
  completion: string;
  /** Assembly of the function as the compiler writes it. */
  assembly: string;
}

function subjectOf(text: string, target: Question['target']): Subject {
  const file = parseAssembly(text, target);
  return { file, split: splitAssembly(text, file), function: file.functions[0]! };
}

const withDraft = (prompt: string, draft: string): string =>
  prompt.replace(/ \[\/INST\]$/, () => `\n\nA draft of it:\n\n${codeBlock(draft)} [/INST]`);

/** The closest try of the rules, or undefined where one is exact or none compiles. */
async function draftOf(subject: Subject): Promise<string | undefined> {
  const rules = rulesOf(pool, subject.file, targets[subject.file.target].triple, [subject.function.name]);
  const settings = likelySettings(subject.file, subject.function);
  let best: CheckedCandidate | undefined;
  for (const { ir } of (await rules(subject)).candidates) {
    const checked = await compileCandidate(pool, subject, ir, settings, false);
    if (checked.status === 'exact') return undefined;
    if ((checked.recompiled?.bleu ?? 0) > (best?.recompiled?.bleu ?? 0)) best = checked;
  }
  return best?.ir;
}

async function questionOf(row: DisassemblyRow): Promise<Question | undefined> {
  const { id, target, level, prompt, completion } = row;
  const { passes, codegen } = settingsOf(level);
  const ir = restoreIr(parseAnswer(completion).code!, { target, level: passes });
  const [outcome] = await compileVariants(pool, ir, [{ recipe: [], level: codegen, texts: ['assembly'] }]);
  const assembly = outcome?.ok === true ? outcome.value.texts[0]! : undefined;
  if (assembly === undefined) return undefined;
  const subject = subjectOf(assembly, target);
  const draft = await draftOf(subject);
  if (draft === undefined) return undefined;
  try {
    const { text, symbols } = normaliseAssembly(assembly, { target, own: subject.function.name });
    if (renderPrompt({ task: 'disassemble', assembly: text }) !== prompt) return undefined;
    const drafted = withDraft(prompt, normaliseIr(draft, { symbols }).text);
    return { id, target, prompt, drafted, completion, assembly };
  } catch (error) {
    if (error instanceof NormalFormRefusal) return undefined;
    throw error;
  }
}

async function rowsOf(set: string, split: Split): Promise<DisassemblyRow[]> {
  const database = await openDatabase();
  try {
    const files = sqlList(setFiles(set, await mustBeSet(set), split));
    const result = await database.runAndReadAll(
      `SELECT id, target, level, prompt, completion FROM read_parquet(${files})
       WHERE exact AND length(prompt) + length(completion) <= ${Number(values.characters)}
       ORDER BY id LIMIT ${Number(values.functions)}`,
    );
    return result.getRowObjectsJS() as unknown as DisassemblyRow[];
  } finally {
    database.closeSync();
  }
}

async function make(set: string, output: string): Promise<void> {
  await mkdir(output, { recursive: true });
  for (const split of ['train', 'validation'] as const) {
    const names = [`plain-${split}`, `drafted-${split}`, ...(split === 'validation' ? ['questions'] : [])];
    const files = await Promise.all(names.map((name) => open(join(output, `${name}.jsonl`), 'w')));
    const rows = await rowsOf(set, split);
    const limit = pLimit(2 * jobs);
    let [done, kept] = [0, 0];
    const found = await Promise.all(
      rows.map((row) =>
        limit(async () => {
          const question = await questionOf(row);
          if (question !== undefined) kept++;
          if (++done % 500 === 0) console.error(`${split}: ${done} of ${rows.length}, ${kept} kept`);
          return question;
        }),
      ),
    );
    for (const question of found) {
      if (question === undefined) continue;
      const { prompt, drafted, completion } = question;
      const lines = [{ prompt, completion }, { prompt: drafted, completion }, question];
      for (const [index, file] of files.entries()) await file.write(`${JSON.stringify(lines[index])}\n`);
    }
    await Promise.all(files.map((file) => file.close()));
    console.log(
      `${split}: ${rows.length} functions, ${kept} where the rules have something that compiles and nothing exact`,
    );
  }
}

/** The same engine, asked with drafts. */
function drafting(engine: Engine, drafted: ReadonlyMap<string, string>): Engine {
  const longer = (prompt: string): string => {
    const found = drafted.get(prompt);
    if (found === undefined) throw new Error('expected a question of the folder');
    return found;
  };
  return {
    samplings: engine.samplings,
    grammars: engine.grammars,
    describe: () => engine.describe(),
    countTokens: (prompt) => engine.countTokens(prompt),
    generate: (prompt, options) => engine.generate(longer(prompt), options),
    close: () => engine.close(),
  };
}

async function ask(model: string, from: string): Promise<void> {
  const text = await readFile(join(from, 'questions.jsonl'), 'utf8');
  const all = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Question);
  const questions = all.slice(0, Number(values.limit));
  const opened = await openEngine(model);
  const drafts = new Map(all.map(({ prompt, drafted }) => [prompt, drafted]));
  const engine = values.with === 'drafted' ? drafting(opened, drafts) : opened;
  const counts = { asked: 0, compiled: 0, exact: 0 };
  for (const { target, assembly } of questions) {
    const subject = subjectOf(assembly, target);
    const source = await modelSource({ engine, candidates: Number(values.candidates) }, assembly, target);
    const settings = likelySettings(subject.file, subject.function);
    const { candidates } = await source(subject);
    let [compiled, exact] = [false, false];
    for (const { ir } of candidates) {
      const { status } = await compileCandidate(pool, subject, ir, settings, false);
      compiled ||= status !== 'failed';
      exact ||= status === 'exact';
    }
    counts.asked++;
    counts.compiled += Number(compiled);
    counts.exact += Number(exact);
    if (counts.asked % 20 === 0) console.error(JSON.stringify(counts));
  }
  console.log(`${values.with}: ${JSON.stringify(counts)}`);
  await engine.close();
}

await (what === 'make' ? make(from, folder) : ask(from, folder));
pool.close();
