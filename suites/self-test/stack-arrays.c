// Memory of a size that is known at run time only: variable-length arrays, alloca in loops, flexible members,
// rows of pointers, reallocation.

#include "check.h"

static NOINLINE int sum_of_powers(int base, int count) {
  int powers[count];
  powers[0] = 1;
  for (int i = 1; i < count; i++) powers[i] = powers[i - 1] * base;
  int sum = 0;
  for (int i = count - 1; i >= 0; i--) sum += powers[i];
  return sum;
}

static NOINLINE long trace_of_product(int n) {
  int a[n][n], b[n][n];
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      a[i][j] = i + 2 * j;
      b[j][i] = i - j;
    }
  long trace = 0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) trace += (long)a[i][j] * b[j][i];
  return trace;
}

static NOINLINE int chain(int links) {
  struct link { struct link *before; int value; } *last = NULL;
  for (int i = 0; i < links; i++) {
    struct link *link = __builtin_alloca(sizeof *link);
    link->before = last;
    link->value = i * i;
    last = link;
  }
  int sum = 0;
  for (; last != NULL; last = last->before) sum = sum * 3 % 1009 + last->value;
  return sum;
}

static NOINLINE int scopes(int rounds) {
  int sum = 0;
  for (int round = 1; round <= rounds; round++) {
    char text[round * 8];
    memset(text, round, sizeof text);
    sum += text[0] * (int)sizeof text + text[sizeof text - 1];
  }
  return sum;
}

struct message { size_t length; char text[]; };
static NOINLINE struct message *compose(const char *a, const char *b) {
  size_t length = strlen(a) + strlen(b);
  struct message *message = malloc(sizeof *message + length + 1);
  message->length = length;
  memcpy(message->text, a, strlen(a));
  memcpy(message->text + strlen(a), b, strlen(b) + 1);
  return message;
}

static NOINLINE int **pascal(int rows) {
  int **triangle = malloc((size_t)rows * sizeof *triangle);
  for (int i = 0; i < rows; i++) {
    triangle[i] = malloc((size_t)(i + 1) * sizeof **triangle);
    triangle[i][0] = triangle[i][i] = 1;
    for (int j = 1; j < i; j++) triangle[i][j] = triangle[i - 1][j - 1] + triangle[i - 1][j];
  }
  return triangle;
}

int main(void) {
  EXPECT(sum_of_powers(2, opaque(20)) == (1 << 20) - 1);
  EXPECT(sum_of_powers(opaque(-1), opaque(7)) == 1);
  long naive = 0;
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < 6; j++) naive += (long)(i + 2 * j) * (i - j);
  EXPECT(trace_of_product(opaque(6)) == naive);
  int sum = 0;
  for (int i = 11; i >= 0; i--) sum = sum * 3 % 1009 + i * i;
  EXPECT(chain(opaque(12)) == sum);
  EXPECT(scopes(opaque(5)) == 8 * (1 + 4 + 9 + 16 + 25) + 15);
  struct message *message = compose("smaller ", "objects");
  EXPECT(message->length == 15 && strcmp(message->text, "smaller objects") == 0);
  for (size_t i = 0; i < message->length; i++) mix((uint64_t)message->text[i]);
  free(message);
  int **triangle = pascal(opaque(16));
  EXPECT(triangle[15][7] == 6435 && triangle[10][5] == 252);
  for (int i = 0; i < 16; i++) {
    int row = 0;
    for (int j = 0; j <= i; j++) row += triangle[i][j];
    EXPECT(row == 1 << i);
    free(triangle[i]);
  }
  free(triangle);
  int *items = NULL, room = 0;
  for (int count = 0; count < 100; count++) {
    if (count == room) items = realloc(items, (size_t)(room = room * 2 + 1) * sizeof *items);
    items[count] = count ^ 5;
  }
  for (int i = 0; i < 100; i++) EXPECT(items[i] == (i ^ 5));
  free(items);
  return finish("stack-arrays");
}
