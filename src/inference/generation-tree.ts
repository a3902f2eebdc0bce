// One generation as a tree: branches grow a token at a time until something ends them. It knows what all
// ways of sampling share (grammar, stop strings, the limit, text and log-probabilities) and nothing of
// which token to take: greedy, temperature, beam and priority sampling are files of their own beside it.

import { OzmaError } from '../common/errors.ts';
import { isFinal, type TokenFilter } from './allowed-tokens.ts';
import type { Candidate, Finish, GeneratedToken } from './generation.ts';
import type { Grammar, GrammarState } from './grammar.ts';
import type { Path, Scorer } from './scorer.ts';
import { joinBytes, type StopStrings } from './stop-strings.ts';
import { decodeBytes } from './vocabulary.ts';

/** A candidate as far as it has come. */
export interface Branch extends Path {
  readonly parent: Branch | undefined;
  /** Sum over its tokens. */
  readonly logProbability: number;
  /** Bytes of its text; without a stop string and what follows it. */
  readonly length: number;
  /** The last bytes, as many as stop strings need. */
  readonly tail: Uint8Array;
  readonly grammar: GrammarState | undefined;
  readonly finish: Finish | undefined;
}

/** Next tokens that may be taken, most probable first. */
export interface Choices {
  readonly tokens: ArrayLike<number>;
  readonly logProbabilities: ArrayLike<number>;
}

export interface TreeSettings {
  scorer: Scorer;
  /** At least 1. */
  maximumTokens: number;
  stops: StopStrings;
  constraint: { grammar: Grammar; filter: TokenFilter } | undefined;
  signal: AbortSignal | undefined;
}

/** With a grammar more tokens are asked for than wanted, since it will refuse some. */
const askedWithGrammar = 64;

export class GenerationTree {
  readonly scorer: Scorer;
  readonly root: Branch;
  private readonly settings: TreeSettings;

  /** Throws `usage` where the shortest text of the grammar is longer than the limit. */
  constructor(settings: TreeSettings) {
    this.scorer = settings.scorer;
    this.settings = settings;
    const grammar = settings.constraint?.grammar.start();
    if (grammar !== undefined && grammar.missing > settings.maximumTokens) {
      throw new OzmaError(
        'usage',
        `expected at least ${grammar.missing} tokens for the shortest answer of the grammar, found room for ${settings.maximumTokens}`,
      );
    }
    const tail = new Uint8Array(0);
    this.root = {
      parent: undefined,
      token: -1,
      depth: 0,
      logProbability: 0,
      length: 0,
      tail,
      grammar,
      finish: undefined,
    };
  }

  /** At least `most` choices of each branch where there are so many; undefined when aborted. */
  async expand(branches: readonly Branch[], most: number): Promise<Choices[] | undefined> {
    const constrained = this.settings.constraint !== undefined;
    const found = new Map<Branch, { all: Choices; choices: Choices }>();
    const ask = async (paths: readonly Branch[], count: number): Promise<Branch[]> => {
      const requests = paths.map((path) => ({ path, most: count }));
      const distributions = await this.scorer.score(requests, this.settings.signal);
      return paths.filter((branch, index) => {
        const distribution = distributions[index]!;
        const choices = constrained ? this.permitted(branch, distribution, most, true) : distribution;
        found.set(branch, { all: distribution, choices });
        return choices.tokens.length < most && distribution.tokens.length < this.scorer.vocabulary.size;
      });
    };
    try {
      this.settings.signal?.throwIfAborted();
      const short = await ask([...new Set(branches)], constrained ? Math.max(most, askedWithGrammar) : most);
      if (short.length > 0) await ask(short, Infinity);
    } catch (error) {
      if (this.settings.signal?.aborted) return undefined;
      throw error;
    }
    return branches.map((branch) => {
      const { all, choices } = found.get(branch)!;
      if (choices.tokens.length > 0) return choices;
      // A text that no longer ends in time goes on to the limit.
      const late = constrained ? this.permitted(branch, all, most, false) : choices;
      if (late.tokens.length > 0) return late;
      throw new OzmaError(
        'refused',
        `expected a token of the vocabulary that goes on as the grammar wants, found none after '${this.text(branch).slice(-40)}'`,
      );
    });
  }

  /** `inTime`: only what can still be whole at the limit. */
  private permitted(branch: Branch, all: Choices, most: number, inTime: boolean): Choices {
    const state = branch.grammar!;
    const { filter } = this.settings.constraint!;
    // After this token there must be room for the rest, which takes a token for each byte at worst.
    const room = inTime ? this.settings.maximumTokens - branch.depth - 1 : Infinity;
    const tokens: number[] = [];
    const logProbabilities: number[] = [];
    for (let index = 0; index < all.tokens.length && tokens.length < most; index++) {
      const token = all.tokens[index]!;
      const after = filter.after(state, token);
      const fits = after === undefined ? false : after.missing <= room;
      if (!fits && !(state.missing === 0 && this.scorer.vocabulary.ends(token))) continue;
      tokens.push(token);
      logProbabilities.push(all.logProbabilities[index]!);
    }
    return { tokens, logProbabilities };
  }

  /** The branch with one token more, finished where that ends it. */
  extend(parent: Branch, token: number, logProbability: number): Branch {
    const { vocabulary } = this.scorer;
    const grown = {
      parent,
      token,
      depth: parent.depth + 1,
      logProbability: parent.logProbability + logProbability,
      length: parent.length,
      tail: parent.tail,
      grammar: parent.grammar,
    };
    if (vocabulary.ends(token)) return { ...grown, finish: 'end' };
    const bytes = vocabulary.bytes(token);
    const { stops, constraint, maximumTokens } = this.settings;
    const recent = joinBytes([parent.tail, bytes]);
    const stop = stops.find(recent);
    const length = parent.length + (stop < 0 ? bytes.length : stop - parent.tail.length);
    const tail = recent.slice(Math.max(0, recent.length - stops.tailLength));
    const grammar = constraint && parent.grammar && constraint.filter.after(parent.grammar, token);
    let finish: Finish | undefined;
    if (stop >= 0) finish = 'stop';
    else if (grammar !== undefined && isFinal(grammar)) finish = 'grammar';
    else if (grown.depth >= maximumTokens) finish = grammar?.missing === 0 ? 'grammar' : 'length';
    return { ...grown, length, tail, grammar, finish };
  }

  private chain(branch: Branch): Branch[] {
    const chain: Branch[] = [];
    for (let at = branch; at.parent !== undefined; at = at.parent) chain.push(at);
    return chain.reverse();
  }

  text(branch: Branch): string {
    const bytes = joinBytes(this.chain(branch).map(({ token }) => this.scorer.vocabulary.bytes(token)));
    return decodeBytes(bytes.subarray(0, branch.length));
  }

  /** What is handed out; a branch that is not finished was aborted. */
  candidate(branch: Branch): Candidate {
    const { vocabulary } = this.scorer;
    const tokens = this.chain(branch)
      .filter(({ token }) => !vocabulary.ends(token))
      .map(({ parent, token, logProbability }): GeneratedToken => ({
        id: token,
        text: decodeBytes(vocabulary.bytes(token)),
        logProbability: logProbability - parent!.logProbability,
      }));
    return {
      text: this.text(branch),
      tokens,
      logProbability: branch.logProbability,
      finish: branch.finish ?? 'aborted',
    };
  }
}
