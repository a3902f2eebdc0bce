// Bit-fields against shifts and masks by hand: signed and unsigned, across bytes, next to plain members, with
// wrap-around and increments.

#include "check.h"

struct date { unsigned day : 5, month : 4, year : 12; };
struct flags { unsigned a : 1, b : 1, c : 1; int signed_two : 2; unsigned rest : 27; };
struct spread { uint64_t low : 33; uint64_t high : 31; };
struct around { char before; unsigned middle : 3; char after; };

static NOINLINE unsigned pack(struct date d) { return d.day | d.month << 5 | (unsigned)d.year << 9; }
static NOINLINE struct date unpack(unsigned word) {
  struct date d = {word & 31, word >> 5 & 15, word >> 9 & 4095};
  return d;
}
static NOINLINE void count(struct flags *f) {
  f->a++;
  if (f->a == 0) f->b++;
  if (f->a == 0 && f->b == 0) f->c++;
}

int main(void) {
  for (unsigned i = 0; i < 200; i++) {
    struct date d = {1 + i % 28, 1 + i % 12, 1900 + i};
    struct date back = unpack(pack(d));
    EXPECT(back.day == d.day && back.month == d.month && back.year == d.year);
    mix(pack(d));
  }
  struct flags f;
  memset(&f, 0, sizeof f);
  for (int i = 1; i <= 20; i++) {
    count(&f);
    EXPECT((int)(f.a + 2 * f.b + 4 * f.c) == i % 8);
  }
  f.rest = (unsigned)opaque(-1);
  EXPECT(f.rest == (1u << 27) - 1);
  f.rest += 2;
  EXPECT(f.rest == 1);
  int expected[4] = {0, 1, -2, -1};
  for (int i = 0; i < 4; i++) {
    f.signed_two = opaque(expected[i]);
    EXPECT(f.signed_two == expected[i]);
    EXPECT((f.signed_two < 0) == (i >= 2));
  }
  struct spread s = {0, 0};
  for (int bit = 0; bit < 33; bit++) {
    s.low = 1ull << bit;
    s.high = (uint64_t)opaque(bit) * 3;
    EXPECT(s.low == 1ull << bit && s.high == (uint64_t)bit * 3);
  }
  s.low = (1ull << 33) - 1;
  s.low++;
  EXPECT(s.low == 0 && s.high == 96);
  struct around r = {'x', 0, 'y'};
  for (int i = 0; i < 9; i++) r.middle++;
  EXPECT(r.before == 'x' && r.middle == 1 && r.after == 'y');
  r.middle = (unsigned)opaque(5);
  r.middle ^= 7;
  EXPECT(r.middle == 2);
  return finish("bit-fields");
}
