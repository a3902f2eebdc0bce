// One instruction as a function over a machine state in memory, for checking the tables against the machine:
// `void NAME(ptr state)` reads the registers from the state, does what the row says and writes them back.
// Layout of the state: register r of the target at 16 * r bytes, conditions among them as one byte each.

import type { AssemblyFile } from './assembly/types.ts';
import { parseAssembly } from './assembly/parse-assembly.ts';
import { ValueEmitter, type RegisterFile } from './emit-values.ts';
import { bitsOf, type Type, type Value } from './expression.ts';
import { Unsupported, type Step } from './step.ts';
import { targetNamed } from './targets/all.ts';
import type { Target } from './targets/target.ts';

/** Bytes of a register in the state. */
export const stateSlot = 16;

class StateRegisters implements RegisterFile {
  private readonly emitter: () => ValueEmitter;
  private readonly target: Target;
  /** What is behind the target's own registers has no place in the state. */
  private readonly temporary = new Map<number, Value>();

  constructor(emitter: () => ValueEmitter, target: Target) {
    this.emitter = emitter;
    this.target = target;
  }

  place(register: number): string {
    return this.emitter().define('ptr', `getelementptr i8, ptr %state, i64 ${register * stateSlot}`).text;
  }

  write(register: number, value: Value): void {
    if (register >= this.target.registerCount) this.temporary.set(register, value);
    else this.emitter().line(`store ${value.type} ${value.text}, ptr ${this.place(register)}, align 1`);
  }

  read(register: number, type: Type): Value {
    const temporary = this.temporary.get(register);
    if (temporary !== undefined) return temporary;
    // One bit of a register is not a byte that holds 0 or 1.
    if (type === 'i1' && this.target.registerType(register) !== 'i1') {
      const byte = this.read(register, 'i8');
      return this.emitter().define('i1', `trunc i8 ${byte.text} to i1`);
    }
    return this.emitter().define(type, `load ${type}, ptr ${this.place(register)}, align 1`);
  }

  isPointer(): boolean {
    return false;
  }

  frameAddress(): Value {
    throw new Unsupported('a stack frame');
  }

  symbolAddress(): Value {
    throw new Unsupported('a symbol');
  }
}

export interface SingleStep {
  /** The function and the declarations that it needs. */
  text: string;
  declarations: Set<string>;
  /** Registers that the row leaves undefined: not to be compared. */
  undefined: number[];
}

function stepsOf(instruction: string, target: Target): Step[] {
  const file: AssemblyFile = parseAssembly(`f:\n${instruction}\n`, target.name);
  const steps = (file.functions[0]?.items ?? []).flatMap((item) =>
    item.kind === 'instruction' ? target.translate(item.instruction, []) : [],
  );
  if (steps.length === 0) throw new Unsupported(`statement ${instruction}`);
  return steps;
}

/** Several instructions are separated by semicolons. Throws Unsupported for those without a row, and for those that jump. */
export function emitSingleStep(
  instruction: string,
  name: string,
  targetName: AssemblyFile['target'],
): SingleStep {
  const target = targetNamed(targetName);
  const steps = stepsOf(instruction, target);
  if (steps.some(({ flow }) => flow !== undefined)) throw new Unsupported('a jump');
  const registers = new StateRegisters(() => emitter, target);
  const emitter: ValueEmitter = new ValueEmitter(registers);
  for (const step of steps) emitStep(step, emitter, registers, target);
  return {
    text: `define void @${name}(ptr %state) {\n${emitter.lines.join('\n')}\n  ret void\n}\n`,
    declarations: emitter.declarations,
    undefined: steps.flatMap((step) => step.undefined),
  };
}

function emitStep(step: Step, emitter: ValueEmitter, registers: StateRegisters, target: Target): void {
  emitter.newStep();
  const written = step.writes.map(({ register, value, rest }) => {
    const full = register < target.registerCount ? target.registerType(register) : value.type;
    const wide = rest === 'zero' && bitsOf(value.type) < bitsOf(full);
    const emitted = emitter.emitAs(value, value.type);
    return { register, value: wide ? emitter.convert(emitted, full) : emitted };
  });
  for (const { address, value } of step.stores) {
    const stored = emitter.emit(value);
    emitter.line(`store ${stored.type} ${stored.text}, ptr ${emitter.emitPointer(address).text}, align 1`);
  }
  for (const call of step.calls) emitter.emit(call);
  for (const { register, value } of written) registers.write(register, value);
}
