// Debian source packages: the newest version that can be downloaded, unpacked, with its licence. apt is asked
// through a configuration of its own, so that /etc/apt stays as it is and no root is needed.

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OzmaError } from '../../common/errors.ts';
import { failureLine, runProgram, type ProgramResult } from '../../llvm/run-program.ts';

export interface SourcePackage {
  name: string;
  version: string;
  licence: string;
  /** The unpacked source. */
  folder: string;
}

export type FetchResult =
  { ok: true; source: SourcePackage } | { ok: false; reason: 'gone' | 'not unpacked'; line: string };

const mirror = 'http://deb.debian.org/debian';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const fetchSeconds = 240;

/** Lines of sources.list: Debian 12. The corpus of another release is another corpus. */
export const debianSources = ['bookworm', 'bookworm-updates'].map(
  (release) => `deb-src [signed-by=${keyring}] ${mirror} ${release} main`,
);

export class Apt {
  private readonly words: readonly string[];

  private constructor(words: readonly string[]) {
    this.words = words;
  }

  /**
   * Sets up apt in `folder` for these lines of sources.list; what they list is fetched once. Throws
   * `environment` where there is no apt or no network.
   */
  static async open(folder: string, sources: readonly string[] = debianSources): Promise<Apt> {
    const list = join(folder, 'sources.list');
    const words = [
      ['Dir::Etc::sourcelist', list],
      ['Dir::Etc::sourceparts', '-'],
      ['Dir::State::lists', join(folder, 'lists')],
      ['Dir::Cache', join(folder, 'cache')],
      ['Dir::State::status', '/dev/null'],
      ['APT::Sandbox::User', 'root'],
      ['Acquire::Languages', 'none'],
      ['Acquire::Retries', '2'],
    ].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    const apt = new Apt(words);
    for (const name of ['lists/partial', 'cache/archives/partial'])
      await mkdir(join(folder, name), { recursive: true });
    const ready = join(folder, 'ready');
    const lines = `${sources.join('\n')}\n`;
    if ((await readFile(ready, 'utf8').catch(() => '')) === lines) return apt;
    await writeFile(list, lines);
    const result = await apt.run('apt-get', ['update', '-qq'], folder);
    if (result.exitCode !== 0) {
      throw new OzmaError(
        'environment',
        `expected apt-get and the network to list Debian sources, found: ${failureLine(result)}`,
      );
    }
    await writeFile(ready, lines);
    return apt;
  }

  private run(program: string, words: readonly string[], directory: string): Promise<ProgramResult> {
    return runProgram(program, [...this.words, ...words], { directory, timeoutSeconds: fetchSeconds });
  }

  /** Downloads and unpacks into `folder`, which is emptied first. A package that is gone is data. */
  async fetch(name: string, folder: string): Promise<FetchResult> {
    const shown = await this.run('apt-cache', ['showsrc', '--only-source', name], '/');
    const versions = [...shown.stdout.matchAll(/^Version: (.+)$/gm)].map(([, version = '']) => version);
    // apt lists the newest last in some versions and first in others.
    versions.sort((a, b) => (a < b ? 1 : -1));
    let line = `no source package ${name}`;
    // Mirrors lack a file now and then: an older version may be whole, and the authors' own archive may be
    // there where Debian's changes to it are not.
    for (const more of [[], ['--tar-only']]) {
      for (const version of new Set(versions)) {
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true });
        const words = ['source', '-qq', '--only-source', ...more, `${name}=${version}`];
        const result = await this.run('apt-get', words, folder);
        if (more.length > 0) await unpackArchive(folder);
        const unpacked = (await readdir(folder, { withFileTypes: true })).find((entry) =>
          entry.isDirectory(),
        );
        if (unpacked === undefined) {
          line = failureLine(result);
          continue;
        }
        const source = join(folder, 'source');
        await rename(join(folder, unpacked.name), source);
        return { ok: true, source: { name, version, licence: await readLicence(source), folder: source } };
      }
    }
    return { ok: false, reason: /unpack|dpkg-source/.test(line) ? 'not unpacked' : 'gone', line };
  }
}

async function unpackArchive(folder: string): Promise<void> {
  const archive = (await readdir(folder)).find((name) => /\.orig\.tar\.\w+$/.test(name));
  if (archive !== undefined) await runProgram('tar', ['-xf', archive], { directory: folder });
}

/**
 * The licence of most files: the first of debian/copyright in its machine-readable form, else what its prose
 * or the authors' own file of such a name says.
 */
async function readLicence(source: string): Promise<string> {
  const own = (await readdir(source)).filter((name) => /^(COPYING|LICEN[CS]E|COPYRIGHT)/i.test(name)).sort();
  const texts: string[] = [];
  for (const name of ['debian/copyright', ...own]) {
    texts.push(await readFile(join(source, name), 'utf8').catch(() => ''));
  }
  const [text = ''] = texts;
  const everything = /^Files:\s*\*[\s\S]*?^License:[ \t]*(\S.*)$/m.exec(text)?.[1];
  const first = /^License:[ \t]*(\S.*)$/m.exec(text)?.[1];
  return (everything ?? first ?? guessLicence(texts.join('\n'))).trim();
}

/** Older copyright files are prose. */
function guessLicence(text: string): string {
  const known: readonly [RegExp, string][] = [
    [/Lesser General Public|LGPL/i, 'LGPL'],
    [/General Public License|GPL/i, 'GPL'],
    [/Apache License/i, 'Apache-2.0'],
    [/Mozilla Public/i, 'MPL'],
    [/Permission is hereby granted, free of charge/i, 'MIT'],
    [/Redistribution and use in source and binary/i, 'BSD'],
    [/public domain/i, 'public-domain'],
  ];
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? 'unknown';
}
