// Number theory whose answers are known: primes, common divisors, modular inverses, digits of large numbers,
// partitions, perfect numbers.

#include "check.h"

static NOINLINE int sieve(unsigned char *composite, int below) {
  int primes = 0;
  for (int i = 2; i < below; i++) {
    if (composite[i]) continue;
    primes++;
    for (int j = 2 * i; j < below; j += i) composite[j] = 1;
  }
  return primes;
}
static NOINLINE int is_prime(int n) {
  if (n < 4) return n > 1;
  if (n % 2 == 0 || n % 3 == 0) return 0;
  for (int d = 5; d * d <= n; d += 6)
    if (n % d == 0 || n % (d + 2) == 0) return 0;
  return 1;
}
static NOINLINE unsigned common_divisor(unsigned a, unsigned b) {
  while (b != 0) {
    unsigned rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
static NOINLINE unsigned common_divisor_binary(unsigned a, unsigned b) {
  if (a == 0 || b == 0) return a | b;
  unsigned shift = 0;
  for (; ((a | b) & 1) == 0; shift++) {
    a >>= 1;
    b >>= 1;
  }
  while ((a & 1) == 0) a >>= 1;
  do {
    while ((b & 1) == 0) b >>= 1;
    if (a > b) {
      unsigned kept = a;
      a = b;
      b = kept;
    }
    b -= a;
  } while (b != 0);
  return a << shift;
}
static NOINLINE int inverse(int a, int modulus) {
  int r0 = modulus, r1 = a, s0 = 0, s1 = 1;
  while (r1 != 0) {
    int quotient = r0 / r1, r2 = r0 - quotient * r1, s2 = s0 - quotient * s1;
    r0 = r1;
    r1 = r2;
    s0 = s1;
    s1 = s2;
  }
  return r0 == 1 ? (s0 < 0 ? s0 + modulus : s0) : 0;
}
static NOINLINE int digit_sum_of_factorial(int n) {
  unsigned char digits[200] = {1};
  for (int factor = 2; factor <= n; factor++) {
    int carry = 0;
    for (int i = 0; i < 200; i++) {
      carry += digits[i] * factor;
      digits[i] = (unsigned char)(carry % 10);
      carry /= 10;
    }
  }
  int sum = 0;
  for (int i = 0; i < 200; i++) sum += digits[i];
  return sum;
}
static NOINLINE int queens(unsigned all, unsigned columns, unsigned left, unsigned right) {
  if (columns == all) return 1;
  int solutions = 0;
  for (unsigned open = all & ~(columns | left | right); open != 0; open &= open - 1) {
    unsigned bit = open & (0u - open);
    solutions += queens(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return solutions;
}
static NOINLINE int partitions(int n) {
  int ways[64] = {1};
  for (int part = 1; part <= n; part++)
    for (int sum = part; sum <= n; sum++) ways[sum] += ways[sum - part];
  return ways[n];
}

int main(void) {
  static unsigned char composite[10000];
  EXPECT(sieve(composite, opaque(10000)) == 1229);
  for (int n = 2; n < 10000; n += 7) EXPECT(is_prime(n) == !composite[n]);
  for (int i = 0; i < 60; i++) {
    unsigned a = random_word() >> (i % 20), b = random_word() >> (i % 17), d = common_divisor(a, b);
    EXPECT(d == common_divisor_binary(a, b) && d == common_divisor(b, a));
    mix(d);
  }
  for (int a = 1; a < 97; a++) EXPECT(a * inverse(a, opaque(97)) % 97 == 1);
  EXPECT(inverse(opaque(6), 9) == 0);
  EXPECT(digit_sum_of_factorial(opaque(100)) == 648);
  EXPECT(queens(255, 0, 0, 0) == 92 && queens((1u << opaque(6)) - 1, 0, 0, 0) == 4);
  EXPECT(partitions(opaque(50)) == 204226);
  int perfect = 0;
  for (int n = 2; n < 1000; n++) {
    int sum = 1;
    for (int d = 2; d * d <= n; d++)
      if (n % d == 0) sum += d * d == n ? d : d + n / d;
    if (sum == n) perfect += n;
  }
  EXPECT(perfect == 6 + 28 + 496);
  return finish("number-theory");
}
