// A batch whose rows are one sequence each, of tokens drawn by chance: every position counts and attention has
// all of its work.

import { createRandom } from '#ozma/common/random.js';
import type { ModelConfiguration } from '#ozma/model/configuration.js';
import type { Batch } from '#ozma/train/network/batch-inputs.js';

export function fullRows({ contextLength: length, vocabularySize }: ModelConfiguration, rows: number): Batch {
  const random = createRandom(1);
  const size = rows * length;
  const tokens = Int32Array.from({ length: size }, () => random.below(vocabularySize));
  return {
    ...{ rows, length, tokens },
    targets: Int32Array.from({ length: size }, (_, index) => tokens[(index + 1) % size]!),
    lossWeights: new Float32Array(size).fill(1),
    sequenceStarts: new Int32Array(size),
  };
}
