// Samples as token ids, made once and kept in the cache folder: a file of ids, one after the other, and a
// file of lengths. Ids are read from the disk as they are needed, so a corpus may be larger than memory.
// A sample is: begin token, prompt, answer (or text), end token.

import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../common/cache-folder.ts';
import { writeFileAtomically } from '../../common/files.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import { fingerprint, readSamples, type SampleSource } from './samples.ts';

/** Changes when the files or what is in a sample change. */
const formatVersion = 2;

/** Marks plain text in the file of lengths: it has no prompt, and may be cut into windows. */
const noPrompt = 0xffff_ffff;

/** Ids held back before they are written: 4 MB. */
const writtenAtOnce = 1 << 20;

interface Manifest {
  samples: number;
  tokens: number;
  /** 2 where every id fits. */
  bytesPerToken: 2 | 4;
}

export class TokenSet {
  readonly samples: number;
  readonly tokens: number;
  /** Tokens of each sample. */
  readonly lengths: Uint32Array;
  private readonly promptLengths: Uint32Array;
  private readonly starts: Float64Array;
  private readonly file: number;
  private readonly bytesPerToken: 2 | 4;

  constructor(folder: string, manifest: Manifest) {
    this.samples = manifest.samples;
    this.tokens = manifest.tokens;
    this.bytesPerToken = manifest.bytesPerToken;
    const bytes = readFileSync(join(folder, 'samples.bin'));
    const numbers = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    this.lengths = numbers.filter((_, index) => index % 2 === 0);
    this.promptLengths = numbers.filter((_, index) => index % 2 === 1);
    this.starts = new Float64Array(this.samples);
    for (let sample = 1; sample < this.samples; sample++) {
      this.starts[sample] = this.starts[sample - 1]! + this.lengths[sample - 1]!;
    }
    this.file = openSync(join(folder, 'tokens.bin'), 'r');
  }

  /** Tokens before the answer, the begin token included; undefined for plain text. */
  promptLength(sample: number): number | undefined {
    const length = this.promptLengths[sample]!;
    return length === noPrompt ? undefined : length;
  }

  /** `count` ids of a sample, from the one numbered `from`. */
  read(sample: number, from: number, count: number): Uint16Array | Uint32Array {
    const ids = this.bytesPerToken === 2 ? new Uint16Array(count) : new Uint32Array(count);
    const position = (this.starts[sample]! + from) * this.bytesPerToken;
    const found = readSync(this.file, ids, 0, ids.byteLength, position);
    if (found !== ids.byteLength)
      throw new Error(`tokens.bin: expected ${ids.byteLength} bytes, found ${found}`);
    return ids;
  }

  close(): void {
    closeSync(this.file);
  }
}

/** What tells two vocabularies apart. */
export function tokenizerHash({ vocabulary }: Tokenizer): string {
  const hash = createHash('sha256');
  for (const { text, kind, score } of vocabulary.entries) hash.update(`${text}\0${kind}\0${score}\0`);
  const { left, right, result } = vocabulary.merges;
  for (const numbers of [left, right, result]) {
    hash.update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  }
  return hash.update(vocabulary.prefixSpace).digest('hex');
}

/** The tokens of a source, from the cache or made now; `onProgress` hears how many there are while it is made. */
export async function openTokenSet(
  source: SampleSource,
  tokenizer: Tokenizer,
  onProgress: (tokens: number) => void = () => undefined,
): Promise<TokenSet> {
  const identity = [formatVersion, tokenizerHash(tokenizer), source.split, source.column ?? ''];
  const key = createHash('sha256')
    .update([...identity, await fingerprint(source)].join('\n'))
    .digest('hex')
    .slice(0, 32);
  const folder = join(cacheFolder(), 'tokens', key);
  const known = await readCached(folder);
  if (known !== undefined) return new TokenSet(folder, known);
  const beside = `${folder}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(beside, { recursive: true });
  try {
    await writeTokens(beside, source, tokenizer, onProgress);
    // Another process may have been quicker: its folder is as good.
    await rename(beside, folder).catch(async (error: unknown) => {
      if ((await readCached(folder)) === undefined) throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return new TokenSet(folder, (await readCached(folder))!);
}

async function readCached(folder: string): Promise<Manifest | undefined> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Manifest);
}

async function writeTokens(
  folder: string,
  source: SampleSource,
  tokenizer: Tokenizer,
  onProgress: (tokens: number) => void,
): Promise<void> {
  const bytesPerToken = tokenizer.size <= 0x1_0000 ? 2 : 4;
  const tokenFile = await open(join(folder, 'tokens.bin'), 'w');
  const lengths: number[] = [];
  let tokens = 0;
  let waiting: number[] = [];
  const flush = async (): Promise<void> => {
    const ids = bytesPerToken === 2 ? Uint16Array.from(waiting) : Uint32Array.from(waiting);
    if (ids.length > 0) await tokenFile.write(ids);
    waiting = [];
    onProgress(tokens);
  };
  const push = (ids: readonly number[]): void => {
    for (const id of ids) waiting.push(id);
    tokens += ids.length;
  };
  try {
    for await (const { prompt, text } of readSamples(source)) {
      const before = tokens;
      push([tokenizer.beginId]);
      // Encoded apart from the answer, as when a model is asked.
      if (prompt !== undefined) push(tokenizer.encode(prompt));
      const promptLength = prompt === undefined ? noPrompt : tokens - before;
      push(tokenizer.encode(text));
      push([tokenizer.endId]);
      lengths.push(tokens - before, promptLength);
      if (waiting.length >= writtenAtOnce) await flush();
    }
    await flush();
  } finally {
    await tokenFile.close();
  }
  await writeFileAtomically(join(folder, 'samples.bin'), new Uint8Array(Uint32Array.from(lengths).buffer));
  const manifest: Manifest = { samples: lengths.length / 2, tokens, bytesPerToken };
  await writeFileAtomically(join(folder, 'manifest.json'), `${JSON.stringify(manifest)}\n`);
}
