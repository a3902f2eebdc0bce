// Tables filled in order against recursion with memory: edit distance, common subsequences, knapsack, coins,
// paths on a grid, longest increasing run.

#include "check.h"

static int least(int a, int b) { return a < b ? a : b; }
static int most(int a, int b) { return a > b ? a : b; }

static NOINLINE int edit_distance(const char *a, const char *b) {
  int row[32], m = (int)strlen(b);
  for (int j = 0; j <= m; j++) row[j] = j;
  for (int i = 1; a[i - 1] != 0; i++) {
    int corner = row[0];
    row[0] = i;
    for (int j = 1; j <= m; j++) {
      int above = row[j];
      row[j] = least(least(above, row[j - 1]) + 1, corner + (a[i - 1] != b[j - 1]));
      corner = above;
    }
  }
  return row[m];
}

static int memory[32][32];
static NOINLINE int edit_distance_recursive(const char *a, int i, const char *b, int j) {
  if (i == 0 || j == 0) return i + j;
  int *known = &memory[i][j];
  if (*known >= 0) return *known;
  int result = edit_distance_recursive(a, i - 1, b, j - 1) + (a[i - 1] != b[j - 1]);
  result = least(result, edit_distance_recursive(a, i - 1, b, j) + 1);
  return *known = least(result, edit_distance_recursive(a, i, b, j - 1) + 1);
}

static NOINLINE int knapsack(const int *weights, const int *values, int count, int room) {
  int best[64] = {0};
  for (int i = 0; i < count; i++)
    for (int r = room; r >= weights[i]; r--) best[r] = most(best[r], best[r - weights[i]] + values[i]);
  return best[room];
}
static NOINLINE int knapsack_all(const int *weights, const int *values, int count, int room) {
  int best = 0;
  for (unsigned chosen = 0; chosen < 1u << count; chosen++) {
    int weight = 0, value = 0;
    for (int i = 0; i < count; i++)
      if (chosen >> i & 1) {
        weight += weights[i];
        value += values[i];
      }
    if (weight <= room && value > best) best = value;
  }
  return best;
}

static NOINLINE uint64_t grid_paths(int n) {
  uint64_t paths[20];
  for (int i = 0; i <= n; i++) paths[i] = 1;
  for (int row = 1; row <= n; row++)
    for (int i = 1; i <= n; i++) paths[i] += paths[i - 1];
  return paths[n];
}

static NOINLINE int longest_increasing(const int *items, int count) {
  int tails[64], length = 0;
  for (int i = 0; i < count; i++) {
    int place = 0;
    while (place < length && tails[place] < items[i]) place++;
    tails[place] = items[i];
    if (place == length) length++;
  }
  return length;
}
static NOINLINE int longest_increasing_naive(const int *items, int count) {
  int best[64], overall = 0;
  for (int i = 0; i < count; i++) {
    best[i] = 1;
    for (int j = 0; j < i; j++)
      if (items[j] < items[i]) best[i] = most(best[i], best[j] + 1);
    overall = most(overall, best[i]);
  }
  return overall;
}

static NOINLINE int best_stretch(const int *items, int count) {
  int best = items[0], here = 0;
  for (int i = 0; i < count; i++) {
    here = most(here, 0) + items[i];
    best = most(best, here);
  }
  return best;
}

int main(void) {
  EXPECT(edit_distance("kitten", "sitting") == 3 && edit_distance("", "abc") == 3 && edit_distance("flaw", "lawn") == 2);
  const char *words[] = {"intention", "execution", "optimise", "compile", "compiler", ""};
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < 6; j++) {
      memset(memory, -1, sizeof memory);
      int distance = edit_distance(words[i], words[j]);
      EXPECT(distance == edit_distance_recursive(words[i], (int)strlen(words[i]), words[j], (int)strlen(words[j])));
      mix((uint64_t)distance);
    }
  int weights[10], values[10];
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < 10; i++) {
      weights[i] = 1 + (int)(random_word() % 12);
      values[i] = (int)(random_word() % 50);
    }
    EXPECT(knapsack(weights, values, opaque(10), 30) == knapsack_all(weights, values, 10, 30));
  }
  EXPECT(grid_paths(opaque(15)) == 155117520u);
  int items[50], prefix_best = -1000000;
  for (int i = 0; i < 50; i++) items[i] = (int)(random_word() % 200) - 100;
  EXPECT(longest_increasing(items, opaque(50)) == longest_increasing_naive(items, 50));
  for (int i = 0; i < 50; i++)
    for (int j = i, sum = 0; j < 50; j++) prefix_best = most(prefix_best, sum += items[j]);
  EXPECT(best_stretch(items, opaque(50)) == prefix_best);
  return finish("dynamic-programming");
}
