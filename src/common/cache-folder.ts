// Where Ozma keeps what it can make again: measured sizes by module hash, fetched weights. One rule for
// every room. Deleting the folder costs time and nothing else, so nothing that a person made goes here.

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * `$OZMA_CACHE`, else `$XDG_CACHE_HOME/ozma`, else `~/.cache/ozma`. Empty variables count as unset, and a
 * relative `XDG_CACHE_HOME` is ignored as its specification asks. The folder may not exist yet.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment['OZMA_CACHE'];
  if (own !== undefined && own !== '') return own;
  const shared = environment['XDG_CACHE_HOME'];
  if (shared !== undefined && isAbsolute(shared)) return join(shared, 'ozma');
  return join(homedir(), '.cache', 'ozma');
}
