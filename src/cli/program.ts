// Builds the commander program from the two tables. Commander splits words and writes the help; the
// meaning of values is values.ts's, the work is the handlers'.

import { Command, Option } from 'commander';
import { ozmaVersion } from '../common/version.ts';
import { commands } from './commands.ts';
import type { CommandRow } from './command-row.ts';
import { environmentVariable, longFlag } from './options.ts';
import type { OptionRow } from './options.ts';

/** What the help says of each group of subcommands. */
const groupDescriptions: Readonly<Record<string, string>> = {
  passes: 'the vocabulary of passes and their checks',
  data: 'the corpus and the sets that models are trained on',
  train: 'the tokenizer and the stages of training',
  evaluate: 'how good a model is, beside baselines, and the report',
};

/** What a person reads of one option, in the help and on the docs page. */
export function optionHelp(row: OptionRow<unknown>): string {
  return row.fallbackText === undefined ? row.help : `${row.help} (default: ${row.fallbackText})`;
}

/** `-o, --output <file>`. */
export function optionFlags(name: string, row: OptionRow<unknown>): string {
  const short = row.short === undefined ? '' : `-${row.short}, `;
  const value = row.kind.placeholder === undefined ? '' : ` ${row.kind.placeholder}`;
  return `${short}${longFlag(name)}${value}`;
}

/** `ozma tune [options] <source...> [-- clang flags]`. */
export function usageLine(row: CommandRow): string {
  const words = [
    row.fromEnvironment ? undefined : '[options]',
    row.operands,
    row.afterDashes && `[-- ${row.afterDashes}]`,
  ];
  return words.filter((word) => word !== undefined).join(' ');
}

function addOptions(command: Command, row: CommandRow): void {
  if (row.fromEnvironment) return;
  for (const [name, option] of Object.entries(row.options)) {
    const help = optionHelp(option);
    command.addOption(new Option(optionFlags(name, option), help));
    if (option.negatable) command.addOption(new Option(longFlag(name).replace('--', '--no-'), 'do not'));
  }
}

function helpTail(row: CommandRow): string {
  const lines: string[] = [];
  if (row.fromEnvironment) {
    const settings = Object.entries(row.options).map(([name, option]) => [
      environmentVariable(name),
      optionHelp(option),
    ]);
    const width = Math.max(...settings.map(([variable = '']) => variable.length));
    lines.push(
      '',
      'Environment:',
      ...settings.map(([variable = '', help]) => `  ${variable.padEnd(width)}  ${help}`),
    );
  }
  lines.push('', 'Examples:', ...row.examples.map((example) => `  ${example}`));
  return lines.join('\n');
}

/** Makes commander throw instead of exiting, and speak as `ozma: …` on one line. */
function quiet(command: Command): Command {
  return command.exitOverride().configureOutput({
    outputError: (text, write) =>
      write(
        `ozma: ${text
          .replace(/^error: /, '')
          .trim()
          .replace(/\s*\n\s*/g, ' ')}\n`,
      ),
  });
}

/**
 * The program. `afterDashes` is what stood after `--` (main.ts cuts it off, commander would mix it with
 * the operands), `done` receives the exit code of the handler.
 */
export function createProgram(afterDashes: readonly string[], done: (exitCode: number) => void): Command {
  const program = quiet(new Command('ozma'))
    .description('An open LLM compiler: smaller objects than clang -Oz, every answer checked.')
    .version(ozmaVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', '\nIn a checkout, `./ozma setup` installs what is missing.');
  const groups = new Map<string, Command>();
  for (const row of commands) {
    const [first = '', second] = row.name.split(' ');
    let parent = program;
    if (second !== undefined) {
      parent = groups.get(first) ?? quiet(program.command(first)).description(groupDescriptions[first] ?? '');
      groups.set(first, parent);
    }
    const command = quiet(parent.command(second ?? first, { isDefault: row.isDefault ?? false }))
      .summary(row.summary)
      .description(row.description)
      .usage(usageLine(row))
      .helpOption('-h, --help', 'print this help')
      .addHelpText('after', helpTail(row))
      .action(async () => {
        done(await row.run(command.args, command.opts(), afterDashes));
      });
    if (row.operands !== undefined) command.argument(row.operands, row.operandsHelp);
    addOptions(command, row);
  }
  return program;
}
