// `ozma doctor`: prints what machine-report.ts found. Exit code 0 when all that is needed is there, 3
// otherwise, with the command that mends each thing.

import { exitCodes } from '../common/errors.ts';
import type { CommandInput } from './command-row.ts';
import type { doctorOptions } from './options.ts';
import { examineMachine } from './machine-report.ts';
import type { CompileCheck, MachineReport } from './machine-report.ts';

/** `1.2 GB`, in powers of 1000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let power = 0;
  while (power < units.length - 1 && bytes >= 1000 ** (power + 1)) power++;
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

function formatCheck(check: CompileCheck | undefined): string {
  if (check === undefined) return 'not tried';
  return check.passed ? 'compiles and links' : `fails: ${check.problem}`;
}

/** The report as a person reads it, a line a fact. */
export function formatReport(report: MachineReport): string {
  const rows: [string, string][] = [
    ['Node', `${report.node.version}${report.node.supported ? '' : ' (too old)'}`],
    ...report.llvm.map((llvm): [string, string] => [
      llvm.used ? 'LLVM (used)' : 'LLVM',
      `${llvm.version}: ${llvm.programs}, ${llvm.library}` +
        (llvm.missingPrograms.length > 0 ? `, without ${llvm.missingPrograms.join(' ')}` : ''),
    ]),
    ['host', report.host ?? 'unknown'],
    ['targets', report.targets.join(' ') || 'unknown'],
    ['C', formatCheck(report.compiles.c)],
    ['C++', formatCheck(report.compiles.cpp)],
    ['cache', `${report.cache.folder}, ${formatBytes(report.cache.bytes)}`],
    ...report.models.map(({ name, path, bytes, hash }): [string, string] => [
      `model ${name}`,
      `${path}, ${formatBytes(bytes)}, sha256 ${hash}…`,
    ]),
    ['disk', `${formatBytes(report.cache.freeBytes)} free`],
  ];
  if (report.llvm.length === 0) rows.splice(1, 0, ['LLVM', 'none found']);
  const lines = rows.map(([name, value]) => `${name.padEnd(12)} ${value}`);
  for (const { what, mend } of report.missing) lines.push('', `missing: ${what}`, `  mend:  ${mend}`);
  if (report.missing.length === 0) lines.push('', 'Everything that is needed is there.');
  return `${lines.join('\n')}\n`;
}

export async function doctor(input: CommandInput<typeof doctorOptions>): Promise<number> {
  const report = await examineMachine();
  process.stdout.write(
    input.options.json ? `${JSON.stringify(report, undefined, 2)}\n` : formatReport(report),
  );
  return report.missing.length === 0 ? 0 : exitCodes.environment;
}
