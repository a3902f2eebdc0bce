// The pass lists that a model may answer with, as an automaton over bytes: whatever it accepts is a pipeline
// that LLVM takes, with passes that are trusted, each at its level, `instcombine` and `licm` as they do not
// abort. It has the shape of src/inference's `Grammar` and knows nothing of models.
//
// Narrower than LLVM: adaptors are always written out, parameters are those of random lists
// (parameter-samples.ts) and at most one of each group, analyses (`require<…>`) are left out.

import type { PassLevel } from '../passes/levels.ts';
import { parameterChoices } from '../passes/parameter-samples.ts';
import type { Vocabulary, VocabularyPass } from '../passes/vocabulary.ts';
import { createWordTrie, leastCost, type WordTrie } from './word-trie.ts';

export interface PipelineGrammarState {
  next(byte: number): PipelineGrammarState | undefined;
  /** Fewest further bytes to a whole text. */
  readonly missing: number;
  readonly key: string;
}

export interface PipelineGrammar {
  start(): PipelineGrammarState;
}

export interface PipelineGrammarOptions {
  /** What stands around the pipeline; default the beginning of the tune answer, `opt -p '…'`. */
  before?: string;
  after?: string;
}

/** Where a pass list goes on inside: a level, and what it may hold. */
type Place = 'module' | 'inner-module' | 'cgscc' | 'devirt' | 'function' | 'loop' | 'loop-mssa';

interface PlaceRules {
  /** Levels of the passes that stand bare here. */
  levels: readonly PassLevel[];
  /** Adaptors as they are written, and the place inside. */
  opens: Readonly<Record<string, Place>>;
}

/** Only inside `cgscc` may functions that were seen before be left out. */
const componentAdaptors = {
  function: 'function',
  'function<eager-inv>': 'function',
  'function<no-rerun>': 'function',
  'function<eager-inv;no-rerun>': 'function',
} as const;

const moduleAdaptors = { cgscc: 'cgscc', function: 'function', 'function<eager-inv>': 'function' } as const;

const places: Readonly<Record<Place, PlaceRules>> = {
  module: { levels: ['module'], opens: { module: 'inner-module', ...moduleAdaptors } },
  'inner-module': { levels: ['module'], opens: moduleAdaptors },
  cgscc: {
    levels: ['cgscc'],
    opens: { 'devirt<1>': 'devirt', 'devirt<2>': 'devirt', 'devirt<4>': 'devirt', ...componentAdaptors },
  },
  devirt: { levels: ['cgscc'], opens: componentAdaptors },
  function: { levels: ['function'], opens: { loop: 'loop', 'loop-mssa': 'loop-mssa' } },
  loop: { levels: ['loop'], opens: {} },
  'loop-mssa': { levels: ['loop', 'loop-mssa'], opens: {} },
};

/** What a name turns out to be when it is read to its end. */
type Item = { kind: 'pass'; parameters: Parameters | undefined } | { kind: 'opening'; place: Place };

/** The parameters of a pass: words in groups, of which each gives one at most. */
interface Parameters {
  pass: string;
  /** Words and the number of their group. */
  words: WordTrie<number>;
  /** A word without which LLVM may abort. */
  required: { word: string; group: number } | undefined;
}

const requiredWords: Readonly<Record<string, string>> = { instcombine: 'no-verify-fixpoint' };

/** Bytes of `opt -p '…'`: the pipeline ends at the second quote, and generation with it. */
const answer = { before: "opt -p '", after: "'" };

export function createPipelineGrammar(
  vocabulary: Vocabulary,
  { before, after }: PipelineGrammarOptions = answer,
): PipelineGrammar {
  return new Grammar(itemsOf(vocabulary), before, after);
}

/** The names that may stand in each place. */
function itemsOf(vocabulary: Vocabulary): Record<Place, WordTrie<Item>> {
  const passes = vocabulary.passes.filter(
    (pass) =>
      pass.verdict === 'usable' && (pass.pipeline || vocabulary.levelOf({ name: pass.name }) === pass.level),
  );
  const items = (place: Place): WordTrie<Item> => {
    const { levels, opens } = places[place];
    const bare = passes.filter((pass) => levels.includes(pass.level)).flatMap(passItems);
    const openings = Object.entries(opens).map(([adaptor, inside]): [string, Item] => [
      `${adaptor}(`,
      { kind: 'opening', place: inside },
    ]);
    return createWordTrie([...bare, ...openings]);
  };
  return Object.fromEntries(Object.keys(places).map((place) => [place, items(place as Place)])) as Record<
    Place,
    WordTrie<Item>
  >;
}

function passItems(pass: VocabularyPass): [string, Item][] {
  // `default<Oz>` is one word: a level is not left out.
  if (pass.pipeline) {
    return pass.parameters
      .filter(({ name }) => /^O[1-3sz]$/.test(name))
      .map(({ name }) => [`${pass.name}<${name}>`, { kind: 'pass', parameters: undefined }]);
  }
  const known = new Set(pass.parameters.map(({ name }) => name));
  const required = requiredWords[pass.name];
  const groups = [...(parameterChoices[pass.name] ?? []), ...(required === undefined ? [] : [[required]])];
  const words = groups.flatMap((group, index) =>
    group.filter((word) => known.has(word.split('=')[0]!)).map((word): [string, number] => [word, index]),
  );
  if (words.length === 0) return [[pass.name, { kind: 'pass', parameters: undefined }]];
  const parameters: Parameters = {
    pass: pass.name,
    words: createWordTrie(words),
    required: required === undefined ? undefined : { word: required, group: groups.length - 1 },
  };
  return [[pass.name, { kind: 'pass', parameters }]];
}

const byteOf = (character: string): number => character.charCodeAt(0);
const comma = byteOf(',');
const closing = byteOf(')');
const lessThan = byteOf('<');
const greaterThan = byteOf('>');
const semicolon = byteOf(';');

/** A place in a pipeline: the adaptors around it from the outside in, the pipeline itself first. */
type Stack = readonly Place[];

class Grammar implements PipelineGrammar {
  private readonly items: Record<Place, WordTrie<Item>>;
  private readonly before: string;
  private readonly after: string;
  private readonly shortest = new Map<Place, number>();

  constructor(items: Record<Place, WordTrie<Item>>, before = '', after = '') {
    this.items = items;
    this.before = before;
    this.after = after;
  }

  start(): PipelineGrammarState {
    return this.literal('before', 0);
  }

  /** In the text before or after the pipeline, so many bytes of it read. */
  private literal(which: 'before' | 'after', read: number): PipelineGrammarState {
    const text = this[which];
    if (which === 'before' && read === text.length) return this.item(['module'], this.items.module);
    const left = text.length - read;
    return {
      next: (byte) =>
        left > 0 && byte === text.charCodeAt(read) ? this.literal(which, read + 1) : undefined,
      missing: left + (which === 'before' ? this.shortestItem('module') + this.after.length : 0),
      key: `${which} ${read}`,
    };
  }

  /** Bytes of the shortest item of a place. */
  private shortestItem(place: Place): number {
    let known = this.shortest.get(place);
    if (known === undefined) {
      known = leastCost(this.items[place], (item) => this.shortestEnd(item));
      this.shortest.set(place, known);
    }
    return known;
  }

  /** Fewest bytes after the name of an item to its end. */
  private shortestEnd(item: Item): number {
    if (item.kind === 'opening') return this.shortestItem(item.place) + 1;
    const required = item.parameters?.required;
    return required === undefined ? 0 : required.word.length + 2;
  }

  private shortestClosing(stack: Stack): number {
    return stack.length - 1 + this.after.length;
  }

  /** In the name of an item, at the beginning of it at first. */
  private item(stack: Stack, node: WordTrie<Item>): PipelineGrammarState {
    const { value } = node;
    if (value?.kind === 'opening') return this.item([...stack, value.place], this.items[value.place]);
    const ended = value && this.ended(stack, value.parameters);
    return {
      next: (byte) => {
        const child = node.children.get(byte);
        return child === undefined ? ended?.next(byte) : this.item(stack, child);
      },
      missing: leastCost(node, (item) => this.shortestEnd(item)) + this.shortestClosing(stack),
      key: `item ${stack.join(' ')} ${node.id}`,
    };
  }

  /** After an item; `parameters` where some may follow. */
  private ended(stack: Stack, parameters?: Parameters): PipelineGrammarState {
    const place = stack.at(-1)!;
    const open = this.shortestEnd({ kind: 'pass', parameters });
    return {
      next: (byte) => {
        if (byte === lessThan && parameters !== undefined)
          return this.word(stack, parameters, 0, parameters.words);
        if (open > 0) return undefined;
        if (byte === comma) return this.item(stack, this.items[place]);
        if (stack.length > 1) return byte === closing ? this.ended(stack.slice(0, -1)) : undefined;
        return this.literal('after', 0).next(byte);
      },
      missing: open + this.shortestClosing(stack),
      key: `ended ${stack.join(' ')} ${parameters?.pass ?? ''}`,
    };
  }

  /** Between `<` and `>`, in a word; `used` has a bit for each group that has given its word. */
  private word(
    stack: Stack,
    parameters: Parameters,
    used: number,
    node: WordTrie<number>,
  ): PipelineGrammarState {
    const { required } = parameters;
    const isUsed = (group: number, groups = used): boolean => (groups & (1 << group)) !== 0;
    /** Fewest bytes to `>` after a word, when these groups are used. */
    const rest = (groups: number): number =>
      required === undefined || isUsed(required.group, groups) ? 1 : required.word.length + 2;
    const left = (at: WordTrie<number>): number =>
      leastCost(at, (group) => (isUsed(group) ? Infinity : rest(used | (1 << group))));
    const between = node === parameters.words;
    // Nothing has to stand there: LLVM itself writes `gvn<>` and `loop-vectorize<…;vectorize-forced-only;>`.
    const satisfied = rest(used) === 1;
    const whole = node.value !== undefined && !isUsed(node.value) ? used | (1 << node.value) : undefined;
    return {
      next: (byte) => {
        const child = node.children.get(byte);
        if (child !== undefined && left(child) < Infinity) return this.word(stack, parameters, used, child);
        if (byte === greaterThan) {
          const ends = between ? satisfied : whole !== undefined && rest(whole) === 1;
          return ends ? this.ended(stack) : undefined;
        }
        return byte === semicolon && whole !== undefined
          ? this.word(stack, parameters, whole, parameters.words)
          : undefined;
      },
      missing: (between && satisfied ? 1 : left(node)) + this.shortestClosing(stack),
      key: `word ${stack.join(' ')} ${parameters.pass} ${used} ${node.id}`,
    };
  }
}
