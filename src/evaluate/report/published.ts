// What the paper reports (Cummins et al. 2024, arXiv 2407.02524, LLM Compiler FTD 13B unless said), beside which
// of our figures stands there, and what is not the same about the two.

import type { TaskName } from '../evaluation.ts';

export interface PublishedFigure {
  task: TaskName;
  what: string;
  published: number;
  /** The name of our figure. */
  figure: string;
  unit: 'share' | 'score';
  difference: string;
}

const tuning =
  'Theirs: MiBench, 2,398 object files, whole files where they fit, LLVM 17. Ours: single functions of packages ' +
  'that nothing was trained on, LLVM 22, code generation at -O0 as theirs.';
const disassembly =
  'Theirs: 2,015 assembly files of MiBench, -Oz, exact means identical text. Ours: functions, several levels, two ' +
  'machines; exact means the same instructions, local labels aside.';
const emulation =
  'Theirs: unseen programs, 1 to 50 passes of LLVM 17. Ours: functions, passes that we trust, LLVM 22.';

export const publishedFigures: readonly PublishedFigure[] = [
  ['tune', 'improved, zero-shot', 0.61, '-O0: improved', 'share', tuning],
  ['tune', 'regressed, zero-shot', 0.12, '-O0: regressed', 'share', tuning],
  ['tune', 'saved over -Oz, zero-shot', 0.0488, '-O0: zero-shot saving, total', 'share', tuning],
  ['tune', 'saved over -Oz with backup', 0.0526, '-O0: saving, best of 1, total', 'share', tuning],
  ['disassemble', 'round trips', 0.45, 'round trips', 'share', disassembly],
  [
    'disassemble',
    'BLEU over round trips',
    0.96,
    'BLEU over round trips, arithmetic mean',
    'score',
    disassembly,
  ],
  ['disassemble', 'exact', 0.138, 'exact', 'share', disassembly],
  ['emulate', 'compiles', 0.956, 'compiles (IR)', 'share', emulation],
  ['emulate', 'exact', 0.2, 'exact', 'share', emulation],
  [
    'perplexity',
    'perplexity per token',
    1.05,
    'perplexity per token',
    'score',
    "Theirs: Code Llama's tokens, 32,016 of them; ours are longer, so each is harder. Compare bits per byte.",
  ],
  [
    'code',
    'HumanEval pass@1',
    0.256,
    'pass@1, arithmetic mean over problems',
    'share',
    'Theirs began as Code Llama and read natural language; ours never saw any.',
  ],
].map(([task, what, published, figure, unit, difference]) => ({
  task,
  what,
  published,
  figure,
  unit,
  difference,
})) as PublishedFigure[];
