// The version of this package, as package.json says it.

import { readFileSync } from 'node:fs';

/** package.json is two folders above dist/common/. */
export function ozmaVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
