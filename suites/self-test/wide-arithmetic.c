// 64- and 128-bit arithmetic against schoolbook arithmetic in 32-bit digits.

#include "check.h"

typedef unsigned __int128 wide;
typedef __int128 signed_wide;

static NOINLINE wide multiply(uint64_t a, uint64_t b) { return (wide)a * b; }

static NOINLINE void multiply_digits(uint64_t a, uint64_t b, uint64_t *high, uint64_t *low) {
  uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
  uint64_t low_part = a0 * b0, cross = a1 * b0 + (low_part >> 32), other = a0 * b1 + (uint32_t)cross;
  *low = other << 32 | (uint32_t)low_part;
  *high = a1 * b1 + (cross >> 32) + (other >> 32);
}

static NOINLINE wide divide_bits(wide dividend, wide divisor, wide *rest) {
  wide quotient = 0, remainder = 0;
  for (int bit = 127; bit >= 0; bit--) {
    int carry = (int)(remainder >> 127);
    remainder = remainder << 1 | (dividend >> bit & 1);
    if (carry || remainder >= divisor) {
      remainder -= divisor;
      quotient |= (wide)1 << bit;
    }
  }
  *rest = remainder;
  return quotient;
}

static NOINLINE uint64_t power_modulo(uint64_t base, uint64_t exponent, uint64_t modulus) {
  uint64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = (uint64_t)((wide)result * base % modulus);
    base = (uint64_t)((wide)base * base % modulus);
  }
  return result;
}

static NOINLINE int add_with_carry(uint64_t *to, const uint64_t *from, int count) {
  unsigned carry = 0;
  for (int i = 0; i < count; i++) {
    wide sum = (wide)to[i] + from[i] + carry;
    to[i] = (uint64_t)sum;
    carry = (unsigned)(sum >> 64);
  }
  return (int)carry;
}

static uint64_t random_long(void) {
  uint64_t high = random_word();
  return high << 32 | random_word();
}

int main(void) {
  for (int i = 0; i < 100; i++) {
    uint64_t a = random_long() >> (i % 40), b = random_long() >> (i * 7 % 50), high, low;
    wide product = multiply(a, b);
    multiply_digits(a, b, &high, &low);
    EXPECT((uint64_t)product == low && (uint64_t)(product >> 64) == high);
    wide dividend = product + b / 2 + a, divisor = (wide)(b >> (i % 3) | 1) << (i % 5 * 9), rest;
    wide quotient = divide_bits(dividend, divisor, &rest);
    EXPECT(dividend / divisor == quotient && dividend % divisor == rest);
    EXPECT(quotient * divisor + rest == dividend);
    signed_wide minus = -(signed_wide)(product >> 1);
    EXPECT(minus / 7 * 7 + minus % 7 == minus && minus % 7 <= 0);
    EXPECT(minus >> 3 == -(signed_wide)(((product >> 1) + 7) / 8));
    mix((uint64_t)(quotient >> 5) ^ (uint64_t)rest);
  }
  const uint64_t prime = 0xffffffffffffffc5u;  // the largest below 2^64
  for (int i = 2; i < 12; i++) EXPECT(power_modulo((uint64_t)opaque(i), prime - 1, prime) == 1);
  uint64_t a[4] = {~0ull, ~0ull, ~0ull, 5}, one[4] = {1, 0, 0, 0};
  EXPECT(add_with_carry(a, one, opaque(4)) == 0);
  EXPECT(a[0] == 0 && a[1] == 0 && a[2] == 0 && a[3] == 6);
  a[3] = ~0ull;
  one[3] = 1;
  EXPECT(add_with_carry(a, one, opaque(4)) == 1 && a[3] == 0);
  long long overflowed;
  EXPECT(__builtin_mul_overflow(1LL << opaque(40), 1LL << 30, &overflowed));
  EXPECT(!__builtin_mul_overflow(1LL << opaque(32), 1LL << 30, &overflowed) && overflowed == 1LL << 62);
  EXPECT(__builtin_add_overflow(INT64_MAX, opaque(1), &overflowed) && overflowed == INT64_MIN);
  return finish("wide-arithmetic");
}
