// Five ways to sort the same numbers; all must agree with each other and with the library.

#include "check.h"

enum { COUNT = 200 };

static NOINLINE void insertion_sort(int *items, int count) {
  for (int i = 1; i < count; i++) {
    int item = items[i], j = i - 1;
    while (j >= 0 && items[j] > item) {
      items[j + 1] = items[j];
      j--;
    }
    items[j + 1] = item;
  }
}

static NOINLINE void quick_sort(int *items, int low, int high) {
  while (low < high) {
    int pivot = items[low + (high - low) / 2], i = low, j = high;
    while (i <= j) {
      while (items[i] < pivot) i++;
      while (items[j] > pivot) j--;
      if (i <= j) {
        int kept = items[i];
        items[i++] = items[j];
        items[j--] = kept;
      }
    }
    if (j - low < high - i) {
      quick_sort(items, low, j);
      low = i;
    } else {
      quick_sort(items, i, high);
      high = j;
    }
  }
}

static NOINLINE void merge_sort(int *items, int count, int *room) {
  if (count < 2) return;
  int half = count / 2, i = 0, j = half, k = 0;
  merge_sort(items, half, room);
  merge_sort(items + half, count - half, room);
  while (i < half && j < count) room[k++] = items[j] < items[i] ? items[j++] : items[i++];
  while (i < half) room[k++] = items[i++];
  while (j < count) room[k++] = items[j++];
  memcpy(items, room, (size_t)count * sizeof *items);
}

static void sift(int *items, int root, int count) {
  for (int child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && items[child + 1] > items[child]) child++;
    if (items[root] >= items[child]) return;
    int kept = items[root];
    items[root] = items[child];
    items[child] = kept;
  }
}

static NOINLINE void heap_sort(int *items, int count) {
  for (int root = count / 2 - 1; root >= 0; root--) sift(items, root, count);
  for (int end = count - 1; end > 0; end--) {
    int kept = items[0];
    items[0] = items[end];
    items[end] = kept;
    sift(items, 0, end);
  }
}

static NOINLINE void radix_sort(int *items, int count, int *room) {
  for (int shift = 0; shift < 32; shift += 8) {
    int starts[257] = {0};
    for (int i = 0; i < count; i++) starts[((((unsigned)items[i] ^ 0x80000000u) >> shift) & 255) + 1]++;
    for (int digit = 0; digit < 256; digit++) starts[digit + 1] += starts[digit];
    for (int i = 0; i < count; i++) room[starts[(((unsigned)items[i] ^ 0x80000000u) >> shift) & 255]++] = items[i];
    memcpy(items, room, (size_t)count * sizeof *items);
  }
}

static int ascending(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

int main(void) {
  static int original[COUNT], expected[COUNT], items[COUNT], room[COUNT];
  for (int round = 0; round < 4; round++) {
    int count = round == 0 ? opaque(1) : round == 1 ? opaque(17) : COUNT;
    int64_t sum = 0;
    for (int i = 0; i < count; i++) {
      original[i] = (int)(random_word() >> (round == 3 ? 28 : 1)) - (round == 3 ? 8 : 1000000000);
      sum += original[i];
    }
    memcpy(expected, original, sizeof original);
    qsort(expected, (size_t)count, sizeof *expected, ascending);
    for (int way = 0; way < 5; way++) {
      memcpy(items, original, sizeof original);
      if (way == 0) insertion_sort(items, count);
      if (way == 1) quick_sort(items, 0, count - 1);
      if (way == 2) merge_sort(items, count, room);
      if (way == 3) heap_sort(items, count);
      if (way == 4) radix_sort(items, count, room);
      int64_t again = 0;
      for (int i = 0; i < count; i++) {
        EXPECT(items[i] == expected[i]);
        EXPECT(i == 0 || items[i - 1] <= items[i]);
        again += items[i];
      }
      EXPECT(again == sum);
    }
    mix((uint64_t)items[count / 2]);
  }
  return finish("sorting");
}
