// The search over plans. Each function goes its own way: one compile of the module tries another list for
// every function at once, and each function keeps what made it smallest, so two hundred compiles try two
// hundred lists for each of them. Every few compiles the best lists are put together and measured as a
// whole; only such measured wholes count as results. Decisions for the whole module (inlining, code
// generation switches, extra module passes) are tried one at a time around the best whole.

import type { Measurement } from '../llvm/worker-protocol.ts';
import { coresetOf } from './coreset.ts';
import type { Evaluator } from './evaluator.ts';
import { ModuleMoves, type SearchSpace } from './module-moves.ts';
import { createMoves, type Moves } from './mutation.ts';
import { everyFunction, recipeOfPlan, type Choice, type ModuleDecisions, type Plan } from './plan.ts';
import { valueOf, type Proposer } from './settings.ts';
import { suggestedChoices } from './suggestions.ts';
import { valuesByGroup } from './values-by-group.ts';

/** Plans measured side by side. Fixed, so that the answer does not depend on the number of workers. */
const batchSize = 4;

/**
 * How many known lists are tried before anything else, and how often a round after them changes a decision
 * of the whole module rather than the functions' lists. Instructions are saved in the module more than in
 * the functions.
 */
const paces = { bytes: { first: batchSize * 2, share: 0.3 }, instructions: { first: 2, share: 0.5 } };

interface Proposal {
  plan: Plan;
  /** A proposal about functions is judged function by function, one about the module as a whole. */
  about: 'functions' | 'module';
}

interface Standing {
  choice: Choice;
  value: number;
}

/** Lists that were suggested come first, then the known ones, then what the search makes of both. */
export async function searchPlans(evaluator: Evaluator, space: SearchSpace): Promise<void> {
  if (space.summary.functions.length === 0) return;
  const planner = new Planner(evaluator, space);
  const measure = async (proposals: readonly Proposal[], by: Proposer): Promise<void> => {
    const recipes = proposals.map(({ plan }) => recipeOfPlan(plan, space.skeleton));
    const measured = await evaluator.measure(recipes, by);
    for (const [index, proposal] of proposals.entries()) planner.learn(proposal, measured[index]);
  };
  const suggested = planner.suggested().slice(0, evaluator.left);
  await measure(suggested, 'suggestion');
  // The batch that they began is filled up, so that the first whole is put together no later than without them.
  let count = batchSize - (suggested.length % batchSize);
  while (evaluator.left > 0) {
    await measure(planner.propose(Math.min(count, evaluator.left)), 'search');
    count = batchSize;
  }
}

class Planner {
  private readonly evaluator: Evaluator;
  private readonly space: SearchSpace;
  private readonly moves: Moves;
  private readonly moduleMoves: ModuleMoves;
  private readonly coreset: readonly Choice[];
  private groups: readonly string[];
  private readonly standings = new Map<string, Standing>();
  /** Lists that won somewhere in this module, to be tried on its other functions. */
  private readonly winners: Choice[] = [];
  private readonly pending: Proposal[] = [];
  private module: ModuleDecisions;
  private wholeValue = Infinity;
  private nextKnown = 0;
  /** Some function improved since the last whole was measured. */
  private unproven = false;

  constructor(evaluator: Evaluator, space: SearchSpace) {
    this.evaluator = evaluator;
    this.space = space;
    this.moves = createMoves(space.random, space.passes);
    this.moduleMoves = new ModuleMoves(evaluator.settings, space, this.moves);
    this.coreset = coresetOf(space.skeleton, evaluator.settings);
    this.groups = space.separate ? space.summary.functions.map(({ name }) => name) : [everyFunction];
    this.module = this.moduleMoves.start();
  }

  private get pace(): (typeof paces)['bytes'] {
    return this.evaluator.settings.objective === 'instructions' ? paces.instructions : paces.bytes;
  }

  suggested(): Proposal[] {
    return suggestedChoices(this.space, this.coreset[0]!).map((choices) => ({
      plan: { module: this.module, choices },
      about: 'functions',
    }));
  }

  propose(count: number): Proposal[] {
    const proposals: Proposal[] = [];
    if (this.unproven) {
      this.unproven = false;
      proposals.push(this.assembled(this.module));
    }
    while (proposals.length < count) proposals.push(this.next());
    return proposals;
  }

  learn(proposal: Proposal, measurement: Measurement | undefined): void {
    if (measurement === undefined) {
      this.splitFailed(proposal);
      return;
    }
    const value = valueOf(measurement, this.evaluator.settings.objective);
    if (proposal.about === 'module') {
      if (value >= this.wholeValue) return;
      this.wholeValue = value;
      this.module = proposal.plan.module;
      this.groups = this.groupsOf(measurement);
      // Sizes measured under other decisions do not compare: start again from this whole.
      this.standings.clear();
      this.keepBetter(proposal.plan, measurement);
      return;
    }
    if (proposal.plan.module !== this.module) return;
    if (this.keepBetter(proposal.plan, measurement)) this.unproven = this.groups.length > 1;
    if (value < this.wholeValue) this.wholeValue = value;
  }

  /**
   * The module's functions, and those that an outliner made of them before the functions' own passes run:
   * they take lists like any other. Those that it made afterwards do no harm here, their lists meet nothing.
   */
  private groupsOf(measurement: Measurement): readonly string[] {
    const { separate, summary } = this.space;
    if (!separate || this.module.before.length === 0) return this.groups;
    const names = summary.functions.map(({ name }) => name);
    const made = (measurement.functionInstructions ?? []).map(({ name }) => name);
    return [...new Set([...names, ...made])];
  }

  private next(): Proposal {
    const queued = this.pending.shift();
    if (queued !== undefined) return queued;
    const { random } = this.space;
    // The first known lists at once, the rest mixed with moves of the module.
    const known = this.nextKnown < this.coreset.length;
    const { first, share } = this.pace;
    if (known && (this.nextKnown < first || random.next() >= share)) {
      return this.uniform(this.coreset[this.nextKnown++]!, 'functions', this.module);
    }
    if (known || random.next() < share) return this.assembled(this.moduleMoves.change(this.module));
    const choices = new Map(this.groups.map((group) => [group, this.variation(group)]));
    return { plan: { module: this.module, choices }, about: 'functions' };
  }

  private uniform(choice: Choice, about: Proposal['about'], module: ModuleDecisions): Proposal {
    return { plan: { module, choices: new Map(this.groups.map((group) => [group, choice])) }, about };
  }

  private assembled(module: ModuleDecisions): Proposal {
    const choices = new Map(this.groups.map((group) => [group, this.choiceOf(group)]));
    return { plan: { module, choices }, about: module === this.module ? 'functions' : 'module' };
  }

  private choiceOf(group: string): Choice {
    return this.standings.get(group)?.choice ?? this.coreset[0]!;
  }

  /** Another list for one function: known ones, ones that won next door, random ones, small changes. */
  private variation(group: string): Choice {
    const { random } = this.space;
    const current = this.choiceOf(group);
    const kind = random.next();
    if (kind < 0.15) return random.pick(this.coreset);
    if (kind < 0.25 && this.winners.length > 0) return random.pick(this.winners);
    const passes =
      kind < 0.35
        ? this.moves.randomList()
        : this.moves.mutate(kind < 0.45 ? random.pick(this.coreset).passes : current.passes);
    const relax =
      random.next() < 0.2
        ? random.pick(['never', 'before passes', 'before code generation'] as const)
        : current.relax;
    return { passes, relax };
  }

  /** Keeps, for each group, the choice that made it smaller (or as small with a list not longer). */
  private keepBetter(plan: Plan, measurement: Measurement): boolean {
    const values = valuesByGroup(measurement, this.evaluator.settings.objective, this.space.separate);
    let improved = false;
    for (const [group, choice] of plan.choices) {
      const value = values.get(group);
      if (value === undefined) continue;
      const standing = this.standings.get(group);
      if (standing === undefined || value < standing.value) {
        if (standing !== undefined) {
          improved = true;
          this.winners.push(choice);
        }
        this.standings.set(group, { choice, value });
      } else if (value === standing.value && choice.passes.length <= standing.choice.passes.length) {
        this.standings.set(group, { choice, value });
      }
    }
    return improved;
  }

  /** A plan that killed the worker: try its halves, so that one bad list does not hide the others. */
  private splitFailed({ plan, about }: Proposal): void {
    if (about === 'module' || this.groups.length < 2 || plan.module !== this.module) return;
    const changed = this.groups.filter((group) => plan.choices.get(group) !== this.choiceOf(group));
    if (changed.length < 4) return;
    const half = new Set(changed.filter((_, index) => index % 2 === 0));
    for (const tried of [true, false]) {
      const choices = new Map(
        this.groups.map((group) => [
          group,
          half.has(group) === tried
            ? (plan.choices.get(group) ?? this.choiceOf(group))
            : this.choiceOf(group),
        ]),
      );
      this.pending.push({ plan: { module: this.module, choices }, about });
    }
  }
}
