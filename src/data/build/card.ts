// The data card: README.md beside a corpus, with counts by split, language, licence and package, lengths, what
// was left out and why, and what the splits have in common after all. Made by asking the finished files, not
// by believing the code that wrote them. Its head is what Hugging Face reads.

import { writeFileAtomically } from '../../common/files.ts';
import { join } from 'node:path';
import { readRecords, type CollectRecord } from '../collect/collected.ts';
import { readCorpus } from '../corpus.ts';
import { openDatabase, sqlList } from '../database.ts';
import { setFiles, splits, type SetManifest, type Split } from '../set-manifest.ts';
import { findLeakage, type Leakage, type LeakageRow } from './leakage.ts';

function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cell = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? ''));
  const line = (cells: readonly unknown[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function counts(dropped: Readonly<Record<string, number>>): string {
  const rows = Object.entries(dropped).filter(([, count]) => count > 0);
  return rows.length === 0
    ? 'Nothing.'
    : table(
        ['reason', 'number'],
        rows.sort((a, b) => b[1] - a[1]),
      );
}

function collectingPart(records: readonly CollectRecord[]): string {
  const dropped: Record<string, number> = {};
  const status: Record<string, number> = {};
  for (const record of records) {
    status[record.status] = (status[record.status] ?? 0) + 1;
    for (const [reason, count] of Object.entries(record.dropped))
      dropped[reason] = (dropped[reason] ?? 0) + count;
  }
  const total = (value: (record: CollectRecord) => number): number =>
    records.reduce((sum, record) => sum + value(record), 0);
  const how = (name: CollectRecord['how']): number =>
    records.filter((record) => record.how === name && record.modules > 0).length;
  return `${records.length} packages were asked for: ${Object.entries(status)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')}.
${total(({ modules }) => modules)} translation units compiled, ${(total(({ bytes }) => bytes) / 2 ** 20).toFixed(0)} MiB of bitcode,
in ${(total(({ seconds }) => seconds) / 3600).toFixed(1)} hours of work (packages at the same time counted apart). Flags were guessed for
${how('files')} packages, recorded from the package's own build for ${how('build')}, given for ${how('given')}.

Sources left out:

${counts(dropped)}`;
}

function leakageTable(before: unknown, after: Leakage): string {
  const rows: unknown[][] = [];
  for (const [when, found] of [
    ['before', before],
    ['after', after],
  ] as const) {
    for (const split of ['validation', 'test'] as const) {
      const count = (found as Leakage | undefined)?.[split];
      if (count !== undefined) rows.push([`${split}, ${when}`, count.rows, count.same, count.near]);
    }
  }
  return table(['split', 'rows', 'same in train', '90 % alike in train'], rows);
}

/** Hugging Face shows a file of this name. */
export const cardName = 'README.md';

/** Counts the leakage of the files as they lie there. `onRow` may throw to end it. */
export async function leakageOfCorpus(folder: string, onRow?: () => void): Promise<Leakage> {
  return findLeakage(async function* (split: Split): AsyncGenerator<LeakageRow> {
    for await (const { kind, id, ir } of readCorpus(folder, { split })) {
      onRow?.();
      yield { id: `${kind} ${id}`, ir };
    }
  });
}

/** Writes README.md. `collected` are the folders that the corpus was made of; `onRow` may throw to end it. */
export async function writeCard(
  folder: string,
  manifest: SetManifest,
  collected: readonly string[],
  onRow?: () => void,
): Promise<void> {
  const database = await openDatabase();
  const ask = async (columns: string, rest: string): Promise<unknown[][]> => {
    const sql = `SELECT ${columns} FROM read_parquet(${sqlList(setFiles(folder, manifest))}) ${rest}`;
    const { rows, names } = await database
      .runAndReadAll(sql)
      .then((reader) => ({ rows: reader.getRowObjectsJson(), names: reader.columnNames() }));
    return rows.map((row) => names.map((name) => row[name]));
  };
  const records: CollectRecord[] = [];
  for (const place of collected) if (!place.endsWith('.parquet')) records.push(...(await readRecords(place)));
  try {
    const kinds = await ask(
      `kind, split, count(*)::INTEGER, count(DISTINCT package)::INTEGER, sum(instructions)::BIGINT, sum(length(ir))::BIGINT,
       quantile_disc(length(ir), 0.5)::INTEGER, quantile_disc(length(ir), 0.9)::INTEGER, max(length(ir))::INTEGER`,
      `GROUP BY kind, split ORDER BY kind, array_position(${sqlList(splits)}, split)`,
    );
    const languages = await ask(
      `language, count(*) FILTER (kind = 'function')::INTEGER, count(*) FILTER (kind = 'module')::INTEGER`,
      'GROUP BY ALL ORDER BY 2 DESC, 1',
    );
    const licences = await ask(
      `licence, count(DISTINCT package)::INTEGER, count(*)::INTEGER`,
      'GROUP BY ALL ORDER BY 3 DESC, 1',
    );
    const packages = await ask(
      `package, version, licence, split, count(*) FILTER (kind = 'function')::INTEGER, count(*) FILTER (kind = 'module')::INTEGER`,
      'GROUP BY ALL ORDER BY 1',
    );
    const lengths = await ask(
      `CASE WHEN instructions < 10 THEN '1 to 9' WHEN instructions < 30 THEN '10 to 29' WHEN instructions < 100 THEN '30 to 99'
       WHEN instructions < 300 THEN '100 to 299' ELSE '300 and more' END AS range, count(*)::INTEGER`,
      `WHERE kind = 'function' GROUP BY ALL ORDER BY min(instructions)`,
    );
    const files = splits
      .filter((split) => manifest.splits[split] !== undefined)
      .map((split) => `      - split: ${split}\n        path: ${split}-*.parquet`);
    const text = `---
configs:
  - config_name: default
    data_files:
${files.join('\n')}
---

# Corpus

Unoptimised LLVM-IR of functions and modules, one row each, made by Ozma ${String(manifest.made['ozma'])} with LLVM ${String(manifest.made['llvm'])}:
what \`clang -Oz -Xclang -disable-llvm-passes\` makes of open source packages. Every function is a module of
its own that LLVM's verifier accepted. Equal rows (names and metadata aside) are kept once; a package is on one side of the
split; rows of validation and test that train has, too, or nearly, are left out.

Content hash ${manifest.contentHash}

## Rows

${table(
  [
    'kind',
    'split',
    'rows',
    'packages',
    'instructions',
    'characters',
    'median length',
    '90 % below',
    'longest',
  ],
  kinds,
)}

Functions by IR instructions:

${table(['instructions', 'functions'], lengths)}

${table(['language', 'functions', 'modules'], languages)}

## Leakage

${leakageTable(manifest.made['leakageBeforeRemoval'], await leakageOfCorpus(folder, onRow))}

## Collecting

${collectingPart(records)}

## Cutting

Functions and modules left out:

${counts(manifest.dropped)}

## Licences

As each package's debian/copyright says of most of its files.

${table(['licence', 'packages', 'rows'], licences)}

## Packages

${table(['package', 'version', 'licence', 'split', 'functions', 'modules'], packages)}
`;
    await writeFileAtomically(join(folder, cardName), text);
  } finally {
    database.closeSync();
  }
}
