// What a model proposes for a function: its assembly as a prompt, in the form that the model was trained on, and
// each answer back as a module. Nothing is checked here; check.ts does that for all candidates alike.

import type { CodeForm } from '../common/code-form.ts';
import type { Engine } from '../inference/generation.ts';
import { parseAnswer } from '../tasks/answers.ts';
import { irGrammarFor } from '../tasks/ir-grammar/grammar.ts';
import { readAssembly } from '../tasks/normal-form/assembly-file.ts';
import { normaliseAssembly } from '../tasks/normal-form/normalise-assembly.ts';
import { NormalFormRefusal } from '../tasks/normal-form/refusal.ts';
import { restoreIr } from '../tasks/normal-form/restore-ir.ts';
import { SymbolTable } from '../tasks/normal-form/symbols.ts';
import type { TargetName } from '../tasks/normal-form/targets.ts';
import { renderPrompt } from '../tasks/prompts.ts';
import { OzmaError } from '../common/errors.ts';
import type { Candidate, Proposed } from './candidates.ts';
import type { Subject } from './recompile.ts';
import { standalone } from './split.ts';

export interface ModelProposals {
  engine: Engine;
  /** How many answers to ask for; the first is the greedy one. */
  candidates: number;
  signal?: AbortSignal | undefined;
}

interface Question {
  prompt: string;
  /** An answer's code as a module with the file's own names. */
  restore: (code: string) => string;
}

/** IR is longer than its assembly only where types and names are; more is rambling. */
const answerTokens = { perPromptToken: 3, least: 128 };

/** Asks for the functions of one file. Throws `usage` for sampling that the engine lacks. */
export async function modelSource(
  { engine, candidates, signal }: ModelProposals,
  text: string,
  target: TargetName,
): Promise<(subject: Subject) => Promise<Proposed>> {
  const { form } = await engine.describe();
  const file = form === 'normal' ? readAssembly(text, target) : undefined;
  const question = (subject: Subject): Question => {
    const { name } = subject.function;
    if (file === undefined) {
      const { assembly } = standalone(subject.split, name);
      return { prompt: renderPrompt({ task: 'disassemble', assembly }), restore: (code) => code };
    }
    const normal = normaliseAssembly(file, { target, own: name });
    return {
      prompt: renderPrompt({ task: 'disassemble', assembly: normal.text }),
      restore: (code) => {
        const symbols = new SymbolTable(normal.symbols.own, normal.symbols.entries());
        return restoreIr(code, { target, symbols });
      },
    };
  };
  return async (subject) => {
    try {
      return await ask(question(subject), form, { engine, candidates, signal });
    } catch (error) {
      const refused = error instanceof OzmaError && error.code === 'refused';
      if (refused || error instanceof NormalFormRefusal) return { candidates: [], reasons: [error.message] };
      throw error;
    }
  };
}

/** Assembly in IR compiles back to itself, whatever it is, and the assembler reads files. */
function holdsAssembly(ir: string): boolean {
  const withoutTexts = ir.replaceAll(/"[^"]*"/g, '""').replaceAll(/;.*$/gm, '');
  return /(?<![\w.$@%!-])asm\b/.test(withoutTexts);
}

async function ask(
  { prompt, restore }: Question,
  form: CodeForm,
  { engine, candidates, signal }: ModelProposals,
): Promise<Proposed> {
  const length = (await engine.countTokens(prompt)) ?? prompt.length;
  const answers = await engine.generate(prompt, {
    sampling:
      candidates === 1
        ? { kind: 'greedy' }
        : engine.samplings.has('priority')
          ? { kind: 'priority' }
          : { kind: 'temperature', temperature: 0.8, topK: 40, seed: 1 },
    candidates,
    maximumTokens: answerTokens.least + answerTokens.perPromptToken * length,
    ...irGrammarFor(engine, form),
    ...(signal === undefined ? {} : { signal }),
  });
  const found = new Map<string, Candidate>();
  const reasons: string[] = [];
  for (const [rank, { text }] of answers.entries()) {
    const { code, codeComplete } = parseAnswer(text);
    if (code === undefined || codeComplete !== true) {
      reasons.push('the answer of the model holds no whole code');
      continue;
    }
    try {
      const ir = restore(code);
      if (holdsAssembly(ir)) {
        reasons.push('the answer of the model is inline assembly: copied, not lifted');
        continue;
      }
      if (!found.has(ir)) found.set(ir, { origin: 'model', variant: `rank ${rank + 1}`, ir });
    } catch (error) {
      if (!(error instanceof NormalFormRefusal)) throw error;
      reasons.push(`the answer of the model is no IR: ${error.message}`);
    }
  }
  return { candidates: [...found.values()], reasons };
}
