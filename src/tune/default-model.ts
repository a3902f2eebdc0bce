// Which model `ozma tune` asks when nobody says which.

import { releasedModel } from '../inference/released-models.ts';

/** Off until it is measured that the model's lists save more than the same number of compiles do without. */
const asksUnasked = false;

/** The released model for flag tuning, where it is here; otherwise none. */
export function defaultTuneModel(): string {
  return (asksUnasked ? releasedModel('ftd') : undefined) ?? 'none';
}
