// Leaving deep calls by longjmp, coming back to the same place several times, and nested recovery points.

#include <setjmp.h>
#include "check.h"

static jmp_buf recovery;
static int depth_reached;

static NOINLINE int descend(int depth, int stop) {
  depth_reached = depth;
  if (depth > 1000) return 0;
  if (depth == stop) longjmp(recovery, depth + 1);
  return descend(depth + 1, stop) + 1;
}

static NOINLINE int attempt(int stop) {
  int code = setjmp(recovery);
  if (code != 0) return -code;
  return descend(0, stop);
}

static NOINLINE int retry(int wanted) {
  volatile int tries = 0;
  jmp_buf again;
  int code = setjmp(again);
  tries = tries + 1;
  if (code < wanted) longjmp(again, code + 1);
  return tries;
}

static jmp_buf outer, inner;
static NOINLINE void raise_error(int kind) {
  if (kind == 1) longjmp(inner, 1);
  if (kind == 2) longjmp(outer, 2);
}

static NOINLINE int guarded(int kind) {
  volatile int trace = 1;
  if (setjmp(outer) == 0) {
    trace = trace * 10 + 2;
    if (setjmp(inner) == 0) {
      trace = trace * 10 + 3;
      raise_error(kind);
      trace = trace * 10 + 4;
    } else {
      trace = trace * 10 + 5;
    }
    trace = trace * 10 + 6;
  } else {
    trace = trace * 10 + 7;
  }
  return trace;
}

static NOINLINE int parse_digits(const char *text, volatile int *parsed) {
  jmp_buf bad;
  *parsed = 0;
  switch (setjmp(bad)) {
    case 0:
      for (const char *c = text; *c != 0; c++) {
        if (*c < '0' || *c > '9') longjmp(bad, *c == '-' ? 1 : 2);
        *parsed = *parsed * 10 + (*c - '0');
      }
      return 0;
    case 1: return -1;
    default: return -2;
  }
}

int main(void) {
  EXPECT(attempt(opaque(0)) == -1);
  EXPECT(attempt(opaque(30)) == -31);
  EXPECT(depth_reached == 30);
  for (int i = 0; i < 5; i++) EXPECT(attempt(i) == -i - 1);
  EXPECT(retry(opaque(0)) == 1);
  EXPECT(retry(opaque(6)) == 7);
  EXPECT(guarded(opaque(0)) == 12346);
  EXPECT(guarded(opaque(1)) == 12356);
  EXPECT(guarded(opaque(2)) == 1237);
  volatile int parsed;
  EXPECT(parse_digits("1234", &parsed) == 0 && parsed == 1234);
  EXPECT(parse_digits("12-4", &parsed) == -1 && parsed == 12);
  EXPECT(parse_digits("7x", &parsed) == -2 && parsed == 7);
  mix((uint64_t)parsed + (uint64_t)depth_reached);
  return finish("setjmp");
}
