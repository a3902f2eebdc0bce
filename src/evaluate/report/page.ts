// A report as one HTML file that needs nothing else: no script, no font, no picture from anywhere. Light or dark
// as the reader's machine is set.

import type { Figure } from '../figures.ts';
import type { EvaluationReport } from '../run-evaluation.ts';
import { methodsOf, withInterval, writeFigure } from '../summary.ts';
import { escaped } from './chart.ts';
import { lengthChart, savingCharts, scatterChart } from './charts.ts';
import { publishedFigures } from './published.ts';
import { worstCases } from './worst.ts';

const style = `
:root{color-scheme:light dark;--back:#fff;--ink:#1c1917;--soft:#57534e;--grid:#e7e5e4;--panel:#fafaf9;
--s0:#1d4ed8;--s1:#c2410c;--s2:#0f766e;--s3:#7c3aed;--s4:#a16207;--s5:#be123c}
@media(prefers-color-scheme:dark){:root{--back:#1c1917;--ink:#f5f5f4;--soft:#a8a29e;--grid:#3a3532;--panel:#26211f;
--s0:#7ba7ff;--s1:#fb923c;--s2:#4fd1c0;--s3:#c4a2ff;--s4:#eac54f;--s5:#ff8fa3}}
body{margin:2rem auto;max-width:62rem;padding:0 1rem;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.7rem}h2{margin-top:3rem;border-bottom:1px solid var(--grid)}h3{margin-top:2rem}
table{border-collapse:collapse;font-size:.87rem;margin:1rem 0;display:block;overflow-x:auto}
th,td{padding:.25rem .6rem;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top}
td.n{font-variant-numeric:tabular-nums;white-space:nowrap}td .wide{display:block;min-width:22rem;white-space:normal}
small,.soft{color:var(--soft)}td small{display:block}
figure{margin:1.5rem 0;padding:1rem;background:var(--panel);border-radius:6px}figcaption{font-weight:600}
svg{width:100%;height:auto;font:12px system-ui,sans-serif;fill:var(--ink)}
.grid{stroke:var(--grid)}.diagonal{stroke:var(--soft);stroke-dasharray:4 4}
.series polyline{fill:none;stroke:var(--c);stroke-width:2}.series circle{fill:var(--c)}.interval{stroke:var(--c);stroke-opacity:.4;stroke-width:2}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;font-size:.85rem}.legend i{display:inline-block;width:.8em;height:.8em;margin-right:.4em;border-radius:2px}
code{font-size:.9em}`;

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
    '<p>Figures with 95 % intervals: bootstrap over files, or over packages where a set does not name files. Baselines ',
    'saw the same inputs and the same checks in the same run. What each figure means: docs/evaluation.md.</p>',
    runs(reports),
    published(reports),
    ...reports.map(section),
    ...(losses.length === 0 ? [] : ['<h2>Training</h2>', ...losses]),
    '</body></html>\n',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string =>
    row.map((cell, index) => `<${tag}${index === 0 ? '' : ' class="n"'}>${cell}</${tag}>`).join('');
  return `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table>`;
}

function runs(reports: readonly EvaluationReport[]): string {
  return table(
    ['', 'model', 'data', 'samples', 'seed', 'commit', 'LLVM', 'seconds a sample'],
    reports.map((report) => [
      titles[report.task],
      modelOf(report),
      `<code>${escaped(report.data)}</code>`,
      String(report.n),
      String(report.seed),
      report.commits.map((commit) => `<code>${commit}</code>`).join(' '),
      report.llvm,
      timeOf(report),
    ]),
  );
}

function modelOf({ model }: EvaluationReport): string {
  if (model === null) return 'none';
  const hash = model.hash === undefined ? '' : ` <small>sha256 ${model.hash.slice(0, 12)}</small>`;
  return `${escaped(model.model)}${hash}`;
}

function timeOf({ time }: EvaluationReport): string {
  return Object.entries(time.methods)
    .map(([name, { answering, checking }]) => {
      const asked = answering === 0 ? '' : `${answering.toFixed(2)} + `;
      return `${escaped(name)} ${asked}${checking.toFixed(2)}`;
    })
    .join('<br>');
}

function published(reports: readonly EvaluationReport[]): string {
  const rows = publishedFigures.flatMap(({ task, what, published: theirs, figure, unit, difference }) => {
    const report = reports.find((one) => one.task === task);
    const ours = report?.metrics?.overall[figure];
    if (report === undefined) return [];
    const found = ours === undefined ? 'not measured' : withInterval(ours, report.units[figure]!);
    return [
      [
        `${titles[task]}: ${what}`,
        writeFigure(theirs, unit),
        found,
        `<small class="wide">${escaped(difference)}</small>`,
      ],
    ];
  });
  if (rows.length === 0) return '';
  return `<h2>Beside the paper</h2><p>LLM Compiler FTD 13B (arXiv 2407.02524) and this model. The protocols are not the same, so these are not differences to be subtracted.</p>${table(['', 'published', 'here', 'what differs'], rows)}`;
}

/** Savings are a total first; the other means stand behind a fold. */
const furtherMeans = /saving.*(?:arithmetic|geometric) mean$/;

function cellOf(figure: Figure | undefined, unit: string): string {
  return figure === undefined ? '' : `${withInterval(figure, unit)}<small>n ${figure.samples}</small>`;
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
      ...methods.map(([, { overall }]) => cellOf(overall[name], report.units[name]!)),
    ]);
  const head = ['', ...methods.map(([name]) => escaped(name))];
  const further =
    means.length === 0
      ? ''
      : `<details><summary>Savings by arithmetic and geometric mean</summary>${table(head, rowsOf(means))}</details>`;
  const dropped = Object.entries(report.dropped).map(([reason, count]) => `${escaped(reason)}: ${count}`);
  return [
    `<h2>${titles[report.task]}</h2>`,
    table(head, rowsOf(names.filter((name) => !furtherMeans.test(name)))),
    further,
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

/** The first figures of each method by one axis. */
function apart(report: EvaluationReport, axis: string): string {
  const names = Object.keys(report.units).slice(0, 3);
  const rows = methodsOf(report).flatMap(([method, { by }]) =>
    Object.entries(by[axis] ?? {}).map(([stratum, figures]) => [
      `${escaped(stratum)} <small>${escaped(method)}</small>`,
      ...names.map((name) => cellOf(figures[name], report.units[name]!)),
    ]),
  );
  if (rows.length < 2) return '';
  return `<details><summary>By ${escaped(axis)}</summary>${table(['', ...names.map(escaped)], rows)}</details>`;
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
  return [`<h3>Worst cases: ${escaped(method!)}</h3>`, table(['file', 'what', 'record'], rows)];
}
