// Charts as SVG text: lines and points over two axes. Colours are CSS variables of the page (`--s0` … for series,
// `--ink`, `--grid`), so that one picture is readable in light and dark.

export interface Point {
  x: number;
  y: number;
  /** An interval of y. */
  low?: number;
  high?: number;
  /** Shown when the pointer rests on it. */
  title?: string;
}

export interface Series {
  name: string;
  points: readonly Point[];
  line: boolean;
  dots: boolean;
}

export interface Axis {
  label: string;
  /** Default linear. */
  scale?: 'linear' | 'logarithmic';
  /** Where marks stand; default some round numbers. */
  marks?: readonly number[];
  write?: (value: number) => string;
  /** Values that must be on it. */
  include?: readonly number[];
}

export interface Chart {
  title: string;
  x: Axis;
  y: Axis;
  series: readonly Series[];
  /** A line where x = y: what is below got smaller. */
  diagonal?: boolean;
}

const width = 720;
const height = 380;
const margin = { left: 72, right: 20, top: 20, bottom: 48 };
/** Series in the page's style sheet. */
const colours = 7;

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** About five round numbers between two. */
function roundNumbers(from: number, to: number): number[] {
  const rough = (to - from) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999)!;
  const count = Math.floor(to / step + 1e-9) - Math.ceil(from / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) =>
    Number(((Math.ceil(from / step - 1e-9) + index) * step).toPrecision(12)),
  );
}

interface Scale {
  /** From a value to 0…1. */
  at: (value: number) => number;
  marks: readonly number[];
}

function scaleOf(axis: Axis, values: readonly number[]): Scale {
  const all = [...values, ...(axis.include ?? [])];
  const logarithmic = axis.scale === 'logarithmic';
  const of = (value: number): number => (logarithmic ? Math.log(Math.max(value, 1e-12)) : value);
  const [low, high] = [Math.min(...all.map(of)), Math.max(...all.map(of))];
  const room = 0.04 * (high - low || 1);
  const [from, to] = [low - room, high + room];
  const at = (value: number): number => (of(value) - from) / (to - from);
  const powers = Array.from({ length: 12 }, (_, power) =>
    [1, 2, 5].map((digit) => digit * 10 ** power),
  ).flat();
  const proposed = axis.marks ?? (logarithmic ? powers : roundNumbers(from, to));
  return { at, marks: proposed.filter((mark) => at(mark) >= 0 && at(mark) <= 1) };
}

/** Undefined where there is nothing to draw. */
export function drawChart(chart: Chart): string | undefined {
  const points = chart.series.flatMap((series) => series.points);
  if (points.length === 0) return undefined;
  const x = scaleOf(
    chart.x,
    points.map((point) => point.x),
  );
  const y = scaleOf(
    chart.y,
    points.flatMap(({ y: value, low = value, high = value }) => [value, low, high]),
  );
  const across = (value: number): string =>
    (margin.left + x.at(value) * (width - margin.left - margin.right)).toFixed(1);
  const down = (value: number): string =>
    (height - margin.bottom - y.at(value) * (height - margin.top - margin.bottom)).toFixed(1);
  const besides = besideOf(chart.series);
  const { write: writeX = String } = chart.x;
  const { write: writeY = String } = chart.y;
  const parts = [
    ...y.marks.map(
      (mark) =>
        `<path class="grid" d="M${margin.left} ${down(mark)}H${width - margin.right}"/>` +
        `<text x="${margin.left - 8}" y="${down(mark)}" text-anchor="end" dominant-baseline="middle">${escaped(writeY(mark))}</text>`,
    ),
    ...x.marks.map(
      (mark) =>
        `<path class="grid" d="M${across(mark)} ${margin.top}V${height - margin.bottom}"/>` +
        `<text x="${across(mark)}" y="${height - margin.bottom + 18}" text-anchor="middle">${escaped(writeX(mark))}</text>`,
    ),
    `<text x="${(width + margin.left) / 2}" y="${height - 8}" text-anchor="middle">${escaped(chart.x.label)}</text>`,
    `<text transform="translate(16 ${height / 2}) rotate(-90)" text-anchor="middle">${escaped(chart.y.label)}</text>`,
    ...(chart.diagonal === true ? [diagonal(points, across, down)] : []),
    ...chart.series.map((series, index) => drawSeries(series, index % colours, across, down, besides[index])),
  ];
  const legend = chart.series
    .map(
      ({ name }, index) =>
        `<span><i style="background:var(--s${index % colours})"></i>${escaped(name)}</span>`,
    )
    .join('');
  return (
    `<figure><figcaption>${escaped(chart.title)}</figcaption>` +
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(chart.title)}">${parts.join('\n')}</svg>` +
    `<div class="legend">${legend}</div></figure>`
  );
}

type Place = (value: number) => string;

/** Pixels that each series stands aside, so that intervals at one place can be told apart. */
function besideOf(series: readonly Series[]): number[] {
  const apart = series.some(({ points }) => points.some(({ low }) => low !== undefined)) ? 6 : 0;
  return series.map((_, index) => apart * (index - (series.length - 1) / 2));
}

function drawSeries(
  { points, line, dots, name }: Series,
  colour: number,
  across: Place,
  down: Place,
  beside = 0,
): string {
  const intervals = points
    .filter(({ low, high }) => low !== undefined && high !== undefined)
    .map(({ x, low, high }) => `<path class="interval" d="M${across(x)} ${down(low!)}V${down(high!)}"/>`);
  const path = points.map(({ x, y }) => `${across(x)},${down(y)}`).join(' ');
  const circles = points.map(
    ({ x, y, title = `${name}: ${y}` }) =>
      `<circle cx="${across(x)}" cy="${down(y)}" r="3"><title>${escaped(title)}</title></circle>`,
  );
  return (
    `<g class="series${line ? '' : ' cloud'}" style="--c:var(--s${colour})"${beside === 0 ? '' : ` transform="translate(${beside} 0)"`}>${intervals.join('')}` +
    `${line ? `<polyline points="${path}"/>` : ''}${dots ? circles.join('') : ''}</g>`
  );
}

function diagonal(points: readonly Point[], across: Place, down: Place): string {
  const low = Math.max(Math.min(...points.map(({ x }) => x)), Math.min(...points.map(({ y }) => y)));
  const high = Math.min(Math.max(...points.map(({ x }) => x)), Math.max(...points.map(({ y }) => y)));
  return `<path class="diagonal" d="M${across(low)} ${down(low)}L${across(high)} ${down(high)}"/>`;
}
