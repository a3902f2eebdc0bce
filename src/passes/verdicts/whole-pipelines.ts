// Names that stand for a whole pipeline of LLVM. They are no passes, so random lists do not draw them, but
// a pass list may hold the usable ones: "the usual, then these three".

export const usablePipelines: Readonly<Record<string, string>> = {
  default: 'the pipeline of clang at this level; `default<Oz>` is the one to beat',
  'function-simplification': 'the function passes that the level runs between two inlinings',
};

export const rejectedPipelines: Readonly<Record<string, string>> = {
  thinlto: 'the second half of thin link-time optimisation',
  'thinlto-pre-link': 'the first half of thin link-time optimisation',
  lto: 'link-time optimisation, which takes the module for the whole program',
  'lto-pre-link': 'the first half of link-time optimisation',
  'fatlto-pre-link': 'the first half of link-time optimisation, with the bitcode embedded',
};
