// Written by bench/mine-coreset.ts; see coreset.ts.

import type { KnownChoice } from './known-choice.ts';

export const minedCoreset: readonly KnownChoice[] = [
  { passes: '-Oz', relax: 'before code generation' },
  { passes: 'jump-threading gvn-hoist', relax: 'before passes' },
  {
    passes:
      'speculative-execution<only-if-divergent-target> jump-threading simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> instcombine<max-iterations=1;no-verify-fixpoint> simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;speculate-unpredictables>',
    relax: 'never',
  },
  {
    passes:
      'lower-expect speculative-execution<only-if-divergent-target> jump-threading infer-alignment instcombine<max-iterations=1;no-verify-fixpoint> gvn-hoist',
    relax: 'before code generation',
  },
  {
    passes:
      'loop-vectorize<no-interleave-forced-only;vectorize-forced-only;> simplifycfg<bonus-inst-threshold=1;forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;switch-to-lookup;no-keep-loops;hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> loop-distribute',
    relax: 'before passes',
  },
  {
    passes:
      'adce memcpyopt gvn<no-load-pre;split-backedge-load-pre;memdep> dse instcombine<max-iterations=1;no-verify-fixpoint> tailcallelim',
    relax: 'before passes',
  },
  {
    passes:
      'drop-unnecessary-assumes instcombine<max-iterations=1;no-verify-fixpoint> simplifycfg<bonus-inst-threshold=1;forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;switch-to-lookup;no-keep-loops;hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> instcombine<max-iterations=1;no-verify-fixpoint> jump-threading',
    relax: 'before passes',
  },
  {
    passes:
      'simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;no-switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> jump-threading correlated-propagation simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> reassociate',
    relax: 'before code generation',
  },
  {
    passes:
      'simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;no-switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> sroa<modify-cfg> mldst-motion<no-split-footer-bb> gvn<> sccp bdce instcombine<max-iterations=1;no-verify-fixpoint> simplifycfg loop(loop-versioning-licm) loop-distribute instsimplify div-rem-pairs tailcallelim correlated-propagation loop-mssa(lnicm<no-allowspeculation>)',
    relax: 'before passes',
  },
  { passes: 'early-cse aggressive-instcombine loop(loop-interchange) jump-threading', relax: 'never' },
  {
    passes:
      'aggressive-instcombine simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> instcombine<max-iterations=1;no-verify-fixpoint> lower-constant-intrinsics instsimplify tailcallelim',
    relax: 'before code generation',
  },
  {
    passes:
      'lower-switch gvn-hoist simplifycfg<speculate-blocks;no-forward-switch-cond;no-switch-to-arithmetic;no-hoist-common-insts;bonus-inst-threshold=4>',
    relax: 'before code generation',
  },
  {
    passes:
      'loop(indvars) loop-distribute nary-reassociate simplifycfg jump-threading instcombine<no-verify-fixpoint>',
    relax: 'before code generation',
  },
  { passes: 'instcombine<no-verify-fixpoint> simplifycfg loop(indvars)', relax: 'never' },
  { passes: 'lower-expect dse', relax: 'before code generation' },
  { passes: '-Oz gvn-hoist simplifycfg', relax: 'before code generation' },
  {
    passes: 'loop(loop-interchange) jump-threading instcombine<no-verify-fixpoint>',
    relax: 'before code generation',
  },
  {
    passes:
      'tailcallelim simplifycfg<no-simplify-cond-branch;no-switch-range-to-icmp;no-switch-to-arithmetic;switch-to-lookup;no-sink-common-insts;speculate-unpredictables;bonus-inst-threshold=4>',
    relax: 'before code generation',
  },
  { passes: 'gvn-hoist reassociate instcombine<no-verify-fixpoint>', relax: 'never' },
  {
    passes:
      'simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;no-switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;no-speculate-unpredictables> instcombine<max-iterations=1;no-verify-fixpoint> speculative-execution<only-if-divergent-target> early-cse<memssa> simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;speculate-unpredictables>',
    relax: 'before code generation',
  },
  {
    passes:
      'div-rem-pairs gvn<> simplifycfg<no-speculate-blocks;forward-switch-cond;switch-to-arithmetic;bonus-inst-threshold=4> instcombine<no-verify-fixpoint>',
    relax: 'never',
  },
  { passes: 'tailcallelim', relax: 'never' },
  { passes: 'loop(loop-deletion) jump-threading instcombine<no-verify-fixpoint>', relax: 'never' },
  { passes: 'simplifycfg reg2mem float2int', relax: 'before code generation' },
  {
    passes:
      'loop-mssa(loop-instsimplify,loop-simplifycfg,licm<no-allowspeculation>,loop-rotate<no-header-duplication;no-prepare-for-lto>,licm<allowspeculation>,simple-loop-unswitch<no-nontrivial;trivial>) instcombine<max-iterations=1;no-verify-fixpoint> loop(loop-rotate<no-header-duplication;no-prepare-for-lto>,loop-deletion) loop(loop-flatten)',
    relax: 'never',
  },
  { passes: 'load-store-vectorizer consthoist', relax: 'before code generation' },
  { passes: 'simplifycfg bdce', relax: 'before code generation' },
  { passes: 'jump-threading', relax: 'before code generation' },
  { passes: 'loop-mssa(licm)', relax: 'before passes' },
  { passes: 'reg2mem early-cse', relax: 'before passes' },
  {
    passes:
      'simplifycfg<no-speculate-blocks;switch-range-to-icmp;no-keep-loops;no-hoist-common-insts;no-hoist-loads-stores-with-cond-faulting;speculate-unpredictables;bonus-inst-threshold=2>',
    relax: 'never',
  },
  { passes: 'loop(loop-bound-split) gvn-hoist', relax: 'before code generation' },
  {
    passes:
      'lower-constant-intrinsics infer-alignment simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;hoist-loads-stores-with-cond-faulting;no-sink-common-insts;speculate-blocks;simplify-cond-branch;speculate-unpredictables>',
    relax: 'before passes',
  },
  { passes: 'aggressive-instcombine', relax: 'before code generation' },
  {
    passes: 'instcombine<no-verify-fixpoint> instsimplify loop(loop-reduce)',
    relax: 'before code generation',
  },
  { passes: 'jump-threading simplifycfg instcombine<no-verify-fixpoint>', relax: 'never' },
];
