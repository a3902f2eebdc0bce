// Variable arguments: integers, doubles, pointers and structs, more of them than there are registers, read
// twice through va_copy, and handed on to another function.

#include <stdarg.h>
#include "check.h"

struct point { int x, y; };

static NOINLINE long long sum(const char *kinds, ...) {
  va_list arguments;
  long long total = 0;
  va_start(arguments, kinds);
  for (; *kinds != 0; kinds++) {
    switch (*kinds) {
      case 'i': total += va_arg(arguments, int); break;
      case 'l': total += va_arg(arguments, long long); break;
      case 'd': total += (long long)va_arg(arguments, double); break;
      case 's': total += (long long)strlen(va_arg(arguments, const char *)); break;
      case 'p': {
        struct point p = va_arg(arguments, struct point);
        total += (long long)p.x * p.y;
        break;
      }
      default: total = -1;
    }
  }
  va_end(arguments);
  return total;
}

static int highest(int count, va_list arguments) {
  int best = -1000000;
  for (int i = 0; i < count; i++) {
    int value = va_arg(arguments, int);
    if (value > best) best = value;
  }
  return best;
}

static NOINLINE int spread(int count, ...) {
  va_list arguments, again;
  va_start(arguments, count);
  va_copy(again, arguments);
  int best = highest(count, arguments);
  int worst = 1000000;
  for (int i = 0; i < count; i++) {
    int value = va_arg(again, int);
    if (value < worst) worst = value;
  }
  va_end(again);
  va_end(arguments);
  return best - worst;
}

static NOINLINE int write_text(char *buffer, size_t size, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(buffer, size, format, arguments);
  va_end(arguments);
  return length;
}

int main(void) {
  struct point p = {6, 7};
  EXPECT(sum("") == 0);
  EXPECT(sum("iii", 1, opaque(2), 3) == 6);
  EXPECT(sum("idlsp", 1, 2.75, 1LL << 40, "four", p) == 1 + 2 + (1LL << 40) + 4 + 42);
  EXPECT(sum("dddddddddddd", 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0) == 78);
  EXPECT(sum("iiiiiiiiiiii", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) == 78);
  EXPECT(sum("pipip", p, 1, p, 1, p) == 128);
  EXPECT(spread(7, 3, -8, opaque(12), 0, 5, -2, 9) == 20);
  EXPECT(spread(1, opaque(5)) == 0);
  char buffer[64];
  int length = write_text(buffer, sizeof buffer, "%d-%s-%05.2f-%x", opaque(42), "abc", 2.5, 255u);
  EXPECT(length == 15);
  EXPECT(strcmp(buffer, "42-abc-02.50-ff") == 0);
  for (int i = 0; i < length; i++) mix((uint64_t)buffer[i]);
  return finish("varargs");
}
