// Eight- and sixteen-bit integers: promotion, truncation, saturation and comparison, exhaustively where there
// are few enough values.

#include "check.h"

static NOINLINE int8_t saturating_add(int8_t a, int8_t b) {
  int sum = a + b;
  return (int8_t)(sum > 127 ? 127 : sum < -128 ? -128 : sum);
}
static NOINLINE int8_t saturating_by_bits(int8_t a, int8_t b) {
  uint8_t sum = (uint8_t)((uint8_t)a + (uint8_t)b);
  uint8_t limit = (uint8_t)(((uint8_t)a >> 7) + 127);
  return (int8_t)(((limit ^ (uint8_t)b) | ~((uint8_t)b ^ sum)) & 0x80 ? sum : limit);
}
static NOINLINE uint8_t average(uint8_t a, uint8_t b) { return (uint8_t)((a + b + 1) / 2); }
static NOINLINE uint8_t average_by_bits(uint8_t a, uint8_t b) { return (uint8_t)((a | b) - ((a ^ b) >> 1)); }
static NOINLINE int16_t fixed_product(int16_t a, int16_t b) { return (int16_t)(((int32_t)a * b + 0x4000) >> 15); }
static NOINLINE unsigned sum_bytes(const uint8_t *bytes, int count) {
  uint16_t sum = 0;
  for (int i = 0; i < count; i++) sum = (uint16_t)(sum + bytes[i]);
  return sum;
}
static NOINLINE int sum_signed(const int8_t *bytes, int count) {
  int sum = 0;
  for (int i = 0; i < count; i++) sum += bytes[i] > 0 ? bytes[i] : -bytes[i];
  return sum;
}
static NOINLINE uint8_t gray(uint8_t value) { return value ^ value >> 1; }
static NOINLINE uint8_t ungray(uint8_t value) {
  for (int shift = 4; shift > 0; shift >>= 1) value ^= value >> shift;
  return value;
}
static NOINLINE int order(int8_t a, uint8_t b) { return a < b ? -1 : a > b; }

int main(void) {
  for (int a = -128; a < 128; a++) {
    for (int b = -128; b < 128; b++) {
      int8_t sum = saturating_add((int8_t)a, (int8_t)b);
      if (sum != saturating_by_bits((int8_t)a, (int8_t)b)) EXPECT(!"the same saturated sum");
      if (average((uint8_t)a, (uint8_t)b) != average_by_bits((uint8_t)a, (uint8_t)b)) EXPECT(!"the same average");
    }
    mix((uint64_t)saturating_add((int8_t)a, 100));
    EXPECT(ungray(gray((uint8_t)a)) == (uint8_t)a);
    EXPECT(__builtin_popcount(gray((uint8_t)a) ^ gray((uint8_t)(a + 1))) == 1);
    EXPECT(order((int8_t)a, (uint8_t)opaque(a)) == (a < 0 ? -1 : 0));
  }
  EXPECT(fixed_product((int16_t)opaque(16384), 16384) == 8192);
  EXPECT(fixed_product((int16_t)opaque(-16384), 16384) == -8192);
  EXPECT(fixed_product(32767, (int16_t)opaque(32767)) == 32766);
  uint8_t bytes[300];
  memset(bytes, 255, sizeof bytes);
  EXPECT(sum_bytes(bytes, opaque(257)) == 65535);
  EXPECT(sum_bytes(bytes, opaque(300)) == (300 * 255) % 65536);
  EXPECT(sum_signed((const int8_t *)bytes, opaque(300)) == 300);
  EXPECT(order((int8_t)opaque(-1), 255) == -1 && order((int8_t)opaque(5), 4) == 1);
  uint8_t wrapping = (uint8_t)opaque(250);
  for (int i = 0; i < 10; i++) wrapping++;
  EXPECT(wrapping == 4 && 255 - wrapping == 251 && -1 - wrapping == -5);
  return finish("narrow-integers");
}
