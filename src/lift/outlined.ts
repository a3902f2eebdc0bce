// Undoes LLVM's machine outliner, which is on at -Oz for AArch64: pieces of code that several functions
// share were made functions of their own that keep to no calling convention. Their instructions are put
// back where they are called from.

import type { AssemblyFile, CodeItem, Instruction } from './assembly/types.ts';

const outlinedName = /^OUTLINED_FUNCTION_\d+$/;

export function isOutlined(name: string): boolean {
  return outlinedName.test(name);
}

/** Outlined code may call outlined code. */
const deepest = 4;

function outlinedTarget({ mnemonic, operands }: Instruction): string | undefined {
  const [first] = operands;
  if (first?.kind !== 'symbol' || !isOutlined(first.symbol)) return undefined;
  return /^(bl?|callq?|jmpq?)$/.test(mnemonic) ? first.symbol : undefined;
}

const isCall = (mnemonic: string): boolean => mnemonic === 'bl' || mnemonic.startsWith('call');

/** A body called in the middle of a function: without its return, and a jump at its end is a call. */
function asCalled(items: readonly CodeItem[]): CodeItem[] {
  const last = items.at(-1);
  if (last?.kind !== 'instruction') return [...items];
  const { mnemonic } = last.instruction;
  if (mnemonic.startsWith('ret')) return items.slice(0, -1);
  const call = { b: 'bl', br: 'blr', jmp: 'callq', jmpq: 'callq' }[mnemonic];
  if (call === undefined) return [...items];
  return [
    ...items.slice(0, -1),
    { kind: 'instruction', instruction: { ...last.instruction, mnemonic: call } },
  ];
}

/** A function's items with outlined code put back. */
export function withoutOutlining(
  items: readonly CodeItem[],
  file: AssemblyFile,
  depth = 0,
): readonly CodeItem[] {
  const calls = (item: CodeItem): string | undefined =>
    item.kind === 'instruction' ? outlinedTarget(item.instruction) : undefined;
  if (depth >= deepest || !items.some((item) => calls(item) !== undefined)) return items;
  return items.flatMap((item) => {
    const name = calls(item);
    const body = name === undefined ? undefined : file.functions.find((one) => one.name === name);
    if (body === undefined || item.kind !== 'instruction') return [item];
    const inner = withoutOutlining(body.items, file, depth + 1).filter(({ kind }) => kind === 'instruction');
    return isCall(item.instruction.mnemonic) ? asCalled(inner) : inner;
  });
}
