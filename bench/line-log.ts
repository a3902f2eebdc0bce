// The JSONL file of a long run: a header that says what the run is, then one line a candidate, each written in
// one call, so that whoever kills the process finds whole lines. A line cut short (a full disk, a power cut)
// is dropped when the file is opened again.

import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

export interface HeaderLine {
  kind: 'header';
  llvm: string;
  seed: number;
  /** How many different passes are drawn from. */
  passes: number;
  /** Most passes of a list. */
  longest: number;
  timeoutSeconds: number;
  memoryMegabytes: number;
  modules: { name: string; hash: string }[];
}

export interface CandidateLine {
  kind: 'candidate';
  index: number;
  module: string;
  outcome: 'measured' | 'refused' | 'crashed' | 'timedOut' | 'outOfMemory';
  /** Of a failure, in one line. */
  cause?: string;
  bytes?: number;
  /** Put in on purpose: a pipeline that runs for minutes, a worker that is killed. */
  planted?: 'hang' | 'kill';
  /** Of a failure. */
  pipeline?: string;
  milliseconds: number;
  /** How many requests in a row this worker answered, this one included; 1 after a death. */
  workerAge: number;
  /** Resident, after the answer. */
  workerMegabytes: number;
  parentMegabytes: number;
}

export class LineLog {
  /** Index of the candidate that is not reported yet. */
  next: number;
  private readonly file: number;

  private constructor(file: number, next: number) {
    this.file = file;
    this.next = next;
  }

  /** A new file, or with `resume` the old one. Throws where that one is of another run. */
  static open(path: string, header: HeaderLine, resume: boolean): LineLog {
    if (!resume || !existsSync(path)) {
      const log = new LineLog(openSync(path, 'w'), 0);
      log.write(header);
      return log;
    }
    const text = readFileSync(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const [first, ...lines] = whole.split('\n').slice(0, -1);
    if (first !== JSON.stringify(header)) {
      throw new Error(`${path}: expected ${JSON.stringify(header)}, found ${first ?? 'nothing'}`);
    }
    const file = openSync(path, 'a');
    ftruncateSync(file, Buffer.byteLength(whole));
    return new LineLog(file, lines.length);
  }

  static read(path: string): CandidateLine[] {
    const lines = readFileSync(path, 'utf8').split('\n').slice(1, -1);
    return lines.map((line) => JSON.parse(line) as CandidateLine);
  }

  append(line: CandidateLine): void {
    if (line.index !== this.next) throw new Error(`expected candidate ${this.next}, found ${line.index}`);
    this.write(line);
    this.next++;
  }

  close(): void {
    closeSync(this.file);
  }

  private write(line: HeaderLine | CandidateLine): void {
    writeSync(this.file, `${JSON.stringify(line)}\n`);
  }
}
