// Ends a run with `N passed, N failed` alone on a line (and `, N skipped` where some were), for people
// who scroll to the end and for programs that read only the last line.

import { writeSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') counts[state] += 1;
      }
      // A file that does not load, or a suite whose set-up throws, fails although no test of it did.
      if (module.errors().length > 0) counts.failed += 1;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed += 1;
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    // On exit: what closes the run may have something to say as well.
    const line = `\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`;
    process.once('exit', () => writeSync(process.stdout.fd, line));
  }
}
