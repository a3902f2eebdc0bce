// Reads what `opt --print-passes` writes: headings (`Function passes with params:`) over indented names
// (`  early-cse<memssa>`). It only reads; what the names are worth is verdicts.ts's question. Machine
// passes are left out: they work on machine code, after everything a pass list does.

import { parsePipeline } from './grammar.ts';
import type { PassLevel } from './levels.ts';
import { needMemorySsa } from './levels.ts';

/** One word that a pass takes between `<` and `>`. */
export interface PassParameter {
  /** As written before any `=`: `no-pre`, `max-iterations`, `O2`. */
  name: string;
  /** `flag` stands alone, `number` is written `name=N`, `text` is written `name=something`. */
  kind: 'flag' | 'number' | 'text';
}

/** A pass as the compiler lists it. */
export interface ListedPass {
  /** Without its parameters; `print<da>` is a name of its own. */
  name: string;
  level: PassLevel;
  parameters: PassParameter[];
}

export interface PrintedPasses {
  passes: ListedPass[];
  /** Names for `require<…>` and `invalidate<…>`. */
  analyses: string[];
}

const heading =
  /^(?<unit>Module|CGSCC|Function|LoopNest|Loop|Machine module|Machine function) (?<kind>passes|analyses|alias analyses)(?<withParameters> with params)?(?: \(WIP\))?:$/;
const parameterWord = /^(?<name>[^=]+)(?:=(?<value>.+))?$/;

const levels: Readonly<Record<string, PassLevel>> = {
  Module: 'module',
  CGSCC: 'cgscc',
  Function: 'function',
  LoopNest: 'loop',
  Loop: 'loop',
};

export function parsePrintedPasses(text: string): PrintedPasses {
  const passes = new Map<string, ListedPass>();
  const analyses = new Set<string>(['all']);
  let section: { level: PassLevel | undefined; kind: string; withParameters: boolean } | undefined;
  for (const line of text.split('\n')) {
    const head = heading.exec(line.trimEnd())?.groups;
    if (head !== undefined) {
      section = {
        level: levels[head['unit']!],
        kind: head['kind']!,
        withParameters: head['withParameters'] !== undefined,
      };
      continue;
    }
    const written = line.trim();
    if (section === undefined || section.level === undefined || written === '') continue;
    if (section.kind !== 'passes') {
      analyses.add(written);
      continue;
    }
    // With parameters the last `<…>` holds them; without, it belongs to the name (`print<da>`).
    const node = section.withParameters ? parsePipeline(written)[0] : undefined;
    const name = node?.name ?? written;
    const level: PassLevel = needMemorySsa.has(name) ? 'loop-mssa' : section.level;
    const key = `${level} ${name}`;
    const pass = passes.get(key) ?? { name, level, parameters: [] };
    pass.parameters.push(...parseParameters(node?.parameters));
    passes.set(key, pass);
  }
  return { passes: [...passes.values()], analyses: [...analyses] };
}

function parseParameters(text: string | undefined): PassParameter[] {
  const parameters: PassParameter[] = [];
  for (const word of (text ?? '').split(';')) {
    const groups = parameterWord.exec(word)?.groups;
    if (groups === undefined) continue;
    const value = groups['value'];
    parameters.push({
      name: groups['name']!,
      kind: value === undefined ? 'flag' : value === 'N' ? 'number' : 'text',
    });
  }
  return parameters;
}
