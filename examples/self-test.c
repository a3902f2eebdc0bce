/* Tells whether the three examples work: exit code 0 when they do. Built with tuned objects it is what
   `ozma tune --test` runs. */

#include "examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void check(int passed, const char *what) {
  if (!passed) {
    printf("failed: %s\n", what);
    failures++;
  }
}

static void check_json(void) {
  static const char text[] =
      " { \"name\" : \"caf\\u00e9 \\ud83d\\ude00\\n\", \"list\":[1,-2.5e3,true,null,[],{}], \"n\": -0.125 } ";
  static const char expected[] =
      "{\"name\":\"caf\xc3\xa9 \xf0\x9f\x98\x80\\n\",\"list\":[1,-2500,true,null,[],{}],\"n\":-0.125}";
  static const char *const wrong[] = {"", "{", "[1,]", "{\"a\":}", "01", "\"\\x\"", "\"\\ud800\"", "1.", "nul", "[1] 2"};
  char buffer[128];
  const char *mistake = NULL;
  struct json *value = json_read(text, &mistake);
  check(value != NULL && mistake == NULL, "json: reads");
  if (value != NULL) {
    check(json_write(value, buffer, sizeof buffer) == strlen(expected), "json: length");
    check(strcmp(buffer, expected) == 0, "json: text");
    check(json_write(value, buffer, 9) == strlen(expected) && strlen(buffer) == 8, "json: cut off");
    const struct json *number = json_member(value, "n");
    check(number != NULL && number->number == -0.125, "json: member");
    check(json_member(value, "m") == NULL, "json: no member");
  }
  json_free(value);
  for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
    value = json_read(wrong[index], &mistake);
    check(value == NULL, wrong[index]);
    json_free(value);
  }
  char deep[1001];
  memset(deep, '[', 1000);
  deep[1000] = '\0';
  check(json_read(deep, &mistake) == NULL, "json: too deep");
}

static void check_round_trip(const uint8_t *bytes, size_t length, size_t most, const char *what) {
  size_t capacity = lz_bound(length);
  uint8_t *packed = malloc(capacity);
  uint8_t *again = malloc(length + 1);
  if (packed == NULL || again == NULL) {
    abort();
  }
  size_t size = lz_pack(bytes, length, packed, capacity);
  check(size > 0 && size <= most, what);
  check(lz_unpack(packed, size, again, length + 1) == length, what);
  check(memcmp(bytes, again, length) == 0, what);
  check(lz_checksum(bytes, length) == lz_checksum(again, length), what);
  if (length > 0) {
    check(lz_unpack(packed, size, again, length - 1) == 0, "compress: no room");
    check(lz_unpack(packed, size - 1, again, length + 1) != length, "compress: cut off");
  }
  free(packed);
  free(again);
}

static void check_compress(void) {
  static uint8_t bytes[20000];
  check_round_trip(bytes, 0, 1, "compress: empty");
  check_round_trip(bytes, sizeof bytes, 100, "compress: zeros");
  uint32_t state = 12345;
  for (size_t index = 0; index < sizeof bytes; index++) {
    state = state * 1664525 + 1013904223;
    bytes[index] = (uint8_t)(state >> 24);
  }
  check_round_trip(bytes, sizeof bytes, lz_bound(sizeof bytes), "compress: noise");
  for (size_t index = 0; index < sizeof bytes; index++) {
    bytes[index] = (uint8_t)("the quick brown fox jumps over the lazy dog"[index * index % 43]);
  }
  check_round_trip(bytes, sizeof bytes, 1000, "compress: words");
  check(lz_checksum((const uint8_t *)"Wikipedia", 9) == 0x11e60398, "compress: checksum");
}

static void check_value(const char *text, int64_t expected) {
  struct program program;
  size_t position = 0;
  int64_t variables[26];
  int64_t result = 0;
  for (int letter = 0; letter < 26; letter++) {
    variables[letter] = letter + 1;
  }
  enum calculator_error error = calculator_compile(text, &program, &position);
  check(error == CALCULATOR_FINE, text);
  if (error == CALCULATOR_FINE) {
    check(calculator_run(&program, variables, &result) == CALCULATOR_FINE && result == expected, text);
  }
}

static void check_error(const char *text, enum calculator_error expected, size_t place) {
  struct program program;
  size_t position = 0;
  check(calculator_compile(text, &program, &position) == expected && position == place, text);
  check(strlen(calculator_message(expected)) > 4, "calculator: message");
}

static void check_calculator(void) {
  check_value("1 + 2 * 3 - -4", 11);
  check_value("2 ** 3 ** 2", 512);
  check_value("(a + b) * c << 2", 36);
  check_value("7 / -2 + 7 % -2", -2);
  check_value("-1 >> 60", -1);
  check_value("0xff & ~0x0f | 1 ^ 3", 0xf2);
  check_value("1 < 2 && 3 >= 3 && !(4 == 5)", 1);
  check_value("0 && 1 / 0 || 5 > 4", 1);
  check_value("0 || 0", 0);
  check_value("z > 25 ? max(a, b) : 1 / 0", 2);
  check_value("gcd(abs(-84), 36) * min(1, 2)", 12);
  check_value("1000000007 * 1000000007 * 1000000007", -4377642754154037417LL);
  check_error("1 +", CALCULATOR_SYNTAX, 3);
  check_error("sin(1)", CALCULATOR_NAME, 0);
  check_error("(1", CALCULATOR_SYNTAX, 2);
  struct program program;
  size_t position;
  int64_t variables[26] = {0};
  int64_t result;
  check(calculator_compile("1 / a", &program, &position) == CALCULATOR_FINE, "calculator: compiles");
  check(calculator_run(&program, variables, &result) == CALCULATOR_DIVISION, "calculator: division");
  char buffer[64];
  check(calculator_compile("a ? 300 : b", &program, &position) == CALCULATOR_FINE, "calculator: compiles");
  check(calculator_disassemble(&program, buffer, sizeof buffer) == strlen(buffer), "calculator: length");
  check(strcmp(buffer, "var a\nunless 10\nconst 300\njump 12\nvar b\n") == 0, "calculator: listing");
}

int main(void) {
  check_json();
  check_compress();
  check_calculator();
  if (failures == 0) {
    puts("all examples work");
  }
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
