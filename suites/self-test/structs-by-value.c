// Structs of many sizes as arguments and results, in registers and in memory, and copies that must be copies.

#include "check.h"

struct tiny { char c; };
struct mixed { int i; double d; };
struct floats { float x, y, z; };
struct wide { int64_t words[5]; };
struct nested { struct mixed inner[2]; short tail; };

static NOINLINE struct tiny next_tiny(struct tiny t) {
  t.c++;
  return t;
}
static NOINLINE struct mixed swap_roles(struct mixed m) {
  struct mixed result = {(int)m.d, (double)m.i};
  return result;
}
static NOINLINE struct floats cross(struct floats a, struct floats b) {
  struct floats result = {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
  return result;
}
static NOINLINE struct wide reversed(struct wide w) {
  for (int i = 0; i < 2; i++) {
    int64_t kept = w.words[i];
    w.words[i] = w.words[4 - i];
    w.words[4 - i] = kept;
  }
  return w;
}
static NOINLINE struct nested grow(struct nested n, int by) {
  n.inner[0].i += by;
  n.inner[1] = n.inner[0];
  n.inner[1].d *= 2;
  n.tail = (short)(n.tail - by);
  return n;
}
static NOINLINE int64_t sum_many(int a, struct wide w, struct tiny t, struct mixed m, struct floats f) {
  int64_t sum = a + t.c + m.i + (int64_t)m.d + (int64_t)(f.x + f.y + f.z);
  for (int i = 0; i < 5; i++) sum += w.words[i];
  return sum;
}
static struct wide table[3];
static NOINLINE struct wide *row(int index) { return &table[index]; }

int main(void) {
  struct tiny t = {'a'};
  for (int i = opaque(0); i < 25; i++) t = next_tiny(t);
  EXPECT(t.c == 'z');

  struct mixed m = {opaque(4), 9.0};
  struct mixed swapped = swap_roles(m);
  EXPECT(swapped.i == 9 && swapped.d == 4.0 && m.i == 4);

  struct floats x = {1, 0, 0}, y = {0, 1, 0};
  struct floats z = cross(x, y);
  EXPECT(z.x == 0 && z.y == 0 && z.z == 1);
  struct floats minus = cross(y, x);
  EXPECT(minus.z == -1);

  struct wide w = {{1, 20, 300, 4000, 50000}};
  struct wide r = reversed(w);
  for (int i = 0; i < 5; i++) EXPECT(r.words[i] == w.words[4 - i]);
  EXPECT(w.words[0] == 1);
  w = reversed(r);
  EXPECT(w.words[4] == 50000);

  struct nested n = {{{1, 1.5}, {0, 0}}, 100};
  struct nested grown = grow(n, opaque(10));
  EXPECT(n.inner[0].i == 1 && n.tail == 100);
  EXPECT(grown.inner[0].i == 11 && grown.inner[1].i == 11 && grown.inner[1].d == 3.0 && grown.tail == 90);

  EXPECT(sum_many(1, w, t, m, x) == 1 + 54321 + 'z' + 4 + 9 + 1);
  for (int i = 0; i < 3; i++) table[i] = w;
  *row(1) = reversed(*row(opaque(0)));
  EXPECT(table[0].words[0] == 1 && table[1].words[0] == 50000 && table[2].words[0] == 1);
  for (int i = 0; i < 5; i++) mix((uint64_t)(table[1].words[i] * 3 + table[2].words[i]));
  return finish("structs-by-value");
}
