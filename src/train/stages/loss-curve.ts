// The loss of a run as an SVG picture: training loss smoothed, held-out loss as dots, over tokens.

import type { LogRecord } from './training-log.ts';

const width = 800;
const height = 400;
const margin = { left: 56, right: 16, top: 28, bottom: 40 };
const colours = ['#c2410c', '#0f766e', '#7c3aed', '#a16207', '#be123c'];

/** Weight of the past in the smoothed curve. */
const smoothing = 0.9;

interface Point {
  x: number;
  y: number;
}

/** About five round numbers between two. */
function ticks(from: number, to: number): number[] {
  const rough = (to - from) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

const amount = (number: number): string =>
  number >= 1e6
    ? `${Number((number / 1e6).toPrecision(3))} M`
    : number >= 1e3
      ? `${number / 1e3} k`
      : `${number}`;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Training loss, smoothed, and held-out losses by source, over the tokens seen. */
export function lossPoints(records: readonly LogRecord[]): {
  training: Point[];
  heldOut: Map<string, Point[]>;
} {
  let smooth: number | undefined;
  const training: Point[] = [];
  const heldOut = new Map<string, Point[]>();
  for (const record of records) {
    if (record.kind === 'step') {
      smooth = smooth === undefined ? record.loss : smoothing * smooth + (1 - smoothing) * record.loss;
      training.push({ x: record.tokens, y: smooth });
    } else {
      for (const { name, loss } of record.sources) {
        heldOut.set(name, [...(heldOut.get(name) ?? []), { x: record.tokens, y: loss }]);
      }
    }
  }
  return { training, heldOut };
}

/** The picture, or undefined where there is nothing to draw. */
export function lossCurve(records: readonly LogRecord[], title: string): string | undefined {
  const { training, heldOut } = lossPoints(records);
  const points = [...training, ...[...heldOut.values()].flat()];
  if (points.length === 0) return undefined;
  const right = points.reduce((most, { x }) => Math.max(most, x), 0);
  const top = points.reduce((most, { y }) => Math.max(most, y), -Infinity);
  const bottom = Math.min(0.95 * points.reduce((least, { y }) => Math.min(least, y), Infinity), top - 0.1);
  const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
  const place = ({ x, y }: Point): string => {
    const across = margin.left + (x / right) * inner.width;
    const down = margin.top + ((top - y) / (top - bottom)) * inner.height;
    return `${across.toFixed(1)},${down.toFixed(1)}`;
  };
  const lines = ticks(bottom, top).map((y) => {
    const [start, end] = [place({ x: 0, y }), place({ x: right, y })];
    const [x1, y1] = start.split(',');
    const [x2, y2] = end.split(',');
    return `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="#ddd"/><text x="${margin.left - 6}" y="${y1}" text-anchor="end" dominant-baseline="middle">${y}</text>`;
  });
  const labels = ticks(0, right).map((x) => {
    const [across] = place({ x, y: bottom }).split(',');
    return `<text x="${across}" y="${height - margin.bottom + 16}" text-anchor="middle">${amount(x)}</text>`;
  });
  const names = [
    ['training', '#1d4ed8'],
    ...[...heldOut.keys()].map((name, index) => [name, colours[index % 5]]),
  ];
  const legend = names.map(
    ([name, colour], index) =>
      `<text x="${width - margin.right}" y="${margin.top + 14 + 15 * index}" text-anchor="end" fill="${colour}">${escaped(index === 0 ? name! : `held out: ${name}`)}</text>`,
  );
  const dots = [...heldOut.values()].flatMap((series, index) =>
    series.map((point) => {
      const [x, y] = place(point).split(',');
      return `<circle cx="${x}" cy="${y}" r="3" fill="${colours[index % 5]}"/>`;
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${margin.left}" y="16" font-size="13">${escaped(title)}</text>`,
    ...lines,
    ...labels,
    `<text x="${width / 2}" y="${height - 6}" text-anchor="middle">tokens</text>`,
    `<text transform="translate(14 ${height / 2}) rotate(-90)" text-anchor="middle">nats a token</text>`,
    `<polyline points="${training.map(place).join(' ')}" fill="none" stroke="#1d4ed8" stroke-width="1.5"/>`,
    ...dots,
    ...legend,
    '</svg>\n',
  ].join('\n');
}
