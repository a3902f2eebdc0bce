// A suggested pipeline, read; suggestions.ts says how it is used.

export interface SuggestedList {
  /** As it is, with the inlining that clang never leaves out. */
  whole: string;
  /** Its function passes, as a plan takes them. */
  passes: readonly string[];
  /** Nothing but clang's own -Oz. */
  isOz: boolean;
}
