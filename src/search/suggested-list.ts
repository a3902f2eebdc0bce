// A suggested pipeline, read; suggestions.ts says how it is used.

export interface SuggestedList {
  /** Its function passes, as a plan takes them. */
  passes: readonly string[];
  /** Nothing but clang's own -Oz. */
  isOz: boolean;
}
