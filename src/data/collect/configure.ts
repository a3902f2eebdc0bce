// Writes the configuration headers that a package's own build would write: its templates filled in, or, where it
// has none, a header that answers every question that the code asks.

import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fillHeader, headerFromCode, headerOfTemplate, type PackageIdentity } from './config-header.ts';
import type { SourceTree } from './source-tree.ts';
import type { SystemKnowledge } from './system.ts';

/**
 * Every question that the code asks, answered. `included` says whether files that ask include
 * config.h; where most do not, the build is assumed to force it upon all. Undefined where nothing is asked.
 */
async function answersToCode(
  tree: SourceTree,
  system: SystemKnowledge,
  identity: PackageIdentity,
): Promise<{ text: string; included: boolean } | undefined> {
  const texts: string[] = [];
  for (const path of new Set([...tree.headers.values()].flat())) {
    texts.push(await readFile(join(tree.root, path), 'latin1').catch(() => ''));
  }
  const includes = texts.filter((text) => /#[ \t]*include[ \t]*["<]config\.h[">]/.test(text)).length;
  const asking = texts.filter((text) => /#[ \t]*(if|elif).*\bHAVE_/.test(text)).length;
  if (includes === 0 && asking === 0) return undefined;
  return { text: headerFromCode(texts, system, identity), included: includes > asking / 4 };
}

/** Writes the configuration headers that the package's own build would write. */
export async function configure(
  tree: SourceTree,
  system: SystemKnowledge,
  identity: PackageIdentity,
): Promise<void> {
  const write = async (header: string, text: string): Promise<void> => {
    await writeFile(join(tree.root, header), text).catch(() => undefined);
    const name = basename(header);
    tree.headers.set(name, [...(tree.headers.get(name) ?? []), header]);
    tree.configured ||= /config/i.test(name);
  };
  // autoheader's templates before CMake's: they ask one question a macro.
  const templates = [...tree.templates].sort((a, b) => Number(/cmake/.test(a)) - Number(/cmake/.test(b)));
  for (const template of templates) {
    const header = headerOfTemplate(template);
    const name = basename(header);
    // gnulib's replacements of system headers are not needed on this system.
    const replacement = /\.in\.h$/.test(template) && system.hasHeader(name);
    if (replacement || tree.headers.get(name)?.includes(header) === true) continue;
    const text = await readFile(join(tree.root, template), 'utf8').catch(() => undefined);
    if (text !== undefined) await write(header, fillHeader(text, system, identity));
  }
  if (tree.configured) return;
  const answers = await answersToCode(tree, system, identity);
  if (answers === undefined) return;
  await write('config.h', answers.text);
  if (!answers.included) tree.forced = 'config.h';
}
