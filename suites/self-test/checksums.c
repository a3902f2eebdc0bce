// Known check values of public checksums, each computed two ways.

#include "check.h"

static NOINLINE uint32_t crc32_bits(const unsigned char *bytes, size_t count) {
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
  }
  return ~crc;
}

static uint32_t table[256];
static NOINLINE void fill_table(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t word = i;
    for (int bit = 0; bit < 8; bit++) word = (word >> 1) ^ (0xedb88320u & (0u - (word & 1)));
    table[i] = word;
  }
}
static NOINLINE uint32_t crc32_table(const unsigned char *bytes, size_t count) {
  uint32_t crc = ~0u;
  while (count-- > 0) crc = table[(crc ^ *bytes++) & 0xff] ^ crc >> 8;
  return ~crc;
}

static NOINLINE uint16_t crc16(const unsigned char *bytes, size_t count) {
  uint16_t crc = 0xffff;
  for (size_t i = 0; i < count; i++) {
    crc = (uint16_t)(crc ^ bytes[i] << 8);
    for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}

static NOINLINE uint32_t adler(const unsigned char *bytes, size_t count) {
  uint32_t a = 1, b = 0;
  for (size_t i = 0; i < count; i++) {
    a = (a + bytes[i]) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

static NOINLINE uint32_t adler_lazy(const unsigned char *bytes, size_t count) {
  uint64_t a = 1, b = 0;
  for (size_t i = 0; i < count; i++) {
    a += bytes[i];
    b += a;
  }
  return (uint32_t)(b % 65521 << 16 | a % 65521);
}

static NOINLINE int luhn(const char *digits) {
  int sum = 0, twice = 0;
  for (const char *c = digits + strlen(digits); c != digits; twice = !twice) {
    int digit = (*--c - '0') << twice;
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 == 0;
}

int main(void) {
  const unsigned char digits[] = "123456789";
  fill_table();
  EXPECT(crc32_bits(digits, 9) == 0xcbf43926u && crc32_table(digits, 9) == 0xcbf43926u);
  EXPECT(crc16(digits, 9) == 0x29b1);
  EXPECT(adler((const unsigned char *)"Wikipedia", 9) == 0x11e60398u);
  unsigned char bytes[200];
  for (int length = 0; length <= 200; length += 25) {
    for (int i = 0; i < length; i++) bytes[i] = (unsigned char)(random_word() >> 3);
    EXPECT(crc32_bits(bytes, (size_t)length) == crc32_table(bytes, (size_t)opaque(length)));
    EXPECT(adler(bytes, (size_t)length) == adler_lazy(bytes, (size_t)opaque(length)));
    mix(crc32_table(bytes, (size_t)length));
  }
  EXPECT(luhn("79927398713") && !luhn("79927398710") && luhn("0"));
  return finish("checksums");
}
