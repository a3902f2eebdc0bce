// Atomic operations, used by one thread: each must do what its plain counterpart does and answer the right one
// of old and new value.

#include <stdatomic.h>
#include "check.h"

static atomic_int counter;
static _Atomic(int *) slot;
static _Atomic uint64_t wide;
static atomic_flag lock = ATOMIC_FLAG_INIT;

static NOINLINE int maximum_of(const int *items, int count) {
  atomic_store(&counter, items[0]);
  for (int i = 1; i < count; i++) {
    int seen = atomic_load(&counter);
    while (seen < items[i] && !atomic_compare_exchange_weak(&counter, &seen, items[i])) {
    }
  }
  return atomic_load_explicit(&counter, memory_order_acquire);
}

struct node { int value; struct node *next; };
static _Atomic(struct node *) stack;
static NOINLINE void push(struct node *node) {
  node->next = atomic_load(&stack);
  while (!atomic_compare_exchange_strong(&stack, &node->next, node)) {
  }
}
static NOINLINE struct node *pop(void) {
  struct node *top = atomic_load(&stack);
  while (top != NULL && !atomic_compare_exchange_strong(&stack, &top, top->next)) {
  }
  return top;
}

static NOINLINE int with_lock(int (*work)(int), int argument) {
  while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {
  }
  int result = work(argument);
  atomic_flag_clear_explicit(&lock, memory_order_release);
  return result;
}
static int square(int n) { return n * n; }

int main(void) {
  int items[] = {3, 9, -4, 9, 27, 1, 26};
  EXPECT(maximum_of(items, opaque(7)) == 27);
  atomic_store(&counter, opaque(10));
  EXPECT(atomic_fetch_add(&counter, 5) == 10 && atomic_load(&counter) == 15);
  EXPECT(atomic_fetch_sub(&counter, 20) == 15 && atomic_load(&counter) == -5);
  EXPECT(atomic_exchange(&counter, 0xf0) == -5);
  EXPECT(atomic_fetch_or(&counter, 0x0f) == 0xf0 && atomic_fetch_and(&counter, 0x3c) == 0xff);
  EXPECT(atomic_fetch_xor(&counter, 0xff) == 0x3c && counter == 0xc3);
  EXPECT(++counter == 0xc4 && counter++ == 0xc4 && (counter += 3) == 0xc8);
  int expected = opaque(1);
  EXPECT(!atomic_compare_exchange_strong(&counter, &expected, 7) && expected == 0xc8);
  EXPECT(atomic_compare_exchange_strong(&counter, &expected, 7) && counter == 7);
  slot = items;
  EXPECT(atomic_exchange(&slot, items + 2) == items && *atomic_load(&slot) == -4);
  wide = ~0ull;
  EXPECT(atomic_fetch_add(&wide, (uint64_t)opaque(2)) == ~0ull && wide == 1);
  struct node nodes[10];
  for (int i = 0; i < 10; i++) {
    nodes[i].value = i;
    push(&nodes[i]);
  }
  for (int i = 9; i >= 0; i--) EXPECT(pop()->value == i);
  EXPECT(pop() == NULL);
  EXPECT(with_lock(square, opaque(9)) == 81 && with_lock(square, opaque(4)) == 16);
  atomic_thread_fence(memory_order_seq_cst);
  mix((uint64_t)counter);
  mix(wide);
  return finish("atomics");
}
