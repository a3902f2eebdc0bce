// From a prompt that a scorer holds to candidates: picks the way of sampling and reports as they come.
// Everything an engine with log-probabilities of its own needs; servers do their own sampling.

import { OzmaError } from '../common/errors.ts';
import { TokenFilter } from './allowed-tokens.ts';
import { searchBeam } from './beam.ts';
import type { Candidate, GenerateOptions } from './generation.ts';
import { GenerationTree, type Branch } from './generation-tree.ts';
import type { Grammar } from './grammar.ts';
import { samplePriority } from './priority.ts';
import type { Scorer } from './scorer.ts';
import { StopStrings, TextStream } from './stop-strings.ts';
import { sampleIndependently } from './temperature.ts';

/** A scorer whose prompt is in place, and what is kept between generations. */
export interface Source {
  scorer: Scorer;
  filters: WeakMap<Grammar, TokenFilter>;
  /** Tokens that the context still holds after the prompt. */
  room: number;
}

export async function generate(source: Source, options: GenerateOptions = {}): Promise<Candidate[]> {
  checkOptions(options);
  const { sampling = { kind: 'greedy' }, candidates = 1, grammar, onText, onCandidate } = options;
  const { scorer } = source;
  const stops = new StopStrings(options.stop);
  const tree = new GenerationTree({
    scorer,
    stops,
    maximumTokens: Math.min(options.maximumTokens ?? Infinity, source.room),
    constraint: grammar && { grammar, filter: filterOf(source, grammar) },
    signal: options.signal,
  });
  const tellWhole = (branch: Branch, index: number): void => {
    const candidate = tree.candidate(branch);
    onText?.(candidate.text, index);
    onCandidate?.(candidate, index);
  };

  switch (sampling.kind) {
    case 'greedy':
    case 'temperature': {
      const count = sampling.kind === 'greedy' ? 1 : candidates;
      const streams = Array.from(
        { length: count },
        (_, index) => new TextStream(stops, (piece) => onText?.(piece, index)),
      );
      const done = (branch: Branch, index: number, bytes?: Uint8Array): void => {
        streams[index]!.end(branch.length, bytes);
        onCandidate?.(tree.candidate(branch), index);
      };
      const branches = await sampleIndependently(tree, sampling, count, (branch, index) => {
        const bytes = branch.finish === 'end' ? undefined : scorer.vocabulary.bytes(branch.token);
        if (branch.finish === undefined) streams[index]!.push(bytes!);
        else done(branch, index, bytes);
      });
      for (const [index, branch] of branches.entries()) if (branch.finish === undefined) done(branch, index);
      return branches.map((branch) => tree.candidate(branch));
    }
    case 'beam': {
      const branches = await searchBeam(tree, candidates, sampling.width ?? candidates);
      for (const [index, branch] of branches.entries()) tellWhole(branch, index);
      return branches.map((branch) => tree.candidate(branch));
    }
    case 'priority': {
      const branches = await samplePriority(tree, candidates, tellWhole);
      return branches.map((branch) => tree.candidate(branch));
    }
  }
}

function filterOf(source: Source, grammar: Grammar): TokenFilter {
  let filter = source.filters.get(grammar);
  if (filter === undefined) source.filters.set(grammar, (filter = new TokenFilter(source.scorer.vocabulary)));
  return filter;
}

/** Throws `usage` for numbers that mean nothing. */
export function checkOptions({ sampling, candidates = 1, maximumTokens = 1 }: GenerateOptions): void {
  const expect = (expected: string, found: number, good: boolean): void => {
    if (!good) throw new OzmaError('usage', `expected ${expected}, found ${found}`);
  };
  const whole = (value: number): boolean => Number.isInteger(value) && value >= 1;
  expect('a number of candidates of at least 1', candidates, whole(candidates));
  expect(
    'a maximum of tokens of at least 1',
    maximumTokens,
    maximumTokens === Infinity || whole(maximumTokens),
  );
  if (sampling?.kind === 'temperature') {
    const { temperature, topK = 1, topP = 1 } = sampling;
    expect('a temperature above 0 (greedy is a way of its own)', temperature, temperature > 0);
    expect('topK of at least 1', topK, whole(topK));
    expect('topP above 0 and at most 1', topP, topP > 0 && topP <= 1);
  }
  if (sampling?.kind === 'beam') {
    const { width = candidates } = sampling;
    expect(
      `a beam width of at least the ${candidates} candidates`,
      width,
      whole(width) && width >= candidates,
    );
  }
}
