// Which parameters a random pass list tries, pass by pass. A choice is a set of words of which at most one
// is taken; the names are checked against the installed LLVM, so a word that it does not have is not drawn.
// Words that only steer diagnostics, or that a plain target cannot honour, are left out.

/** Groups of words; from each group nothing or one word is drawn. */
export const parameterChoices: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'early-cse': [['memssa']],
  'function-attrs': [['skip-non-recursive-function-attrs']],
  'global-merge': [
    ['group-by-use', 'no-group-by-use'],
    ['ignore-single-use', 'no-ignore-single-use'],
    ['merge-const'],
  ],
  gvn: [
    ['pre', 'no-pre'],
    ['load-pre', 'no-load-pre'],
    ['split-backedge-load-pre', 'no-split-backedge-load-pre'],
    ['memdep', 'no-memdep'],
  ],
  inline: [['only-mandatory']],
  instcombine: [['max-iterations=1', 'max-iterations=2', 'max-iterations=4']],
  ipsccp: [['func-spec', 'no-func-spec']],
  licm: [['allowspeculation', 'no-allowspeculation']],
  lnicm: [['allowspeculation', 'no-allowspeculation']],
  'loop-rotate': [
    ['header-duplication', 'no-header-duplication'],
    ['prepare-for-lto', 'no-prepare-for-lto'],
  ],
  'loop-unroll': [
    ['O1', 'O2', 'O3'],
    ['partial', 'no-partial'],
    ['peeling', 'no-peeling'],
    ['runtime', 'no-runtime'],
    ['upperbound', 'no-upperbound'],
    ['full-unroll-max=2', 'full-unroll-max=4', 'full-unroll-max=8'],
  ],
  'loop-vectorize': [
    ['interleave-forced-only', 'no-interleave-forced-only'],
    ['vectorize-forced-only', 'no-vectorize-forced-only'],
  ],
  'mldst-motion': [['split-footer-bb', 'no-split-footer-bb']],
  scalarizer: [
    ['load-store', 'no-load-store'],
    ['variable-insert-extract', 'no-variable-insert-extract'],
    ['min-bits=32'],
  ],
  'separate-const-offset-from-gep': [['lower-gep']],
  'simple-loop-unswitch': [
    ['nontrivial', 'no-nontrivial'],
    ['trivial', 'no-trivial'],
  ],
  simplifycfg: [
    ['speculate-blocks', 'no-speculate-blocks'],
    ['simplify-cond-branch', 'no-simplify-cond-branch'],
    ['forward-switch-cond', 'no-forward-switch-cond'],
    ['switch-range-to-icmp', 'no-switch-range-to-icmp'],
    ['switch-to-arithmetic', 'no-switch-to-arithmetic'],
    ['switch-to-lookup', 'no-switch-to-lookup'],
    ['keep-loops', 'no-keep-loops'],
    ['hoist-common-insts', 'no-hoist-common-insts'],
    ['hoist-loads-stores-with-cond-faulting', 'no-hoist-loads-stores-with-cond-faulting'],
    ['sink-common-insts', 'no-sink-common-insts'],
    ['speculate-unpredictables', 'no-speculate-unpredictables'],
    ['bonus-inst-threshold=1', 'bonus-inst-threshold=2', 'bonus-inst-threshold=4'],
  ],
  'speculative-execution': [['only-if-divergent-target']],
  sroa: [['modify-cfg', 'preserve-cfg']],
};
