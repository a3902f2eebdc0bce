// Finding LLVM asks clang for its version, which takes longer than all else that a cached `ozma cc` does.
// So what was found is kept in the cache folder and believed as long as the files are the same ones.

import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../common/cache-folder.ts';
import { findInstallation, preferredMajor, programPath, type LlvmInstallation } from './installation.ts';

interface Memory {
  /** OZMA_LLVM at the time. */
  wanted: string;
  installation: LlvmInstallation;
  stamp: string;
}

/** Changes when the compiler or the library is replaced. */
function stampOf(installation: LlvmInstallation): string {
  return [programPath(installation, 'clang'), installation.library]
    .map((path) => {
      const { mtimeMs, size } = statSync(path);
      return `${mtimeMs} ${size}`;
    })
    .join(' ');
}

function recall(file: string, wanted: string): LlvmInstallation | undefined {
  try {
    const memory = JSON.parse(readFileSync(file, 'utf8')) as Memory;
    const { installation } = memory;
    return memory.wanted === wanted && memory.stamp === stampOf(installation) ? installation : undefined;
  } catch {
    return undefined;
  }
}

/** As findInstallation, in a millisecond from the second time on. Throws `environment`. */
export function findRememberedInstallation(): LlvmInstallation {
  const wanted = process.env['OZMA_LLVM'] ?? '';
  const folder = cacheFolder();
  const file = join(folder, 'llvm.json');
  const recalled = recall(file, wanted);
  if (recalled !== undefined) return recalled;
  const installation = findInstallation();
  // Another than the preferred one may be replaced by a better one tomorrow.
  if (wanted === '' && installation.major !== preferredMajor) return installation;
  try {
    mkdirSync(folder, { recursive: true });
    const beside = `${file}.${process.pid}`;
    writeFileSync(beside, JSON.stringify({ wanted, installation, stamp: stampOf(installation) }));
    renameSync(beside, file);
  } catch {
    // A cache that cannot be written costs time and nothing else.
  }
  return installation;
}
