// The program around one function, as LLVM-IR: `_start` maps memory at fixed addresses, gives up all rights
// but reading, writing and ending (strict seccomp), and then, for each input on standard input, puts the file's
// own data back as it was, calls the function and writes what it did: result, calls, memory. No C library and no linker script, so that it is
// the same program on x86-64 and AArch64. Callees are stubs that note their arguments and answer from the
// input; `memcpy` and its like are real, since compilers put them in place of loops.

import { isNoReturn } from '../../lift/prototypes.ts';
import { bytesOf, calledParameters, callWords, membersOfResult, parameterTypes } from './signature.ts';
import { keepingRegisters } from './keeping-registers.ts';
import { roundingFunctions, roundingNames } from './rounding.ts';
import type { Field } from './shape.ts';
import type { Signature } from './signature.ts';
import * as layout from './layout.ts';

export type Machine = 'x86_64' | 'aarch64';

interface Calls {
  read: number;
  write: number;
  map: number;
  exit: number;
  control: number;
  limit: number;
  /** Inline assembly of a system call with six parameters, and its constraints. */
  instruction: string;
  constraints: string;
}

const systemCalls: Readonly<Record<Machine, Calls>> = {
  x86_64: {
    read: 0,
    write: 1,
    map: 9,
    exit: 60,
    control: 157,
    limit: 160,
    instruction: 'syscall',
    constraints: '={rax},{rax},{rdi},{rsi},{rdx},{r10},{r8},{r9},~{rcx},~{r11},~{memory}',
  },
  aarch64: {
    read: 63,
    write: 64,
    map: 222,
    exit: 93,
    control: 167,
    limit: 164,
    instruction: 'svc #0',
    constraints: '={x0},{x8},{x0},{x1},{x2},{x3},{x4},{x5},~{memory}',
  },
};

const triples: Readonly<Record<Machine, string>> = {
  x86_64: 'x86_64-unknown-linux-gnu',
  aarch64: 'aarch64-unknown-linux-gnu',
};

const pointer = (address: number): string => `inttoptr (i64 ${address} to ptr)`;
const quoted = (name: string): string => `@"${name}"`;

function systemCall(machine: Machine): string {
  const { instruction, constraints } = systemCalls[machine];
  return `define internal i64 @ozma_system(i64 %n, i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i64 %f) noinline {
  %r = call i64 asm sideeffect "${instruction}", "${constraints}"(i64 %n, i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i64 %f)
  ret i64 %r
}`;
}

/** mmap(address, bytes, read | write, private | anonymous | fixed). */
function mapping(machine: Machine, address: number, bytes: number): string {
  const { map } = systemCalls[machine];
  return `  call i64 @ozma_system(i64 ${map}, i64 ${address}, i64 ${bytes}, i64 3, i64 50, i64 -1, i64 0)`;
}

function system(number: number, first: number | string, second: number | string, third: number | string) {
  return `call i64 @ozma_system(i64 ${number}, i64 ${first}, i64 ${second}, i64 ${third}, i64 0, i64 0, i64 0)`;
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
  %seconds = alloca [2 x i64]
  store [2 x i64] [i64 ${layout.processorSeconds}, i64 ${layout.processorSeconds}], ptr %seconds
  %limits = ptrtoint ptr %seconds to i64
  ${system(numbers.limit, 0, '%limits', 0)}
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

type ReplyClass = (typeof layout.replyClasses)[number];

function replyClassOf(type: string): ReplyClass | undefined {
  // A double is widened.
  if (type === 'x86_fp80') return 'double';
  if (type === 'ptr' || type === 'double' || type === 'float') return type === 'ptr' ? 'pointer' : type;
  // What a vector holds are several answers one behind the other.
  const element = / x (float|double|i\d+)>$/.exec(type)?.[1];
  if (element !== undefined && bytesOf(type)! <= 16) return replyClassOf(element);
  return /^i(?:1|8|16|32|64)$/.test(type) ? 'integer' : undefined;
}

/** Each member of the result out of the input, structures joined. */
function answerOf(returns: string, members: readonly string[]): string {
  const lines = members.flatMap((type, at) => [
    `  %r${at} = call ptr @ozma_reply(i64 ${layout.replyClasses.indexOf(replyClassOf(type)!)}, i64 ${at})`,
    ...(type === 'x86_fp80'
      ? [`  %w${at} = load double, ptr %r${at}`, `  %v${at} = fpext double %w${at} to x86_fp80`]
      : [`  %v${at} = load ${type}, ptr %r${at}, align 1`]),
  ]);
  if (members.length < 2)
    return [...lines, members.length === 0 ? '  ret void' : `  ret ${returns} %v0`].join('\n');
  const joins = members.map((type, at) => {
    const before = at === 0 ? 'poison' : `%j${at - 1}`;
    return `  %j${at} = insertvalue ${returns} ${before}, ${type} %v${at}, ${at}`;
  });
  return [...lines, ...joins, `  ret ${returns} %j${members.length - 1}`].join('\n');
}

function endOf(machine: Machine): string {
  return `  call void @ozma_write()
  ${system(systemCalls[machine].exit, layout.endedByCallee, 0, 0)}
  unreachable`;
}

/**
 * A stub in place of a callee, or nothing when its types are beyond it. One that never comes back ends the process.
 * `keeps`: it changes no register but those of its result, for callers that know what the callee leaves alone.
 */
export function stubFunction(
  machine: Machine,
  signature: Signature,
  index: number,
  keeps: boolean,
): string | undefined {
  const { returns, parameters } = signature;
  const members = membersOfResult(returns);
  const replies = members.map(replyClassOf);
  if (replies.includes(undefined)) return undefined;
  if (parameters.some(({ type }) => (bytesOf(type) ?? 17) > 16)) return undefined;
  const words = parameters.map(({ type, attributes }, at) => `${type} ${attributes} %a${at}`);
  if (signature.variadic) words.push('...');
  const notes = parameters.slice(0, layout.mostLoggedArguments).flatMap(({ type, pointed = 0 }, at) => {
    const slot = `  %s${at} = getelementptr i8, ptr %slot, i64 ${16 + at * 16}`;
    if (type !== 'ptr') return [slot, `  store ${type} %a${at}, ptr %s${at}`];
    const described = [
      `  %d${at} = call i64 @ozma_describe(ptr %a${at})`,
      `  store i64 %d${at}, ptr %s${at}`,
    ];
    if (pointed === 0) return [slot, ...described];
    return [
      slot,
      ...described,
      `  %f${at} = getelementptr i8, ptr %s${at}, i64 8`,
      `  %c${at} = call i64 @ozma_contents(ptr %a${at}, i64 ${Math.min(pointed, layout.mostPointed)})`,
      `  store i64 %c${at}, ptr %f${at}`,
    ];
  });
  const name = keeps ? `ozma.body.${signature.name}` : signature.name;
  const around = keeps ? keepingRegisters(machine, signature.name, name, members) : '';
  return `${around}define ${returns} ${quoted(name)}(${words.join(', ')}) section "ozma_stubs" {
  %slot = call ptr @ozma_call(i64 ${index + 1})
${notes.join('\n')}
${isNoReturn(signature.name) ? endOf(machine) : answerOf(returns, members)}
}`;
}

/** `%in.NAME`: whether the number `%n` lies in a region. */
function within(name: string, region: { address: number; bytes: number }): string {
  return `  %above.${name} = icmp uge i64 %n, ${region.address}
  %below.${name} = icmp ult i64 %n, ${region.address + region.bytes}
  %in.${name} = and i1 %above.${name}, %below.${name}`;
}

/** An odd number with bits all over: FNV's. */
const mixer = 0x100000001b3;

/** The stubs of one function. Both sides are linked with the same object. */
export function stubsModule(machine: Machine, stubs: readonly string[]): string {
  const { log, input } = layout;
  const calls = pointer(log.address + 16);
  const replies = layout.argumentBytes * layout.mostArguments;
  return `target triple = "${triples[machine]}"
${systemCall(machine)}
declare hidden void @ozma_write()
; A pointer as both sides see it: the stack and constants lie elsewhere in each, so constants are what they hold.
define internal i64 @ozma_describe(ptr %p) noinline {
  %n = ptrtoint ptr %p to i64
  %low = load i64, ptr ${pointer(log.address)}
  %high = load i64, ptr ${pointer(log.address + 8)}
  %above = icmp uge i64 %n, %low
  %below = icmp ult i64 %n, %high
  %stack = and i1 %above, %below
  br i1 %stack, label %onstack, label %static
onstack:
  ret i64 1
static:
${within('image', layout.image)}
${within('data', layout.data)}
  %constant = or i1 %in.image, %in.data
  br i1 %constant, label %head, label %number
head:
  %i = phi i64 [ 0, %static ], [ %j, %more ]
  %sum = phi i64 [ 0, %static ], [ %next, %more ]
  %at = getelementptr i8, ptr %p, i64 %i
  %byte = load i8, ptr %at
  %zero = icmp eq i8 %byte, 0
  %full = icmp eq i64 %i, 8
  %end = or i1 %zero, %full
  br i1 %end, label %content, label %more
more:
  %wide = zext i8 %byte to i64
  %bits = shl i64 %i, 3
  %shifted = shl i64 %wide, %bits
  %next = or i64 %sum, %shifted
  %j = add i64 %i, 1
  br label %head
content:
  ret i64 %sum
number:
  ret i64 %n
}
; What the caller's frame holds there, pointers described, in one word; 0 for other memory, which is compared at the end.
define internal i64 @ozma_contents(ptr %p, i64 %bytes) noinline {
  %n = ptrtoint ptr %p to i64
  %low = load i64, ptr ${pointer(log.address)}
  %high = load i64, ptr ${pointer(log.address + 8)}
  %end = add i64 %n, %bytes
  %above = icmp uge i64 %n, %low
  %below = icmp ule i64 %end, %high
  %stack = and i1 %above, %below
  br i1 %stack, label %head, label %elsewhere
elsewhere:
  ret i64 0
head:
  %i = phi i64 [ 0, %0 ], [ %j, %word ]
  %sum = phi i64 [ 1, %0 ], [ %mixed, %word ]
  %j = add i64 %i, 8
  %whole = icmp ule i64 %j, %bytes
  %at = getelementptr i8, ptr %p, i64 %i
  br i1 %whole, label %word, label %rest
word:
  %value = load ptr, ptr %at, align 1
  %described = call i64 @ozma_describe(ptr %value)
  %joined = xor i64 %sum, %described
  %mixed = mul i64 %joined, ${mixer}
  br label %head
rest:
  %k = phi i64 [ %i, %head ], [ %l, %byte ]
  %total = phi i64 [ %sum, %head ], [ %further, %byte ]
  %more = icmp ult i64 %k, %bytes
  br i1 %more, label %byte, label %done
byte:
  %l = add i64 %k, 1
  %place = getelementptr i8, ptr %p, i64 %k
  %one = load i8, ptr %place
  %wide = zext i8 %one to i64
  %with = xor i64 %total, %wide
  %further = mul i64 %with, ${mixer}
  br label %rest
done:
  ret i64 %total
}
define internal ptr @ozma_call(i64 %who) noinline {
  %count = load i64, ptr ${calls}
  %full = icmp uge i64 %count, ${layout.mostCalls}
  br i1 %full, label %stop, label %note
stop:
  ${system(systemCalls[machine].exit, layout.tooManyCalls, 0, 0)}
  unreachable
note:
  %next = add i64 %count, 1
  store i64 %next, ptr ${calls}
  %at = mul i64 %count, ${layout.callBytes}
  %slot = getelementptr i8, ptr ${pointer(log.address + layout.logHead + layout.resultBytes)}, i64 %at
  store i64 %who, ptr %slot
  ret ptr %slot
}
define internal ptr @ozma_reply(i64 %class, i64 %further) noinline {
  %made = load i64, ptr ${calls}
  %count = add i64 %made, %further
  %turn = and i64 %count, ${layout.replyCount - 1}
  %row = mul i64 %class, ${layout.replyCount}
  %index = add i64 %row, %turn
  %r = getelementptr i64, ptr ${pointer(input.address + replies)}, i64 %index
  ret ptr %r
}
${stubs.join('\n')}
`;
}

/** Functions with real effects: those that compilers call on their own account. */
export function isReal(name: string, machine: Machine): boolean {
  return realNames.has(name) || (machine === 'x86_64' && roundingNames.has(name));
}

const realNames: ReadonlySet<string> = new Set(['memcpy', 'memmove', 'memset', 'memcmp', 'bcmp', 'strlen']);

/** Byte by byte; `memmove` from the end where the ranges overlap that way. */
const realFunctions = `
define ptr @memset(ptr %to, i32 %v, i64 %n) {
entry:
  %byte = trunc i32 %v to i8
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %j, %body ]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %p = getelementptr i8, ptr %to, i64 %i
  store volatile i8 %byte, ptr %p
  %j = add i64 %i, 1
  br label %head
done:
  ret ptr %to
}
define ptr @memcpy(ptr %to, ptr %from, i64 %n) {
  %r = call ptr @memmove(ptr %to, ptr %from, i64 %n)
  ret ptr %r
}
define ptr @memmove(ptr %to, ptr %from, i64 %n) {
entry:
  %backwards = icmp ugt ptr %to, %from
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %j, %body ]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %j = add i64 %i, 1
  %end = sub i64 %n, %j
  %at = select i1 %backwards, i64 %end, i64 %i
  %p = getelementptr i8, ptr %from, i64 %at
  %q = getelementptr i8, ptr %to, i64 %at
  %b = load volatile i8, ptr %p
  store volatile i8 %b, ptr %q
  br label %head
done:
  ret ptr %to
}
define i32 @bcmp(ptr %a, ptr %b, i64 %n) {
  %r = call i32 @memcmp(ptr %a, ptr %b, i64 %n)
  ret i32 %r
}
define i32 @memcmp(ptr %a, ptr %b, i64 %n) {
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %j, %same ]
  %more = icmp ult i64 %i, %n
  br i1 %more, label %body, label %equal
body:
  %p = getelementptr i8, ptr %a, i64 %i
  %q = getelementptr i8, ptr %b, i64 %i
  %x = load volatile i8, ptr %p
  %y = load volatile i8, ptr %q
  %is = icmp eq i8 %x, %y
  br i1 %is, label %same, label %other
same:
  %j = add i64 %i, 1
  br label %head
other:
  %less = icmp ult i8 %x, %y
  %r = select i1 %less, i32 -1, i32 1
  ret i32 %r
equal:
  ret i32 0
}
define i64 @strlen(ptr %s) {
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %j, %head ]
  %p = getelementptr i8, ptr %s, i64 %i
  %b = load volatile i8, ptr %p
  %j = add i64 %i, 1
  %zero = icmp eq i8 %b, 0
  br i1 %zero, label %done, label %head
done:
  ret i64 %i
}`;
