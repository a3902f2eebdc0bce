// Writes docs/command-line.md to stdout from the tables (`npm run docs`). A test holds the page to them, so
// it is never edited by hand.

import { pathToFileURL } from 'node:url';
import { exitCodes } from '../common/errors.ts';
import { commands } from './commands.ts';
import type { CommandRow } from './command-row.ts';
import { environmentVariable, longFlag } from './options.ts';
import { optionFlags, optionHelp, usageLine } from './program.ts';

/** Each exit code in words; the type keeps it complete. */
const exitCodeMeanings: Record<keyof typeof exitCodes, string> = {
  negative: 'it ran, and the answer is no',
  usage: 'the command line is wrong',
  environment: 'something of the environment is missing: `ozma doctor` says what',
  refused: 'the compiler refused the input',
  interrupted: 'interrupted',
};

function commandSection(row: CommandRow): string {
  const lines = [
    `## ozma ${row.name}`,
    '',
    row.description,
    '',
    '```',
    `ozma ${row.name} ${usageLine(row)}`.trim(),
    '```',
    '',
  ];
  if (row.operands !== undefined) lines.push(`\`${row.operands}\`: ${row.operandsHelp ?? ''}.`, '');
  lines.push(row.fromEnvironment ? '| variable | value | |' : '| option | |');
  lines.push(row.fromEnvironment ? '| --- | --- | --- |' : '| --- | --- |');
  for (const [name, option] of Object.entries(row.options)) {
    const negation = option.negatable ? `, \`${longFlag(name).replace('--', '--no-')}\`` : '';
    const cells = row.fromEnvironment
      ? [`\`${environmentVariable(name)}\``, option.kind.expected, optionHelp(option)]
      : [`\`${optionFlags(name, option)}\`${negation}`, optionHelp(option)];
    lines.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  }
  lines.push('', '```sh', ...row.examples, '```', '');
  return lines.join('\n');
}

export function commandLinePage(): string {
  const head = [
    '# The command line',
    '',
    '<!-- Written by `npm run docs` from src/cli/commands.ts and src/cli/options.ts. -->',
    '',
    'Data goes to stdout, everything else to stderr; a progress bar is drawn when stderr is a terminal.',
    '',
    '| exit code | |',
    '| --- | --- |',
    '| 0 | done |',
    ...Object.entries(exitCodes).map(
      ([code, number]) => `| ${number} | ${exitCodeMeanings[code as keyof typeof exitCodes]} |`,
    ),
    '',
  ];
  return [head.join('\n'), ...commands.map(commandSection)].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(commandLinePage());
}
