// The figures that a README shows, as one Markdown table, and putting it there between two markers.

import { OzmaError } from '../../common/errors.ts';
import type { EvaluationReport } from '../run-evaluation.ts';
import { methodsOf, withInterval } from '../summary.ts';
import { publishedFigures } from './published.ts';

/** By task, what a reader wants first. */
const shown: Record<EvaluationReport['task'], readonly string[]> = {
  tune: [
    '-Oz: zero-shot saving, total',
    '-Oz: saving, best of 1, total',
    '-Oz: saving, best of 4, total',
    '-Oz: saving, best of 45, total',
    '-O0: zero-shot saving, total',
    '-O0: saving, best of 1, total',
    '-O0: improved',
    '-O0: regressed',
  ],
  disassemble: ['round trips', 'exact', 'exact or equivalent', 'BLEU over round trips, arithmetic mean'],
  emulate: ['compiles (IR)', 'exact', 'BLEU, arithmetic mean', 'both sizes right'],
  perplexity: ['bits per byte', 'perplexity per token'],
  code: ['pass@1, arithmetic mean over problems'],
};

export function writeMarkdown(reports: readonly EvaluationReport[]): string {
  const tables = reports.map((report) => {
    const methods = methodsOf(report);
    const names = shown[report.task].filter((name) => methods.some(([, { overall }]) => name in overall));
    const theirs = (name: string): string => {
      const found = publishedFigures.find(({ task, figure }) => task === report.task && figure === name);
      if (found === undefined) return '';
      return found.unit === 'share'
        ? `${Number((100 * found.published).toFixed(2))} %`
        : String(found.published);
    };
    const rows = names.map((name) => [
      name,
      ...methods.map(([, { overall }]) => {
        const figure = overall[name];
        return figure === undefined ? '' : withInterval(figure, report.units[name]!);
      }),
      theirs(name),
    ]);
    const head = [`${report.task}, n ${report.n}`, ...methods.map(([name]) => name), 'published, 13B'];
    return markdownTable(head, rows);
  });
  const commits = [...new Set(reports.flatMap((report) => report.commits))].join(', ');
  const seeds = [...new Set(reports.map(({ seed }) => seed))].join(', ');
  return `${tables.join('\n\n')}\n\nWith 95 % intervals; commit ${commits}, seed ${seeds}. The published figures are of other data and another protocol.\n`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}

const begin = '<!-- results -->';
const end = '<!-- end of results -->';

/** The text with the table between its markers. Throws `usage` where they are not there. */
export function putBetweenMarkers(text: string, table: string, file: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) {
    throw new OzmaError('usage', `${file}: expected the markers ${begin} and ${end}, found none`);
  }
  return `${text.slice(0, from + begin.length)}\n\n${table}\n${text.slice(to)}`;
}
