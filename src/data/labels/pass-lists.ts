// The pass lists that labels are made of, and the moves that look for better ones. A list is flat: one
// element a pass, or a whole pipeline of LLVM such as `default<Oz>`; its text is the pipeline that
// `opt -p` takes. Short lists on purpose: a model has to say them.

import type { Random } from '../../common/random.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { parsePipeline, printPassName, printPipeline } from '../../passes/grammar.ts';
import { withMandatoryInlining } from '../../passes/mandatory-inlining.ts';
import { flattenPipeline, nestPasses, type FlatPass, type LevelOf } from '../../passes/nesting.ts';
import { samplePass } from '../../passes/sampling.ts';
import { readVocabulary, usablePasses, type VocabularyPass } from '../../passes/vocabulary.ts';

/** Passes in order, each as LLVM writes it without its adaptors: `sroa`, `simplifycfg<sink-common-insts>`. */
export type PassList = readonly string[];

/** The list that stands for -Oz itself: the label where nothing is smaller. */
export const ozList: PassList = ['default<Oz>'];

/** Where every search begins. */
export const firstLists: readonly PassList[] = [
  ozList,
  ['default<Os>'],
  ['default<O1>'],
  ['default<O2>'],
  ['default<Oz>', 'iroutliner'],
  ['default<Oz>', 'gvn-hoist', 'simplifycfg'],
  ['sroa', 'early-cse', 'simplifycfg', 'instcombine<no-verify-fixpoint>', 'simplifycfg'],
  ['sroa', 'tailcallelim'],
];

/** Lists are kept this short while searching; minimising makes them much shorter. */
const longest = 12;
/** Most passes are drawn without parameters: they cost words and seldom pay. */
const parameterShare = 0.2;

export interface PassLists {
  /** The list as `opt -p` takes it. */
  pipelineOf(list: PassList): string;
  /** What is really run: with the inlining that clang never leaves out (mandatory-inlining.ts). */
  appliedOf(pipeline: string): string;
  /** The list of a pipeline that `pipelineOf` wrote. */
  listOf(pipeline: string): PassList;
  /** One random pass. */
  draw(random: Random): string;
  /** Random passes around -Oz or after the first steps that everything needs. */
  random(random: Random): PassList;
  /** One to three insertions, deletions or exchanges. */
  mutate(random: Random, list: PassList): PassList;
}

export function createPassLists(installation: LlvmInstallation): PassLists {
  const { levelOf } = readVocabulary(installation);
  return passListsOf(usablePasses(installation), levelOf);
}

function passListsOf(passes: readonly VocabularyPass[], levelOf: LevelOf): PassLists {
  const draw = (random: Random): string =>
    printPassName({ parameters: undefined, ...samplePass(random, random.pick(passes), parameterShare) });
  const several = (random: Random, most: number): string[] =>
    Array.from({ length: random.below(most + 1) }, () => draw(random));
  return {
    draw,
    pipelineOf: (list) => nestPasses(list.map(flatPass), levelOf),
    appliedOf: (pipeline) => printPipeline(withMandatoryInlining(parsePipeline(pipeline), levelOf)),
    listOf: (pipeline) =>
      flattenPipeline(parsePipeline(pipeline)).map((pass) =>
        printPassName({ parameters: undefined, ...pass }),
      ),
    random(random) {
      const kind = random.next();
      if (kind < 0.3) return ['default<Oz>', draw(random), ...several(random, 4)];
      if (kind < 0.45) return [draw(random), ...several(random, 2), 'default<Oz>', ...several(random, 2)];
      if (kind < 0.55) return [random.pick(['default<Os>', 'default<O1>']), ...several(random, 4)];
      const beginning = random.pick([['sroa'], ['sroa', 'early-cse'], ['mem2reg', 'simplifycfg']]);
      return [...beginning, draw(random), ...several(random, 7)];
    },
    mutate(random, list) {
      const changed = [...list];
      for (let rest = 1 + random.below(3); rest > 0; rest--) {
        const at = random.below(changed.length + 1);
        const kind = random.next();
        if (kind < 0.5 || changed.length < 2) {
          if (changed.length < longest) changed.splice(at, 0, draw(random));
        } else if (kind < 0.7) changed.splice(random.below(changed.length), 1);
        else if (kind < 0.9) changed[random.below(changed.length)] = draw(random);
        else {
          const [moved] = changed.splice(random.below(changed.length), 1);
          changed.splice(random.below(changed.length + 1), 0, moved!);
        }
      }
      return changed;
    },
  };
}

function flatPass(text: string): FlatPass {
  const [, name = '', parameters] = /^([^<]+)(?:<(.*)>)?$/.exec(text) ?? [];
  return { name, parameters };
}
