// A function as basic blocks of steps: what build-body.ts makes of instructions and every later layer
// reads and rewrites.

import type { Expression, Type } from './expression.ts';
import type { Step } from './step.ts';

export type Terminator =
  | { kind: 'jump'; to: number }
  | { kind: 'branch'; condition: Expression; yes: number; no: number }
  /** To one of them by the index, or by `numbers` where these are not 0, 1, 2 … */
  | { kind: 'switch'; index: Expression; to: number[]; numbers?: bigint[]; otherwise?: number }
  | { kind: 'return'; values: Expression[] }
  /** The last step of the block is a call whose result is returned. */
  | { kind: 'tailCall' }
  | { kind: 'unreachable' }
  /** Not resolved yet, or through a pointer. */
  | { kind: 'indirect'; address: Expression };

export interface Block {
  index: number;
  labels: string[];
  /** The terminator's own step is the last, where it has one. */
  steps: Step[];
  terminator: Terminator;
  predecessors: number[];
}

export interface FunctionBody {
  name: string;
  blocks: Block[];
  instructions: number;
  /** Registers of the target, and further ones that the layers add: switch indices, stack slots. */
  registerTypes: ('i64' | 'i128' | 'i1' | 'i32' | 'i16' | 'i8' | 'x86_fp80')[];
  /** What tail calls return, where no return says it. */
  tailResult?: Type;
  /** It returns with its result on the x87 stack. */
  extendedResult?: boolean;
}

export function successors(terminator: Terminator): number[] {
  switch (terminator.kind) {
    case 'jump':
      return [terminator.to];
    case 'branch':
      return [terminator.yes, terminator.no];
    case 'switch':
      return [
        ...new Set(
          terminator.otherwise === undefined ? terminator.to : [...terminator.to, terminator.otherwise],
        ),
      ];
    default:
      return [];
  }
}

export function linkPredecessors(body: FunctionBody): void {
  for (const block of body.blocks) block.predecessors = [];
  for (const block of body.blocks) {
    for (const to of successors(block.terminator)) body.blocks[to]!.predecessors.push(block.index);
  }
}
