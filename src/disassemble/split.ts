// Cuts one function out of an assembly file so that it can be assembled on its own: its lines, the tables
// that point into it, and, apart from it, the data that it shares with the rest of the file. Works on lines
// of text, so that what is assembled is what was written.

import type { AssemblyFile, AssemblyFunction } from '../lift/assembly/types.ts';
import { isOutlined } from '../lift/outlined.ts';

/** A run of data lines behind one or more labels. */
interface DataBlock {
  labels: string[];
  lines: string[];
  /** Functions whose labels it points to: it can only be assembled beside them. */
  owners: Set<string>;
  threadLocal: boolean;
}

export interface SplitFile {
  /** Lines of each function, its name's label first. */
  functions: ReadonlyMap<string, readonly string[]>;
  blocks: readonly DataBlock[];
}

export interface StandaloneFunction {
  /** Assembles on its own; what it does not define is undefined there. */
  assembly: string;
  /** The data it refers to, in the section `ozma_data`, names visible. */
  data: string;
  /** Local names as they are called in `assembly` and `data`. */
  renamed: ReadonlyMap<string, string>;
}

const sectionLine = /^\s*\.(?:section\s+([^\s,]+)(.*)|(text|data|bss|rodata)\b.*)$/;
const labelLine = /^\s*("[^"]+"|[\w.$]+):/;
const localName = /\.L[\w.$]+/g;
/** Directives that mean nothing for the values of data. */
const silentDirective =
  /^\s*\.(?:type|size|file|ident|cfi_\w+|loc|globl|global|local|weak|hidden|protected|addrsig\w*|internal)\b/;
/** Directives among code that say nothing about it, often about what comes after. */
const besideCode = /^\s*\.(?:cfi_|p2align.*0x90|(?:loc|file|type|globl|local|ident|size)\b)/;
const aliasLine = /^\s*(?:\.(?:set|equ)\s+([\w.$]+)\s*,|([\w.$]+)\s*=[^=])/;
const commonLine = /^\s*\.(?:comm|lcomm)\s+([\w.$]+),\s*(\d+)/;

function isExecutable(name: string, flags: string): boolean {
  return (
    name.startsWith('.text') || name.startsWith('.init') || name.startsWith('.fini') || /"[^"]*x/.test(flags)
  );
}

const isData = (name: string): boolean => /^\.(?:rodata|data|bss|tdata|tbss|lrodata|ldata|lbss)/.test(name);

/** Cuts the file into functions and blocks of data. */
export function splitAssembly(text: string, file: AssemblyFile): SplitFile {
  const starts = new Map(file.functions.map((one) => [one.line, one]));
  const owner = new Map<string, string>();
  for (const { name, items } of file.functions) {
    for (const item of items) if (item.kind === 'label') owner.set(item.name, name);
  }
  const functions = new Map<string, string[]>();
  const blocks: DataBlock[] = [];
  let section = '.text';
  let executable = true;
  let open: AssemblyFunction | undefined;
  let block: DataBlock | undefined;
  let alignment: string | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const sectionWords = sectionLine.exec(line);
    if (sectionWords !== null) {
      section = sectionWords[1]?.replaceAll('"', '') ?? `.${sectionWords[3]}`;
      executable = isExecutable(section, sectionWords[2] ?? '');
      block = undefined;
      alignment = undefined;
      continue;
    }
    const common = commonLine.exec(line);
    if (common !== null) {
      const lines = ['\t.p2align 4', `${common[1]}:`, `\t.zero ${common[2]}`];
      blocks.push({ labels: [common[1]!], lines, owners: new Set(), threadLocal: false });
      continue;
    }
    const alias = aliasLine.exec(line)?.slice(1).find(Boolean);
    if (alias !== undefined && !owner.has(alias)) {
      blocks.push({ labels: [alias], lines: [line], owners: new Set(), threadLocal: false });
      continue;
    }
    if (executable) {
      open = starts.get(index + 1) ?? coldPart(line, file, functions) ?? open;
      if (open === undefined || besideCode.test(line)) continue;
      const lines = functions.get(open.name) ?? [];
      functions.set(open.name, lines);
      lines.push(line);
      continue;
    }
    if (!isData(section) || silentDirective.test(line) || line.trim() === '') continue;
    if (/^\s*\.(?:p2align|align|balign)\b/.test(line)) {
      alignment = line;
      continue;
    }
    const label = labelLine.exec(line)?.[1];
    if (label !== undefined) {
      // Labels with nothing between them are names of one thing.
      if (
        block === undefined ||
        !block.lines.every((one) => labelLine.test(one) || /\.p2align|align/.test(one))
      ) {
        const lines = alignment === undefined ? [] : [alignment];
        block = { labels: [], lines, owners: new Set(), threadLocal: section.startsWith('.t') };
        blocks.push(block);
      }
      alignment = undefined;
      block.labels.push(label);
    }
    if (block === undefined) continue;
    block.lines.push(line);
    for (const name of line.match(localName) ?? []) {
      const target = owner.get(name);
      if (target !== undefined) block.owners.add(target);
    }
  }
  return { functions, blocks };
}

/** gcc moves unlikely code of `f` to `f.cold`, in another section. */
function coldPart(
  line: string,
  file: AssemblyFile,
  functions: ReadonlyMap<string, readonly string[]>,
): AssemblyFunction | undefined {
  const name = /^(.+)\.cold(?:\.\d+)?:/.exec(line)?.[1];
  if (name === undefined || !functions.has(name)) return undefined;
  return file.functions.find((one) => one.name === name);
}

/** All names that the lines mention. */
function mentioned(lines: readonly string[]): Set<string> {
  return new Set(lines.flatMap((line) => line.match(/[A-Za-z_.][\w.$]*/g) ?? []));
}

/** Blocks that the names lead to, also through other blocks. */
function reach(blocks: readonly DataBlock[], names: ReadonlySet<string>): DataBlock[] {
  const byLabel = new Map(blocks.flatMap((block) => block.labels.map((label) => [label, block] as const)));
  const found = new Set<DataBlock>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const block = byLabel.get(name);
    if (block === undefined || found.has(block)) continue;
    found.add(block);
    queue.push(...mentioned(block.lines));
  }
  return blocks.filter((block) => found.has(block));
}

/** The lines of a function, and behind them those of the outlined code that it leads to. */
function withOutlinedCode({ functions }: SplitFile, name: string): string[] {
  const names = [name];
  const lines: string[] = [];
  // The list grows on the way.
  for (const one of names) {
    const own = functions.get(one) ?? [];
    lines.push(...own);
    names.push(...[...mentioned(own)].filter((other) => isOutlined(other) && !names.includes(other)));
  }
  return lines;
}

/** A function on its own; `alsoNamed` are names that its lifted code refers to. */
export function standalone(
  split: SplitFile,
  name: string,
  alsoNamed: Iterable<string> = [],
): StandaloneFunction {
  const lines = withOutlinedCode(split, name);
  const blocks = reach(split.blocks, new Set([...mentioned(lines), ...alsoNamed]));
  const own = blocks.filter((block) => block.owners.has(name));
  // A table into another function has no meaning here.
  const shared = blocks.filter((block) => block.owners.size === 0 && !block.threadLocal);
  const renamed = new Map<string, string>();
  for (const label of shared.flatMap((block) => block.labels)) {
    if (label.startsWith('.L')) renamed.set(label, `ozma${label}`);
  }
  const rename = (line: string): string => line.replaceAll(localName, (local) => renamed.get(local) ?? local);
  const visible = (label: string): string => `\t.globl ${renamed.get(label) ?? label}`;
  return {
    assembly: ['\t.text', `\t.globl ${name}`, `\t.type ${name},@function`, ...lines.map(rename)]
      .concat(
        own.length === 0 ? [] : ['\t.section .rodata', ...own.flatMap((block) => block.lines).map(rename)],
        '',
      )
      .join('\n'),
    data: ['\t.section ozma_data,"aw",@progbits', ...shared.flatMap((block) => block.labels).map(visible)]
      .concat(shared.flatMap((block) => block.lines).map(rename), '')
      .join('\n'),
    renamed,
  };
}
