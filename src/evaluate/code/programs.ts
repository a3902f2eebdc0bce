// Programs that answer problems: run apart from everything else, with what a language needs to be run at all. A
// program passes when its tests come to their end, which it shows with a word that it cannot know before.

import { randomBytes } from 'node:crypto';
import { OzmaError } from '../../common/errors.ts';
import { programPath, type LlvmInstallation } from '../../llvm/installation.ts';
import type { ProcessEnd } from '../../passes/evaluation/limited-process.ts';
import type { Seconds } from '../record.ts';
import { noTime } from '../stopwatch.ts';
import type { Problem } from './problems.ts';
import { mustBeSandboxed, runSandboxed, type SandboxLimits } from './sandbox.ts';

type Language = Problem['language'];

const limits: Record<Language, SandboxLimits> = {
  python: { seconds: 5, memoryMegabytes: 1024, processes: 8, fileMegabytes: 16 },
  // The compiler is in there, too: what it reads was written by a model.
  'c++': { seconds: 20, memoryMegabytes: 2048, processes: 16, fileMegabytes: 64 },
};

export interface Verdict {
  /** Why it does not pass; absent where it does. */
  reason?: string;
  seconds: Seconds;
}

/** Nobody can know it before. */
const passed = `all tests passed ${randomBytes(8).toString('hex')}`;

export async function runProblem(
  installation: LlvmInstallation,
  problem: Problem,
  completion: string,
  signal?: AbortSignal,
): Promise<Verdict> {
  const { language } = problem;
  const program = problem.program(completion);
  const input =
    language === 'python' ? `${program}\nprint(${JSON.stringify(passed)})\n` : withReport(program);
  const start = performance.now();
  const end = await runSandboxed({
    script: scripts[language](installation),
    input,
    limits: limits[language],
    signal,
  });
  const whole = (performance.now() - start) / 1000;
  const reason = whyNot(end);
  return { seconds: secondsOf(end, whole), ...(reason === undefined ? {} : { reason }) };
}

/** The time on a line of its own, in nanoseconds: whatever a program prints comes after the lines of its making. */
const now = 'date +%s%N';

const scripts: Record<Language, (installation: LlvmInstallation) => string> = {
  python: () => `cat > program.py; ${now}; ${now}; exec python3 -I program.py`,
  'c++': (installation) =>
    `cat > program.cc; ${now}; ${programPath(installation, 'clang++')} -std=c++17 -O1 -w program.cc -o program` +
    ` && ${now} && exec ./program`,
};

/** What is neither compiling nor running is making the sandbox. */
function secondsOf({ stdout }: ProcessEnd, whole: number): Seconds {
  const [begun, compiled] = stdout
    .split('\n', 2)
    .map((line) => (/^\d{19}$/.test(line) ? Number(line) / 1e9 : NaN));
  if (begun === undefined || Number.isNaN(begun)) return { ...noTime, checking: whole };
  const now = Date.now() / 1000;
  const until = compiled === undefined || Number.isNaN(compiled) ? now : compiled;
  const compiling = Math.min(whole, Math.max(0, until - begun));
  const running = Math.min(whole - compiling, Math.max(0, now - until));
  return { ...noTime, compiling, running, checking: whole - compiling - running };
}

/** The tests' `main`, which returns nothing, called from another that says when it came back. */
function withReport(program: string): string {
  const main = program.lastIndexOf('int main(');
  if (main < 0) return program;
  const renamed = `${program.slice(0, main)}void ozma_tests(${program.slice(main + 'int main('.length)}`;
  return (
    `${renamed}\n#include <cstdio>\n` + `int main() { ozma_tests(); std::puts("${passed}"); return 0; }\n`
  );
}

/** Undefined where the program passed. */
function whyNot({ stdout, stderr, exitCode, signal, timedOut }: ProcessEnd): string | undefined {
  if (exitCode === 0 && stdout.endsWith(`${passed}\n`)) return undefined;
  if (timedOut) return 'time limit';
  if (signal !== undefined) return `ended by ${signal}`;
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return line === '' ? `exit code ${exitCode ?? 'unknown'}` : line.slice(0, 200);
}

/** The smallest program of each language, and what brings what it takes. */
const trials: Record<Language, { problem: Problem; needs: string }> = {
  python: {
    problem: trial('python', (completion) => completion),
    needs: 'python3 below /usr, where programs are run (Debian: apt-get install python3)',
  },
  'c++': {
    problem: trial('c++', () => '#include <vector>\nint main(){ std::vector<int> v(1); }\n'),
    needs: 'C++ headers and libraries (Debian: apt-get install libstdc++-12-dev)',
  },
};

function trial(language: Language, program: Problem['program']): Problem {
  return { id: 'trial', language, prompt: '', solution: '', stop: [], program };
}

/**
 * Throws `environment` where programs cannot be run apart, or where a language lacks what runs it, and says
 * what to install: every answer would be wrong for no fault of the model.
 */
export async function mustRunPrograms(
  installation: LlvmInstallation,
  languages: ReadonlySet<Language>,
): Promise<void> {
  await mustBeSandboxed();
  for (const language of languages) {
    const { problem, needs } = trials[language];
    const { reason } = await runProblem(installation, problem, '');
    if (reason === undefined) continue;
    throw new OzmaError(
      'environment',
      `evaluate code: expected that ${language} programs run; it takes ${needs}; found: ${reason}`,
    );
  }
}
