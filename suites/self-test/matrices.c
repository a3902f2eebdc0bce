// Matrices: products in several loop orders, transposition in place, powers, determinants without fractions,
// and stencils with borders.

#include "check.h"

enum { N = 12 };
typedef int64_t matrix[N][N];

static NOINLINE void multiply(matrix result, const matrix a, const matrix b) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      int64_t sum = 0;
      for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
      result[i][j] = sum;
    }
}

static NOINLINE void multiply_blocked(matrix result, const matrix a, const matrix b) {
  memset(result, 0, sizeof(matrix));
  for (int kk = 0; kk < N; kk += 4)
    for (int jj = 0; jj < N; jj += 4)
      for (int i = 0; i < N; i++)
        for (int k = kk; k < kk + 4; k++)
          for (int j = jj; j < jj + 4; j++) result[i][j] += a[i][k] * b[k][j];
}

static NOINLINE void transpose(matrix m) {
  for (int i = 0; i < N; i++)
    for (int j = i + 1; j < N; j++) {
      int64_t kept = m[i][j];
      m[i][j] = m[j][i];
      m[j][i] = kept;
    }
}

/** Bareiss: every division is exact. */
static NOINLINE int64_t determinant(int size, int64_t m[6][6]) {
  int64_t previous = 1, sign = 1;
  for (int k = 0; k < size - 1; k++) {
    if (m[k][k] == 0) {
      int row = k + 1;
      while (row < size && m[row][k] == 0) row++;
      if (row == size) return 0;
      for (int j = 0; j < size; j++) {
        int64_t kept = m[k][j];
        m[k][j] = m[row][j];
        m[row][j] = kept;
      }
      sign = -sign;
    }
    for (int i = k + 1; i < size; i++)
      for (int j = k + 1; j < size; j++) m[i][j] = (m[i][j] * m[k][k] - m[i][k] * m[k][j]) / previous;
    previous = m[k][k];
  }
  return sign * m[size - 1][size - 1];
}

static NOINLINE uint64_t fibonacci_by_matrix(unsigned n) {
  uint64_t r[4] = {1, 0, 0, 1}, b[4] = {1, 1, 1, 0};
  for (; n > 0; n >>= 1) {
    if (n & 1) {
      uint64_t t[4] = {r[0] * b[0] + r[1] * b[2], r[0] * b[1] + r[1] * b[3], r[2] * b[0] + r[3] * b[2],
                       r[2] * b[1] + r[3] * b[3]};
      memcpy(r, t, sizeof r);
    }
    uint64_t t[4] = {b[0] * b[0] + b[1] * b[2], b[0] * b[1] + b[1] * b[3], b[2] * b[0] + b[3] * b[2],
                     b[2] * b[1] + b[3] * b[3]};
    memcpy(b, t, sizeof b);
  }
  return r[1];
}

static NOINLINE int live_cells(unsigned char board[10][10], int rounds) {
  unsigned char next[10][10];
  int alive = 0;
  while (rounds-- > 0) {
    for (int y = 0; y < 10; y++)
      for (int x = 0; x < 10; x++) {
        int around = -board[y][x];
        for (int dy = -1; dy <= 1; dy++)
          for (int dx = -1; dx <= 1; dx++) around += board[(y + dy + 10) % 10][(x + dx + 10) % 10];
        next[y][x] = around == 3 || (around == 2 && board[y][x]);
      }
    memcpy(board, next, sizeof next);
  }
  for (int i = 0; i < 100; i++) alive += board[i / 10][i % 10];
  return alive;
}

int main(void) {
  static matrix a, b, ab, ba, other;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      a[i][j] = (int)(random_word() % 19) - 9;
      b[i][j] = opaque(i * j) % 7 - 3;
    }
  multiply(ab, a, b);
  multiply_blocked(other, a, b);
  EXPECT(memcmp(ab, other, sizeof ab) == 0);
  // (AB)' = B'A'
  transpose(a);
  transpose(b);
  multiply(ba, b, a);
  transpose(ba);
  EXPECT(memcmp(ab, ba, sizeof ab) == 0);
  for (int i = 0; i < N; i++) mix((uint64_t)ab[i][N - 1 - i]);

  // Vandermonde of 1..5: the product of the differences.
  int64_t vandermonde[6][6];
  for (int i = 0; i < 5; i++)
    for (int j = 0; j < 5; j++) vandermonde[i][j] = j == 0 ? 1 : vandermonde[i][j - 1] * (opaque(i) + 1);
  EXPECT(determinant(5, vandermonde) == 288);
  int64_t swapped[6][6] = {{0, 2, 0}, {3, 0, 0}, {0, 0, 5}};
  EXPECT(determinant(3, swapped) == -30);
  int64_t singular[6][6] = {{1, 2, 3}, {2, 4, 6}, {1, 0, 1}};
  EXPECT(determinant(3, singular) == 0);
  EXPECT(fibonacci_by_matrix((unsigned)opaque(90)) == 2880067194370816120u);

  unsigned char board[10][10] = {{0}};
  board[0][1] = board[1][2] = board[2][0] = board[2][1] = board[2][2] = 1;  // a glider
  EXPECT(live_cells(board, opaque(40)) == 5);
  EXPECT(board[0][1] && board[1][2] && board[2][0] && board[2][1] && board[2][2]);  // once around the board
  return finish("matrices");
}
