// The code of a prompt: how IR is shown to a model, and how what the compiler makes of it is written as an
// answer. One place for training rows and for questions of today, so that a model is asked what it learnt.
// In normal form the text holds all that decides the answer; `module` is that text restored, with made-up
// names, and sizes in a prompt are those of `module`.

import type { CodeForm } from '../common/code-form.ts';
import { normaliseAssembly } from './normal-form/normalise-assembly.ts';
import { normaliseIr } from './normal-form/normalise-ir.ts';
import { restoreIr } from './normal-form/restore-ir.ts';
import { SymbolTable } from './normal-form/symbols.ts';
import type { TargetName } from './normal-form/targets.ts';
import type { EmulatePrompt } from './prompts.ts';

export interface ShownCode {
  form: CodeForm;
  target: TargetName;
  /** What the prompt shows. */
  text: string;
  /** What is compiled where nothing but the prompt may decide. */
  module: string;
  /** What the placeholders of the text stand for; none in full form. */
  symbols: SymbolTable;
}

export interface ShowOptions {
  form: CodeForm;
  target: TargetName;
  /** The function that is `@0` in normal form; the first one with a body if not given. */
  own?: string;
}

/** Throws NormalFormRefusal where the code has no normal form. */
export function showIr(ir: string, { form, target, own }: ShowOptions): ShownCode {
  if (form === 'full') return { form, target, text: ir, module: ir, symbols: new SymbolTable() };
  const { text, symbols } = normaliseIr(ir, { constants: true, ...(own === undefined ? {} : { own }) });
  return { form, target, text, module: restoreIr(text, { target }), symbols };
}

/** The names that `module` has for the placeholders. */
export function madeUpNames({ symbols }: ShownCode): SymbolTable {
  return SymbolTable.madeUp(symbols.entries().length);
}

/** The names that the code itself has; a copy, since reading an answer adds to a table. */
export function ownNames({ symbols }: ShownCode): SymbolTable {
  const names = new SymbolTable(symbols.own, symbols.entries());
  const { name, ...facts } = symbols.symbol('@0');
  names.learn(name, facts);
  return names;
}

/**
 * IR or assembly that the compiler wrote, as an answer about the shown code, with the placeholders of the
 * prompt. `names`: those that the compiled code has. Throws NormalFormRefusal where it has no normal form.
 */
export function answerText(
  shown: ShownCode,
  code: string,
  kind: EmulatePrompt['answer'],
  names: SymbolTable,
): string {
  const { form, target } = shown;
  if (form === 'full') return code;
  if (kind === 'ir') return normaliseIr(code, { symbols: names, constants: true }).text;
  return normaliseAssembly(code, { target, symbols: names, others: true }).text;
}
