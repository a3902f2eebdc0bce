#!/usr/bin/env node
// The entry of the command line: runs one command and turns what happened into an exit code and, when it
// went wrong, one line on stderr. Exit codes are in src/common/errors.ts; 0 is done. What the commands are
// is in commands.ts.

import { exitCodes, OzmaError } from '../common/errors.ts';
import { commands } from './commands.ts';
import { listenForInterrupts, wasInterrupted } from './interruption.ts';

function say(line: string): void {
  process.stderr.write(`ozma: ${line.trim().replace(/\s*\n\s*/g, ' ')}\n`);
}

/** The exit code for something that was thrown, after saying it. */
function report(thrown: unknown): number {
  if (process.env['OZMA_DEBUG'] === '1' && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
  if (thrown instanceof OzmaError) {
    say(thrown.message);
    return thrown.exitCode;
  }
  say(
    `unexpected error: ${thrown instanceof Error ? thrown.message : String(thrown)} (OZMA_DEBUG=1 shows the stack)`,
  );
  return 1;
}

/** The commands whose words are clang's. */
const drivers = ['cc', 'c++'];

/** `cc` is clang's to read, to the last word. Commander would take `--` and look for `--help`. */
async function runWithoutParsing(words: readonly string[]): Promise<number> {
  const [name = '', ...operands] = words;
  const row = commands.find((command) => command.name === name);
  if (row === undefined) throw new OzmaError('usage', `expected a command, found '${name}'`);
  return row.run(operands, {}, []);
}

async function runCommander(words: readonly string[]): Promise<number> {
  const { CommanderError } = await import('commander');
  const { createProgram } = await import('./program.ts');
  // `train tune` is a name of two words.
  const names = [words[0], words.slice(0, 2).join(' ')];
  const takesDashes = commands.some(
    (command) => command.afterDashes !== undefined && names.includes(command.name),
  );
  const dashes = takesDashes ? words.indexOf('--') : -1;
  const own = dashes === -1 ? words : words.slice(0, dashes);
  let exitCode = 0;
  const program = createProgram(dashes === -1 ? [] : words.slice(dashes + 1), (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(own, { from: 'user' });
  } catch (thrown) {
    // Help and version are thrown too; a wrong command line was already said by commander.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : exitCodes.usage;
    throw thrown;
  }
  return exitCode;
}

async function main(): Promise<void> {
  listenForInterrupts();
  // `ozma … | head` closes our stdout; that is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.exit(report(error));
  });
  process.on('uncaughtException', (error) => process.exit(report(error)));
  const words = process.argv.slice(2);
  let exitCode: number;
  try {
    exitCode = await (drivers.includes(words[0] ?? '') ? runWithoutParsing(words) : runCommander(words));
  } catch (thrown) {
    exitCode = report(thrown);
  }
  process.exitCode = wasInterrupted() ? exitCodes.interrupted : exitCode;
}

await main();
