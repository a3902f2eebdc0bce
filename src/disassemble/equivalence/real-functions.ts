// Callees that do what they are called for, since compilers put them in place of loops.

import type { Machine } from './machines.ts';
import { roundingNames } from './rounding.ts';

/** Functions with real effects: those that compilers call on their own account. */
export function isReal(name: string, machine: Machine): boolean {
  return realNames.has(name) || (machine === 'x86_64' && roundingNames.has(name));
}

const realNames: ReadonlySet<string> = new Set(['memcpy', 'memmove', 'memset', 'memcmp', 'bcmp', 'strlen']);

/** Byte by byte; `memmove` from the end where the ranges overlap that way. */
export const realFunctions = `
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
