// Stand-ins for what a function calls, as LLVM-IR: each notes who was called with what, and answers from the input.
// Both sides are linked with the same ones.

import { isNoReturn } from '../../lift/prototypes.ts';
import { keepingRegisters } from './keeping-registers.ts';
import * as layout from './layout.ts';
import { pointer, quoted, system, systemCall, systemCalls, triples } from './machines.ts';
import type { Machine } from './machines.ts';
import { bytesOf, membersOfResult } from './signature.ts';
import type { Signature } from './signature.ts';

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
