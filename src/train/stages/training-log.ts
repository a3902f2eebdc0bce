// What a run says of itself: lines that a person reads, and the same as JSON lines in `log.jsonl`, from which
// the loss curve is drawn. After a resume the log goes on behind the checkpoint's step.

import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../common/files.ts';

export interface StepRecord {
  kind: 'step';
  step: number;
  /** Nats a counted token, over the step's batches. */
  loss: number;
  /** The same in bits for each byte of the text that the tokens stand for. */
  bitsPerByte: number;
  /** Norm of the gradient before clipping. */
  gradientNorm: number;
  rate: number;
  /** Tokens so far, empty positions included. */
  tokens: number;
  tokensPerSecond: number;
}

export interface ValidationRecord {
  kind: 'validation';
  step: number;
  tokens: number;
  sources: { name: string; loss: number; bitsPerByte: number; answers: number }[];
}

export type LogRecord = StepRecord | ValidationRecord;

/** Nats over counted tokens as bits over bytes of text. */
export function bitsPerByte(nats: number, bytes: number): number {
  return nats / Math.LN2 / bytes;
}

/** `1:02:03`, or `2:03` under an hour. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number: number): string => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

const thousands = (number: number): string => Math.round(number).toLocaleString('en-US');

/** A step as a person reads it. */
export function stepLine(record: StepRecord, steps: number, secondsLeft: number): string {
  const { step, loss, rate, gradientNorm, tokensPerSecond } = record;
  return [
    `step ${step}/${steps}`,
    `loss ${loss.toFixed(4)} nats, ${record.bitsPerByte.toFixed(4)} bits/byte`,
    `gradient ${gradientNorm.toFixed(2)}`,
    `rate ${rate.toExponential(2)}`,
    `${thousands(tokensPerSecond)} tokens/s`,
    `${clockText(secondsLeft)} left`,
  ].join('  ');
}

/** A validation as a person reads it. */
export function validationLine({ step, sources }: ValidationRecord): string {
  const parts = sources.map(
    ({ name, loss, bitsPerByte: bits }) => `${name} ${loss.toFixed(4)} nats, ${bits.toFixed(4)} bits/byte`,
  );
  return `held out after step ${step}: ${parts.join('; ')}`;
}

export class TrainingLog {
  private readonly file: string;

  private constructor(file: string) {
    this.file = file;
  }

  /** Opens the log of a run, without what lies behind the step that it goes on after; empty without one. */
  static async open(output: string, step: number | undefined): Promise<TrainingLog> {
    const log = new TrainingLog(join(output, 'log.jsonl'));
    const records = step === undefined ? [] : (await log.read()).filter((record) => record.step <= step);
    await writeFileAtomically(log.file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    return log;
  }

  async append(record: LogRecord): Promise<void> {
    await appendFile(this.file, `${JSON.stringify(record)}\n`);
  }

  /** All records; a last line that was cut off by a kill is left out. */
  async read(): Promise<LogRecord[]> {
    const text = await readFile(this.file, 'utf8').catch(() => '');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogRecord);
  }
}
