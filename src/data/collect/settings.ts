// What a collection is told: where to write, how to treat each package, and how much time each may take.

import type { LlvmInstallation } from '../../llvm/installation.ts';
import type { CollectRecord } from './collected.ts';
import type { CompileLimits } from './compile-file.ts';

export interface CollectSettings {
  installation: LlvmInstallation;
  /** Where Parquet files and records go. */
  folder: string;
  /** Packages at a time. */
  jobs: number;
  /** Run each package's own build first; otherwise only where guessing does badly. */
  build: boolean;
  /** Install build dependencies with apt (root only) before a build. */
  buildDependencies: boolean;
  /** Wall-clock limit of one package, its download not counted. */
  packageSeconds: number;
  /** Sources of one package at most: an even choice over all of them. */
  filesPerPackage: number;
  limits?: CompileLimits;
  /** Lines of sources.list; default Debian's. */
  aptSources?: readonly string[];
  signal?: AbortSignal | undefined;
  onRecord?: (record: CollectRecord, done: number, total: number) => void;
}
