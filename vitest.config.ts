// Tests run on the built package (`#ozma/…` is dist/), as a user would have it. Each file gets a process
// of its own: a pass may kill it.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ['default', './test/closing-line-reporter.ts'],
  },
});
