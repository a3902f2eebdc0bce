// The last step of labelling: few lists are chosen from all that were broadcast, every program gets its label,
// and the set is written with a summary of what labels save and of how much fewer lists would keep.

import type { LlvmInstallation } from '../../llvm/installation.ts';
import type { CorpusRow } from '../corpus.ts';
import { writeSetFiles } from '../parquet-set.ts';
import type { SetManifest, Split } from '../set-manifest.ts';
import { unitKey, type UnitRecord } from '../units.ts';
import { chooseLists, labelsOf, popularity, savedShare, type ProgramSizes } from './choice.ts';
import { labelColumns, type LabelRow } from './label-set.ts';
import { codegenLevels, type LabelLevel } from './measured-program.ts';
import type { PassLists } from './pass-lists.ts';
import { sizesOf, type ProgramState, type Totals } from './program-state.ts';

/** Further lists of one program that its row names after the label, each of another size. */
const runnersUp = 15;
/** Numbers of lists for which the summary says how much of the gain they keep. */
const curveSizes = [1, 5, 20, 50, 100] as const;

/** Bytes saved over clang -Oz, as shares of all bytes, when every program takes the best of some lists. */
interface Saved {
  train: number;
  /** Validation and test together: other packages. */
  heldOut: number;
}

export interface LevelSummary extends Saved {
  /** The lists that labels use, the most popular first; -Oz itself is not among them. */
  lists: string[];
  /** Passes in a label, over the programs of the training split whose label is not -Oz itself. */
  meanLength: number;
  /** Share of the training programs whose label is not -Oz itself. */
  improved: number;
  /** How much the first so many lists save. */
  curve: (Saved & { lists: number })[];
  /** What every list that was broadcast saves together. */
  ofAllLists: Saved;
  /** The same, with the list found for each program alone: what the search can do. */
  withOwnSearch: Saved;
}

export interface LabelSummary extends Totals {
  programs: number;
  checked: number;
  rejected: number;
  levels: Record<LabelLevel, LevelSummary>;
}

export interface BuiltLabels {
  manifest: SetManifest;
  summary: LabelSummary;
}

/** All that was found out, ready to be written. */
export interface LabelMaterial {
  programs: AsyncIterable<CorpusRow>;
  states: ReadonlyMap<string, ProgramState>;
  /** The lists that every program was measured under; the first is -Oz itself. */
  broadcast: readonly string[];
  records: readonly UnitRecord[];
  dropped: Record<string, number>;
  totals: Totals & { checked: number; rejected: number };
}

export interface WritingSettings {
  installation: LlvmInstallation;
  output: string;
  distinct: number;
  /** For the manifest. */
  made: Record<string, unknown>;
}

/** What the chosen lists save at one level, and the order in which labels prefer them. */
function summarise(
  states: readonly ProgramState[],
  level: LabelLevel,
  broadcast: readonly string[],
  distinct: number,
  lists: PassLists,
): { preferred: number[]; summary: LevelSummary } {
  const of = (wanted: (split: Split) => boolean): ProgramSizes[] =>
    states.filter(({ split }) => wanted(split)).map((state) => sizesOf(state, level));
  const train = of((split) => split === 'train');
  const heldOut = of((split) => split !== 'train');
  const saved = (chosen: readonly number[]): Saved => ({
    train: savedShare(train, chosen),
    heldOut: savedShare(heldOut, chosen),
  });
  const all = chooseLists(train, broadcast.length);
  const chosen = all.slice(0, distinct);
  const preferred = popularity(train, chosen);
  const labels = train.map((program) => labelsOf(program, preferred, 1)[0]!.list);
  const improved = labels.filter((list) => list !== 0);
  const passes = improved.reduce((sum, list) => sum + lists.listOf(broadcast[list]!).length, 0);
  return {
    preferred,
    summary: {
      lists: preferred.map((list) => broadcast[list]!),
      meanLength: improved.length === 0 ? 0 : passes / improved.length,
      improved: train.length === 0 ? 0 : improved.length / train.length,
      ...saved(chosen),
      curve: curveSizes.map((size) => ({ lists: size, ...saved(all.slice(0, size)) })),
      ofAllLists: saved(all),
      withOwnSearch: ownSearch(states, level, all),
    },
  };
}

/** What is saved when every program may also take the list that was found for it alone. */
function ownSearch(states: readonly ProgramState[], level: LabelLevel, all: readonly number[]): Saved {
  const share = (wanted: (split: Split) => boolean): number => {
    const programs = states
      .filter(({ split }) => wanted(split))
      .map((state): ProgramSizes => {
        const { baseline, bytes } = sizesOf(state, level);
        return { baseline, bytes: [...bytes, state.own[level]?.bytes ?? null] };
      });
    return savedShare(programs, [...all, (programs[0]?.bytes.length ?? 1) - 1]);
  };
  return { train: share((split) => split === 'train'), heldOut: share((split) => split !== 'train') };
}

/** Chooses, labels, writes; the manifest comes last. Throws `environment` (a full disk). */
export async function writeLabels(
  settings: WritingSettings,
  material: LabelMaterial,
  lists: PassLists,
): Promise<BuiltLabels> {
  const { states, broadcast, records, dropped, totals } = material;
  const levels = {} as Record<LabelLevel, LevelSummary>;
  const preferred = {} as Record<LabelLevel, number[]>;
  for (const level of codegenLevels) {
    const found = summarise([...states.values()], level, broadcast, settings.distinct, lists);
    levels[level] = found.summary;
    preferred[level] = found.preferred;
  }
  async function* rows(): AsyncGenerator<{ split: Split; line: string }> {
    const labelled = new Set<string>();
    for await (const program of material.programs) {
      const state = states.get(program.id);
      if (state === undefined || labelled.has(program.id)) continue;
      labelled.add(program.id);
      for (const level of codegenLevels) {
        const labels = labelsOf(sizesOf(state, level), preferred[level], 1 + runnersUp);
        const named = labels.map(({ list, bytes }) => ({ pipeline: broadcast[list]!, bytes }));
        yield { split: program.split, line: JSON.stringify(labelRow(program, state, level, named)) };
      }
    }
  }
  const summary: LabelSummary = { programs: states.size, ...totals, levels };
  const made = { llvm: settings.installation.version, ...settings.made, ...summary };
  const manifest = await writeSetFiles(
    settings.output,
    { name: 'labels', columns: labelColumns, made },
    rows(),
    {
      unitsHash: unitKey(
        records.map(({ key }) => key),
        broadcast,
        settings.distinct,
      ),
      units: records.length,
      dropped,
      seconds: records.reduce((sum, { seconds }) => sum + seconds, 0),
    },
  );
  return { manifest, summary };
}

function labelRow(
  program: CorpusRow,
  state: ProgramState,
  level: LabelLevel,
  [best, ...others]: { pipeline: string; bytes: number }[],
): LabelRow {
  const { id, package: origin, version, file, name, kind, target, split } = program;
  return {
    id,
    package: origin,
    version,
    file,
    name,
    kind,
    target,
    codegen: level,
    pipeline: best!.pipeline,
    bytes: best!.bytes,
    ozBytes: state.baseline[level],
    unoptimisedBytes: state.unoptimised[level],
    runnersUp: others.map(({ pipeline }) => pipeline),
    runnersUpBytes: others.map(({ bytes }) => bytes),
    listsMeasured: state.measured,
    split,
  };
}
