// Decisions for the whole module and how the search changes them, one at a time: inlining, outlining, code
// generation switches, further module passes. Which come first was measured (docs/lab-log.md).

import type { Random } from '../common/random.ts';
import { codegenSwitches, type CodegenSwitch } from '../llvm/recipe.ts';
import type { ModuleSummary } from '../llvm/worker-protocol.ts';
import type { VocabularyPass } from '../passes/vocabulary.ts';
import type { Moves } from './mutation.ts';
import { undecided, type ModuleDecisions } from './plan.ts';
import type { Goal, Objective, SearchSettings } from './settings.ts';
import { preludeNames, type PreludeName, type Skeleton } from './skeleton.ts';
import type { SuggestedList } from './suggested-list.ts';

export interface SearchSpace {
  summary: ModuleSummary;
  skeleton: Skeleton;
  passes: readonly VocabularyPass[];
  random: Random;
  /** Functions may take separate ways. */
  separate: boolean;
  /** Lists to try first, by function; empty where nobody suggests any. */
  suggestions: ReadonlyMap<string, readonly SuggestedList[]>;
}

/** The switches that together saved most on programs of other packages. */
const firstSwitches: readonly CodegenSwitch[] = [
  'disable-block-placement',
  'disable-machine-licm',
  'pre-RA-sched=list-burr',
];

const outliner = 'iroutliner';
/** What is left of the outlined sequences is simplified again. */
const lateOutliner = 'iroutliner,function(instcombine<no-verify-fixpoint>,simplifycfg)';

/**
 * What may run before inlining to save instructions: sequences that occur twice are moved to one function.
 * How far functions are simplified before decides what looks alike.
 */
const beginnings: readonly (readonly string[])[] = [
  ['function(sroa,early-cse<memssa>)', outliner],
  ['function(sroa,early-cse<memssa>)', outliner, outliner],
  ['function(sroa)', outliner],
  ['function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,simplifycfg)', outliner],
  [outliner],
  [],
];

/**
 * How much may run on functions before their own lists; a search starts with the first. Code generation at -O0
 * keeps variables on the stack whether they were promoted or not: only there is nothing at all worth a try.
 */
export function preludesFor({ objective, level }: Goal): readonly [PreludeName, ...PreludeName[]] {
  return objective !== 'instructions' && level === 'O0' ? preludeNames : ['raw', 'light', 'full'];
}

/** Decisions with the most to win on programs of other packages, the first first (docs/lab-log.md). */
function firstMovesFor(objective: Objective, { functions }: ModuleSummary): Partial<ModuleDecisions>[] {
  if (objective !== 'instructions') return [{ relaxFirst: true }, { prelude: 'full' }, { prelude: 'light' }];
  return [
    { before: beginnings[0]! },
    { extra: [lateOutliner] },
    { neverInline: functions.map(({ name }) => name) },
    { prelude: 'full' },
    { extra: [lateOutliner, lateOutliner] },
    { before: beginnings[1]! },
    { prelude: 'light' },
  ];
}

export class ModuleMoves {
  private readonly settings: SearchSettings;
  private readonly space: SearchSpace;
  private readonly moves: Moves;
  /** Decisions with the most to win, tried before random ones. */
  private readonly firstMoves: Partial<ModuleDecisions>[];

  constructor(settings: SearchSettings, space: SearchSpace, moves: Moves) {
    this.settings = settings;
    this.space = space;
    this.moves = moves;
    this.firstMoves = firstMovesFor(settings.objective, space.summary);
  }

  /** Code generation switches do nothing at -O0, and nothing to IR. */
  private get generatesOptimisedCode(): boolean {
    const { objective, level } = this.settings;
    return objective !== 'instructions' && level !== 'O0';
  }

  /** The decisions that a search starts from. */
  start(): ModuleDecisions {
    const [prelude] = preludesFor(this.settings);
    return { ...undecided, prelude, switches: this.generatesOptimisedCode ? firstSwitches : [] };
  }

  /** The decisions with one of them changed; what promises most comes first, then random changes. */
  change(module: ModuleDecisions): ModuleDecisions {
    const { random } = this.space;
    const first = this.firstMoves.shift();
    if (first !== undefined) return { ...module, ...first };
    if (this.settings.objective === 'instructions' && random.next() < 0.3) {
      return { ...module, ...this.changedOutlining(module) };
    }
    const kind = random.next();
    if (kind < 0.4 && this.generatesOptimisedCode) {
      const name = random.pick(Object.keys(codegenSwitches) as CodegenSwitch[]);
      return { ...module, switches: toggled(module.switches, name) };
    }
    if (kind < 0.8 && this.space.summary.functions.length > 1) return this.changedInlining(module);
    if (kind < 0.83) return { ...module, prelude: random.pick(preludesFor(this.settings)) };
    if (kind < 0.85) return { ...module, relaxFirst: !module.relaxFirst };
    const extra = [...module.extra];
    if (extra.length > 0 && random.next() < 0.4) extra.splice(random.below(extra.length), 1);
    else extra.splice(random.below(extra.length + 1), 0, this.moves.modulePass());
    return { ...module, extra };
  }

  private changedOutlining({ extra }: ModuleDecisions): Partial<ModuleDecisions> {
    const { random } = this.space;
    if (random.next() < 0.5) return { before: random.pick(beginnings) };
    return { extra: extra.length > 0 && random.next() < 0.5 ? extra.slice(0, -1) : [...extra, lateOutliner] };
  }

  private changedInlining(module: ModuleDecisions): ModuleDecisions {
    const { random, summary } = this.space;
    const name = random.pick(summary.functions).name;
    const neverInline = module.neverInline.filter((other) => other !== name);
    const alwaysInline = module.alwaysInline.filter((other) => other !== name);
    const free =
      neverInline.length === module.neverInline.length && alwaysInline.length === module.alwaysInline.length;
    if (free || random.next() < 0.5) {
      const wasNever = neverInline.length < module.neverInline.length;
      const wasAlways = alwaysInline.length < module.alwaysInline.length;
      if (wasAlways || (!wasNever && random.next() < 0.5)) neverInline.push(name);
      else alwaysInline.push(name);
    }
    return { ...module, neverInline, alwaysInline };
  }
}

function toggled<T>(list: readonly T[], item: T): T[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}
