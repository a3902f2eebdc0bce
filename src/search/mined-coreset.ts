import type { KnownChoice } from './coreset.ts';

export const minedCoreset: readonly KnownChoice[] = [
  { passes: '-Oz', relax: 'before code generation' },
  { passes: '-Oz gvn-hoist simplifycfg', relax: 'before code generation' },
  { passes: '', relax: 'before code generation' },
  { passes: '-Oz', relax: 'never' },
  { passes: 'sroa tailcallelim', relax: 'before code generation' },
  { passes: 'simplifycfg instcombine<no-verify-fixpoint> simplifycfg', relax: 'before code generation' },
  { passes: 'gvn-hoist simplifycfg instcombine<no-verify-fixpoint>', relax: 'before code generation' },
  { passes: '-Oz gvn-sink simplifycfg', relax: 'before code generation' },
  { passes: '-Oz', relax: 'before passes' },
];
