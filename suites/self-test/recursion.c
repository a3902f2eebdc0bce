// Recursion: mutual, deep tail calls with accumulators, two-way, through arrays on the stack, and with results
// used after the call.

#include "check.h"

static int is_odd(unsigned n);
static NOINLINE int is_even(unsigned n) { return n == 0 ? 1 : is_odd(n - 1); }
static NOINLINE int is_odd(unsigned n) { return n == 0 ? 0 : is_even(n - 1); }

static NOINLINE uint64_t sum_to(uint64_t n, uint64_t sum) { return n == 0 ? sum : sum_to(n - 1, sum + n); }
static NOINLINE uint64_t sum_squares(uint64_t n) { return n == 0 ? 0 : n * n + sum_squares(n - 1); }

static NOINLINE unsigned ackermann(unsigned m, unsigned n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

static NOINLINE int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static int moves;
static NOINLINE void hanoi(int discs, int from, int to, int by, int *heights) {
  if (discs == 0) return;
  hanoi(discs - 1, from, by, to, heights);
  heights[from]--;
  heights[to]++;
  moves++;
  hanoi(discs - 1, by, to, from, heights);
}

static NOINLINE int permutations(int *items, int count, int at) {
  if (at == count) {
    int inversions = 0;
    for (int i = 0; i < count; i++)
      for (int j = i + 1; j < count; j++) inversions += items[i] > items[j];
    return inversions;
  }
  int sum = 0;
  for (int i = at; i < count; i++) {
    int kept = items[at];
    items[at] = items[i];
    items[i] = kept;
    sum += permutations(items, count, at + 1);
    items[i] = items[at];
    items[at] = kept;
  }
  return sum;
}

/** A tree in an array, whose depth is found with a buffer on each frame. */
static NOINLINE int depth_of(const int *children, int node, int *path) {
  int local[4] = {node, path == NULL ? -1 : path[0], 0, 0};
  if (node < 0) return 0;
  int left = depth_of(children, children[2 * node], local);
  int right = depth_of(children, children[2 * node + 1], local);
  EXPECT(local[0] == node);
  return 1 + (left > right ? left : right);
}

static NOINLINE unsigned collatz(unsigned n) { return n == 1 ? 0 : 1 + collatz(n % 2 == 0 ? n / 2 : 3 * n + 1); }

int main(void) {
  EXPECT(is_even((unsigned)opaque(5000)) && !is_even((unsigned)opaque(4999)));
  EXPECT(sum_to((uint64_t)opaque(10000), 0) == 50005000u);
  EXPECT(sum_squares((uint64_t)opaque(1000)) == 333833500u);
  EXPECT(ackermann(2, (unsigned)opaque(9)) == 21);
  EXPECT(ackermann(3, (unsigned)opaque(3)) == 61);
  EXPECT(fibonacci(opaque(20)) == 6765);
  int heights[3] = {10, 0, 0};
  hanoi(opaque(10), 0, 2, 1, heights);
  EXPECT(moves == 1023 && heights[0] == 0 && heights[1] == 0 && heights[2] == 10);
  int items[6] = {1, 2, 3, 4, 5, 6};
  EXPECT(permutations(items, opaque(6), 0) == 720 * 15 / 2);
  for (int i = 0; i < 6; i++) EXPECT(items[i] == i + 1);
  const int children[] = {1, 2, 3, -1, -1, -1, -1, 4, -1, -1};
  EXPECT(depth_of(children, opaque(0), NULL) == 4);
  EXPECT(collatz((unsigned)opaque(27)) == 111);
  mix(collatz(97));
  mix((uint64_t)moves);
  return finish("recursion");
}
