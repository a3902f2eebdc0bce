// What `ozma data collect` may be given, and what it becomes: names of Debian source packages, folders of
// sources, compile_commands.json, single C, C++, .ll or .bc files. Parquet files need no collecting; the
// corpus reads them as they are.

import { stat } from 'node:fs/promises';
import type { Translation } from '../../llvm/clang.ts';

export type CollectInput = { name: string; key: string } & (
  | { kind: 'package' }
  | { kind: 'folder'; path: string }
  | { kind: 'translations'; root: string; translations: { path: string; translation: Translation }[] }
);

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
