// Assembly as clang -S and gcc -S write it, taken apart: functions with their labels and instructions, and
// labelled data (constants, jump tables). Directives that say how things are linked, unwound or debugged
// are passed over; what gcc splits off as `f.cold` is joined to `f` again. Nothing here knows instructions.

import type { TargetName } from './targets.ts';

export interface AssemblyLine {
  label?: string;
  /** Without comment, white space reduced to single blanks. */
  instruction?: string;
}

export interface DataItem {
  /** `.quad`, `.long`, `.asciz`, … */
  directive: string;
  values: string;
}

export interface AssemblyFile {
  /** In file order. */
  functions: Map<string, AssemblyLine[]>;
  data: Map<string, { section: string; items: DataItem[] }>;
}

const commentStart: Record<TargetName, RegExp> = {
  // Inline assembly stands between #APP and #NO_APP, which are comments too.
  'x86-64': /^#|[ \t]#/,
  aarch64: /\/\//,
};

const dataDirective =
  /^\.(?:byte|short|hword|value|2byte|long|int|word|4byte|quad|xword|8byte|octa|zero|skip|space|asci[iz]|string)$/;

/** The label before a colon, quoted or not. */
const labelPattern = /^(?:"([^"]+)"|([\w.$@]+)):/;

export function readAssembly(text: string, target: TargetName): AssemblyFile {
  const file: AssemblyFile = { functions: new Map(), data: new Map() };
  const names = functionNames(text);
  const sections: string[] = [];
  let section = '.text';
  let before = section;
  let current: AssemblyLine[] | undefined;
  let items: DataItem[] | undefined;
  for (const raw of text.split('\n')) {
    let line = withoutComment(raw, target).trim();
    for (let label = labelPattern.exec(line); label !== null; label = labelPattern.exec(line)) {
      const name = (label[1] ?? label[2])!;
      line = line.slice(label[0].length).trim();
      if (!isCode(section)) {
        items = [];
        file.data.set(name, { section, items });
      } else if (names.has(name)) {
        current = [];
        file.functions.set(name, current);
      } else if (!name.endsWith('$local')) current?.push({ label: name });
    }
    if (line === '') continue;
    const [directive = '', rest = ''] = splitWord(line);
    if (!directive.startsWith('.')) {
      current?.push({ instruction: line.replace(/\s+/g, ' ') });
    } else if (directive === '.size') {
      if (isCode(section) && file.functions.get(unquoted(rest.split(',')[0]!)) === current)
        current = undefined;
    } else if (directive === '.pushsection') {
      sections.push(section);
      section = sectionName(rest);
    } else if (directive === '.popsection') section = sections.pop() ?? '.text';
    else if (directive === '.previous') [section, before] = [before, section];
    else if (/^\.(?:text|data|bss|rodata)$/.test(directive)) [before, section] = [section, directive];
    else if (directive === '.section') [before, section] = [section, sectionName(rest)];
    else if (dataDirective.test(directive) && !isCode(section)) items?.push({ directive, values: rest });
  }
  for (const [name, cold] of file.functions) {
    const hot = file.functions.get(name.replace(/\.cold(?:\.\d+)?$/, ''));
    if (hot === undefined || hot === cold) continue;
    hot.push({ label: name }, ...cold);
    file.functions.delete(name);
  }
  return file;
}

/** `.type f,@function`; AArch64 writes `%function`. `.Lf$local` is a second name for the place where `f` begins. */
function functionNames(text: string): Set<string> {
  const types = text.matchAll(/^\s*\.type\s+(\S+?)\s*,\s*[@%]function/gm);
  const names = [...types].map((match) => unquoted(match[1]!));
  return new Set(names.filter((name) => !name.startsWith('.L')));
}

function unquoted(name: string): string {
  return name.trim().replace(/^"(.*)"$/, '$1');
}

function isCode(section: string): boolean {
  return section.startsWith('.text') || section.startsWith('.init') || section.startsWith('.fini');
}

function sectionName(words: string): string {
  return unquoted(words.split(',')[0]!);
}

function withoutComment(line: string, target: TargetName): string {
  const start = commentStart[target].exec(line);
  if (start === null) return line;
  if (!line.includes('"')) return line.slice(0, start.index);
  const text = /^(?:[^"#/]|"(?:[^"\\]|\\.)*"|\/(?!\/))*/.exec(line);
  return text === null ? line : text[0];
}

function splitWord(line: string): [string, string] {
  const match = /^(\S+)\s*(.*)$/.exec(line);
  return match === null ? [line, ''] : [match[1]!, match[2]!];
}
