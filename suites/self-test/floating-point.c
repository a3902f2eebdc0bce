// Floating point where the exact result is known: representable values, rounding to even, infinities, NaN,
// signed zero, subnormals. Compilers may not reassociate any of it.

#include <float.h>
#include <math.h>
#include "check.h"

static NOINLINE double sum_forward(const double *values, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += values[i];
  return sum;
}

static NOINLINE double sum_compensated(const double *values, int count) {
  double sum = 0, lost = 0;
  for (int i = 0; i < count; i++) {
    double term = values[i] - lost;
    double next = sum + term;
    lost = (next - sum) - term;
    sum = next;
  }
  return sum;
}

static NOINLINE double newton_root(double value) {
  double guess = value > 1 ? value : 1;
  for (int i = 0; i < 60; i++) guess = 0.5 * (guess + value / guess);
  return guess;
}

static NOINLINE double horner(const double *coefficients, int degree, double x) {
  double result = coefficients[degree];
  for (int i = degree - 1; i >= 0; i--) result = result * x + coefficients[i];
  return result;
}

static uint64_t bits(double value) {
  uint64_t word;
  memcpy(&word, &value, sizeof word);
  return word;
}

static NOINLINE int compare(double a, double b) {
  return (a < b) + 2 * (a <= b) + 4 * (a > b) + 8 * (a >= b) + 16 * (a == b) + 32 * (a != b);
}

int main(void) {
  // 2^53 swallows each 1 alone; compensation keeps them.
  double values[9] = {9007199254740992.0, 1, 1, 1, 1, 1, 1, 1, 1};
  EXPECT(sum_forward(values, 9) == 9007199254740992.0);
  EXPECT(sum_compensated(values, 9) == 9007199254741000.0);

  EXPECT(newton_root(opaque(144)) == 12.0);
  EXPECT(fabs(newton_root(2.0) - 1.4142135623730951) < 1e-15);

  double cubic[4] = {-6, 11, -6, 1};  // (x-1)(x-2)(x-3)
  for (int x = 1; x <= 3; x++) EXPECT(horner(cubic, 3, opaque(x)) == 0.0);
  EXPECT(horner(cubic, 3, opaque(0)) == -6.0);

  double zero = opaque(0), nan = zero / opaque(1);
  nan = NAN * (1 + nan);
  double infinite = INFINITY * opaque(2);
  EXPECT(compare(1, 2) == (1 | 2 | 32));
  EXPECT(compare(2, 2) == (2 | 8 | 16));
  EXPECT(compare(nan, nan) == 32);
  EXPECT(compare(infinite, DBL_MAX) == (4 | 8 | 32));
  EXPECT(infinite - infinite != infinite - infinite);

  double minus_zero = -zero;
  EXPECT(minus_zero == zero && signbit(minus_zero) && !signbit(zero));
  EXPECT(!signbit(minus_zero + zero));
  EXPECT(bits(minus_zero) == 0x8000000000000000u);

  double tiny = DBL_MIN;
  int halvings = 0;
  while (tiny > 0) {
    tiny = tiny / opaque(2);
    halvings++;
  }
  EXPECT(halvings == 53);

  // Ties go to even when an integer does not fit the mantissa.
  int64_t odd = (1LL << 53) + 1;
  EXPECT((double)odd == 9007199254740992.0);
  EXPECT((double)(odd + 2) == 9007199254740996.0);
  EXPECT((float)opaque(16777217) == 16777216.0f);
  EXPECT((int)2.999 == 2 && (int)-2.999 == -2 && (unsigned)3000000000.0 == 3000000000u);
  float third = 1.0f / opaque(3);
  EXPECT((double)third != 1.0 / 3.0 && (float)(1.0 / 3.0) == third);

  double chaotic = 0.5;
  for (int i = 0; i < 40; i++) {
    chaotic = 3.75 * chaotic * (1 - chaotic);
    EXPECT(chaotic > 0 && chaotic < 1);
  }
  mix(bits(sum_compensated(values, 9)));
  mix(bits(horner(cubic, 3, 2.5)));
  return finish("floating-point");
}
