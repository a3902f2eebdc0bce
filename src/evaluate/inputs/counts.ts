// Inputs that fell by the way, counted by reason.

export interface Counts {
  all: Record<string, number>;
  count: (reason: string) => void;
}

export function countsOf(earlier: Readonly<Record<string, number>> = {}): Counts {
  const all: Record<string, number> = { ...earlier };
  return { all, count: (reason) => (all[reason] = (all[reason] ?? 0) + 1) };
}
