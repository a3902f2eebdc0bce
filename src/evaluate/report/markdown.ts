// The figures that READMEs show, as Markdown tables, and putting them there between markers: all tables behind
// `<!-- results -->`, the short one behind `<!-- results: short -->`. Columns are padded as prettier does it, so that
// a file with fresh results is still formatted.

import { OzmaError } from '../../common/errors.ts';
import type { EvaluationReport } from '../run-evaluation.ts';
import { methodsOf, withInterval, writeFigure } from '../summary.ts';
import { publishedFigures } from './published.ts';

type Task = EvaluationReport['task'];

/** By task, what a reader wants first. */
const shown: Record<Task, readonly string[]> = {
  tune: [
    '-Oz: zero-shot saving, total',
    '-Oz: saving, best of 1, total',
    '-Oz: saving, best of 4, total',
    '-Oz: saving, best of 45, total',
    '-Oz: share of the best known saving, best of 1',
    '-O0: zero-shot saving, total',
    '-O0: saving, best of 1, total',
    '-O0: share of the best known saving, best of 1',
    '-O0: improved',
    '-O0: regressed',
    'share of valid lists',
  ],
  disassemble: ['round trips', 'exact', 'exact or equivalent', 'BLEU over round trips, arithmetic mean'],
  emulate: ['compiles (IR)', 'exact', 'BLEU, arithmetic mean', 'both sizes right'],
  perplexity: ['bits per byte', 'perplexity per token'],
  code: ['pass@1, arithmetic mean over problems'],
};

/** Of these, what a front page has room for. */
const headlines: Record<Task, readonly string[]> = {
  tune: ['-Oz: saving, best of 1, total', '-O0: saving, best of 1, total'],
  disassemble: ['round trips', 'exact', 'exact or equivalent'],
  emulate: ['compiles (IR)', 'exact'],
  perplexity: ['bits per byte'],
  code: ['pass@1, arithmetic mean over problems'],
};

export interface Tables {
  full: string;
  short: string;
}

export function writeTables(reports: readonly EvaluationReport[]): Tables {
  const commands = reports.map(({ command }) => command).join('\n');
  const full = `${reports.map(tableOf).join('\n\n')}\n\n${provenance(reports)}\n\n\`\`\`sh\n${commands}\n\`\`\`\n`;
  return { full, short: `${shortTable(reports)}\n\n${provenance(reports)}\n` };
}

function provenance(reports: readonly EvaluationReport[]): string {
  const all = (of: (report: EvaluationReport) => readonly unknown[]): string =>
    [...new Set(reports.flatMap(of))].join(', ');
  return (
    `With 95 % intervals; commit ${all(({ commits }) => commits)}, seed ${all(({ seed }) => [seed])}, ` +
    `LLVM ${all(({ llvm }) => [llvm])}. The published figures are of other data and another protocol.`
  );
}

function tableOf(report: EvaluationReport): string {
  const { task, units, n } = report;
  const methods = methodsOf(report);
  const names = shown[task].filter((name) => methods.some(([, { overall }]) => name in overall));
  const rows = names.map((name) => [
    name,
    ...methods.map(([, { overall }]) => {
      const figure = overall[name];
      return figure === undefined ? '' : withInterval(figure, units[name]!);
    }),
    published(task, name),
  ]);
  return markdownTable([`${task}, n ${n}`, ...methods.map(([name]) => name), 'published, 13B'], rows);
}

function shortTable(reports: readonly EvaluationReport[]): string {
  const rows = reports.flatMap(({ task, metrics, baselines, units, n }) =>
    headlines[task].flatMap((name) => {
      const unit = units[name]!;
      const own = metrics?.overall[name];
      const others = Object.entries(baselines).flatMap(([method, { overall }]) => {
        const figure = overall[name];
        return figure === undefined ? [] : [`${method} ${writeFigure(figure.value, unit)}`];
      });
      if (own === undefined && others.length === 0) return [];
      return [
        [
          `${task}: ${name}`,
          String(n),
          own === undefined ? '' : withInterval(own, unit),
          others.join(', '),
          published(task, name),
        ],
      ];
    }),
  );
  return markdownTable(['', 'n', 'model', 'in the same run', 'published, 13B'], rows, [
    'left',
    'right',
    'right',
    'left',
  ]);
}

function published(task: Task, name: string): string {
  const found = publishedFigures.find((one) => one.task === task && one.figure === name);
  if (found === undefined) return '';
  return found.unit === 'share' ? `${Number((100 * found.published).toFixed(2))} %` : String(found.published);
}

type Side = 'left' | 'right';

/** Numbers stand to the right unless said otherwise, the first column to the left. */
function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  sides: readonly Side[] = ['left'],
): string {
  const escaped = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, at) => Math.max(3, ...escaped.map((cells) => cells[at]!.length)));
  const sideOf = (at: number): Side => sides[at] ?? 'right';
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (sideOf(at) === 'left' ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join(' | ')} |`;
  const rule = widths.map((width, at) =>
    sideOf(at) === 'left' ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  const [first, ...others] = escaped;
  return [line(first!), line(rule), ...others.map(line)].join('\n');
}

const markers = { full: '<!-- results -->', short: '<!-- results: short -->' } as const;
const end = '<!-- end of results -->';

/**
 * The text with the tables between its markers: whatever stood there is gone. Throws `usage` where no marker is
 * there, or one without its end.
 */
export function putBetweenMarkers(text: string, tables: Tables, file: string): string {
  const found = (['full', 'short'] as const).filter((kind) => text.includes(markers[kind]));
  if (found.length === 0) {
    throw new OzmaError(
      'usage',
      `${file}: expected the markers ${markers.full} or ${markers.short} and ${end}, found none`,
    );
  }
  return found.reduce((before, kind) => {
    const from = before.indexOf(markers[kind]) + markers[kind].length;
    const to = before.indexOf(end, from);
    const next = Object.values(markers).map((marker) => before.indexOf(marker, from));
    if (to < 0 || next.some((at) => at >= 0 && at < to)) {
      throw new OzmaError('usage', `${file}: expected ${end} behind ${markers[kind]}, found none`);
    }
    return `${before.slice(0, from)}\n\n${tables[kind]}\n${before.slice(to)}`;
  }, text);
}
