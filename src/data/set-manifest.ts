// What a set is on disk: a folder of Parquet files, one row group after the other in a fixed order, and
// manifest.json, which is written last. A folder without a manifest is not a set yet. Files are named as
// Hugging Face `datasets` expects them (`train-00000-of-00002.parquet`), so that the folder loads as it is.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { OzmaError } from '../common/errors.ts';
import { reasonOf, writeFileAtomically } from '../common/files.ts';

export const splits = ['train', 'validation', 'test'] as const;
export type Split = (typeof splits)[number];

/** Columns by name, each with its DuckDB type (`VARCHAR`, `INTEGER`, `VARCHAR[]`). */
export type Columns = Readonly<Record<string, string>>;

const splitRecord = z.object({
  rows: z.number(),
  /** Of the rows as JSON. */
  bytes: z.number(),
  files: z.array(z.string()),
});

const manifestSchema = z.object({
  format: z.literal(1),
  name: z.string(),
  rows: z.number(),
  /** sha256 of all rows as JSON, in their order: two builds with equal hashes hold the same data. */
  contentHash: z.string(),
  /** sha256 of the keys of the units that it was made of, and of their number. */
  unitsHash: z.string(),
  units: z.number(),
  /** What was left out, counted by reason. */
  dropped: z.record(z.string(), z.number()),
  columns: z.record(z.string(), z.string()),
  splits: z.partialRecord(z.enum(splits), splitRecord),
  /** Seconds of work in all units, also those of earlier, interrupted runs. */
  seconds: z.number(),
  /** What made it: versions, seeds, settings. */
  made: z.record(z.string(), z.unknown()),
});

export type SetManifest = z.infer<typeof manifestSchema>;

const manifestName = 'manifest.json';

/** Undefined where there is none. Throws `usage` for a file that is no manifest of a set. */
export async function readManifest(folder: string): Promise<SetManifest | undefined> {
  const file = join(folder, manifestName);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new OzmaError('environment', `${file}: ${reasonOf(error)}`, { cause: error });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new OzmaError('usage', `${file}: expected the manifest of a set in JSON`, { cause });
  }
  const checked = manifestSchema.safeParse(parsed);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new OzmaError('usage', `${file}, ${issue?.path.join('.') || 'top'}: ${issue?.message ?? 'wrong'}`);
  }
  return checked.data;
}

/** Throws `usage` where the folder holds no finished set. */
export async function mustBeSet(folder: string): Promise<SetManifest> {
  const manifest = await readManifest(folder);
  if (manifest === undefined) {
    throw new OzmaError('usage', `${folder}: expected a finished set (a folder with ${manifestName})`);
  }
  return manifest;
}

export async function writeManifest(folder: string, manifest: SetManifest): Promise<void> {
  await writeFileAtomically(join(folder, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** The Parquet files of a set, or of one of its splits, in order. */
export function setFiles(folder: string, manifest: SetManifest, split?: Split): string[] {
  return splits
    .filter((name) => split === undefined || name === split)
    .flatMap((name) => manifest.splits[name]?.files ?? [])
    .map((file) => join(folder, file));
}

/** The finished sets directly inside a folder, by name of their folder. */
export async function findSets(
  folder: string,
): Promise<{ name: string; folder: string; manifest: SetManifest }[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: { name: string; folder: string; manifest: SetManifest }[] = [];
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const manifest = await readManifest(join(folder, name)).catch(() => undefined);
    if (manifest !== undefined) found.push({ name, folder: join(folder, name), manifest });
  }
  return found;
}
