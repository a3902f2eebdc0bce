// memcpy, memmove, memset and memcmp of many lengths and overlaps, against loops over bytes; and loops that
// look like one of them and are not.

#include "check.h"

enum { SIZE = 64 };
static unsigned char area[SIZE], model[SIZE];

static void refill(void) {
  for (int i = 0; i < SIZE; i++) area[i] = model[i] = (unsigned char)(random_word() >> 8);
}

static NOINLINE void move_bytes(volatile unsigned char *to, const volatile unsigned char *from, int count) {
  unsigned char copy[SIZE];
  for (int i = 0; i < count; i++) copy[i] = from[i];
  for (int i = 0; i < count; i++) to[i] = copy[i];
}

/** With to one above from this repeats the first byte: not memmove, and not memcpy. */
static NOINLINE void copy_upwards(unsigned char *to, const unsigned char *from, int count) {
  for (int i = 0; i < count; i++) to[i] = from[i];
}

static NOINLINE void fill_words(uint32_t *words, int count, uint32_t value) {
  for (int i = 0; i < count; i++) words[i] = value;
}

static NOINLINE int first_difference(const unsigned char *a, const unsigned char *b, int count) {
  for (int i = 0; i < count; i++)
    if (a[i] != b[i]) return i;
  return count;
}

struct block { unsigned char bytes[24]; };
static NOINLINE void assign(struct block *to, const struct block *from) { *to = *from; }

int main(void) {
  for (int from = 0; from < 24; from += 3)
    for (int to = 0; to < 24; to += 5)
      for (int count = 0; count <= 33; count += 11) {
        refill();
        memmove(area + opaque(to), area + from, (size_t)count);
        move_bytes(model + to, model + from, count);
        EXPECT(memcmp(area, model, SIZE) == 0);
      }
  for (int length = 0; length < 32; length++) {
    refill();
    memset(area + 7, length, (size_t)opaque(length));
    for (int i = 0; i < length; i++) ((volatile unsigned char *)model)[7 + i] = (unsigned char)length;
    EXPECT(memcmp(area, model, SIZE) == 0);
    mix(area[7]);
  }
  refill();
  copy_upwards(area + 1, area, 20);
  for (int i = 0; i <= 20; i++) EXPECT(area[i] == model[0]);
  refill();
  copy_upwards(area + 2, area, 20);
  for (int i = 0; i < 22; i++) EXPECT(area[i] == model[i % 2]);
  refill();
  copy_upwards(area, area + 1, 20);
  for (int i = 0; i < 20; i++) EXPECT(area[i] == model[i + 1]);

  uint32_t words[9];
  fill_words(words, 9, 0x01010101u);
  EXPECT(((unsigned char *)words)[35] == 1);
  fill_words(words, 8, 0x01020304u);
  EXPECT(words[7] == 0x01020304u && words[8] == 0x01010101u);
  memcpy(&words[4], &words[0], 4 * sizeof words[0]);
  EXPECT(words[4] == words[0]);

  refill();
  for (int place = 0; place < 16; place++) {
    area[place] ^= 0x80;
    EXPECT(first_difference(area, model, 16) == place);
    int order = memcmp(area, model, 16);
    EXPECT((order > 0) == (area[place] > model[place]) && order != 0);
    area[place] ^= 0x80;
  }
  EXPECT(first_difference(area, model, 16) == 16);

  struct block a, b;
  for (int i = 0; i < 24; i++) a.bytes[i] = (unsigned char)(i * 7);
  assign(&b, &a);
  a.bytes[3] = 0;
  EXPECT(b.bytes[3] == 21 && b.bytes[23] == 161);
  assign(&b, &b);
  EXPECT(b.bytes[3] == 21);
  return finish("memory-overlap");
}
