// The pictures of a report, out of results.

import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { OzmaError } from '../../common/errors.ts';
import { lossPoints } from '../../train/stages/loss-curve.ts';
import type { LogRecord } from '../../train/stages/training-log.ts';
import type { EvaluationReport } from '../run-evaluation.ts';
import { methodsOf, writeFigure } from '../summary.ts';
import { drawChart, type Point, type Series } from './chart.ts';

const percent = (value: number): string => writeFigure(value, 'share');

/** Saving with backup after 1, 4, 16 and 45 compiles, total over all samples. */
export function savingCharts(report: EvaluationReport): string[] {
  const levels = ['-Oz', '-O0'] as const;
  return levels.flatMap((level) => {
    const pattern = new RegExp(`^${level}: saving, best of (\\d+), total$`);
    const series = methodsOf(report).map(([name, { overall }]): Series => {
      const points = Object.entries(overall).flatMap(([figure, { value, low, high }]): Point[] => {
        const compiles = pattern.exec(figure)?.[1];
        return compiles === undefined
          ? []
          : [{ x: Number(compiles), y: value, low, high, title: percent(value) }];
      });
      return { name, points, line: true, dots: true };
    });
    const marks = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))];
    const chart = drawChart({
      title: `Smaller than clang -Oz, code generation at ${level}, total of all functions`,
      x: { label: 'compiles a function', scale: 'logarithmic', marks },
      y: { label: 'saved', write: percent, include: [0] },
      series,
    });
    return chart ?? [];
  });
}

/** Each sample's bytes with -Oz and with the first list of a method. */
export function scatterChart(report: EvaluationReport): string[] {
  const shown = report.metrics === null ? ['search'] : ['model'];
  const key = report.metrics === null ? 'Oz best of 45' : 'Oz first';
  const series = shown.map((method): Series => {
    const points = report.records.flatMap(({ methods, origin }): Point[] => {
      const [x, y] = [methods[method]?.scores['Oz -Oz'], methods[method]?.scores[key]];
      return x === undefined || y === undefined ? [] : [{ x, y, title: `${origin.name}: ${x} → ${y}` }];
    });
    return {
      name: key === 'Oz first' ? `${method}, first list` : `${method}, 45 compiles`,
      points,
      line: false,
      dots: true,
    };
  });
  const chart = drawChart({
    title: 'Bytes of each function: with -Oz, and with what was found (below the line is smaller)',
    x: { label: 'bytes with clang -Oz', scale: 'logarithmic' },
    y: { label: 'bytes', scale: 'logarithmic' },
    series,
    diagonal: true,
  });
  return chart === undefined ? [] : [chart];
}

/** A share by bucket of length, for every method. */
export function lengthChart(
  report: EvaluationReport,
  figure: string,
  title: string,
  label: string,
): string[] {
  const series = methodsOf(report).map(([name, { by }]): Series => {
    const points = Object.entries(by['length'] ?? {}).flatMap(([bucket, figures]): Point[] => {
      const found = figures[figure];
      const length = Number(/\d+/.exec(bucket)?.[0]);
      return found === undefined
        ? []
        : [
            {
              x: length,
              y: found.value,
              low: found.low,
              high: found.high,
              title: `${bucket}: ${percent(found.value)} of ${found.samples}`,
            },
          ];
    });
    return { name, points: points.sort((left, right) => left.x - right.x), line: true, dots: true };
  });
  const marks = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))];
  const chart = drawChart({
    title,
    x: { label, scale: 'logarithmic', marks, write: (value) => `≤ ${value}` },
    y: { label: figure, write: percent, include: [0, 1] },
    series,
  });
  return chart === undefined ? [] : [chart];
}

/** Points of a curve; more cannot be seen. */
const mostPoints = 400;

/** Training and held-out loss of runs, from their log.jsonl. Throws `usage` for a file that is no log. */
export async function lossCharts(logs: readonly string[]): Promise<string[]> {
  const charts = await Promise.all(
    logs.map(async (file) => {
      const records = await readLog(file);
      const { training, heldOut } = lossPoints(records);
      const every = Math.ceil(training.length / mostPoints);
      return drawChart({
        title: `Loss of ${basename(dirname(file))}`,
        x: { label: 'million tokens', write: (tokens) => String(Number((tokens / 1e6).toPrecision(3))) },
        y: { label: 'nats a token' },
        series: [
          {
            name: 'training, smoothed',
            points: training.filter((_, at) => at % every === 0),
            line: true,
            dots: false,
          },
          ...[...heldOut].map(([name, points]) => ({
            name: `held out: ${basename(name)}`,
            points,
            line: true,
            dots: true,
          })),
        ],
      });
    }),
  );
  return charts.filter((chart) => chart !== undefined);
}

async function readLog(file: string): Promise<LogRecord[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as LogRecord);
  } catch (cause) {
    throw new OzmaError('usage', `${file}: expected log.jsonl of a training run`, { cause });
  }
}
