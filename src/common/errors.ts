// The errors a person may see. Each has a stable `code` for programs and an exit code for shells; its
// message is one line that says what was expected and what was found. Expected failures of a tool
// (a pass that crashes, a test that fails) are data in results, not errors.

/** Exit codes of the command line: 0 done, and these. */
export const exitCodes = {
  /** It ran, and the answer is no. */
  negative: 1,
  usage: 2,
  /** Something of the environment is missing, LLVM for one. */
  environment: 3,
  /** The compiler refused the input. */
  refused: 4,
  interrupted: 130,
} as const;

export type ErrorCode = keyof typeof exitCodes;

export class OzmaError extends Error {
  override readonly name = 'OzmaError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): number {
    return exitCodes[this.code];
  }
}
