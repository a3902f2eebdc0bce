// Passes that change what a translation unit means to others or to itself: those that take the module for
// the whole program, that add checks which end the program, that drop guarantees; and those that broke
// programs or crashed the compiler in our own runs, with what was seen (docs/passes.md). One row a pass.

const wholeProgram = 'takes the module for the whole program';
const sanitiser = 'adds checks that end the program';

export const notPreserving: Readonly<Record<string, string>> = {
  'alloc-token': 'replaces calls of allocators by hardened variants where the run time has them',
  asan: sanitiser,
  'bounds-checking': sanitiser,
  cfguard: sanitiser,
  'cross-dso-cfi': sanitiser,
  dfsan: sanitiser,
  hwasan: sanitiser,
  internalize: wholeProgram,
  kcfi: sanitiser,
  'lower-atomic': 'takes atomicity away, right for one thread only',
  'lower-invoke': 'takes exceptions away',
  lowertypetests: wholeProgram,
  msan: sanitiser,
  'norecurse-lto-inference': wholeProgram,
  nsan: sanitiser,
  'poison-checking': sanitiser,
  'rewrite-symbols': 'renames symbols by a map',
  rtsan: sanitiser,
  'safe-stack': 'needs a run-time library',
  'sancov-module': sanitiser,
  'sanmd-module': 'adds sections for sanitisers',
  'simplify-type-tests': wholeProgram,
  tsan: sanitiser,
  'tsan-module': sanitiser,
  tysan: sanitiser,
  wholeprogramdevirt: wholeProgram,

  // By evidence.
  attributor:
    'breaks programs (`attributor` before `gvn`) and crashes the compiler (SIGSEGV on virtual bases)',
  'attributor-cgscc': 'breaks programs, alone (aliasing.c), and crashes the compiler on exceptions',
  newgvn: 'breaks programs: after `gvn,dse` it loses stores (templates.cc)',
  structurizecfg: 'breaks programs, alone (big-switch.c, goto.c); its place is before GPU code generation',
};
