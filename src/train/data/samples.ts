// What is trained on, as it comes out of files: questions with answers (`prompt` and `completion`), or plain
// text. A source is a set made by `ozma data`, a Parquet or JSON lines file, or a folder of text files.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OzmaError } from '../../common/errors.ts';
import { reasonOf } from '../../common/files.ts';
import { asDatabaseError, openDatabase, sqlName, sqlList } from '../../data/database.ts';
import { mustBeSet, readManifest, setFiles, type Split } from '../../data/set-manifest.ts';

export interface Sample {
  /** Undefined for plain text, of which every token is learned. */
  prompt: string | undefined;
  /** The answer, or the text. */
  text: string;
}

export interface SampleSource {
  path: string;
  /** Of a set; files have no splits. */
  split: Split;
  /** The column with plain text where there are no prompts; by default `text`, else `ir`. */
  column?: string | undefined;
}

/** Files of a folder of texts that count. */
const textEndings = ['.ll', '.s', '.txt'];

interface Table {
  /** The DuckDB function that reads the files. */
  reader: 'read_parquet' | 'read_json';
  files: string[];
}

/** The tables behind a source, or undefined for a folder of texts. */
async function tableOf({ path, split }: SampleSource): Promise<Table | undefined> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new OzmaError('usage', `${path}: expected a set, a file or a folder, found ${reasonOf(cause)}`, {
      cause,
    });
  });
  if (found.isDirectory()) {
    if ((await readManifest(path)) === undefined) return undefined;
    return { reader: 'read_parquet', files: setFiles(path, await mustBeSet(path), split) };
  }
  if (path.endsWith('.parquet')) return { reader: 'read_parquet', files: [path] };
  if (path.endsWith('.jsonl')) return { reader: 'read_json', files: [path] };
  throw new OzmaError('usage', `${path}: expected a set, a folder, or a file ending in .parquet or .jsonl`);
}

async function* samplesOfTable(table: Table, { path, column }: SampleSource): AsyncGenerator<Sample> {
  const database = await openDatabase();
  try {
    // Several threads hand over row groups as they come.
    await database.run('SET threads = 1');
    const rows = `${table.reader}(${sqlList(table.files)})`;
    const described = await database.runAndReadAll(`DESCRIBE SELECT * FROM ${rows}`);
    const columns = (described.getRowsJS() as [string][]).map(([name]) => name);
    const pairs = column === undefined && columns.includes('prompt') && columns.includes('completion');
    const text = column ?? ['completion', 'text', 'ir'].find((name) => columns.includes(name));
    if (text === undefined || !columns.includes(text)) {
      const expected = column ?? 'prompt and completion, or text, or ir';
      throw new OzmaError('usage', `${path}: expected the columns ${expected}, found ${columns.join(', ')}`);
    }
    const wanted = pairs ? ['prompt', 'completion'] : [text];
    const query = `SELECT ${wanted.map((name) => `${sqlName(name)}::VARCHAR`).join(', ')} FROM ${rows}`;
    for await (const chunk of (await database.stream(query)).yieldRowsJs()) {
      for (const values of chunk) {
        const [first, second] = values as (string | null)[];
        const whole = pairs ? second : first;
        // A pretraining set has the columns of a pair, and no prompt in them.
        const prompt = pairs && first !== '' && first !== null ? first : undefined;
        if (typeof whole === 'string') yield { prompt, text: whole };
      }
    }
  } catch (error) {
    throw error instanceof OzmaError ? error : asDatabaseError(error, path);
  } finally {
    database.closeSync();
  }
}

async function textFilesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => textEndings.some((ending) => name.endsWith(ending)))
    .sort()
    .map((name) => join(folder, name));
}

/** All samples, in the order in which they stand. Throws `usage` for what cannot be read. */
export async function* readSamples(source: SampleSource): AsyncGenerator<Sample> {
  const table = await tableOf(source);
  if (table !== undefined) {
    if (table.files.length > 0) yield* samplesOfTable(table, source);
    return;
  }
  const files = await textFilesBelow(source.path);
  if (files.length === 0) {
    const endings = textEndings.join(', ');
    throw new OzmaError('usage', `${source.path}: expected a set or files ending in ${endings}, found none`);
  }
  for (const file of files) yield { prompt: undefined, text: await readFile(file, 'utf8') };
}

/** What tells two states of a source apart, without reading it all. */
export async function fingerprint(source: SampleSource): Promise<string> {
  const found = await stat(source.path).catch(() => undefined);
  if (found?.isDirectory() === true) {
    const manifest = await readManifest(source.path);
    if (manifest !== undefined) return `set ${manifest.contentHash}`;
  }
  const files = found?.isDirectory() === true ? await textFilesBelow(source.path) : [source.path];
  const facts = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file);
      return `${file} ${size} ${mtimeMs}`;
    }),
  ).catch(() => []);
  return facts.join('\n');
}
