// The texts of a folder that tokenizer-sample.ts made, by kind: as the compiler wrote them, or function by
// function in normal form, as models are given them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAssembly } from '#ozma/tasks/normal-form/assembly-file.js';
import { normaliseAssembly } from '#ozma/tasks/normal-form/normalise-assembly.js';
import { normaliseIr } from '#ozma/tasks/normal-form/normalise-ir.js';
import { NormalFormRefusal } from '#ozma/tasks/normal-form/refusal.js';

/** By the path below `train` or `held-out`. */
export const kinds = {
  'C IR': /^c\/.*\.ll$/,
  'C++ IR': /^cpp\/.*\.ll$/,
  'x86-64': /\.x86-64\.s$/,
  AArch64: /\.aarch64\.s$/,
} as const;

export type Kind = keyof typeof kinds;

export interface SampleText {
  kind: Kind;
  text: string;
}

/** Of large modules: the first ones. */
const mostFunctions = 20;

/** Each function with what it names: a module of its own. */
function* separateFunctions(ir: string): Generator<string> {
  const bodies = ir.match(/^define .*\{$[^]*?^\}$/gm) ?? [];
  const others = ir.replace(/^define .*\{$[^]*?^\}$/gm, '').split('\n');
  for (const body of bodies.slice(0, mostFunctions)) {
    const named = new Set(body.match(/@(?:[\w.$-]+|"[^"]*")/g));
    const kept = others.filter((line) => {
      const [name] = /@(?:[\w.$-]+|"[^"]*")/.exec(line) ?? [];
      return name === undefined || !/^(@|declare )/.test(line) || named.has(name);
    });
    yield `${kept.join('\n')}\n${body}\n`;
  }
}

/** Functions that the normal form refuses are left out, as they are from data sets. */
function* inNormalForm({ kind, text }: SampleText): Generator<SampleText> {
  try {
    if (kind === 'C IR' || kind === 'C++ IR') {
      for (const one of separateFunctions(text)) yield { kind, text: normaliseIr(one).text };
    } else {
      const target = kind === 'AArch64' ? 'aarch64' : 'x86-64';
      const file = readAssembly(text, target);
      for (const own of [...file.functions.keys()].slice(0, mostFunctions)) {
        yield { kind, text: normaliseAssembly(file, { target, own }).text };
      }
    }
  } catch (error) {
    if (!(error instanceof NormalFormRefusal)) throw error;
  }
}

/** In the order of names. */
export function readSample(folder: string, split: 'train' | 'held-out', normalForm: boolean): SampleText[] {
  const root = join(folder, split);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  const texts = names.flatMap((name): SampleText[] => {
    const kind = (Object.keys(kinds) as Kind[]).find((each) => kinds[each].test(name));
    return kind === undefined ? [] : [{ kind, text: readFileSync(join(root, name), 'utf8') }];
  });
  return normalForm ? texts.flatMap((text) => [...inNormalForm(text)]) : texts;
}
