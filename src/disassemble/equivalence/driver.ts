// The program around one function, as LLVM-IR: `_start` maps memory at fixed addresses, gives up all rights
// but reading, writing and ending (strict seccomp), and then, for each input on standard input, puts the file's
// own data back as it was, calls the function and writes what it did: result, calls, memory. No C library and no linker
// script, so that it is the same program on x86-64 and AArch64. Callees are in stubs.ts and real-functions.ts.

import * as layout from './layout.ts';
import { pointer, quoted, system, systemCall, systemCalls, triples } from './machines.ts';
import type { Machine } from './machines.ts';
import { realFunctions } from './real-functions.ts';
import { roundingFunctions } from './rounding.ts';
import type { Field } from './shape.ts';
import { calledParameters, callWords, parameterTypes } from './signature.ts';
import type { Signature } from './signature.ts';

/** mmap(address, bytes, read | write, private | anonymous | fixed). */
function mapping(machine: Machine, address: number, bytes: number): string {
  const { map } = systemCalls[machine];
  return `  call i64 @ozma_system(i64 ${map}, i64 ${address}, i64 ${bytes}, i64 3, i64 50, i64 -1, i64 0)`;
}

/** Loads the arguments out of the input and calls the function. */
function callOf(signature: Signature): string {
  const loads = calledParameters(signature).map(({ type }, index) => {
    const from = pointer(layout.input.address + index * layout.argumentBytes);
    return `  %argument${index} = load ${type}, ptr ${from}, align 16`;
  });
  const words = callWords(signature, (index) => `%argument${index}`);
  const type = `${signature.returns} (${parameterTypes(signature)})`;
  const call = `call ${type} ${quoted(signature.name)}(${words})`;
  if (signature.returns === 'void') return [...loads, `  ${call}`].join('\n');
  const to = pointer(layout.log.address + layout.logHead);
  return [...loads, `  %result = ${call}`, `  store ${signature.returns} %result, ptr ${to}, align 16`].join(
    '\n',
  );
}

/** A place in one of the file's own variables that inputs may fill. */
export interface Patch {
  variable: string;
  offset: number;
  field: Field;
}

/** Fills them where the input says so. */
function patching(patches: readonly Patch[]): string {
  const lines = patches.flatMap(({ variable, offset, field }, at) => {
    const type = field.kind === 'number' ? field.type : 'i64';
    const from = pointer(layout.input.address + layout.patchesAt + 8 + at * 8);
    return [
      `  %patch${at} = load ${type}, ptr ${from}`,
      `  store ${type} %patch${at}, ptr getelementptr (i8, ptr ${quoted(variable)}, i64 ${offset}), align 1`,
    ];
  });
  return `  %patched = load i64, ptr ${pointer(layout.input.address + layout.patchesAt)}
  %patches = icmp ne i64 %patched, 0
  br i1 %patches, label %patch, label %call
patch:
${lines.join('\n')}
  br label %call
call:`;
}

/**
 * The program that calls `signature.name`; `globals` is how many external variables there are. Without `ozma_between`
 * nothing read-only may lie between stubs and code: the linker makes one segment of both and of the gigabyte between
 * their addresses.
 */
export function driverModule(
  machine: Machine,
  signature: Signature,
  globals: number,
  patches: readonly Patch[],
): string {
  const numbers = systemCalls[machine];
  const globalsBytes = globals * layout.globalBytes;
  const globalPages = Math.max(1, Math.ceil(globalsBytes / 4096)) * 4096;
  const { arena, input, log } = layout;
  return `target triple = "${triples[machine]}"
declare ${signature.returns} ${quoted(signature.name)}(${parameterTypes(signature)})
@__start_ozma_data = external hidden global i8
@__stop_ozma_data = external hidden global i8
@ozma_keep = internal global [8 x i8] zeroinitializer, section "ozma_data", align 8
@ozma_between = internal constant i8 0, section ".rodata"
@llvm.used = appending global [2 x ptr] [ptr @ozma_keep, ptr @ozma_between]
declare ptr @llvm.frameaddress.p0(i32)
${systemCall(machine)}
define void @_start() noreturn nounwind "stackrealign" "frame-pointer"="all" {
entry:
${mapping(machine, arena.address, arena.bytes)}
${mapping(machine, layout.globals.address, globalPages)}
${mapping(machine, input.address, layout.inputBytes)}
${mapping(machine, log.address, layout.logBytes)}
${mapping(machine, layout.registers.address, layout.registers.bytes)}
  %frame = call ptr @llvm.frameaddress.p0(i32 0)
  %top = ptrtoint ptr %frame to i64
  %low = sub i64 %top, ${layout.stackReach}
  %high = add i64 %top, ${layout.stackReach}
  %first = ptrtoint ptr @__start_ozma_data to i64
  %last = ptrtoint ptr @__stop_ozma_data to i64
  %data = sub i64 %last, %first
  call i64 @ozma_system(i64 ${numbers.map}, i64 ${layout.savedData.address}, i64 %data, i64 3, i64 50, i64 -1, i64 0)
  call ptr @memmove(ptr ${pointer(layout.savedData.address)}, ptr @__start_ozma_data, i64 %data)
  ${system(numbers.control, 22, 1, 0)}
  br label %next
next:
  %got = ${system(numbers.read, 0, input.address, layout.inputBytes)}
  %whole = icmp eq i64 %got, ${layout.inputBytes}
  br i1 %whole, label %run, label %end
run:
  call ptr @memset(ptr ${pointer(layout.globals.address)}, i32 0, i64 ${globalPages})
  ${system(numbers.read, 0, layout.globals.address, globalsBytes)}
  ${system(numbers.read, 0, arena.address, arena.bytes)}
  call ptr @memmove(ptr @__start_ozma_data, ptr ${pointer(layout.savedData.address)}, i64 %data)
  call ptr @memset(ptr ${pointer(log.address)}, i32 0, i64 ${layout.logBytes})
  store i64 %low, ptr ${pointer(log.address)}
  store i64 %high, ptr ${pointer(log.address + 8)}
  store i64 %data, ptr ${pointer(log.address + 24)}
  call void @ozma_clear_stack()
${patching(patches)}
  call void @ozma_run()
  call void @ozma_write()
  br label %next
end:
  ${system(numbers.exit, layout.endOfInputs, 0, 0)}
  unreachable
}
; What a function reads of its frame before it was written, as where a callee should have, is the same on both sides.
define internal void @ozma_clear_stack() noinline {
  %below = alloca [${layout.clearedStack} x i8], align 16
  call ptr @memset(ptr %below, i32 0, i64 ${layout.clearedStack})
  ret void
}
; Farther down, since what the other saves at the top of its frame is not cleared.
define internal void @ozma_run() noinline {
  %away = alloca [64 x i8], align 16
${callOf(signature)}
  ret void
}
define hidden void @ozma_write() noinline {
  %first = ptrtoint ptr @__start_ozma_data to i64
  %data = load i64, ptr ${pointer(log.address + 24)}
  ${system(numbers.write, 1, log.address, layout.logBytes)}
  ${system(numbers.write, 1, layout.globals.address, globalsBytes)}
  ${system(numbers.write, 1, arena.address, arena.bytes)}
  ${system(numbers.write, 1, '%first', '%data')}
  ret void
}
${[...new Set(patches.map(({ variable }) => variable))].map((name) => `${quoted(name)} = external global i8`).join('\n')}
${realFunctions}
${machine === 'x86_64' ? roundingFunctions() : ''}
`;
}
