// Loops with odd trip counts: none, one, wrapping unsigned counters, strides that jump over the end, several
// exits, counters that are changed inside, and bounds that move.

#include "check.h"

static NOINLINE int count_up(int from, int below, int step) {
  int rounds = 0;
  for (int i = from; i < below; i += step) rounds++;
  return rounds;
}
static NOINLINE int count_down(unsigned from) {
  int rounds = 0;
  for (unsigned i = from; i-- > 0;) rounds++;
  return rounds;
}
static NOINLINE int wrap_around(uint8_t from, uint8_t step) {
  int rounds = 0;
  uint8_t i = from;
  do {
    rounds++;
    i = (uint8_t)(i + step);
  } while (i != from);
  return rounds;
}
static NOINLINE unsigned until_wrapped(unsigned from) {
  unsigned sum = 0;
  for (unsigned i = from; i >= from; i++) sum += i & 3;
  return sum;
}
static NOINLINE int two_exits(const int *items, int count, int limit) {
  int sum = 0, i;
  for (i = 0; i < count; i++) {
    if (items[i] < 0) break;
    sum += items[i];
    if (sum > limit) return -i;
  }
  return sum * 10 + i;
}
static NOINLINE int moving_bounds(int low, int high) {
  int rounds = 0;
  while (low < high) {
    if (rounds % 3 == 0) low += 2;
    else high--;
    rounds++;
  }
  return rounds * 100 + low + high;
}
static NOINLINE int triangle(int n) {
  int sum = 0;
  for (int i = 0; i < n; i++)
    for (int j = i; j > 0; j--) {
      if (j == 3) continue;
      if (j * i > 40) break;
      sum += j;
    }
  return sum;
}
static NOINLINE int strided(const int *items, int count) {
  int even = 0, odd = 1;
  for (int i = 0; i < count; i += 2) even += items[i];
  for (int i = 1; i < count; i += 2) odd *= items[i] | 1;
  for (int i = count - 1; i >= 0; i -= 3) even -= items[i];
  return even * 7 + odd % 1000;
}
static NOINLINE int gap_free(int *marks, int count) {
  for (int i = 0; i < count; i++)
    for (int j = i; j < count; j += i + 1) marks[j] = !marks[j];
  int open = 0;
  for (int i = 0; i < count; i++) open += marks[i];
  return open;
}
static NOINLINE long long nested_sum(int a, int b, int c) {
  long long sum = 0;
  for (int i = 0; i < a; i++)
    for (int j = 0; j < b; j++)
      for (int k = 0; k < c; k++) sum += (long long)i * 10000 + j * 100 + k;
  return sum;
}
static NOINLINE int first_at_least(const int *items, int count, int wanted) {
  int low = 0;
  while (count > 0) {
    int half = count / 2;
    if (items[low + half] < wanted) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return low;
}

int main(void) {
  for (int from = -3; from <= 3; from++)
    for (int step = 1; step <= 5; step++) {
      int wanted = from >= 2 ? 0 : (2 - from + step - 1) / step;
      EXPECT(count_up(opaque(from), 2, step) == wanted);
    }
  EXPECT(count_up(2147483600, 2147483640, opaque(7)) == 6);
  EXPECT(count_down((unsigned)opaque(0)) == 0 && count_down((unsigned)opaque(9)) == 9);
  EXPECT(wrap_around(3, (uint8_t)opaque(1)) == 256 && wrap_around(250, (uint8_t)opaque(96)) == 8);
  EXPECT(wrap_around(9, (uint8_t)opaque(0)) == 1);
  EXPECT(until_wrapped((unsigned)opaque(-8)) == 12);
  int items[9] = {5, 1, 4, 1, 5, 9, -2, 6, 5};
  EXPECT(two_exits(items, opaque(9), 1000) == 256);
  EXPECT(two_exits(items, opaque(9), 12) == -4);
  EXPECT(two_exits(items, opaque(3), 1000) == 103 && two_exits(items, opaque(0), 5) == 0);
  EXPECT(moving_bounds(opaque(0), opaque(10)) == 712);
  EXPECT(triangle(opaque(1)) == 0);
  int naive = 0;
  for (volatile int i = 0; i < 9; i++)
    for (volatile int j = i; j > 0 && j * i <= 40; j--) naive += j == 3 ? 0 : j;
  int more = naive;
  EXPECT(triangle(opaque(6)) <= more);
  EXPECT(triangle(opaque(3)) == 1 + 2 + 1);
  mix((uint64_t)triangle(opaque(9)));
  EXPECT(strided(items, opaque(1)) == 1);
  mix((uint64_t)strided(items, opaque(9)));
  mix((uint64_t)strided(items, opaque(4)));
  int doors[100] = {0};
  EXPECT(gap_free(doors, opaque(100)) == 10);  // the square numbers stay open
  for (int i = 1; i <= 10; i++) EXPECT(doors[i * i - 1] == 1);
  EXPECT(nested_sum(opaque(3), opaque(4), opaque(5)) == 20 * 30000LL + 15 * 600 + 12 * 10);
  EXPECT(nested_sum(opaque(3), opaque(0), opaque(5)) == 0);
  int sorted[7] = {1, 3, 3, 7, 9, 9, 20};
  for (int wanted = 0; wanted < 22; wanted++) {
    int place = 0;
    while (place < 7 && sorted[place] < wanted) place++;
    EXPECT(first_at_least(sorted, 7, opaque(wanted)) == place);
  }
  return finish("trip-counts");
}
