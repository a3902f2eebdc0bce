// The shape of a command: what the table in commands.ts holds and what a handler receives. Apart from the
// table so that handlers can name their input without importing it.

import type { OptionRows, OptionValues } from './options.ts';
import { readEnvironment, readOptions } from './read-options.ts';

/** What a handler gets. It returns the exit code: 0 done, 1 ran and the answer is no. */
export interface CommandInput<Rows extends OptionRows> {
  /** What stood on the command line besides options, such as the sources. */
  operands: readonly string[];
  options: OptionValues<Rows>;
  /** What stood after `--`. */
  afterDashes: readonly string[];
}

export interface CommandRow {
  /** With a space for a subcommand: `passes list`. */
  readonly name: string;
  /** As commander writes them: `<source...>`. */
  readonly operands?: string;
  readonly operandsHelp?: string;
  /** What may follow `--`. */
  readonly afterDashes?: string;
  readonly summary: string;
  /** A paragraph or two. */
  readonly description: string;
  readonly options: OptionRows;
  /** Options come from `OZMA_…` variables, and the whole command line is someone else's. */
  readonly fromEnvironment?: true;
  /** Runs when the group is named without a subcommand. */
  readonly isDefault?: true;
  readonly examples: readonly string[];
  /** `given` is what commander collected. Throws `usage` when a value is not what its row expects. */
  run(
    operands: readonly string[],
    given: Readonly<Record<string, string | boolean | undefined>>,
    afterDashes: readonly string[],
  ): Promise<number>;
}

/** A row whose handler gets checked values; what they are follows from the row's options. */
export function command<Rows extends OptionRows>(
  row: Omit<CommandRow, 'run' | 'options'> & { options: Rows },
  handler: (input: CommandInput<Rows>) => Promise<number>,
): CommandRow {
  return {
    ...row,
    run: async (operands, given, afterDashes) => {
      const options = row.fromEnvironment
        ? readEnvironment(row.options, process.env)
        : readOptions(row.options, given);
      return handler({ operands, options, afterDashes });
    },
  };
}
