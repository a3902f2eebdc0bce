// From collected modules to the corpus, in three steps: cut every module into functions (units of work, two
// at a time, in compile workers), find what the splits have in common, and write what is left, each row
// once. The first step takes nearly all of the time and is kept in `.units/`.

import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OzmaError } from '../../common/errors.ts';
import { whileLocked } from '../../common/folder-lock.ts';
import type { LlvmInstallation } from '../../llvm/installation.ts';
import { contentHash } from '../../llvm/module.ts';
import { WorkerPool } from '../../llvm/worker-pool.ts';
import { countModules, readModules, readRecords, type CollectedModule } from '../collect/collected.ts';
import { corpusColumns, type CorpusRow } from '../corpus.ts';
import { sumUnits, writeSetFiles } from '../parquet-set.ts';
import { readManifest, splits, type SetManifest, type Split } from '../set-manifest.ts';
import {
  runUnits,
  UnitStore,
  unitKey,
  type CountDropped,
  type UnitProgress,
  type UnitRecord,
  type WorkUnit,
} from '../units.ts';
import { cardName, writeCard } from './card.ts';
import { findLeakage, type LeakageRow } from './leakage.ts';
import { normalHash, normalTokens } from './normal-form.ts';
import { splitOfPackage } from './split-of-package.ts';

export interface CorpusSettings {
  installation: LlvmInstallation;
  /** Folders that `ozma data collect` filled, and Parquet files in ComPile's layout. */
  collected: readonly string[];
  /** The corpus itself. */
  folder: string;
  jobs: number;
  /** Characters of IR of a function, and of a module, at most. */
  longestFunction: number;
  longestModule: number;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: UnitProgress) => void;
  /** What is begun once everything is cut; each takes minutes for a large corpus. */
  onPhase?: (what: string) => void;
}

interface Modules {
  file: string;
  from: number;
  to: number;
}

const modulesPerUnit = 64;
const cutSeconds = 60;
/** Changes when the same modules give other rows than before. */
const version = 2;

/** Flags that say something of the code; where headers lay and which warnings were off does not. */
function meaningfulFlags(flags: readonly string[]): string[] {
  return flags.filter(
    (flag) => /^-(std=|[DUfmO]|pthread|ansi|x)/.test(flag) && !/^-fmacro-prefix-map/.test(flag),
  );
}

async function listUnits(settings: CorpusSettings): Promise<WorkUnit<Modules>[]> {
  const { longestFunction, longestModule } = settings;
  const units: WorkUnit<Modules>[] = [];
  const add = (file: string, what: unknown, modules: number): void => {
    for (let from = 0; from < modules; from += modulesPerUnit) {
      const key = unitKey(
        'cut',
        version,
        settings.installation.version,
        longestFunction,
        longestModule,
        what,
        from,
      );
      units.push({ key, input: { file, from, to: from + modulesPerUnit } });
    }
  };
  for (const place of settings.collected) {
    if (place.endsWith('.parquet')) {
      add(place, ['parquet', place], await countModules(place));
      continue;
    }
    const files = new Set(await readdir(place));
    for (const record of await readRecords(place)) {
      const file = `${record.package.replaceAll(/[^\w.+-]/g, '_')}.parquet`;
      if (record.modules === 0 || !files.has(file)) continue;
      const { key, version: packageVersion, modules, bytes } = record;
      add(join(place, file), [key, packageVersion, modules, bytes], modules);
    }
  }
  return units;
}

function rowOf(
  module: CollectedModule,
  kind: CorpusRow['kind'],
  name: string,
  ir: string,
  instructions: number,
  target: string,
): CorpusRow {
  return {
    id: normalHash(normalTokens(ir)),
    kind,
    name,
    ir,
    package: module.package,
    version: module.version,
    licence: module.licence,
    language: module.language,
    file: module.file,
    flags: meaningfulFlags(module.flags),
    target,
    instructions,
    bytes: null,
    split: splitOfPackage(module.package),
  };
}

async function* cutModules(
  pool: WorkerPool,
  { longestFunction, longestModule }: CorpusSettings,
  { file, from, to }: Modules,
  count: CountDropped,
): AsyncGenerator<CorpusRow> {
  const seen = new Set<string>();
  for await (const module of readModules(file, from, to)) {
    const source = { hash: contentHash(module.content), bytes: module.content };
    const outcome = await pool.cut(source, longestFunction);
    pool.forget(source);
    if (!outcome.ok) {
      count(`module ${outcome.failure.kind}`);
      continue;
    }
    const { value: cut } = outcome;
    count('function refused by LLVM when alone', cut.refused.length);
    count('function too large', cut.tooLarge);
    if (cut.functions.length === 0) continue;
    const rows = cut.functions.map(({ name, ir, instructions }) =>
      rowOf(module, 'function', name, ir, instructions, cut.triple),
    );
    if (cut.ir.length > longestModule) count('module too large');
    else rows.push(rowOf(module, 'module', module.file, cut.ir, cut.instructions, cut.triple));
    for (const row of rows) {
      // A module of one function has the same normal form as the function.
      const key = `${row.kind} ${row.id}`;
      if (seen.has(key)) count(`${row.kind} seen before`);
      else yield row;
      seen.add(key);
    }
  }
}

/**
 * Builds the corpus, or returns its manifest where nothing has changed. Throws `interrupted` and
 * `environment` (a full disk); the same call goes on afterwards. And `usage` while another process builds there.
 */
export async function buildCorpus(settings: CorpusSettings): Promise<SetManifest> {
  return whileLocked(settings.folder, () => cutAndWrite(settings));
}

async function cutAndWrite(settings: CorpusSettings): Promise<SetManifest> {
  const units = await listUnits(settings);
  const store = UnitStore.of(settings.folder);
  const pool = new WorkerPool({
    installation: settings.installation,
    workers: settings.jobs,
    timeoutSeconds: cutSeconds,
  });
  let records: UnitRecord[];
  try {
    records = await runUnits(store, units, ({ input }, count) => cutModules(pool, settings, input, count), {
      concurrency: settings.jobs,
      signal: settings.signal,
      total: units.length,
      ...(settings.onProgress === undefined ? {} : { onProgress: settings.onProgress }),
    });
  } finally {
    pool.close();
  }
  const source = sumUnits(records);
  const known = await readManifest(settings.folder);
  if (known?.unitsHash !== source.unitsHash) return writeCorpus(settings, store, records, source);
  // Killed after the manifest and before the card.
  if (!existsSync(join(settings.folder, cardName))) await writeCardOf(settings, known);
  return known;
}

const interrupted = (): OzmaError => new OzmaError('interrupted', 'interrupted; the same command goes on');

async function writeCardOf(settings: CorpusSettings, manifest: SetManifest): Promise<void> {
  settings.onPhase?.('writing the data card: the splits are compared as they lie there');
  await writeCard(settings.folder, manifest, settings.collected, () => {
    if (settings.signal?.aborted === true) throw interrupted();
  });
}

async function writeCorpus(
  settings: CorpusSettings,
  store: UnitStore,
  units: readonly UnitRecord[],
  source: ReturnType<typeof sumUnits>,
): Promise<SetManifest> {
  async function* rows(split: Split): AsyncGenerator<CorpusRow> {
    for (const { key, splits: parts } of units) {
      if (parts[split] === undefined) continue;
      for await (const line of store.lines(key)) {
        if (settings.signal?.aborted === true) throw interrupted();
        const row = JSON.parse(line) as CorpusRow;
        if (row.split === split) yield row;
      }
    }
  }
  // Functions and modules leak apart from each other.
  const identified = async function* (split: Split): AsyncGenerator<LeakageRow> {
    for await (const { kind, id, ir } of rows(split)) yield { id: `${kind} ${id}`, ir };
  };
  await rm(join(settings.folder, cardName), { force: true });
  settings.onPhase?.('comparing the splits');
  const leakage = await findLeakage(identified);
  settings.onPhase?.('writing the rows');
  const dropped = { ...source.dropped };
  const drop = (reason: string): void => {
    dropped[reason] = (dropped[reason] ?? 0) + 1;
  };
  const seen = new Set<string>();
  async function* kept(): AsyncGenerator<{ split: Split; line: string }> {
    for (const split of splits) {
      for await (const row of rows(split)) {
        const id = `${row.kind} ${row.id}`;
        if (split !== 'train' && leakage.leaked[split].has(id))
          drop(`${row.kind} of ${split} known to another split`);
        else if (seen.has(id)) drop(`${row.kind} seen before`);
        else {
          seen.add(id);
          yield { split, line: JSON.stringify(row) };
        }
      }
    }
  }
  const made = {
    llvm: settings.installation.version,
    longestFunction: settings.longestFunction,
    longestModule: settings.longestModule,
    leakageBeforeRemoval: { validation: leakage.validation, test: leakage.test },
  };
  const manifest = await writeSetFiles(
    settings.folder,
    { name: 'corpus', columns: corpusColumns, made },
    kept(),
    { ...source, dropped },
  );
  await writeCardOf(settings, manifest);
  await store.keepOnly(new Set(units.map(({ key }) => key)));
  return manifest;
}
