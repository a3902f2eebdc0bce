// Shifts, rotations and bit counting, signed and unsigned, against loops over the bits; and divisions that
// compilers turn to shifts and multiplications.

#include "check.h"

static NOINLINE uint32_t rotate_left(uint32_t word, unsigned by) { return word << (by & 31) | word >> (-by & 31); }
static NOINLINE uint32_t rotate_by_one(uint32_t word, unsigned times) {
  while (times-- > 0) word = word >> 31 | word << 1;
  return word;
}
static NOINLINE int count_ones(uint64_t word) {
  int count = 0;
  for (; word != 0; word &= word - 1) count++;
  return count;
}
static NOINLINE int count_ones_in_parallel(uint64_t w) {
  w = w - (w >> 1 & 0x5555555555555555u);
  w = (w & 0x3333333333333333u) + (w >> 2 & 0x3333333333333333u);
  w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return (int)(w * 0x0101010101010101u >> 56);
}
static NOINLINE int leading_zeros(uint32_t word) {
  int count = 0;
  while (count < 32 && !(word & 0x80000000u >> count)) count++;
  return count;
}
static NOINLINE int trailing_zeros(uint32_t word) {
  int count = 0;
  for (; word != 0 && !(word & 1); word >>= 1) count++;
  return word == 0 ? 32 : count;
}
static NOINLINE uint32_t swap_bytes(uint32_t w) {
  return w >> 24 | (w >> 8 & 0xff00) | (w & 0xff00) << 8 | w << 24;
}
static NOINLINE uint32_t reverse_bits(uint32_t word) {
  uint32_t result = 0;
  for (int i = 0; i < 32; i++) result |= (word >> i & 1) << (31 - i);
  return result;
}
static NOINLINE int floor_half(int value, int times) { return value >> times; }
static NOINLINE uint32_t load_big_endian(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/** Division by subtraction, rounding towards zero as C does. */
static NOINLINE int slow_quotient(int a, int b) {
  int64_t rest = a < 0 ? -(int64_t)a : a, step = b < 0 ? -(int64_t)b : b, quotient = 0;
  for (int shift = 31; shift >= 0; shift--)
    if (rest >= step << shift) {
      rest -= step << shift;
      quotient += (int64_t)1 << shift;
    }
  return (int)((a < 0) != (b < 0) ? -quotient : quotient);
}

#define CHECK_DIVISOR(d)                                   \
  EXPECT(value / (d) == slow_quotient(value, opaque(d))); \
  EXPECT(value % (d) == value - (d)*slow_quotient(value, opaque(d)))

int main(void) {
  for (int i = 0; i < 64; i++) {
    uint32_t word = random_word();
    unsigned by = (unsigned)opaque(i) % 33;
    EXPECT(rotate_left(word, by) == rotate_by_one(word, by));
    uint64_t wide = (uint64_t)word * 0x9e3779b97f4a7c15u;
    EXPECT(count_ones(wide) == count_ones_in_parallel(wide) && count_ones(wide) == __builtin_popcountll(wide));
    uint32_t narrow = word >> i % 32;
    EXPECT(leading_zeros(narrow) == (narrow == 0 ? 32 : __builtin_clz(narrow)));
    EXPECT(trailing_zeros(word << i % 32) == (word << i % 32 == 0 ? 32 : __builtin_ctz(word << i % 32)));
    EXPECT(swap_bytes(word) == __builtin_bswap32(word) && swap_bytes(swap_bytes(word)) == word);
    EXPECT(reverse_bits(reverse_bits(word)) == word && leading_zeros(word) == trailing_zeros(reverse_bits(word)));
    unsigned char bytes[4];
    memcpy(bytes, &word, 4);
    EXPECT(load_big_endian(bytes) == swap_bytes(word) || load_big_endian(bytes) == word);
    int value = (int)(word >> 1) - 0x40000000;
    int64_t floor = value;
    for (int half = 0; half < i % 31; half++) floor = (floor - (floor < 0 && floor % 2 != 0)) / 2;
    EXPECT(floor_half(value, i % 31) == floor);
    CHECK_DIVISOR(1);
    CHECK_DIVISOR(2);
    CHECK_DIVISOR(3);
    CHECK_DIVISOR(-4);
    CHECK_DIVISOR(7);
    CHECK_DIVISOR(10);
    CHECK_DIVISOR(-641);
    CHECK_DIVISOR(1000000007);
    EXPECT(word / 10 * 10 + word % 10 == word && word / 641u == (uint64_t)word / 641);
    mix(rotate_left(word, by) ^ reverse_bits(word));
  }
  EXPECT(opaque(-1) >> 31 == -1 && (unsigned)opaque(-1) >> 31 == 1);
  EXPECT((int8_t)opaque(200) == -56 && (uint8_t)opaque(-56) == 200 && (int16_t)opaque(40000) == -25536);
  EXPECT(INT32_MIN / opaque(2) == -1073741824 && INT32_MIN % opaque(3) == -2);
  return finish("shifts");
}
