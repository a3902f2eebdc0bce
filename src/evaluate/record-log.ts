// The append-only file of a run: a line of JSON when it starts, then one a sample as it is done. A run that
// was killed goes on from it; a line that was cut in the middle is asked again.

import { appendFileSync, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { OzmaError } from '../common/errors.ts';
import { writeFileAtomically } from '../common/files.ts';
import type { SampleRecord } from './record.ts';

/** What two runs must share to be one: everything that figures depend on. */
export type Identity = Readonly<Record<string, unknown>>;

interface Header {
  identity: Identity;
  commit: string;
}

export class RecordLog {
  /** By id of the sample. */
  readonly records = new Map<string, SampleRecord>();
  /** Of the code that made them, in order. */
  readonly commits: string[] = [];
  private readonly file: string | undefined;

  private constructor(file: string | undefined) {
    this.file = file;
  }

  /** Without a file, a log in memory. Throws `usage` where the file is of a run with other settings. */
  static async open(file: string | undefined, identity: Identity, commit: string): Promise<RecordLog> {
    const log = new RecordLog(file);
    if (file !== undefined && existsSync(file)) {
      const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
      const whole = lines.flatMap((line) => log.read(line, identity, file));
      // What was cut off would stand in the way of the next line.
      await writeFileAtomically(file, whole.map((line) => `${line}\n`).join(''));
    }
    if (log.commits.at(-1) !== commit) {
      log.commits.push(commit);
      log.append({ identity, commit });
    }
    return log;
  }

  add(record: SampleRecord): void {
    this.records.set(record.id, record);
    this.append(record);
  }

  private append(line: SampleRecord | Header): void {
    if (this.file !== undefined) appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }

  private read(line: string, identity: Identity, file: string): string[] {
    let parsed: Header | SampleRecord;
    try {
      parsed = JSON.parse(line) as Header | SampleRecord;
    } catch {
      return [];
    }
    if ('identity' in parsed) {
      mustAgree(parsed.identity, identity, file);
      this.commits.push(parsed.commit);
    } else this.records.set(parsed.id, parsed);
    return [line];
  }
}

function mustAgree(found: Identity, wanted: Identity, file: string): void {
  const names = new Set([...Object.keys(found), ...Object.keys(wanted)]);
  for (const name of names) {
    const [left, right] = [JSON.stringify(found[name]), JSON.stringify(wanted[name])];
    if (left === right) continue;
    throw new OzmaError(
      'usage',
      `${file}: holds a run with ${name} ${left}, expected ${right}; choose another --output to begin anew`,
    );
  }
}
