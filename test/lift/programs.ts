// C for the tests of the lifter: functions of every kind without a main, and the driver that calls them
// and prints what they answer. Driver and functions are compiled apart, so that lifted functions can take
// the place of the compiled ones.

export const functionsSource = `
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <stdarg.h>
struct node { struct node *next; int value; char name[8]; };
struct point { double x, y; float z; };
struct pair { long a, b; }; struct both { long n; double d; }; struct large { long a, b, c; };
__attribute__((noinline)) struct pair divided(long a, long b) { struct pair p = { a / b, a % b }; return p; }
__attribute__((noinline)) struct both weighed(long n, double d) { struct both w = { n + 1, d * 3 }; return w; }
__attribute__((noinline)) struct large spread(long a, long b) { struct large l = { a, b * 5, a - b }; return l; }
long gathered(long a) {
  struct pair p = divided(a, 7); struct large l = spread(a, p.b); struct both w = weighed(p.a, 0.5);
  return p.a + p.b * 3 + l.b - l.c - w.n + (long)w.d;
}
int sum_list(struct node *p) { int s = 0; for (; p; p = p->next) s += p->value * 3; return s; }
int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
void sort(int *p, int n) { qsort(p, n, sizeof *p, compare); }
unsigned long long mixed(unsigned long long a, unsigned b) { return a / b + (a % b) * 7 + (a >> (b & 63)); }
long signed_division(long a, int b) { return a / b - a % b + (int)a / b * 5 + (short)a % 7; }
double area(double x, int y) { return x * y + 1.5; }
float length(struct point *p) { return (float)(p->x * p->x + p->y * p->y) - p->z; }
int chosen(double a, double b) { return a < b ? 1 : a > b ? 2 : a == b ? 3 : 4; }
int by_case(int k) {
  switch (k) { case 0: return 5; case 1: return 9; case 2: return (int)strlen("abc") + k; case 3: return abs(k) * 77;
    case 4: return 8; case 5: return 1; case 6: return k * k; case 9: return -4; }
  return -1;
}
char *inverted(const char *s) {
  char buffer[64]; strcpy(buffer, s); for (int i = 0; buffer[i]; i++) buffer[i] ^= 1; return strdup(buffer);
}
unsigned hash(const unsigned char *p, unsigned long n) {
  unsigned h = 2166136261u; while (n--) { h ^= *p++; h *= 16777619u; h = h << 13 | h >> 19; } return h;
}
int released(int *count) { return __atomic_sub_fetch(count, 1, __ATOMIC_ACQ_REL) == 0; }
long taken(long *total, long by) { __atomic_add_fetch(total, 1, __ATOMIC_SEQ_CST); return __atomic_fetch_add(total, by, __ATOMIC_RELAXED); }
unsigned long highest(unsigned long *place, unsigned long value) {
  unsigned long seen = __atomic_load_n(place, __ATOMIC_ACQUIRE);
  while (seen < value && !__atomic_compare_exchange_n(place, &seen, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) seen |= 1;
  return seen;
}
int claimed(unsigned *flags, int bit) {
  unsigned before = __atomic_fetch_or(flags, 1u << (bit & 31), __ATOMIC_SEQ_CST); __atomic_fetch_and(flags, ~4u, __ATOMIC_SEQ_CST);
  if (__atomic_fetch_xor(flags, 1u << 9, __ATOMIC_SEQ_CST) & 1u << 9) before ^= 5;
  __atomic_thread_fence(__ATOMIC_SEQ_CST); return before >> (bit & 31) & 1;
}
short replaced(short *place, short value) { short old = __atomic_exchange_n(place, value, __ATOMIC_ACQ_REL); __atomic_store_n(place + 1, old, __ATOMIC_SEQ_CST); return old; }
int many_values(int a, int b, int c, int d, int e, int f, int g, int h, int i);
int hashed(int *p, int n) { int s = 0; for (int i = 0; i < n; i++) { s = s * 31 + i; p[i] = s ^ n; } return s; }
int scratch(int n, int m) { int a[n]; short b[m]; hashed(a, n); b[0] = a[n / 2]; b[m - 1] = a[n - 1]; return hashed(a, n) + b[0] - a[0]; }
int repeated(int n) { int s = 0; for (int i = 1; i < n; i++) { int a[i * 8]; s += hashed(a, i * 8) + a[i]; } return s; }
int sometimes(int n) { int x[4]; int *p = n > 4 ? __builtin_alloca(n * 4) : x; return hashed(p, n) + p[0] + p[n - 1]; }
int below(int n) { int a[n]; a[0] = n; return many_values(1, 2, 3, 4, n, 6, 7, a[0], hashed(a, n)) + a[n - 1]; }
static int helper(int a, int b, int c, int d, int e, int f, int g, int h) { return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8; }
int (*volatile hidden)(int, int, int, int, int, int, int, int) = helper;
int many(int x) { return hidden(x, x + 1, x + 2, x + 3, x + 4, x + 5, x + 6, x + 7); }
long fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
int bits(unsigned x) { return __builtin_popcount(x) + __builtin_bswap32(x) % 1000 + (x ? __builtin_ctz(x) * 3 + __builtin_clz(x) : 0); }
unsigned char narrow(unsigned char a, signed char b, unsigned short c) { return a * b + (c >> 3) + (a < c); }
void fill(long *p, int n, long v) { for (int i = 0; i < n; i++) p[i] = v * i; }
void copy_point(struct point *to, const struct point *from) { *to = *from; to->z += 1; }
int text(char *to, int v, double d) { return sprintf(to, "%d %s %.3f", v, v & 1 ? "odd" : "even", d); }
__int128 wide(__int128 a, long b) { return a * b + 12345; }
unsigned long carry(unsigned long a, unsigned long b) { unsigned long s; return __builtin_add_overflow(a, b, &s) ? ~s : s; }
const char *const names[] = {"zero", "one", "two", "three"};
const char *name(unsigned k) { return k < 4 ? names[k] : "many"; }
int counter;
int count(int by) { static int calls; calls += by; return counter = calls * 2 + counter; }
long collatz(unsigned long n) { long steps = 0; while (n != 1) { n = n & 1 ? 3 * n + 1 : n / 2; steps++; } return steps; }
void swap_halves(unsigned *p, int n) { for (int i = 0; i < n / 2; i++) { unsigned t = p[i]; p[i] = p[n / 2 + i]; p[n / 2 + i] = t; } }
double polynomial(const double *c, int n, double x) { double r = 0; for (int i = n - 1; i >= 0; i--) r = r * x + c[i]; return r; }
int is_letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
int sum_of(int n, ...) { va_list a; va_start(a, n); int s = 0; while (n-- > 0) s = s * 3 + va_arg(a, int); va_end(a); return s; }
double sum_of_doubles(double by, int n, ...) {
  va_list a; va_start(a, n); double s = 0; for (int i = 0; i < n; i++) s += va_arg(a, double) * by; va_end(a); return s;
}
long after_many(long a, long b, long c, long d, long e, long f, long g, long h, long i, ...) {
  va_list l; va_start(l, i); long s = a - h + i; for (long v; (v = va_arg(l, long)) != 0;) s = s * 2 + v; va_end(l); return s;
}
char *formatted(int twice, const char *format, ...) {
  if (format == 0) return strdup("nothing");
  va_list a; va_start(a, format); int n = vsnprintf(0, 0, format, a); va_end(a);
  char *to = malloc(n * 2 + 1); va_list b; va_start(a, format); va_copy(b, a); vsprintf(to, format, a); va_end(a);
  if (twice) vsprintf(to + n, format, b); va_end(b); return to;
}
int measured(int (*next)(int *), int *state) {
  int total = 0;
  for (int c; (c = next(state)) >= 0;)
    switch (c) { case 0: total += 3; break; case 1: total ^= 9; break; case 2: total -= 4; break; case 3: total *= 3; break;
      case 4: total += next(state); break; case 5: continue; case 6: total = -total; break; default: return -99; }
  for (int i = 0; i < 3; i++) total = total * 7 + next(state);
  return total;
}
float converted(long a, unsigned b, float c) { return (float)a + b * 0.5f - (float)(int)c + (float)(unsigned char)a; }
`;

export const driverSource = `
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
struct node { struct node *next; int value; char name[8]; };
struct point { double x, y; float z; };
struct pair { long a, b; }; struct both { long n; double d; }; struct large { long a, b, c; };
struct pair divided(long a, long b); struct both weighed(long n, double d); struct large spread(long a, long b); long gathered(long a);
int sum_list(struct node *p); void sort(int *p, int n); unsigned long long mixed(unsigned long long a, unsigned b);
long signed_division(long a, int b); double area(double x, int y); float length(struct point *p);
int chosen(double a, double b); int by_case(int k); char *inverted(const char *s); unsigned hash(const unsigned char *p, unsigned long n);
int many(int x); long fibonacci(int n); int bits(unsigned x); unsigned char narrow(unsigned char a, signed char b, unsigned short c);
void fill(long *p, int n, long v); void copy_point(struct point *to, const struct point *from); int text(char *to, int v, double d);
unsigned long carry(unsigned long a, unsigned long b); const char *name(unsigned k); int count(int by); long collatz(unsigned long n);
void swap_halves(unsigned *p, int n); double polynomial(const double *c, int n, double x); int is_letter(int c);
float converted(long a, unsigned b, float c);
int sum_of(int n, ...); double sum_of_doubles(double by, int n, ...); char *formatted(int twice, const char *format, ...);
long after_many(long a, long b, long c, long d, long e, long f, long g, long h, long i, ...);
int measured(int (*next)(int *), int *state);
int released(int *count); long taken(long *total, long by); unsigned long highest(unsigned long *place, unsigned long value);
int claimed(unsigned *flags, int bit); short replaced(short *place, short value);
int scratch(int n, int m); int repeated(int n); int sometimes(int n); int below(int n);
int many_values(int a, int b, int c, int d, int e, int f, int g, int h, int i) { return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9; }
static int next(int *state) { int s = *state; *state = s * 5 + 3; return s > 60000 ? -1 : s % 7; }
int main(void) {
  struct node nodes[5]; for (int i = 0; i < 5; i++) { nodes[i].next = i < 4 ? &nodes[i + 1] : 0; nodes[i].value = i * i - 3; }
  printf("sum_list %d\\n", sum_list(nodes));
  int numbers[] = {5, -3, 9, 0, 7, 7, -11}; sort(numbers, 7); for (int i = 0; i < 7; i++) printf("%d ", numbers[i]);
  unsigned long long s = 88172645463325252ull;
  for (int i = 0; i < 40; i++) {
    s ^= s << 13; s ^= s >> 7; s ^= s << 17; int k = (int)(s >> 20);
    printf("%llu %ld %d %d %d %d\\n", mixed(s, k | 1), signed_division((long)s, k | 1), by_case(k & 15), many(k & 1023), bits((unsigned)s), narrow(s, s >> 8, s >> 16));
    printf("%lu %u %s %ld %d %u\\n", carry(s, s << 3), hash((unsigned char *)&s, 8), name(k & 7), collatz((s & 255) + 1), is_letter(k & 127), count(k & 3));
    printf("%.9g %.9g %d %.9g\\n", area(k * 0.25, k & 255), polynomial((double[]){1, -2, 0.5, 3}, 4, (k & 63) * 0.125), chosen(k & 3, (k >> 4) & 3), converted((long)s >> 30, k, (k & 4095) * 0.75f));
  }
  struct pair d = divided(12345, 67); struct both w = weighed(-4, 2.5); struct large l = spread(17, 4);
  printf("%ld %ld %ld %g %ld %ld %ld %ld\\n", d.a, d.b, w.n, w.d, l.a, l.b, l.c, gathered(1234567));
  printf("%d %ld\\n", chosen(0.0 / (counter_zero()), 1), fibonacci(15));
  char *other = inverted("a text of some length"); puts(other); free(other);
  long filled[9]; fill(filled, 9, 12345678901l); for (int i = 0; i < 9; i++) printf("%ld ", filled[i]);
  struct point a = {1.5, -2.25, 3.5f}, b; copy_point(&b, &a); printf("%g %g %g %g\\n", b.x, b.y, b.z, length(&a));
  char buffer[100]; int n = text(buffer, 41, 2.5); printf("%d %s\\n", n, buffer); n = text(buffer, 42, -1); printf("%d %s\\n", n, buffer);
  unsigned halves[10]; for (int i = 0; i < 10; i++) halves[i] = i * 7; swap_halves(halves, 10); for (int i = 0; i < 10; i++) printf("%u ", halves[i]);
  printf("%d %d %.9g %ld\\n", sum_of(3, 5, -6, 7), sum_of(12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    sum_of_doubles(0.5, 10, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.5), after_many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10L, 11L, 0L));
  char *long_text = formatted(1, "%d %s %.2f %c %g %d %ld|", 3, "words", 2.25, 'x', 1e9, -7, 1l << 40); puts(long_text); free(long_text);
  puts(formatted(0, "%s", "once")); puts(formatted(1, 0));
  int state = 1; printf("%d\\n", measured(next, &state)); state = 5; printf("%d\\n", measured(next, &state));
  int references = 3; while (!released(&references)) printf("%d ", references);
  long total = -7; printf("%ld ", taken(&total, 12)); printf("%ld\\n", total);
  unsigned long high = 10; printf("%lu ", highest(&high, 5)); printf("%lu ", highest(&high, 50)); printf("%lu\\n", high);
  unsigned flags = 0x205; for (int i = 0; i < 12; i++) { printf("%d ", claimed(&flags, i * 7)); printf("%x ", flags); }
  short pair[2] = {1, 2}; printf("%d ", replaced(pair, -9)); printf("%d %d\\n", pair[0], pair[1]);
  for (int i = 1; i < 20; i += 3) printf("%d %d %d %d\\n", scratch(i, i + 2), repeated(i), sometimes(i), below(i)); printf("%d\\n", repeated(1000));
  puts(""); return 0;
}
`.replace('counter_zero()', 'numbers[1] * 0.0');
