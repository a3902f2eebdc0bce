// Objects that have their value before main: nested, designated, with addresses of each other, strings of
// several kinds, static locals and constants that only look changeable.

#include "check.h"

struct item { const char *name; int price; const struct item *partner; int sizes[3]; };
static const struct item bread, butter;
static const struct item bread = {.name = "bread", .price = 250, .partner = &butter, .sizes = {[2] = 9}};
static const struct item butter = {"butter", 199, &bread, {1, 2, 3}};
static const struct item *const shelf[] = {&bread, &butter, &bread};

static int grid[3][4] = {{1, 2}, {[3] = 5}, {0}};
static int *corner = &grid[1][3];
static int (*second_row)[4] = &grid[1];
static char writable[] = "write me";
static const char *fixed = &"write me"[6];
static const uint16_t squares[] = {0, 1, 4, 9, 16, 25, 36, 49};
static int never_changed = 17;
static int changed = 17;
static long offsets[] = {offsetof(struct item, price) > 0, sizeof squares / sizeof squares[0]};
static double reals[4] = {1.5, [3] = -2.25};
extern int defined_below;
static int *forward = &defined_below;
int defined_below = 77;

static NOINLINE int next_ticket(void) {
  static int ticket = 100;
  return ticket++;
}
static NOINLINE int next_other(int reset) {
  static int history[3] = {7, 8, 9};
  static int *at = history;
  if (reset) at = history;
  int value = *at;
  at = at == history + 2 ? history : at + 1;
  return value;
}

int main(void) {
  int prices = 0;
  for (int i = 0; i < 3; i++) prices += shelf[i]->price;
  EXPECT(prices == 250 + 199 + 250);
  EXPECT(shelf[opaque(0)]->partner->partner == shelf[2]);
  EXPECT(bread.sizes[0] == 0 && bread.sizes[2] == 9 && butter.sizes[1] == 2);
  EXPECT(strcmp(bread.partner->name, "butter") == 0);
  EXPECT(*corner == 5 && (*second_row)[3] == 5 && grid[0][1] == 2 && grid[2][3] == 0);
  *corner = opaque(6);
  EXPECT((*second_row)[3] == 6);
  writable[0] = 'W';
  EXPECT(strcmp(writable, "Write me") == 0 && strcmp(fixed, "me") == 0);
  int sum = 0;
  for (size_t i = 0; i < (size_t)offsets[1]; i++) sum += squares[i];
  EXPECT(sum == 140 && offsets[0] == 1);
  changed += opaque(1);
  EXPECT(changed - never_changed == 1);
  EXPECT(reals[0] == 1.5 && reals[1] == 0 && reals[3] == -2.25);
  *forward += 1;
  EXPECT(defined_below == 78);
  for (int i = 0; i < 5; i++) EXPECT(next_ticket() == 100 + i);
  int digits = 0;
  for (int i = 0; i < 5; i++) digits = digits * 10 + next_other(0);
  EXPECT(digits == 78978);
  EXPECT(next_other(opaque(1)) == 7);
  mix((uint64_t)digits);
  mix((uint64_t)prices);
  return finish("static-initialisers");
}
