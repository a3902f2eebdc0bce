// What every program of this suite shares: expectations, a checksum, and values that the compiler cannot see
// through. A program ends with `return finish("name")`: exit code 0 when every expectation held, and one
// line on stdout whose checksum must not depend on how the program was compiled.

#ifndef OZMA_CHECK_H
#define OZMA_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAYBE_UNUSED __attribute__((unused))
#define NOINLINE __attribute__((noinline))

static uint64_t checksum = 14695981039346656037u;
static int failures = 0;

/** Mixes a value into the checksum (FNV-1a over its eight bytes). */
static MAYBE_UNUSED void mix(uint64_t value) {
  for (int byte = 0; byte < 8; byte++) {
    checksum = (checksum ^ ((value >> (8 * byte)) & 0xff)) * 1099511628211u;
  }
}

static MAYBE_UNUSED void fail_at(int line, const char *what) {
  failures++;
  fprintf(stderr, "line %d: expected %s\n", line, what);
}

#define EXPECT(condition) ((condition) ? (void)0 : fail_at(__LINE__, #condition))

/** The same number, unknown to the compiler. */
static MAYBE_UNUSED int opaque(int value) {
  static volatile int hidden;
  hidden = value;
  return hidden;
}

/** A small generator of numbers (xorshift), the same on every machine. */
static uint32_t random_state = 2463534242u;
static MAYBE_UNUSED uint32_t random_word(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}

static MAYBE_UNUSED int finish(const char *name) {
  printf("%s %016llx\n", name, (unsigned long long)checksum);
  return failures == 0 ? 0 : 1;
}

#endif
