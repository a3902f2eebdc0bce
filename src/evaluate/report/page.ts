// A report as one HTML file that needs nothing else: no script, no font, no picture from anywhere. Light or dark
// as the reader's machine is set.

import type { Figure } from '../figures.ts';
import type { EvaluationReport } from '../run-evaluation.ts';
import { partsOfTime } from '../stopwatch.ts';
import { methodsOf, samplesOf, withInterval, writeDuration, writeFigure } from '../summary.ts';
import { escaped } from './chart.ts';
import { lengthChart, savingCharts, scatterChart } from './charts.ts';
import { publishedFigures } from './published.ts';
import { worstCases } from './worst.ts';

const style = `
:root{color-scheme:light dark;--back:#fff;--ink:#1c1917;--soft:#57534e;--grid:#e7e5e4;--panel:#fafaf9;
--s0:#1d4ed8;--s1:#c2410c;--s2:#0f766e;--s3:#7c3aed;--s4:#a16207;--s5:#be123c;--s6:#475569}
@media(prefers-color-scheme:dark){:root{--back:#1c1917;--ink:#f5f5f4;--soft:#a8a29e;--grid:#3a3532;--panel:#26211f;
--s0:#7ba7ff;--s1:#fb923c;--s2:#4fd1c0;--s3:#c4a2ff;--s4:#eac54f;--s5:#ff8fa3;--s6:#a8b4c6}}
*{box-sizing:border-box}
body{margin:2rem auto;max-width:74rem;padding:0 1rem;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:break-word}
h1{font-size:1.7rem}h2{margin-top:3rem;border-bottom:1px solid var(--grid)}h3{margin-top:2rem}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}a{color:var(--s0)}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.87rem;min-width:100%}
th,td{padding:.3rem .6rem;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top}
thead th{border-bottom-width:2px;font-weight:600}tbody th{font-weight:400;min-width:9rem}
.n{font-variant-numeric:tabular-nums;text-align:right}td.n{white-space:nowrap}
small,.soft{color:var(--soft)}td small,tbody th small{display:block}
figure{margin:1.5rem 0;padding:1rem;background:var(--panel);border-radius:6px}figcaption{font-weight:600}
svg{width:100%;height:auto;font:12px system-ui,sans-serif;fill:var(--ink)}
.grid{stroke:var(--grid)}.diagonal{stroke:var(--soft);stroke-dasharray:4 4}
.series polyline{fill:none;stroke:var(--c);stroke-width:2}.series circle{fill:var(--c)}.interval{stroke:var(--c);stroke-opacity:.4;stroke-width:2}
.cloud circle{fill-opacity:.65}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;font-size:.85rem}.legend i{display:inline-block;width:.8em;height:.8em;margin-right:.4em;border-radius:2px}
code{font-size:.9em}pre{padding:1rem;background:var(--panel);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}
@media(max-width:40rem){
body{margin:1rem auto;padding:0 .7rem}figure{padding:.6rem}svg{font-size:20px}
thead{display:none}table,tbody,tr,th,td{display:block;width:100%}
tr{padding:.5rem 0;border-bottom:1px solid var(--grid)}
tbody th{font-weight:600}th,td{padding:.1rem 0;border:0}
td.n{text-align:left;white-space:normal}td:empty{display:none}
td[data-of]:not([data-of=""])::before{content:attr(data-of) ": ";color:var(--soft)}
td small{display:inline;margin-left:.4em}}`;

const titles: Record<EvaluationReport['task'], string> = {
  tune: 'Flag tuning',
  disassemble: 'Disassembly',
  emulate: 'Compiler emulation',
  perplexity: 'Next token',
  code: 'Software engineering',
};

export function writePage(reports: readonly EvaluationReport[], losses: readonly string[]): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>Ozma: evaluation</title><style>${style}</style></head><body>`,
    '<h1>Evaluation</h1>',
    `<nav>${reports.map(({ task }) => `<a href="#${task}">${titles[task]}</a>`).join('')}</nav>`,
    '<p>Figures with 95 % intervals: bootstrap over files, or over packages where a set does not name files. Baselines ',
    'saw the same inputs and the same checks in the same run. What each figure means: docs/evaluation.md.</p>',
    runs(reports),
    published(reports),
    ...reports.map(section),
    ...(losses.length === 0 ? [] : ['<h2>Training</h2>', ...losses]),
    '</body></html>\n',
  ].join('\n');
}

interface Column {
  name: string;
  /** Words stand to the left, numbers to the right. */
  words?: true;
}

/** The first cell names its row. On a narrow page rows become blocks, each cell with the name of its column. */
function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const kind = ({ words }: Column): string => (words === true ? '' : ' class="n"');
  const head = columns.map(
    (column, at) => `<th scope="col"${at === 0 ? '' : kind(column)}>${column.name}</th>`,
  );
  const body = rows.map(([first = '', ...cells]) => {
    const others = cells.map((cell, at) => {
      const column = columns[at + 1]!;
      return `<td${kind(column)} data-of="${column.name.replaceAll('"', '&quot;')}">${cell}</td>`;
    });
    return `<tr><th scope="row">${first}</th>${others.join('')}</tr>`;
  });
  return (
    `<div class="scroll" tabindex="0"><table><thead><tr>${head.join('')}</tr></thead>` +
    `<tbody>${body.join('')}</tbody></table></div>`
  );
}

const numbers = (names: readonly string[]): Column[] => names.map((name) => ({ name }));

function runs(reports: readonly EvaluationReport[]): string {
  const rows = reports.map((report) => [
    `<a href="#${report.task}">${titles[report.task]}</a>`,
    modelOf(report),
    `<code>${escaped(report.data)}</code>`,
    `${report.n}${report.available === null ? '' : `<small>of ${report.available.toLocaleString('en')}</small>`}`,
    String(report.seed),
    report.commits.map((commit) => `<code>${escaped(commit)}</code>`).join(' '),
    report.llvm,
    writeDuration(report.time.total),
  ]);
  const columns: Column[] = [
    { name: '' },
    { name: 'model', words: true },
    { name: 'data', words: true },
    { name: 'samples' },
    { name: 'seed' },
    { name: 'commit', words: true },
    { name: 'LLVM' },
    { name: 'time' },
  ];
  const commands = reports.map(({ command }) => escaped(command)).join('\n');
  return (
    `${table(columns, rows)}<p class="soft">Samples are those with the smallest hashes: a fair choice. Time is that of ` +
    `the last process; a run that was resumed took longer.</p><pre><code>${commands}</code></pre>`
  );
}

function modelOf({ model }: EvaluationReport): string {
  if (model === null) return 'none';
  const hash = model.hash === undefined ? '' : ` <small>sha256 ${model.hash.slice(0, 12)}</small>`;
  return `${escaped(model.model)}${hash}`;
}

/** Where a sample's time goes. */
function time({ time: { methods, preparing }, n }: EvaluationReport): string {
  const rows = Object.entries(methods).map(([name, seconds]) => {
    const parts = partsOfTime.map((part) => seconds[part]);
    const whole = parts.reduce((sum, part) => sum + part, 0);
    return [escaped(name), ...[...parts, whole].map((part) => (part < 0.005 ? '' : part.toFixed(2)))];
  });
  if (rows.length === 0) return '';
  const note = `Preparing the ${n} samples took ${writeDuration(preparing)}. Several are under way at the same time.`;
  return (
    `<details><summary>Seconds a sample, and where they go</summary>` +
    `${table(numbers(['', ...partsOfTime, 'together']), rows)}<p class="soft">${note}</p></details>`
  );
}

function published(reports: readonly EvaluationReport[]): string {
  const rows = publishedFigures.flatMap(({ task, what, published: theirs, figure, unit, difference }) => {
    const report = reports.find((one) => one.task === task);
    const ours = report?.metrics?.overall[figure];
    if (report === undefined) return [];
    const found = ours === undefined ? 'not measured' : withInterval(ours, report.units[figure]!);
    return [
      [`${titles[task]}: ${what}`, writeFigure(theirs, unit), found, `<small>${escaped(difference)}</small>`],
    ];
  });
  if (rows.length === 0) return '';
  return `<h2>Beside the paper</h2><p>LLM Compiler FTD 13B (arXiv 2407.02524) and this model. The protocols are not the same, so these are not differences to be subtracted.</p>${table([{ name: '' }, { name: 'published' }, { name: 'here' }, { name: 'what differs', words: true }], rows)}`;
}

/** Savings are a total first; the other means stand behind a fold. */
const furtherMeans = /saving.*(?:arithmetic|geometric) mean$/;

/** Samples are named where they are not all of the table's. */
function cellOf(figure: Figure | undefined, unit: string, all?: number): string {
  if (figure === undefined) return '';
  const { value, samples } = figure;
  const interval = withInterval(figure, unit).slice(writeFigure(value, unit).length);
  return `${writeFigure(value, unit)}<small>${interval}${samples === all ? '' : `, n ${samples}`}</small>`;
}

function section(report: EvaluationReport): string {
  const methods = methodsOf(report);
  const names = Object.keys(report.units).filter((name) =>
    methods.some(([, { overall }]) => name in overall),
  );
  const means = names.filter((name) => furtherMeans.test(name));
  const rowsOf = (some: readonly string[]): string[][] =>
    some.map((name) => [
      escaped(name),
      ...methods.map(([, { overall }]) => cellOf(overall[name], report.units[name]!, report.n)),
    ]);
  const head = numbers(['', ...methods.map(([name]) => escaped(name))]);
  const further =
    means.length === 0
      ? ''
      : `<details><summary>Savings by arithmetic and geometric mean</summary>${table(head, rowsOf(means))}</details>`;
  const dropped = Object.entries(report.dropped).map(([reason, count]) => `${escaped(reason)}: ${count}`);
  return [
    `<h2 id="${report.task}">${titles[report.task]}</h2>`,
    `<p class="soft">${samplesOf(report)} of ${escaped(report.data)}.</p>`,
    table(head, rowsOf(names.filter((name) => !furtherMeans.test(name)))),
    further,
    time(report),
    dropped.length === 0 ? '' : `<p class="soft">Left out: ${dropped.join('; ')}.</p>`,
    ...charts(report),
    ...Object.keys(methods[0]?.[1].by ?? {}).map((axis) => apart(report, axis)),
    ...worst(report),
  ].join('\n');
}

function charts(report: EvaluationReport): string[] {
  switch (report.task) {
    case 'tune':
      return [...savingCharts(report), ...scatterChart(report)];
    case 'disassemble':
      return [
        ...lengthChart(
          report,
          'exact or equivalent',
          'Exact or equivalent, by length',
          'instructions of the function',
        ),
        ...lengthChart(report, 'exact', 'Exact, by length', 'instructions of the function'),
      ];
    case 'emulate':
      return lengthChart(report, 'exact', 'Exact, by length of the question', 'characters');
    default:
      return [];
  }
}

/** For flag tuning both levels; for the others their first figures. */
const tuningApart = [
  '-Oz: zero-shot saving, total',
  '-Oz: saving, best of 1, total',
  '-O0: saving, best of 1, total',
];

/** A few figures of each method by one axis. */
function apart(report: EvaluationReport, axis: string): string {
  const names = report.task === 'tune' ? tuningApart : Object.keys(report.units).slice(0, 3);
  const rows = methodsOf(report).flatMap(([method, { by }]) =>
    Object.entries(by[axis] ?? {}).map(([stratum, figures]) => [
      `${escaped(stratum)} <small>${escaped(method)}</small>`,
      ...names.map((name) => cellOf(figures[name], report.units[name]!)),
    ]),
  );
  if (rows.length < 2) return '';
  return `<details><summary>By ${escaped(axis)}</summary>${table(numbers(['', ...names.map(escaped)]), rows)}</details>`;
}

function worst(report: EvaluationReport): string[] {
  const [method] = methodsOf(report)[0] ?? [];
  const cases = method === undefined ? [] : worstCases(report, method);
  if (cases.length === 0) return [];
  const rows = cases.map(({ file, name, what, id }) => [
    `${escaped(file)} <small>${escaped(name)}</small>`,
    escaped(what.slice(0, 120)),
    `<code>${escaped(id.slice(0, 12))}</code>`,
  ]);
  return [
    `<h3>Worst cases: ${escaped(method!)}</h3>`,
    table([{ name: 'file' }, { name: 'what', words: true }, { name: 'record', words: true }], rows),
  ];
}
