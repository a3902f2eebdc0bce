// Pointers that may or may not name the same object: stores must be seen by later loads when they do.

#include "check.h"

static NOINLINE int add_twice(int *to, const int *from) {
  *to += *from;
  *to += *from;
  return *to;
}

static NOINLINE void prefix_sums(int *out, const int *in, int count) {
  int sum = 0;
  for (int i = 0; i < count; i++) {
    sum += in[i];
    out[i] = sum;
  }
}

static NOINLINE void scale(int *restrict out, const int *restrict in, int count, const int *factor) {
  for (int i = 0; i < count; i++) out[i] = in[i] * *factor;
}

struct pair {
  int first;
  int second;
};

static NOINLINE int through_two(struct pair *a, struct pair *b) {
  a->first = 10;
  b->first = 20;
  a->second = a->first + 1;
  b->second = b->first + 2;
  return a->second * 100 + b->second;
}

static NOINLINE unsigned bytes_of(const unsigned *word) {
  const unsigned char *bytes = (const unsigned char *)word;
  unsigned sum = 0;
  for (size_t i = 0; i < sizeof *word; i++) sum += bytes[i];
  return sum;
}

static NOINLINE void bump_bytes(unsigned *word) {
  unsigned char *bytes = (unsigned char *)word;
  for (size_t i = 0; i < sizeof *word; i++) bytes[i]++;
}

static int counter;
static NOINLINE int count_until(int *limit) {
  counter = 0;
  while (counter < *limit) {
    counter++;
    if (counter == 5) *limit = 7;
  }
  return counter;
}

int main(void) {
  int x = opaque(3), y = opaque(5);
  EXPECT(add_twice(&x, &y) == 13);
  EXPECT(add_twice(&y, &y) == 20);

  int in[16], out[16], naive = 0;
  for (int i = 0; i < 16; i++) in[i] = opaque(i * i - 7 * i);
  prefix_sums(out, in, 16);
  for (int i = 0; i < 16; i++) {
    naive += in[i];
    EXPECT(out[i] == naive);
  }
  prefix_sums(in, in, 16);
  EXPECT(memcmp(in, out, sizeof in) == 0);
  // Overlapping by one: what is read was written one step before.
  int shifted[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  prefix_sums(shifted + 1, shifted, 8);
  int expected = 1, before = 1;
  for (int i = 1; i < 9; i++) {
    EXPECT(shifted[i] == expected);
    before = expected;
    expected = expected + before;
    mix((uint64_t)shifted[i]);
  }

  int factor = opaque(-3);
  scale(out, in, 16, &factor);
  for (int i = 0; i < 16; i++) EXPECT(out[i] == -3 * in[i]);

  struct pair p = {0, 0}, q = {0, 0};
  EXPECT(through_two(&p, &q) == 1122);
  EXPECT(through_two(&p, &p) == 2222);
  EXPECT(p.first == 20 && p.second == 22);

  unsigned word = 0x01020304u;
  EXPECT(bytes_of(&word) == 10);
  bump_bytes(&word);
  EXPECT(word == 0x02030405u);
  int limit = opaque(100);
  EXPECT(count_until(&limit) == 7);
  // The counter is its own limit, so there is no round at all.
  counter = 0;
  EXPECT(count_until(&counter) == 0);
  mix((uint64_t)word);
  return finish("aliasing");
}
