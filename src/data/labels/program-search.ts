// The autotuner of one program (paper §4): random lists and changes of the best ones, then the best list of
// each code generation level is minimised: passes that do not matter are dropped, the rest is sorted where
// order does not matter, and insertions are tried.

import type { Random } from '../../common/random.ts';
import { codegenLevels, type LabelLevel, type LevelBytes, type MeasuredProgram } from './measured-program.ts';
import type { PassList, PassLists } from './pass-lists.ts';

/** Lists sent to the compiler at once; what one batch finds is what the next one starts from. */
const batch = 16;
const insertions = 4;

export interface FoundList {
  level: LabelLevel;
  pipeline: string;
  bytes: number;
}

interface Best {
  list: PassList;
  bytes: number;
}

export interface ProgramSearch {
  program: MeasuredProgram;
  lists: PassLists;
  random: Random;
  /** Random and changed lists to try; minimising comes on top. */
  budget: number;
  /** Known lists, already measured or not; the search starts from the best of them. */
  known: readonly PassList[];
  /** The bytes to beat: those of clang -Oz. */
  baseline: LevelBytes;
}

/** The minimised best list of each level that has one below the baseline. */
export async function searchProgram(search: ProgramSearch): Promise<FoundList[]> {
  const best: Partial<Record<LabelLevel, Best>> = {};
  await tryLists(search, best, search.known);
  for (let left = search.budget; left > 0; left -= batch) {
    const proposals = Array.from({ length: Math.min(batch, left) }, () => propose(search, best));
    await tryLists(search, best, proposals);
  }
  const found: FoundList[] = [];
  for (const level of codegenLevels) {
    const start = best[level];
    if (start === undefined || start.bytes >= search.baseline[level]) continue;
    const { list, bytes } = await minimise(search, level, start);
    found.push({ level, pipeline: search.lists.pipelineOf(list), bytes });
  }
  return found;
}

async function tryLists(
  { program, lists }: ProgramSearch,
  best: Partial<Record<LabelLevel, Best>>,
  proposals: readonly PassList[],
): Promise<void> {
  const measured = await program.measure(proposals.map((list) => lists.pipelineOf(list)));
  for (const [index, bytes] of measured.entries()) {
    if (bytes === undefined) continue;
    for (const level of codegenLevels) {
      const standing = best[level];
      if (standing === undefined || bytes[level] < standing.bytes) {
        best[level] = { list: proposals[index]!, bytes: bytes[level] };
      }
    }
  }
}

function propose({ lists, random, known }: ProgramSearch, best: Partial<Record<LabelLevel, Best>>): PassList {
  const kind = random.next();
  if (kind < 0.45) return lists.random(random);
  const from = kind < 0.9 ? best[random.pick(codegenLevels)]?.list : undefined;
  return lists.mutate(random, from ?? random.pick(known));
}

async function minimise(search: ProgramSearch, level: LabelLevel, start: Best): Promise<Best> {
  let best = start;
  const sizesOf = async (lists: readonly PassList[]): Promise<number[]> => {
    const measured = await search.program.measure(lists.map((list) => search.lists.pipelineOf(list)));
    return measured.map((bytes) => bytes?.[level] ?? Infinity);
  };
  /** The smallest of several lists; of equals the first. */
  const smallest = async (lists: readonly PassList[]): Promise<Best | undefined> => {
    const sizes = await sizesOf(lists);
    const bytes = Math.min(...sizes);
    return bytes === Infinity ? undefined : { list: lists[sizes.indexOf(bytes)]!, bytes };
  };
  const shorten = async (): Promise<void> => {
    for (;;) {
      const shorter = await smallest(shortened(best.list));
      if (shorter === undefined || shorter.bytes > best.bytes) return;
      best = shorter;
    }
  };
  await shorten();
  const inserted = Array.from({ length: insertions }, () => insertOne(search, best.list));
  const longer = await smallest(inserted);
  if (longer !== undefined && longer.bytes < best.bytes) {
    best = longer;
    await shorten();
  }
  const sorted = [...best.list].sort();
  const [bytes] = await sizesOf([sorted]);
  return bytes === best.bytes ? { list: sorted, bytes } : best;
}

/** All lists with one pass less, and with the parameters of one pass less. */
function shortened(list: PassList): PassList[] {
  const without = list.length < 2 ? [] : list.map((_, at) => list.filter((__, index) => index !== at));
  const plain = list.flatMap((pass, at) => {
    const name = pass.replace(/^([a-z0-9-]+)<.*>$/, '$1');
    return name === pass || needsParameters.test(pass) ? [] : [list.with(at, name)];
  });
  return [...without, ...plain];
}

/** `default` stands for nothing without its level, and plain `instcombine` may abort the process. */
const needsParameters = /^default<|^instcombine<no-verify-fixpoint>$/;

function insertOne({ lists, random }: ProgramSearch, list: PassList): PassList {
  return list.toSpliced(random.below(list.length + 1), 0, lists.draw(random));
}
