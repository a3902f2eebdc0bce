// Small programs for the tests: code that needs every kind of section (constants, tables, thread-local and
// zeroed data, exception tables) and code that makes a known pass fail.

/** Freestanding C for any target. */
export const everySection = `
extern int printf(const char *, ...);
static int table[16] = {1, 2, 3};
const int constants[5] = {5, 4, 3, 2, 1};
int zeroes[100];
_Thread_local int counter = 3;
static int helper(int x) { return x * 3 + table[x & 15]; }
int sum(int *p, int n) { int s = 0; for (int i = 0; i < n; i++) s += helper(p[i]); return s; }
double area(double r) { return r * r * 3.14159265 + 2.71828; }
const char *name(int k) {
  switch (k) {
    case 0: return "zero"; case 1: return "one"; case 2: return "two"; case 3: return "three";
    case 4: return "four"; case 5: return "five"; case 6: return "six"; default: return "many";
  }
}
int (*const pointers[])(int *, int) = {sum};
int count(void) { return ++counter + zeroes[3]; }
void show(int n) { printf("%d %s\\n", n, name(n)); }
`;

const cases = (prefix: string): string =>
  Array.from({ length: 8 }, (_, k) => `case ${k}: return ${prefix}${k}(x) ${'+-*^|&'[k % 6]} ${k + 3};`).join(
    ' ',
  );
const declarations = (prefix: string): string =>
  Array.from({ length: 8 }, (_, k) => `extern int ${prefix}${k}(int);`).join(' ');

/** Two functions with a jump table each, between functions without. */
export const jumpTables = [
  declarations('f') + declarations('g'),
  'int first(int x) { return f0(x) * 5; }',
  `int dispatch(int k, int x) { switch (k) { ${cases('f')} } return -1; }`,
  'int middle(int x) { return f1(x) - f2(x); }',
  `int another(int k, int x) { switch (k) { ${cases('g')} } return x; }`,
  'int last(int x) { return g3(x) + g4(x); }',
].join('\n');

/** The same functions, one of them left out. */
export function jumpTablesWithout(name: string): string {
  return jumpTables
    .split('\n')
    .filter((line) => !line.startsWith(`int ${name}(`))
    .join('\n');
}

/** Plain `instcombine` gives up on it: it does not reach a fixpoint in one iteration. */
export const noFixpoint = `
unsigned common_divisor(unsigned a, unsigned b) {
  while (b != 0) { unsigned rest = a % b; a = b; b = rest; }
  return a;
}
`;

export const loops = `
int square(int x) { return x * x; }
static int cube(int x) { return x * square(x); }
int total(const int *p, int n) { int s = 0; for (int i = 0; i < n; i++) s += cube(p[i]); return s; }
unsigned hash(const unsigned char *p, unsigned n) {
  unsigned h = 2166136261u;
  for (unsigned i = 0; i < n; i++) { h ^= p[i]; h *= 16777619u; if (h % 7 == 3) h += cube((int)h); }
  return h;
}
void copy(int *a, const int *b, const int *c, int n) { for (int i = 0; i < n; i++) a[i] = b[i] * 3 + c[i]; }
`;

export const exceptions = `
int may_throw(int);
struct Guard { int *p; ~Guard() { ++*p; } };
int first(int x) { int n = 0; try { Guard g{&n}; n += may_throw(x); } catch (int e) { n = e; } return n; }
int second(int x) { int n = 1; { Guard g{&n}; n += may_throw(x); n *= may_throw(n); } return n; }
int third(int x) { return may_throw(x) + 1; }
int fourth(int x) { try { return may_throw(x); } catch (int e) { return e + 2; } }
`;
