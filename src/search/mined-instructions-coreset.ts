// Written by bench/mine-coreset.ts; see coreset.ts.

import type { KnownChoice } from './known-choice.ts';

export const minedInstructionsCoreset: readonly KnownChoice[] = [
  { passes: '-Oz', relax: 'never' },
  {
    passes:
      'simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;no-switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> jump-threading correlated-propagation simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> instcombine<max-iterations=1;no-verify-fixpoint> simplifycfg<bonus-inst-threshold=1;forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;switch-to-lookup;no-keep-loops;hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;speculate-unpredictables>',
    relax: 'never',
  },
  {
    passes:
      'replace-with-veclib scalarize-masked-mem-intrin simplifycfg<no-speculate-blocks;forward-switch-cond;switch-to-arithmetic;switch-to-lookup;keep-loops;sink-common-insts;speculate-unpredictables;bonus-inst-threshold=4> instcombine<max-iterations=1;no-verify-fixpoint> tailcallelim simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;speculate-unpredictables> sccp',
    relax: 'never',
  },
  {
    passes:
      'load-store-vectorizer simplifycfg<simplify-cond-branch;no-forward-switch-cond;switch-to-arithmetic;keep-loops;hoist-loads-stores-with-cond-faulting;no-sink-common-insts;no-speculate-unpredictables>',
    relax: 'before passes',
  },
  {
    passes:
      'early-cse jump-threading instcombine<max-iterations=1;no-verify-fixpoint> gvn<> div-rem-pairs tailcallelim simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;speculate-unpredictables>',
    relax: 'never',
  },
  {
    passes:
      'gvn-hoist instcombine<max-iterations=1;no-verify-fixpoint> tailcallelim simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;speculate-unpredictables>',
    relax: 'before passes',
  },
  {
    passes:
      'loop-mssa(licm<allowspeculation>) drop-unnecessary-assumes loop-load-elim simplifycfg<bonus-inst-threshold=1;forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;switch-to-lookup;no-keep-loops;hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> instcombine<max-iterations=1;no-verify-fixpoint> simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;no-switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> div-rem-pairs',
    relax: 'before passes',
  },
  {
    passes: 'loop-load-elim load-store-vectorizer instcombine<max-iterations=1;no-verify-fixpoint>',
    relax: 'never',
  },
  {
    passes:
      'instcombine<max-iterations=1;no-verify-fixpoint> lower-constant-intrinsics loop-load-elim mem2reg simplifycfg<bonus-inst-threshold=1;forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;switch-to-lookup;no-keep-loops;hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables>',
    relax: 'before code generation',
  },
  { passes: 'instcombine<max-iterations=1;no-verify-fixpoint> simplifycfg', relax: 'before code generation' },
  {
    passes:
      'lower-expect simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;no-switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> sroa<modify-cfg> early-cse<> mem2reg instcombine<max-iterations=1;no-verify-fixpoint> simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> sroa<modify-cfg> early-cse<memssa> speculative-execution<only-if-divergent-target> speculative-execution jump-threading correlated-propagation simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> instcombine<max-iterations=1;no-verify-fixpoint> aggressive-instcombine tailcallelim simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> reassociate constraint-elimination loop-mssa(loop-instsimplify,loop-simplifycfg,licm<no-allowspeculation>,loop-rotate<no-header-duplication;no-prepare-for-lto>,licm<allowspeculation>,simple-loop-unswitch<no-nontrivial;trivial>) simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> instcombine<max-iterations=1;no-verify-fixpoint> loop(loop-idiom,indvars,extra-simple-loop-unswitch-passes,loop-deletion,loop-unroll-full) sroa<modify-cfg> vector-combine mldst-motion<no-split-footer-bb> sccp bdce instcombine<max-iterations=1;no-verify-fixpoint> jump-threading correlated-propagation adce memcpyopt dse move-auto-init loop-mssa(licm<allowspeculation>) simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> instcombine<max-iterations=1;no-verify-fixpoint> drop-unnecessary-assumes float2int lower-constant-intrinsics loop(loop-rotate<no-header-duplication;no-prepare-for-lto>,loop-deletion) loop-distribute loop-vectorize<no-interleave-forced-only;vectorize-forced-only;> drop-unnecessary-assumes infer-alignment loop-load-elim instcombine<max-iterations=1;no-verify-fixpoint> simplifycfg<bonus-inst-threshold=1;forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;switch-to-lookup;no-keep-loops;hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> slp-vectorizer vector-combine instcombine<max-iterations=1;no-verify-fixpoint> loop-unroll<O2> sroa<preserve-cfg> infer-alignment instcombine<max-iterations=1;no-verify-fixpoint> loop-mssa(licm<allowspeculation>) alignment-from-assumptions loop-sink instsimplify div-rem-pairs tailcallelim simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;speculate-unpredictables>',
    relax: 'never',
  },
  {
    passes:
      'separate-const-offset-from-gep instcombine<max-iterations=1;no-verify-fixpoint> simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;speculate-unpredictables>',
    relax: 'never',
  },
];
