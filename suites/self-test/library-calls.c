// Library functions that compilers know by heart: what they answer, what they leave in errno and in their
// buffers must survive, also where a call is folded, shrunk or replaced.

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include "check.h"

static NOINLINE int root_error(double value) {
  errno = 0;
  double unused = sqrt(value);
  (void)unused;
  return errno;
}
static NOINLINE int logarithm_error(double value) {
  errno = 0;
  (void)log(value);
  return errno;
}
static NOINLINE long parse(const char *text, int *error, long *used) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 0);
  *error = errno;
  *used = end - text;
  return value;
}
static NOINLINE int round_all(double value) {
  return (int)floor(value) * 1000 + (int)ceil(value) * 100 + (int)trunc(value) * 10 + (int)round(value);
}
static NOINLINE size_t append(char *to, size_t room, const char *text) {
  size_t used = strlen(to);
  snprintf(to + used, room - used, "%s", text);
  return strlen(to);
}

int main(void) {
  EXPECT(root_error(opaque(4)) == 0 && root_error(opaque(-4)) == EDOM);
  EXPECT(logarithm_error(opaque(1)) == 0 && logarithm_error(opaque(-1)) == EDOM);
  EXPECT(logarithm_error(opaque(0)) == ERANGE);
  int error;
  long used;
  EXPECT(parse("42", &error, &used) == 42 && error == 0 && used == 2);
  EXPECT(parse("0x1fg", &error, &used) == 31 && used == 4);
  EXPECT(parse("-017 ", &error, &used) == -15 && used == 4);
  EXPECT(parse("99999999999999999999", &error, &used) == LONG_MAX && error == ERANGE);
  EXPECT(parse("none", &error, &used) == 0 && used == 0);
  EXPECT(round_all(2.5) == 2000 + 300 + 20 + 3);
  EXPECT(round_all(-opaque(1) - 0.25) == -2000 - 100 - 10 - 1);
  EXPECT(pow(opaque(2), 10) == 1024 && pow(opaque(9), 0.5) == 3 && pow(opaque(0), 0) == 1);
  EXPECT(fabs(-(double)opaque(3)) == 3 && abs(opaque(-7)) == 7 && labs(-8L * opaque(1)) == 8);
  EXPECT(fmod(opaque(7), 4) == 3 && fmin(opaque(2), NAN) == 2 && fmax(opaque(2), 5) == 5);
  EXPECT(copysign(opaque(3), -0.0) == -3 && ldexp(opaque(3), 4) == 48);
  int exponent;
  EXPECT(frexp(opaque(12), &exponent) == 0.75 && exponent == 4);
  double whole;
  EXPECT(modf(opaque(7) / 4.0, &whole) == 0.75 && whole == 1);
  char text[12] = "ab";
  EXPECT(append(text, sizeof text, "cdef") == 6 && append(text, sizeof text, "0123456789") == 11);
  EXPECT(strcmp(text, "abcdef01234") == 0);
  EXPECT(strncmp(text, "abcXYZ", (size_t)opaque(3)) == 0 && strncmp(text, "abcXYZ", 4) > 0);
  EXPECT(strspn(text, "abc") == 3 && strcspn(text, "0123") == 6 && strpbrk(text, "32") == text + 8);
  EXPECT(memchr(text, 'd', sizeof text) == text + 3 && memchr(text, 'd', (size_t)opaque(3)) == NULL);
  char copy[8];
  memset(copy, 'x', sizeof copy);
  strncpy(copy, "hi", 5);
  EXPECT(copy[1] == 'i' && copy[2] == 0 && copy[4] == 0 && copy[5] == 'x');
  EXPECT(sprintf(text, "%d%%", opaque(50)) == 3 && strcmp(text, "50%") == 0);
  EXPECT(sprintf(text, "%s", "word") == 4 && sprintf(text, "%c", opaque('q')) == 1 && text[1] == 0);
  int letters = 0;
  for (int c = 0; c < 128; c++) letters += isalpha(opaque(c)) != 0;
  EXPECT(letters == 52 && toupper(opaque('r')) == 'R' && isdigit(opaque('7')) && !isdigit(opaque('a')));
  div_t parts = div(opaque(-17), 5);
  EXPECT(parts.quot == -3 && parts.rem == -2);
  int first = -1, second = -1;
  EXPECT(sscanf("12 monkeys 7", "%d %*s %d", &first, &second) == 2 && first == 12 && second == 7);
  mix((uint64_t)first * 100 + (uint64_t)second);
  return finish("library-calls");
}
