// Unions: one object read as another (which C allows), tagged values, and unions inside arrays and structs.

#include "check.h"

union number {
  float f;
  uint32_t u;
  uint16_t halves[2];
  uint8_t bytes[4];
};

enum kind { INTEGER, REAL, TEXT, LIST };
struct value {
  enum kind kind;
  union {
    int64_t integer;
    double real;
    const char *text;
    struct { const struct value *items; int count; } list;
  } as;
};

static NOINLINE float flip_sign(float f) {
  union number n = {.f = f};
  n.u ^= 0x80000000u;
  return n.f;
}

static NOINLINE float next_up(float f) {
  union number n;
  n.f = f;
  n.u += 1;
  return n.f;
}

static NOINLINE double total(const struct value *value) {
  switch (value->kind) {
    case INTEGER: return (double)value->as.integer;
    case REAL: return value->as.real;
    case TEXT: return (double)strlen(value->as.text);
    case LIST: {
      double sum = 0;
      for (int i = 0; i < value->as.list.count; i++) sum += total(&value->as.list.items[i]);
      return sum;
    }
  }
  return -1;
}

static NOINLINE void become_real(struct value *value) {
  if (value->kind == INTEGER) {
    double real = (double)value->as.integer / 2;
    value->kind = REAL;
    value->as.real = real;
  }
}

int main(void) {
  EXPECT(flip_sign((float)opaque(3)) == -3.0f && flip_sign(-0.5f) == 0.5f);
  float one = (float)opaque(1);
  EXPECT(next_up(one) > one && next_up(one) - one == 1.1920928955078125e-07f);
  union number n = {.u = 0x3f800000u};
  EXPECT(n.f == 1.0f);
  EXPECT(n.halves[0] + n.halves[1] == 0x3f80);
  unsigned sum = 0;
  for (int i = 0; i < 4; i++) sum += n.bytes[i];
  EXPECT(sum == 0x3f + 0x80);
  n.bytes[opaque(0)] = n.bytes[3];
  EXPECT(n.bytes[0] == n.bytes[3]);

  struct value items[3] = {
      {INTEGER, {.integer = opaque(7)}},
      {REAL, {.real = 0.25}},
      {TEXT, {.text = "hello"}},
  };
  struct value inner = {LIST, {.list = {items, 3}}};
  struct value both[2] = {inner, {INTEGER, {.integer = -2}}};
  struct value outer = {LIST, {.list = {both, 2}}};
  EXPECT(total(&outer) == 10.25);
  become_real(&items[0]);
  EXPECT(items[0].kind == REAL && total(&outer) == 6.75);
  become_real(&items[0]);
  EXPECT(total(&inner) == 8.75);
  mix((uint64_t)(total(&outer) * 100));
  mix(n.u == 0 ? 1 : 2);
  return finish("unions");
}
