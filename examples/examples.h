/* What the example programs offer each other. Three libraries of ordinary size and style: they are here to
   be tuned, and self-test.c tells whether they still work. */

#ifndef OZMA_EXAMPLES_H
#define OZMA_EXAMPLES_H

#include <stddef.h>
#include <stdint.h>

/* json.c: reads and writes JSON. */

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
  enum json_kind kind;
  double number;
  char *text;          /* of a string, UTF-8 */
  char *key;           /* where it is a member of an object */
  struct json *first;  /* of an array or object */
  struct json *next;   /* in its array or object */
};

/* NULL on a mistake, which then is at *mistake. */
struct json *json_read(const char *text, const char **mistake);
/* Bytes written without the final zero, or needed, as snprintf counts them. */
size_t json_write(const struct json *value, char *buffer, size_t size);
const struct json *json_member(const struct json *object, const char *key);
void json_free(struct json *value);

/* compress.c: a byte-wise LZ77. */

/* Bytes written, 0 when they do not fit. */
size_t lz_pack(const uint8_t *source, size_t length, uint8_t *target, size_t capacity);
/* Bytes written, 0 when the input is damaged or does not fit. */
size_t lz_unpack(const uint8_t *source, size_t length, uint8_t *target, size_t capacity);
size_t lz_bound(size_t length);
uint32_t lz_checksum(const uint8_t *source, size_t length);

/* calculator.c: expressions to byte code, and the machine that runs it. */

enum calculator_error {
  CALCULATOR_FINE,
  CALCULATOR_SYNTAX,
  CALCULATOR_NAME,
  CALCULATOR_TOO_LONG,
  CALCULATOR_DIVISION,
  CALCULATOR_STACK
};

struct program {
  uint8_t code[512];
  size_t length;
  int64_t constants[64];
  size_t constant_count;
};

enum calculator_error calculator_compile(const char *text, struct program *program, size_t *position);
enum calculator_error calculator_run(const struct program *program, const int64_t variables[26], int64_t *result);
const char *calculator_message(enum calculator_error error);
size_t calculator_disassemble(const struct program *program, char *buffer, size_t size);

#endif
