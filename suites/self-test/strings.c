// Strings: own loops against the library's functions, in-place reversal, searching, splitting, numbers to text
// and back.

#include "check.h"

static NOINLINE size_t length_of(const char *text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}

static NOINLINE int compare_text(const char *a, const char *b) {
  while (*a != 0 && *a == *b) {
    a++;
    b++;
  }
  return (unsigned char)*a - (unsigned char)*b;
}

static NOINLINE void reverse(char *text) {
  size_t length = strlen(text);
  for (size_t i = 0; i < length / 2; i++) {
    char kept = text[i];
    text[i] = text[length - 1 - i];
    text[length - 1 - i] = kept;
  }
}

static NOINLINE const char *find(const char *text, const char *part) {
  for (;; text++) {
    size_t i = 0;
    while (part[i] != 0 && text[i] == part[i]) i++;
    if (part[i] == 0) return text;
    if (*text == 0) return NULL;
  }
}

/** Knuth, Morris and Pratt: how often the part occurs, overlaps counted. */
static NOINLINE int occurrences(const char *text, const char *part) {
  int borders[32] = {0}, count = 0, length = (int)strlen(part);
  for (int i = 1, matched = 0; i < length; i++) {
    while (matched > 0 && part[i] != part[matched]) matched = borders[matched - 1];
    if (part[i] == part[matched]) matched++;
    borders[i] = matched;
  }
  for (int i = 0, matched = 0; text[i] != 0; i++) {
    while (matched > 0 && text[i] != part[matched]) matched = borders[matched - 1];
    if (text[i] == part[matched]) matched++;
    if (matched == length) {
      count++;
      matched = borders[matched - 1];
    }
  }
  return count;
}

static NOINLINE void write_number(char *to, int value, unsigned base) {
  unsigned rest = value < 0 ? 0u - (unsigned)value : (unsigned)value;
  char *start = to;
  do {
    *to++ = "0123456789abcdef"[rest % base];
    rest /= base;
  } while (rest != 0);
  if (value < 0) *to++ = '-';
  *to = 0;
  reverse(start);
}

static NOINLINE int split(char *text, char separator, char **parts, int most) {
  int count = 0;
  parts[count++] = text;
  for (; *text != 0; text++) {
    if (*text != separator) continue;
    *text = 0;
    if (count < most) parts[count++] = text + 1;
  }
  return count;
}

int main(void) {
  const char *words[] = {"", "a", "ab", "abc", "b", "abcabcabd", "zebra", "\xff"};
  for (int i = 0; i < 8; i++) {
    EXPECT(length_of(words[i]) == strlen(words[i]));
    for (int j = 0; j < 8; j++) {
      int own = compare_text(words[i], words[j]), theirs = strcmp(words[i], words[j]);
      EXPECT((own < 0) == (theirs < 0) && (own > 0) == (theirs > 0));
      EXPECT(find(words[i], words[j]) == strstr(words[i], words[j]));
    }
  }
  EXPECT(occurrences("aaaaa", "aa") == 4);
  EXPECT(occurrences("abcabcabdabcabd", "abcabd") == 2);
  char text[64];
  const int numbers[] = {0, 7, -7, 10, 255, -256, 2147483647, -2147483647 - 1};
  for (int i = 0; i < 8; i++) {
    write_number(text, opaque(numbers[i]), 10);
    EXPECT(atoi(text) == numbers[i]);
    char formatted[16];
    snprintf(formatted, sizeof formatted, "%d", numbers[i]);
    EXPECT(strcmp(text, formatted) == 0);
    write_number(text, numbers[i], 16);
    EXPECT(strtol(text, NULL, 16) == numbers[i]);
    for (char *c = text; *c != 0; c++) mix((uint64_t)*c);
  }
  strcpy(text, "one,two,,four");
  char *parts[8];
  EXPECT(split(text, ',', parts, 8) == 4);
  EXPECT(strcmp(parts[0], "one") == 0 && *parts[2] == 0 && strcmp(parts[3], "four") == 0);
  strcpy(text, "level");
  reverse(text);
  EXPECT(strcmp(text, "level") == 0);
  strcat(text, "headed");
  reverse(text);
  EXPECT(strcmp(text, "dedaehlevel") == 0);
  EXPECT(strchr(text, 'h') == text + 5 && strrchr(text, 'e') == text + 9 && strchr(text, 'x') == NULL);
  return finish("strings");
}
