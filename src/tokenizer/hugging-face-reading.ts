// Reads the tokenizer.json of Hugging Face `tokenizers` for the Llama family: byte-pair encoding with byte
// fallback and no word splitting. Ours, Llama 2's, Code Llama's and LLM Compiler's are of this kind; what
// splits words first (Llama 3, GPT) is refused.
//
// Files write a space as U+2581 when their normalizer or pre-tokenizer replaces it (Llama's do), else as
// itself (ours).

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { createTokenizer } from './tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import { byteOfText, idsOfMarkers } from './vocabulary.ts';
import type { Entry, EntryKind, Merges, PrefixSpace, Vocabulary } from './vocabulary.ts';

/** What SentencePiece writes for a space. */
export const spaceMark = '\u2581';

/** The parts of the file that are read. */
interface TokenizerFile {
  added_tokens?: { id: number; content: string; special: boolean; lstrip?: boolean; rstrip?: boolean }[];
  normalizer?: SpaceStep | null;
  pre_tokenizer?: SpaceStep | null;
  model?: {
    type?: string;
    byte_fallback?: boolean;
    unk_token?: string | null;
    vocab: Record<string, number>;
    /** `"l r"` in older files. */
    merges: (string | [string, string])[];
  };
}

interface SpaceStep {
  type: string;
  normalizers?: SpaceStep[];
  prepend?: string;
  pattern?: { String?: string };
  content?: string;
  prepend_scheme?: PrefixSpace;
  /** Older files, instead of prepend_scheme. */
  add_prefix_space?: boolean;
  split?: boolean;
}

interface Spaces {
  marked: boolean;
  prefix: PrefixSpace;
}

function refuse(path: string, expected: string, found: string): never {
  throw new OzmaError('usage', `${path}: expected ${expected}, found ${found}`);
}

function readSpaces(file: TokenizerFile, path: string): Spaces {
  const spaces: Spaces = { marked: false, prefix: 'never' };
  const read = (step: SpaceStep): void => {
    if (step.type === 'Sequence' && step.normalizers !== undefined) step.normalizers.forEach(read);
    else if (step.type === 'Prepend' && step.prepend === spaceMark) spaces.prefix = 'always';
    else if (step.type === 'Replace' && step.pattern?.String === ' ' && step.content === spaceMark) {
      spaces.marked = true;
    } else if (step.type === 'Metaspace' && step.split === false) {
      spaces.marked = true;
      spaces.prefix = step.prepend_scheme ?? (step.add_prefix_space === false ? 'never' : 'always');
    } else refuse(path, 'a Llama tokenizer that does not split words', `the step ${JSON.stringify(step)}`);
  };
  for (const step of [file.normalizer, file.pre_tokenizer]) if (step) read(step);
  return spaces;
}

function readEntries(file: Required<TokenizerFile>, marked: boolean): Entry[] {
  const { vocab, unk_token: unknown } = file.model;
  const plain = (text: string): string => (marked ? text.replaceAll(spaceMark, ' ') : text);
  const entries: Entry[] = [];
  for (const [text, id] of Object.entries(vocab)) {
    const kind: EntryKind = text === unknown ? 'unknown' : byteOfText(text) === undefined ? 'normal' : 'byte';
    entries[id] = { text: kind === 'normal' ? plain(text) : text, kind, score: 0 };
  }
  for (const { id, content, special } of file.added_tokens) {
    const kind = content === unknown ? 'unknown' : special ? 'control' : 'userDefined';
    entries[id] = { text: content, kind, score: 0 };
  }
  // Array.from: ids that nobody uses are holes, which map() would pass over.
  return Array.from(entries, (entry, id) => entry ?? { text: `<unused_${id}>`, kind: 'unused', score: 0 });
}

function readMerges(file: Required<TokenizerFile>, path: string): Merges {
  const { merges } = file.model;
  // Not the object itself: a piece may be called `constructor`.
  const vocab = new Map(Object.entries(file.model.vocab));
  const columns: Merges = {
    left: new Int32Array(merges.length),
    right: new Int32Array(merges.length),
    result: new Int32Array(merges.length),
    rank: Int32Array.from(merges, (_, index) => index),
  };
  for (const [index, merge] of merges.entries()) {
    const [left = '', right = ''] = typeof merge === 'string' ? merge.split(' ') : merge;
    const ids = [left, right, left + right].map((text) => vocab.get(text) ?? -1);
    if (ids.includes(-1)) refuse(path, 'merges of pieces in the vocabulary', JSON.stringify(merge));
    [columns.left[index], columns.right[index], columns.result[index]] = ids as [number, number, number];
  }
  return columns;
}

/** Scores for GGUF: a piece is as good as the first merge that makes it. */
function withScores(entries: readonly Entry[], { result }: Merges): Entry[] {
  const scores = new Map<number, number>();
  for (const id of result) if (!scores.has(id)) scores.set(id, -1 - scores.size);
  return entries.map((entry, id) => ({ ...entry, score: scores.get(id) ?? 0 }));
}

/** Reads the text of a tokenizer.json; `path` is for messages. Throws `usage` for other kinds of tokenizer. */
export function parseTokenizerFile(text: string, path = 'tokenizer.json'): Vocabulary {
  let file: TokenizerFile;
  try {
    file = JSON.parse(text) as TokenizerFile;
  } catch (error) {
    return refuse(path, 'a tokenizer.json', (error as Error).message);
  }
  const { model } = file;
  if (model?.type !== 'BPE') return refuse(path, 'a model of type BPE', model?.type ?? 'none');
  if (model.byte_fallback !== true) return refuse(path, 'byte_fallback', 'a model without');
  const stripping = file.added_tokens?.find(({ lstrip, rstrip }) => lstrip === true || rstrip === true);
  if (stripping !== undefined) refuse(path, 'added tokens that keep the spaces around', stripping.content);
  const complete = { ...file, added_tokens: file.added_tokens ?? [] } as Required<TokenizerFile>;
  const spaces = readSpaces(file, path);
  const merges = readMerges(complete, path);
  const entries = withScores(readEntries(complete, spaces.marked), merges);
  const names = { begin: '<s>', end: '</s>', unknown: model.unk_token ?? '<unk>' };
  return { entries, merges, prefixSpace: spaces.prefix, ...idsOfMarkers(entries, names) };
}

/** Reads a tokenizer.json, or the one in a folder. Throws `usage` when there is none, or of another kind. */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const file = path.endsWith('.json') ? path : join(path, 'tokenizer.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new OzmaError('usage', `${file}: expected a tokenizer.json, found ${(error as Error).message}`);
  }
  return createTokenizer(parseTokenizerFile(text, file));
}
