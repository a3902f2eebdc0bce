// Every transformation pass of the installed LLVM, with its level, its parameters and our verdict. The
// compiler itself says what it has (`opt --print-passes`), verdicts.ts says what of it is trusted. Read
// once per installation. Not for nesting or checking a pipeline: see nesting.ts and checking.ts.

import { execFileSync } from 'node:child_process';
import { OzmaError } from '../common/errors.ts';
import { programPath } from '../llvm/installation.ts';
import type { LlvmInstallation } from '../llvm/installation.ts';
import { printPassName } from './grammar.ts';
import type { PassLevel } from './levels.ts';
import type { FlatPass, LevelOf } from './nesting.ts';
import { parsePrintedPasses } from './print-passes-parser.ts';
import type { ListedPass } from './print-passes-parser.ts';
import { verdictOf } from './verdicts.ts';
import type { PassVerdict } from './verdicts.ts';

export interface VocabularyPass extends ListedPass, PassVerdict {}

export interface Vocabulary {
  /** The LLVM version it was read from, `22.1.8`. */
  llvm: string;
  passes: readonly VocabularyPass[];
  /** What `require<…>` and `invalidate<…>` accept. */
  analyses: ReadonlySet<string>;
  /** The pass of this name: with or without parameters, `print<da>` before `print`. Undefined: none. */
  find(pass: FlatPass, level?: PassLevel): VocabularyPass | undefined;
  /** The level of a pass, for `nestPasses`; the outermost where a pass exists at several. */
  levelOf: LevelOf;
}

const read = new Map<string, Vocabulary>();

/** The vocabulary of this LLVM; asks `opt` the first time. Throws `environment` where `opt` does not run. */
export function readVocabulary(installation: LlvmInstallation): Vocabulary {
  const known = read.get(installation.programs);
  if (known !== undefined) return known;
  const opt = programPath(installation, 'opt');
  let text: string;
  try {
    text = execFileSync(opt, ['--print-passes'], { encoding: 'utf8', maxBuffer: 1 << 24 });
  } catch (cause) {
    throw new OzmaError('environment', `expected ${opt} --print-passes to list passes, it failed`, { cause });
  }
  const vocabulary = createVocabulary(text, installation.version);
  read.set(installation.programs, vocabulary);
  return vocabulary;
}

/** The vocabulary of a text of `opt --print-passes`. */
export function createVocabulary(printedPasses: string, llvm: string): Vocabulary {
  const printed = parsePrintedPasses(printedPasses);
  const passes = printed.passes.map((pass): VocabularyPass => ({ ...pass, ...verdictOf(pass.name) }));
  const byName = new Map<string, VocabularyPass[]>();
  for (const pass of passes) byName.set(pass.name, [...(byName.get(pass.name) ?? []), pass]);
  const analyses = new Set(printed.analyses);

  const find = (pass: FlatPass, level?: PassLevel): VocabularyPass | undefined => {
    const whole = printPassName({ name: pass.name, parameters: pass.parameters });
    const candidates = byName.get(whole) ?? byName.get(pass.name);
    return candidates?.find((candidate) => level === undefined || candidate.level === level);
  };
  const levelOf: LevelOf = (pass) => {
    const found = find(pass)?.level;
    if (found !== undefined) return found;
    return pass.name === 'require' || pass.name === 'invalidate' ? 'module' : undefined;
  };
  return { llvm, passes, analyses, find, levelOf };
}

/** Every transformation pass of this LLVM, with verdicts. */
export function listPasses(installation: LlvmInstallation): readonly VocabularyPass[] {
  return readVocabulary(installation).passes;
}

/** The passes that a generated pass list may hold, one row a name; whole pipelines (`default`) are not among them. */
export function usablePasses(installation: LlvmInstallation): readonly VocabularyPass[] {
  const { passes, levelOf } = readVocabulary(installation);
  return passes.filter(
    (pass) => pass.verdict === 'usable' && !pass.pipeline && levelOf({ name: pass.name }) === pass.level,
  );
}
