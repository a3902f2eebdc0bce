// Calls through pointers: tables, callbacks with state, functions that return functions, and pointers that
// are compared.

#include "check.h"

typedef int (*binary)(int, int);
static int add(int a, int b) { return a + b; }
static int subtract(int a, int b) { return a - b; }
static int multiply(int a, int b) { return a * b; }
static int larger(int a, int b) { return a > b ? a : b; }
static const binary operations[] = {add, subtract, multiply, larger};

static NOINLINE binary choose(char symbol) {
  switch (symbol) {
    case '+': return add;
    case '-': return subtract;
    case '*': return multiply;
    default: return NULL;
  }
}

static NOINLINE int fold(const int *items, int count, int start, binary combine) {
  for (int i = 0; i < count; i++) start = combine(start, items[i]);
  return start;
}

struct visitor {
  void (*visit)(struct visitor *, int);
  long total;
};
static void visit_sum(struct visitor *v, int item) { v->total += item; }
static void visit_then_switch(struct visitor *v, int item) {
  v->total += 1000 * item;
  if (item > 3) v->visit = visit_sum;
}
static NOINLINE void walk(const int *items, int count, struct visitor *v) {
  for (int i = 0; i < count; i++) v->visit(v, items[i]);
}

/** Reverse Polish notation with single digits. */
static NOINLINE int evaluate(const char *text) {
  int stack[16], depth = 0;
  for (; *text != 0; text++) {
    binary operation = choose(*text);
    if (operation != NULL) {
      depth--;
      stack[depth - 1] = operation(stack[depth - 1], stack[depth]);
    } else {
      stack[depth++] = *text - '0';
    }
  }
  return stack[0];
}

static int by_value(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}
static int by_last_digit(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return x % 10 != y % 10 ? x % 10 - y % 10 : by_value(a, b);
}

struct state;
typedef void (*step)(struct state *);
struct state { step next; int count; };
static void tick(struct state *s);
static void tock(struct state *s) {
  s->count += 100;
  s->next = tick;
}
static void tick(struct state *s) {
  s->count++;
  s->next = s->count % 100 < 5 ? tock : NULL;
}

int main(void) {
  int items[] = {1, 2, 3, 4, 5};
  EXPECT(fold(items, 5, 0, operations[opaque(0)]) == 15);
  EXPECT(fold(items, 5, 0, operations[opaque(1)]) == -15);
  EXPECT(fold(items, 5, 1, operations[opaque(2)]) == 120);
  EXPECT(fold(items, 5, -9, operations[opaque(3)]) == 5);
  struct visitor v = {visit_then_switch, 0};
  walk(items, 5, &v);
  EXPECT(v.total == 10005 && v.visit == visit_sum);
  EXPECT(evaluate("34+2*7-") == 7);
  EXPECT(evaluate("9") == 9);
  EXPECT(choose('?') == NULL && choose('+') == add && choose('+') != subtract);
  int numbers[] = {31, 12, 52, 21, 42, 11};
  qsort(numbers, 6, sizeof(int), by_value);
  for (int i = 1; i < 6; i++) EXPECT(numbers[i - 1] < numbers[i]);
  qsort(numbers, 6, sizeof(int), by_last_digit);
  const int expected[] = {11, 21, 31, 12, 42, 52};
  EXPECT(memcmp(numbers, expected, sizeof expected) == 0);
  int key = 42;
  EXPECT(bsearch(&key, expected, 6, sizeof(int), by_last_digit) == &expected[4]);
  struct state s = {tick, 0};
  while (s.next != NULL) s.next(&s);
  EXPECT(s.count == 405);
  mix((uint64_t)v.total);
  mix((uint64_t)s.count);
  return finish("function-pointers");
}
