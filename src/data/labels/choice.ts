// From sizes of many lists on many programs to few lists worth learning, and one label a program. Think of
// a matrix, programs by lists: first the lists that together save most are chosen, one after the other;
// then each program gets, among the chosen lists that make it smallest, the one that serves most programs.
// Pure functions over numbers: nothing is compiled here.

/** What is known of one program at one code generation level. */
export interface ProgramSizes {
  /** Bytes with clang -Oz. */
  baseline: number;
  /** Bytes after each list; null where it failed. List 0 is `default<Oz>`. */
  bytes: readonly (number | null)[];
}

/**
 * Lists in the order in which each saves most on top of those before it, every program taking its best;
 * at most `count`, fewer when nothing more is saved. -Oz is not among them: it is always there.
 */
export function chooseLists(programs: readonly ProgramSizes[], count: number): number[] {
  const best = programs.map(({ baseline }) => baseline);
  const lists = programs[0]?.bytes.length ?? 0;
  const chosen: number[] = [];
  while (chosen.length < count) {
    let [winner, most] = [0, 0];
    for (let list = 1; list < lists; list++) {
      let saved = 0;
      for (const [at, { bytes }] of programs.entries()) {
        saved += Math.max(0, best[at]! - (bytes[list] ?? Infinity));
      }
      if (saved > most) [winner, most] = [list, saved];
    }
    if (most === 0) break;
    for (const [at, { bytes }] of programs.entries()) {
      best[at] = Math.min(best[at]!, bytes[winner] ?? Infinity);
    }
    chosen.push(winner);
  }
  return chosen;
}

/**
 * The lists in the order in which they should be preferred among equals: each is the smallest for most of
 * the programs that those before it do not serve.
 */
export function popularity(programs: readonly ProgramSizes[], chosen: readonly number[]): number[] {
  let unserved = programs.map((program) => smallestLists(program, chosen)).filter(({ length }) => length > 0);
  const order: number[] = [];
  while (unserved.length > 0) {
    const counts = new Map<number, number>();
    for (const list of unserved.flat()) counts.set(list, (counts.get(list) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const winner = chosen.find((list) => counts.get(list) === most)!;
    order.push(winner);
    unserved = unserved.filter((lists) => !lists.includes(winner));
  }
  return [...order, ...chosen.filter((list) => !order.includes(list))];
}

/** The chosen lists that make the program smallest; none where that is not below clang -Oz. */
function smallestLists({ baseline, bytes }: ProgramSizes, chosen: readonly number[]): number[] {
  const least = Math.min(...chosen.map((list) => bytes[list] ?? Infinity));
  return least < baseline ? chosen.filter((list) => bytes[list] === least) : [];
}

/** A list and what it makes of a program. */
export interface Label {
  list: number;
  bytes: number;
}

/**
 * The lists of a program from best to worst, at most `count` of them: by size, equals in the given order,
 * and of each size only the first. Where nothing is smaller than clang -Oz the first is `default<Oz>`.
 */
export function labelsOf(program: ProgramSizes, preferred: readonly number[], count: number): Label[] {
  const { baseline, bytes } = program;
  const sized = preferred.flatMap((list) => {
    const size = bytes[list];
    return size === null || size === undefined ? [] : [{ list, bytes: size }];
  });
  const oz: Label = { list: 0, bytes: bytes[0] ?? baseline };
  const smaller = sized.filter((label) => label.bytes < baseline && label.bytes < oz.bytes);
  const larger = sized.filter((label) => !smaller.includes(label));
  const ranked = [...bySize(smaller), oz, ...bySize(larger)];
  return ranked
    .filter(({ bytes: size }, at) => ranked.findIndex((other) => other.bytes === size) === at)
    .slice(0, count);
}

function bySize(labels: readonly Label[]): Label[] {
  return labels.toSorted((left, right) => left.bytes - right.bytes);
}

/** How much of all programs' bytes is saved over clang -Oz when each takes the best of these lists. */
export function savedShare(programs: readonly ProgramSizes[], lists: readonly number[]): number {
  let [before, after] = [0, 0];
  for (const { baseline, bytes } of programs) {
    before += baseline;
    after += Math.min(baseline, ...lists.map((list) => bytes[list] ?? Infinity));
  }
  return before === 0 ? 0 : 1 - after / before;
}
