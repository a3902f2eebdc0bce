// Control flow that is not structured: jumps into loops, loops with two entries, cleanup chains, a state
// machine, and an interpreter on computed gotos.

#include "check.h"

/** A loop with two entries: whether to add before doubling at first is the caller's choice. */
static NOINLINE int two_entries(int start, int rounds, int late) {
  int value = start;
  if (late) goto middle;
top:
  value += 3;
middle:
  value *= 2;
  if (--rounds > 0) goto top;
  return value;
}

static NOINLINE int two_entries_naive(int start, int rounds, int late) {
  int value = start;
  for (int i = 0; i < rounds; i++) value = (i == 0 && late ? value : value + 3) * 2;
  return value;
}

static NOINLINE int cleanup(int fail_at, char *trace) {
  int result = -1;
  *trace++ = 'a';
  if (fail_at == 1) goto out;
  *trace++ = 'b';
  if (fail_at == 2) goto drop_a;
  *trace++ = 'c';
  if (fail_at == 3) goto drop_b;
  result = 0;
drop_b:
  *trace++ = 'B';
drop_a:
  *trace++ = 'A';
out:
  *trace = 0;
  return result;
}

/** Accepts -?[0-9]+(\.[0-9]+)? */
static NOINLINE int is_number(const char *text) {
  if (*text == '-') text++;
integer:
  if (*text < '0' || *text > '9') return 0;
  text++;
  if (*text >= '0' && *text <= '9') goto integer;
  if (*text == 0) return 1;
  if (*text != '.') return 0;
  text++;
fraction:
  if (*text < '0' || *text > '9') return 0;
  text++;
  if (*text == 0) return 1;
  goto fraction;
}

enum { PUSH, ADD, MULTIPLY, DUPLICATE, DECREMENT, JUMP_IF, HALT };

static NOINLINE int run(const int *code) {
  static const void *const labels[] = {&&push, &&add, &&multiply, &&duplicate, &&decrement, &&jump_if, &&halt};
  int stack[32], *top = stack, at = 0, accumulator = 1;
#define NEXT goto *labels[code[at++]]
  NEXT;
push:
  *top++ = code[at++];
  NEXT;
add:
  top--;
  top[-1] += top[0];
  NEXT;
multiply:
  accumulator *= top[-1];
  NEXT;
duplicate:
  *top = top[-1];
  top++;
  NEXT;
decrement:
  top[-1]--;
  NEXT;
jump_if:
  if (top[-1] != 0) at = code[at];
  else at++;
  NEXT;
halt:
  return accumulator * 1000 + (int)(top - stack);
#undef NEXT
}

static NOINLINE int nested_exit(int rows, int columns, int wanted) {
  int looked = 0;
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) {
      looked++;
      if (i * j == wanted) goto found;
    }
  }
  return -looked;
found:
  return looked;
}

int main(void) {
  for (int late = 0; late < 2; late++)
    for (int rounds = 1; rounds < 8; rounds++) {
      int value = two_entries(opaque(1), rounds, opaque(late));
      EXPECT(value == two_entries_naive(1, rounds, late));
      mix((uint64_t)value);
    }
  char trace[8];
  EXPECT(cleanup(opaque(0), trace) == 0 && strcmp(trace, "abcBA") == 0);
  EXPECT(cleanup(opaque(1), trace) == -1 && strcmp(trace, "a") == 0);
  EXPECT(cleanup(opaque(2), trace) == -1 && strcmp(trace, "abA") == 0);
  EXPECT(cleanup(opaque(3), trace) == -1 && strcmp(trace, "abcBA") == 0);
  EXPECT(is_number("0") && is_number("-12.50") && is_number("123456"));
  EXPECT(!is_number("") && !is_number("-") && !is_number("1.") && !is_number(".5") && !is_number("1a"));
  const int factorial[] = {PUSH, 7, MULTIPLY, DECREMENT, JUMP_IF, 2, HALT};
  EXPECT(run(factorial) == 5040 * 1000 + 1);
  const int sums[] = {PUSH, 2, PUSH, 3, ADD, MULTIPLY, DUPLICATE, MULTIPLY, HALT};
  EXPECT(run(sums) == 25 * 1000 + 2);
  EXPECT(nested_exit(5, 6, opaque(12)) == 3 * 6 + 5);
  EXPECT(nested_exit(5, 6, opaque(19)) == -30);
  return finish("goto");
}
