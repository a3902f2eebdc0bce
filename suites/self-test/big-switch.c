// Switches: dense, sparse, with fall-through, on 64-bit values and on characters, each against a table or a
// chain of comparisons that says the same.

#include "check.h"

static NOINLINE int days(int month, int leap) {
  switch (month) {
    case 1: case 3: case 5: case 7: case 8: case 10: case 12: return 31;
    case 4: case 6: case 9: case 11: return 30;
    case 2: return leap ? 29 : 28;
    default: return 0;
  }
}

static NOINLINE int sparse(int key) {
  switch (key) {
    case -2000000000: return 1;
    case -77: return 2;
    case 0: return 3;
    case 1: return 4;
    case 1000: return 5;
    case 1001: return 6;
    case 65536: return 7;
    case 2147483647: return 8;
    default: return -1;
  }
}

static const int sparse_keys[] = {-2000000000, -77, 0, 1, 1000, 1001, 65536, 2147483647};

static NOINLINE int remaining_steps(int from) {
  int steps = 0;
  switch (from) {
    case 0: steps += 1; /* fall through */
    case 1: steps += 10; /* fall through */
    case 2: steps += 100; break;
    case 3: steps += 1000; /* fall through */
    default: steps += 10000; /* fall through */
    case 4: steps += 100000;
  }
  return steps;
}

static NOINLINE int wide_key(uint64_t key) {
  switch (key) {
    case 0x100000000u: return 1;
    case 0x200000000u: return 2;
    case 0xffffffffffffffffu: return 3;
    case 5: return 4;
    default: return 0;
  }
}

static NOINLINE unsigned polynomial(unsigned op, unsigned a, unsigned b) {
  switch (op) {
    case 0: return a + b;
    case 1: return a - b;
    case 2: return a * b;
    case 3: return a ^ b;
    case 4: return a & b;
    case 5: return a | b;
    case 6: return a << (b & 31);
    case 7: return a >> (b & 31);
    case 8: return b == 0 ? 0 : a / b;
    case 9: return b == 0 ? 0 : a % b;
    case 10: return a < b;
    case 11: return a == b;
    case 12: return ~a;
    case 13: return 0u - a;
    case 14: return a > b ? a : b;
    case 15: return a < b ? a : b;
    default: return 0xdeadu;
  }
}

static NOINLINE char kind_of(char c) {
  switch (c) {
    case ' ': case '\t': case '\n': return 's';
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9': return 'd';
    case 'a': case 'e': case 'i': case 'o': case 'u': return 'v';
    case '+': case '-': case '*': case '/': return 'o';
    default: return c >= 'a' && c <= 'z' ? 'c' : '?';
  }
}

int main(void) {
  int total = 0;
  for (int month = opaque(0); month <= 13; month++) total += days(month, month & 1) + days(month, 1);
  EXPECT(total == 365 + 366);
  for (int i = 0; i < 8; i++) {
    EXPECT(sparse(sparse_keys[i]) == i + 1);
    EXPECT(sparse(sparse_keys[i] ^ 0x40) == -1);
  }
  EXPECT(remaining_steps(opaque(0)) == 111);
  EXPECT(remaining_steps(opaque(1)) == 110);
  EXPECT(remaining_steps(opaque(2)) == 100);
  EXPECT(remaining_steps(opaque(3)) == 111000);
  EXPECT(remaining_steps(opaque(4)) == 100000);
  EXPECT(remaining_steps(opaque(99)) == 110000);
  EXPECT(wide_key(1ull << opaque(32)) == 1 && wide_key(1ull << opaque(33)) == 2);
  EXPECT(wide_key(0) == 0 && wide_key(~0ull) == 3 && wide_key((uint64_t)opaque(5)) == 4);
  unsigned a = 12345, b = 67;
  for (unsigned op = 0; op < 18; op++) mix(polynomial(op, a, b));
  EXPECT(polynomial(9, a, b) + polynomial(8, a, b) * b == a);
  EXPECT(polynomial(12, a, b) + 1 == polynomial(13, a, b));
  EXPECT(polynomial(16, a, b) == 0xdeadu);
  const char *text = "ab 1+z\t?";
  const char *kinds = "vcsdocs?";
  for (int i = 0; text[i] != 0; i++) EXPECT(kind_of(text[i]) == kinds[i]);
  return finish("big-switch");
}
