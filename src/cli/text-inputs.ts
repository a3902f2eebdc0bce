// Texts to train on, from what stands on the command line: text files, Parquet files, sets as `ozma data`
// makes them (the training split alone), and folders, of which the files with certain endings are read. The
// order is that of the names, so that the same inputs give the same result.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OzmaError } from '../common/errors.ts';
import { reasonOf } from '../common/files.ts';

export interface TextInputSettings {
  /** File endings without the dot: which files of a folder count. */
  endings: readonly string[];
  /** The columns of Parquet files that hold text. */
  columns: readonly string[];
}

async function* filesBelow(folder: string, endings: readonly string[]): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path, endings);
    else if (endings.some((ending) => entry.name.endsWith(`.${ending}`))) yield path;
  }
}

async function* textsOfParquet(file: string, columns: readonly string[]): AsyncGenerator<string> {
  const { asDatabaseError, openDatabase, sqlName, sqlText } = await import('../data/database.ts');
  const database = await openDatabase();
  try {
    // Several threads hand over row groups as they come.
    await database.run('SET threads = 1');
    const texts = columns.map((column) => `${sqlName(column)}::VARCHAR`);
    const query = `SELECT ${texts.join(', ')} FROM read_parquet(${sqlText(file)})`;
    for await (const rows of (await database.stream(query)).yieldRowsJs()) {
      for (const text of rows.flat()) if (typeof text === 'string') yield text;
    }
  } catch (error) {
    throw asDatabaseError(error, file);
  } finally {
    database.closeSync();
  }
}

async function* textsOfSet(folder: string, columns: readonly string[]): AsyncGenerator<string> {
  const { readSet } = await import('../data/corpus.ts');
  for await (const row of readSet<Record<string, unknown>>(folder, 'true', { split: 'train' })) {
    for (const column of columns) {
      const text = row[column];
      if (typeof text === 'string') yield text;
      else if (text !== null) {
        const found = Object.keys(row).join(', ');
        throw new OzmaError('usage', `${folder}: expected a column ${column} with text, found ${found}`);
      }
    }
  }
}

async function* textsOf(input: string, settings: TextInputSettings): AsyncGenerator<string> {
  const { endings, columns } = settings;
  const found = await stat(input);
  if (!found.isDirectory()) {
    if (input.endsWith('.parquet')) yield* textsOfParquet(input, columns);
    else yield await readFile(input, 'utf8');
  } else if (await stat(join(input, 'manifest.json')).catch(() => undefined)) {
    yield* textsOfSet(input, columns);
  } else {
    for await (const file of filesBelow(input, endings)) yield await readFile(file, 'utf8');
  }
}

/** All texts of all inputs. Throws `usage` for an input that cannot be read or has no text. */
export async function* readTexts(
  inputs: readonly string[],
  settings: TextInputSettings,
): AsyncGenerator<string> {
  for (const input of inputs) {
    let count = 0;
    try {
      for await (const text of textsOf(input, settings)) {
        yield text;
        count++;
      }
    } catch (error) {
      if (error instanceof OzmaError || (error as NodeJS.ErrnoException).code === undefined) throw error;
      throw new OzmaError('usage', `${input}: cannot be read: ${reasonOf(error)}`, { cause: error });
    }
    if (count > 0) continue;
    const endings = settings.endings.map((ending) => `.${ending}`).join(', ');
    throw new OzmaError(
      'usage',
      `${input}: expected texts (in a folder: files ending in ${endings}), found none`,
    );
  }
}
