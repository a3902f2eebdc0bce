// PassListEval (paper §4) for the lists that labels may use: each is tried once on programs that test
// themselves, and the verdicts are kept in a file, so that a killed or repeated run goes on from them.

import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { OzmaError } from '../../common/errors.ts';
import { writeFileAtomically } from '../../common/files.ts';
import { readSuite } from '../../passes/evaluation/self-testing-program.ts';
import {
  evaluatePrepared,
  prepareSuite,
  type EvaluationOptions,
  type PassListResult,
  type PreparedSuite,
} from '../../passes/pass-list-evaluation.ts';

/** Lists checked between two writes of the file. */
const chunk = 16;

type Verdict = PassListResult['verdict'];
const verdictsSchema = z.object({
  llvm: z.string(),
  programs: z.array(z.string()),
  verdicts: z.record(z.string(), z.enum(['passed', 'crashed', 'timed-out', 'broken'])),
});

export class CheckedLists {
  /** Verdicts by pipeline. */
  readonly verdicts: Map<string, Verdict>;
  private readonly file: string;
  private readonly suite: PreparedSuite;
  private readonly options: EvaluationOptions;

  private constructor(file: string, suite: PreparedSuite, options: EvaluationOptions) {
    this.file = file;
    this.suite = suite;
    this.options = options;
    this.verdicts = new Map();
  }

  /** Verdicts of another LLVM or another suite are not used. Throws `usage` where there is no suite. */
  static async open(file: string, suite: string, options: EvaluationOptions): Promise<CheckedLists> {
    const prepared = await prepareSuite(await readSuite(suite), options);
    const checked = new CheckedLists(file, prepared, { ...options, stopAtFirstFailure: true });
    const text = await readFile(file, 'utf8').catch(() => undefined);
    const known = text === undefined ? undefined : verdictsSchema.safeParse(parseJson(text));
    if (known?.success === true && known.data.llvm === options.installation.version) {
      const same = known.data.programs.join() === checked.programs.join();
      if (same) {
        for (const [pipeline, verdict] of Object.entries(known.data.verdicts)) {
          checked.verdicts.set(pipeline, verdict);
        }
      }
    }
    return checked;
  }

  /** The programs whose controls pass. */
  get programs(): string[] {
    return this.suite.builds.map(({ program }) => program.name);
  }

  /** The first `wanted` of these pipelines that pass; the others are not looked at. Throws `interrupted`. */
  async firstThatPass(
    pipelines: readonly string[],
    wanted: number,
    onProgress?: (passed: number) => void,
  ): Promise<string[]> {
    const passed: string[] = [];
    for (let at = 0; at < pipelines.length && passed.length < wanted; at += chunk) {
      const some = pipelines.slice(at, at + chunk);
      const fresh = some.filter((pipeline) => !this.verdicts.has(pipeline));
      const results = await evaluatePrepared(fresh, this.suite, this.options);
      if (this.options.signal?.aborted === true) {
        throw new OzmaError('interrupted', 'interrupted; the same command goes on');
      }
      for (const { pipeline, verdict } of results) this.verdicts.set(pipeline, verdict);
      if (fresh.length > 0) await this.save();
      passed.push(...some.filter((pipeline) => this.verdicts.get(pipeline) === 'passed'));
      onProgress?.(Math.min(passed.length, wanted));
    }
    return passed.slice(0, wanted);
  }

  /** How many lists were checked, and how many of them broke, hung or crashed a program. */
  summary(): { checked: number; rejected: number } {
    const verdicts = [...this.verdicts.values()];
    return {
      checked: verdicts.length,
      rejected: verdicts.filter((verdict) => verdict !== 'passed').length,
    };
  }

  dispose(): Promise<void> {
    return this.suite.dispose();
  }

  private async save(): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true });
    const document = {
      llvm: this.options.installation.version,
      programs: this.programs,
      verdicts: Object.fromEntries(this.verdicts),
    };
    await writeFileAtomically(this.file, `${JSON.stringify(document, undefined, 1)}\n`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
