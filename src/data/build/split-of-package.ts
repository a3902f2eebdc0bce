// Which split a package belongs to: a fixed hash of its name decides, so that every function of a package is
// on the same side, today and after the corpus has grown.

import { createHash } from 'node:crypto';
import type { Split } from '../set-manifest.ts';

const share = { train: 0.9, validation: 0.05 } as const;

/** Random programs are no measure of anything. */
const trainOnly = 'csmith';

export function splitOfPackage(name: string): Split {
  if (name === trainOnly) return 'train';
  // Debian's lua5.3 and lua5.4 are one program: versions in names do not count.
  const family = name.replace(/[-\d.]+$/, '');
  const hash = createHash('sha256').update(`split ${family}`).digest();
  const place = hash.readUInt32BE(0) / 2 ** 32;
  if (place < share.train) return 'train';
  return place < share.train + share.validation ? 'validation' : 'test';
}
