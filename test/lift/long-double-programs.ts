// C with `long double` for the tests of the lifter, and the driver that calls it and prints what it answers.

export const longDoubleSource = `
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
typedef long double number;
struct pair { number x, y; int k; };
int first(int x) { return x + 1; }
number area(number x, number y) { return x * y + 1.5L; }
number mixed(int a, number x, double d, float f, long l, unsigned u, unsigned long w) { return a - x / d + f * l - (number)u / ((number)w + 1); }
int ordered(number a, number b) { return a < b ? 1 : a > b ? 2 : a == b ? 3 : 4; }
int less(number a, double b) { return a <= b; }
long to_long(number x) { return (long)x; }
int to_int(number x) { return (int)(x * 2); }
short to_short(number x) { return (short)x; }
unsigned to_unsigned(number x) { return (unsigned)x; }
unsigned long to_unsigned_long(number x) { return (unsigned long)x; }
unsigned char to_byte(number x) { return (unsigned char)x; }
double to_double(number x) { return (double)x; }
float to_float(number x) { return x * x; }
number power(number x, unsigned n) { number r = 1; while (n) { if (n & 1) r *= x; x *= x; n >>= 1; } return r; }
number sum(const number *p, int n) { number s = 0; for (int i = 0; i < n; i++) s += p[i]; return s; }
number factorial(int n) { return n < 2 ? 1 : n * factorial(n - 1); }
number largest(const number *p, int n) { number m = p[0]; for (int i = 1; i < n; i++) if (p[i] > m) m = p[i]; return m; }
number root(number a, number b, number c) { return (-b + sqrtl(b * b - 4 * a * c)) / (2 * a); }
number absolute(number x) { return fabsl(x) - fabsl(x - 3); }
void put(number *to, number x, int k) { to[k] = x - 2; to[k + 1] = k; }
int text(char *to, number x, int v) { return snprintf(to, 90, "%.10Lf %d %.4Lg", x, v, x / 3); }
number parsed(const char *s) { return strtold(s, 0) * 2; }
number rounded(number x) { return floorl(x) + ceill(x) * fmodl(x, 3.0L) + truncl(x) + rintl(x); }
int not_a_number(number x) { return x != x; }
int is_negative(number x) { return __builtin_signbit(x) != 0; }
int is_infinite(number x) { return __builtin_isinf(x) || __builtin_isnan(x); }
number polynomial(const number *c, int n, number x) { number r = 0; for (int i = n - 1; i >= 0; i--) r = r * x + c[i]; return r; }
number dot(const struct pair *a, const struct pair *b) { return a->x * b->x + a->y * b->y; }
void scale(struct pair *a, number k) { a->x *= k; a->y /= k; a->k = (int)k; }
struct pair *fill(struct pair *a, double d, float f, short s) { a->x = d; a->y = f; a->k = s; return a; }
number newton(number a) { number x = a; for (int i = 0; i < 20; i++) x = (x + a / x) / 2; return x; }
number larger(number a, number b) { return a > b ? a : b; }
int clamped(number a) { return a < 0 ? 0 : a > 255 ? 255 : (int)a; }
number constants(number a) { return a * 3.14159265358979323846264338327950288L - 1 + 0.1L; }
number twice(number (*f)(number), number x) { return f(x) + f(x + 1); }
__attribute__((noinline)) number many(int a, int b, int c, int d, int e, int f, int g, number x, int h, number y) { return a + b + c + d + e + f + g + x * h + y; }
number call_many(number x) { return many(1, 2, 3, 4, 5, 6, 7, x, 8, x + 1); }
number integral(number (*f)(number), number from, number to, int n) {
  number h = (to - from) / n, s = (f(from) + f(to)) / 2; for (int i = 1; i < n; i++) s += f(from + i * h); return s * h;
}
long cut_sum(const number *p, int n) { long s = 0; for (int i = 0; i < n; i++) s += (long)p[i] * (int)p[i]; return s; }
number by_case(int k, number x) { switch (k) { case 0: return x; case 1: return x * x; case 2: return 1 / x; case 3: return sqrtl(x); case 4: return -x; case 5: return x - 7; } return 0; }
number kept(int k) { number y = parsed("1.25"); for (int i = 0; i < k; i++) y += area(y, i) * parsed("0.001"); return y; }
number outside(number, number, double);
number passed_on(int k, number x, number y, double d) { return outside(k & 1 ? y + 1 : x, x > y ? x * 3 : y - 1, d); }
unsigned long bits(number x) { union { number x; unsigned long words[2]; } u = { x }; return u.words[0] ^ (u.words[1] & 0xffff); }
`;

export const longDoubleDriver = `
#include <stdio.h>
#include <math.h>
typedef long double number;
struct pair { number x, y; int k; };
number area(number, number), mixed(int, number, double, float, long, unsigned, unsigned long), power(number, unsigned), sum(const number *, int);
int ordered(number, number), less(number, double), to_int(number), text(char *, number, int), not_a_number(number), is_negative(number), is_infinite(number), clamped(number);
long to_long(number), cut_sum(const number *, int); short to_short(number); unsigned to_unsigned(number); unsigned long to_unsigned_long(number), bits(number); unsigned char to_byte(number);
double to_double(number); float to_float(number);
number factorial(int), largest(const number *, int), root(number, number, number), absolute(number), parsed(const char *), rounded(number), polynomial(const number *, int, number);
void put(number *, number, int), scale(struct pair *, number); number dot(const struct pair *, const struct pair *); struct pair *fill(struct pair *, double, float, short);
number newton(number), larger(number, number), constants(number), twice(number (*)(number), number), call_many(number), integral(number (*)(number), number, number, int), by_case(int, number), kept(int);
number passed_on(int, number, number, double);
number outside(number x, number y, double d) { return x - y * d; }
static number cube(number x) { return x * x * x; }
int main(void) {
  unsigned long s = 88172645463325252ul;
  for (int i = 0; i < 40; i++) {
    s ^= s << 13; s ^= s >> 7; s ^= s << 17;
    number x = (number)(long)s / 0x1p40L, y = (number)(int)(s >> 9) / 1024, z = (number)(s & 0xffff) / 300;
    if (i == 7) y = x; if (i == 9) y = x / (s & 0); if (i == 11) x = y = 0.0L / (s & 0); if (i == 13) x = -0.0L;
    printf("%La %La %La %La\\n", area(x, y), power(z, s & 15), absolute(y), constants(x));
    printf("%d%d%d%d%d %La %La %d\\n", ordered(x, y), less(y, 3), not_a_number(x), is_negative(x), is_infinite(y), larger(x, y), by_case(s & 7, z), clamped(z * 3 - 100));
    printf("%a %a %lx\\n", to_double(x), to_float(y), bits(x));
    if (i != 11) printf("%ld %d %d %u %lu %d\\n", to_long(y), to_int(z), to_short(z), to_unsigned(z * 1e6L), to_unsigned_long(z * 4e16L), to_byte(z));
    printf("%La %La\\n", mixed(i, x, 2.5, 0.75f, (long)s >> 40, s >> 33, s), newton(z + 1));
    printf("%La\\n", passed_on(i, y, z, 0.25));
    printf("%La %La %La\\n", rounded(y), twice(cube, z), call_many(z));
    char buffer[100]; printf("%d %s\\n", text(buffer, z - 50, i), buffer);
  }
  number list[12]; for (int i = 0; i < 10; i++) list[i] = (i * 7 % 5) - 1.75L * i; put(list, 3.5L, 4);
  printf("%La %La %La %ld\\n", sum(list, 10), largest(list, 10), polynomial(list, 10, 0.5L), cut_sum(list, 10));
  printf("%La %La %La %La %La\\n", factorial(25), root(1, -3, 2), root(2, 1, 5), parsed("12.125"), integral(cube, 0, 2, 50));
  struct pair p, q; fill(&p, 1.5, -2.25f, 7); fill(&q, 0.1, 3, -1); scale(&q, 5.75L); printf("%La %La %La %d %d\\n", dot(&p, &q), q.x, q.y, p.k, q.k);
  printf("%La\\n", kept(20)); return 0;
}
`;
