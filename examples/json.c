/* A JSON reader and writer: recursive descent, a tree of nodes, strings with escapes and surrogates. */

#include "examples.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 200 };

struct reader {
  const char *at;
  int depth;
};

static struct json *read_value(struct reader *reader);

static void skip_space(struct reader *reader) {
  for (;;) {
    switch (*reader->at) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
      reader->at++;
      break;
    default:
      return;
    }
  }
}

static struct json *new_value(enum json_kind kind) {
  struct json *value = calloc(1, sizeof *value);
  if (value != NULL) {
    value->kind = kind;
  }
  return value;
}

void json_free(struct json *value) {
  while (value != NULL) {
    struct json *next = value->next;
    json_free(value->first);
    free(value->text);
    free(value->key);
    free(value);
    value = next;
  }
}

static bool read_word(struct reader *reader, const char *word) {
  size_t length = strlen(word);
  if (strncmp(reader->at, word, length) != 0) {
    return false;
  }
  reader->at += length;
  return true;
}

static int hex_digit(char character) {
  if (character >= '0' && character <= '9') {
    return character - '0';
  }
  if (character >= 'a' && character <= 'f') {
    return character - 'a' + 10;
  }
  if (character >= 'A' && character <= 'F') {
    return character - 'A' + 10;
  }
  return -1;
}

/* Four hexadecimal digits, or -1. */
static long read_hex(struct reader *reader) {
  long value = 0;
  for (int digit = 0; digit < 4; digit++) {
    int part = hex_digit(*reader->at);
    if (part < 0) {
      return -1;
    }
    value = value * 16 + part;
    reader->at++;
  }
  return value;
}

static size_t put_utf8(char *target, unsigned long code) {
  if (code < 0x80) {
    target[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    target[0] = (char)(0xc0 | (code >> 6));
    target[1] = (char)(0x80 | (code & 63));
    return 2;
  }
  if (code < 0x10000) {
    target[0] = (char)(0xe0 | (code >> 12));
    target[1] = (char)(0x80 | ((code >> 6) & 63));
    target[2] = (char)(0x80 | (code & 63));
    return 3;
  }
  target[0] = (char)(0xf0 | (code >> 18));
  target[1] = (char)(0x80 | ((code >> 12) & 63));
  target[2] = (char)(0x80 | ((code >> 6) & 63));
  target[3] = (char)(0x80 | (code & 63));
  return 4;
}

/* After `\u`: the bytes written, 0 on a mistake. */
static size_t read_unicode(struct reader *reader, char *target) {
  long code = read_hex(reader);
  if (code < 0 || (code >= 0xdc00 && code < 0xe000)) {
    return 0;
  }
  if (code >= 0xd800 && code < 0xdc00) {
    if (!read_word(reader, "\\u")) {
      return 0;
    }
    long low = read_hex(reader);
    if (low < 0xdc00 || low >= 0xe000) {
      return 0;
    }
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  return put_utf8(target, (unsigned long)code);
}

/* The text between quotes, or NULL. An escape is never shorter than what it stands for. */
static char *read_string(struct reader *reader) {
  if (*reader->at != '"') {
    return NULL;
  }
  reader->at++;
  const char *end = reader->at;
  while (*end != '"' && *end != '\0') {
    end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
  }
  char *text = malloc((size_t)(end - reader->at) + 1);
  if (text == NULL) {
    return NULL;
  }
  size_t length = 0;
  while (*reader->at != '"') {
    unsigned char character = (unsigned char)*reader->at++;
    if (character < 0x20) {
      goto mistake;
    }
    if (character != '\\') {
      text[length++] = (char)character;
      continue;
    }
    switch (*reader->at++) {
    case '"':
      text[length++] = '"';
      break;
    case '\\':
      text[length++] = '\\';
      break;
    case '/':
      text[length++] = '/';
      break;
    case 'b':
      text[length++] = '\b';
      break;
    case 'f':
      text[length++] = '\f';
      break;
    case 'n':
      text[length++] = '\n';
      break;
    case 'r':
      text[length++] = '\r';
      break;
    case 't':
      text[length++] = '\t';
      break;
    case 'u': {
      size_t bytes = read_unicode(reader, text + length);
      if (bytes == 0) {
        goto mistake;
      }
      length += bytes;
      break;
    }
    default:
      reader->at--;
      goto mistake;
    }
  }
  reader->at++;
  text[length] = '\0';
  return text;
mistake:
  free(text);
  return NULL;
}

static bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

static struct json *read_number(struct reader *reader) {
  const char *start = reader->at;
  bool negative = *reader->at == '-';
  reader->at += negative;
  if (!is_digit(*reader->at)) {
    return NULL;
  }
  double value = 0;
  if (*reader->at == '0') {
    reader->at++;
  } else {
    while (is_digit(*reader->at)) {
      value = value * 10 + (*reader->at++ - '0');
    }
  }
  bool whole = true;
  if (*reader->at == '.') {
    whole = false;
    reader->at++;
    if (!is_digit(*reader->at)) {
      return NULL;
    }
    while (is_digit(*reader->at)) {
      reader->at++;
    }
  }
  if (*reader->at == 'e' || *reader->at == 'E') {
    whole = false;
    reader->at++;
    if (*reader->at == '+' || *reader->at == '-') {
      reader->at++;
    }
    if (!is_digit(*reader->at)) {
      return NULL;
    }
    while (is_digit(*reader->at)) {
      reader->at++;
    }
  }
  struct json *number = new_value(JSON_NUMBER);
  if (number != NULL) {
    number->number = whole ? (negative ? -value : value) : strtod(start, NULL);
  }
  return number;
}

/* Members of an array or an object, after its opening bracket. */
static struct json *read_members(struct reader *reader, enum json_kind kind, char closing) {
  struct json *parent = new_value(kind);
  if (parent == NULL) {
    return NULL;
  }
  skip_space(reader);
  if (*reader->at == closing) {
    reader->at++;
    return parent;
  }
  struct json **end = &parent->first;
  for (;;) {
    char *key = NULL;
    if (kind == JSON_OBJECT) {
      skip_space(reader);
      key = read_string(reader);
      skip_space(reader);
      if (key == NULL || *reader->at != ':') {
        free(key);
        break;
      }
      reader->at++;
    }
    struct json *member = read_value(reader);
    if (member == NULL) {
      free(key);
      break;
    }
    member->key = key;
    *end = member;
    end = &member->next;
    skip_space(reader);
    if (*reader->at == closing) {
      reader->at++;
      return parent;
    }
    if (*reader->at != ',') {
      break;
    }
    reader->at++;
  }
  json_free(parent);
  return NULL;
}

static struct json *read_value(struct reader *reader) {
  struct json *value = NULL;
  skip_space(reader);
  if (++reader->depth > DEEPEST) {
    return NULL;
  }
  switch (*reader->at) {
  case '{':
    reader->at++;
    value = read_members(reader, JSON_OBJECT, '}');
    break;
  case '[':
    reader->at++;
    value = read_members(reader, JSON_ARRAY, ']');
    break;
  case '"': {
    char *text = read_string(reader);
    value = text == NULL ? NULL : new_value(JSON_STRING);
    if (value == NULL) {
      free(text);
    } else {
      value->text = text;
    }
    break;
  }
  case 't':
    value = read_word(reader, "true") ? new_value(JSON_TRUE) : NULL;
    break;
  case 'f':
    value = read_word(reader, "false") ? new_value(JSON_FALSE) : NULL;
    break;
  case 'n':
    value = read_word(reader, "null") ? new_value(JSON_NULL) : NULL;
    break;
  default:
    value = read_number(reader);
  }
  reader->depth--;
  return value;
}

struct json *json_read(const char *text, const char **mistake) {
  struct reader reader = {text, 0};
  struct json *value = read_value(&reader);
  if (value != NULL) {
    skip_space(&reader);
    if (*reader.at != '\0') {
      json_free(value);
      value = NULL;
    }
  }
  if (value == NULL && mistake != NULL) {
    *mistake = reader.at;
  }
  return value;
}

const struct json *json_member(const struct json *object, const char *key) {
  if (object == NULL || object->kind != JSON_OBJECT) {
    return NULL;
  }
  for (const struct json *member = object->first; member != NULL; member = member->next) {
    if (strcmp(member->key, key) == 0) {
      return member;
    }
  }
  return NULL;
}

struct writer {
  char *buffer;
  size_t size;
  size_t length;
};

static void put(struct writer *writer, char character) {
  if (writer->length + 1 < writer->size) {
    writer->buffer[writer->length] = character;
  }
  writer->length++;
}

static void put_text(struct writer *writer, const char *text) {
  while (*text != '\0') {
    put(writer, *text++);
  }
}

static void put_string(struct writer *writer, const char *text) {
  static const char digits[] = "0123456789abcdef";
  put(writer, '"');
  for (; *text != '\0'; text++) {
    unsigned char character = (unsigned char)*text;
    switch (character) {
    case '"':
      put_text(writer, "\\\"");
      break;
    case '\\':
      put_text(writer, "\\\\");
      break;
    case '\n':
      put_text(writer, "\\n");
      break;
    case '\r':
      put_text(writer, "\\r");
      break;
    case '\t':
      put_text(writer, "\\t");
      break;
    default:
      if (character < 0x20) {
        put_text(writer, "\\u00");
        put(writer, digits[character >> 4]);
        put(writer, digits[character & 15]);
      } else {
        put(writer, (char)character);
      }
    }
  }
  put(writer, '"');
}

static void put_number(struct writer *writer, double number) {
  char digits[40];
  if (!isfinite(number)) {
    put_text(writer, "null");
    return;
  }
  if (fabs(number) < 1e15 && number == (double)(long long)number) {
    snprintf(digits, sizeof digits, "%lld", (long long)number);
  } else {
    snprintf(digits, sizeof digits, "%.17g", number);
  }
  put_text(writer, digits);
}

static void put_value(struct writer *writer, const struct json *value) {
  switch (value->kind) {
  case JSON_NULL:
    put_text(writer, "null");
    break;
  case JSON_FALSE:
    put_text(writer, "false");
    break;
  case JSON_TRUE:
    put_text(writer, "true");
    break;
  case JSON_NUMBER:
    put_number(writer, value->number);
    break;
  case JSON_STRING:
    put_string(writer, value->text);
    break;
  case JSON_ARRAY:
  case JSON_OBJECT:
    put(writer, value->kind == JSON_ARRAY ? '[' : '{');
    for (const struct json *member = value->first; member != NULL; member = member->next) {
      if (member != value->first) {
        put(writer, ',');
      }
      if (value->kind == JSON_OBJECT) {
        put_string(writer, member->key);
        put(writer, ':');
      }
      put_value(writer, member);
    }
    put(writer, value->kind == JSON_ARRAY ? ']' : '}');
  }
}

size_t json_write(const struct json *value, char *buffer, size_t size) {
  struct writer writer = {buffer, size, 0};
  put_value(&writer, value);
  if (size > 0) {
    buffer[writer.length < size ? writer.length : size - 1] = '\0';
  }
  return writer.length;
}
