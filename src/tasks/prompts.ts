// The four questions that a model is asked, to the character as Meta's LLM Compiler was trained on them
// (arXiv 2407.02524; published demo script), so that its published weights and ours take the same text, but
// for the level of code generation, which the published ones were never told.
// Code payloads end with a newline, so that `</code>` stands on a line of its own. The beginning-of-text
// token is the tokenizer's, not ours.

import type { CodeForm } from '../common/code-form.ts';

export interface Sizes {
  /** IR instructions in function bodies. */
  instructions: number;
  /** Allocated bytes of the object without BSS, code generation at -O0 as published. */
  bytes: number;
}

/** What a pass list makes of the code: IR and its sizes to the same in IR or in assembly. */
export interface EmulatePrompt {
  task: 'emulate';
  answer: 'ir' | 'assembly';
  /** A pass list in LLVM's notation. */
  pipeline: string;
  ir: string;
  sizes: Sizes;
}

/** Which pass list makes this code smallest. */
export interface TunePrompt {
  task: 'tune';
  ir: string;
  /** With which code generation; absent as published, which is -O0. */
  codegen?: 'Oz';
}

/** Assembly back to IR. */
export interface DisassemblePrompt {
  task: 'disassemble';
  assembly: string;
}

export type Prompt = EmulatePrompt | TunePrompt | DisassemblePrompt;

const wanted = { ir: 'LLVM-IR', assembly: 'assembly' } as const;

/** `<code>…</code>` around a payload that ends with a newline. */
export function codeBlock(code: string): string {
  return `<code>${code.endsWith('\n') ? code : `${code}\n`}</code>`;
}

export function renderPrompt(prompt: Prompt): string {
  switch (prompt.task) {
    case 'emulate': {
      const { answer, pipeline, ir, sizes } = prompt;
      return (
        `[INST] Give the ${wanted[answer]} for the following code when optimized using opt -p '${pipeline}':\n\n` +
        `${codeBlock(ir)}\n\n` +
        `The input code has instruction count ${sizes.instructions} and binary size ${sizes.bytes} bytes. [/INST]`
      );
    }
    case 'tune': {
      const level = prompt.codegen === undefined ? '' : ` with clang -${prompt.codegen}`;
      return `[INST] Tell me how to optimize this LLVM-IR for object file size${level}:\n\n${codeBlock(prompt.ir)} [/INST]`;
    }
    case 'disassemble':
      return `[INST] Disassemble this code to LLVM-IR:\n\n${codeBlock(prompt.assembly)} [/INST]`;
  }
}

/**
 * The question for a list at a level. The published models were taught one level and one text; ours, which read
 * normal form, are told the level, since the best list at one often loses at the other.
 */
export function tuneQuestion(ir: string, form: CodeForm, codegen: 'Oz' | 'O0'): string {
  const told = form === 'normal' && codegen !== 'O0';
  return renderPrompt({ task: 'tune', ir, ...(told ? { codegen: 'Oz' } : {}) });
}

const emulatePattern =
  /^\[INST\] Give the (LLVM-IR|assembly) for the following code when optimized using opt -p '(.*?)':\n\n<code>(.*)<\/code>\n\nThe input code has instruction count (\d+) and binary size (\d+) bytes\. \[\/INST\]$/s;
const tunePattern =
  /^\[INST\] Tell me how to optimize this LLVM-IR for object file size( with clang -Oz)?:\n\n<code>(.*)<\/code> \[\/INST\]$/s;
const disassemblePattern = /^\[INST\] Disassemble this code to LLVM-IR:\n\n<code>(.*)<\/code> \[\/INST\]$/s;

/** A rendered prompt read back, or undefined where the text is not one of the four, to the character. */
export function parsePrompt(text: string): Prompt | undefined {
  const emulate = emulatePattern.exec(text);
  if (emulate !== null) {
    const [, kind, pipeline, ir, instructions, bytes] = emulate;
    return {
      task: 'emulate',
      answer: kind === wanted.ir ? 'ir' : 'assembly',
      pipeline: pipeline!,
      ir: ir!,
      sizes: { instructions: Number(instructions), bytes: Number(bytes) },
    };
  }
  const tune = tunePattern.exec(text);
  if (tune !== null)
    return { task: 'tune', ir: tune[2]!, ...(tune[1] === undefined ? {} : { codegen: 'Oz' }) };
  const disassemble = disassemblePattern.exec(text);
  if (disassemble !== null) return { task: 'disassemble', assembly: disassemble[1]! };
  return undefined;
}
