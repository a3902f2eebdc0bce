// Volatile objects: every access happens, in order, also where the value is not used; and a signal handler
// that changes one behind the program's back.

#include <signal.h>
#include "check.h"

static volatile int device[4];
static volatile sig_atomic_t signals;

static void on_signal(int number) {
  (void)number;
  signals = signals + 1;
}

static NOINLINE int poll(int rounds) {
  int sum = 0;
  for (int i = 0; i < rounds; i++) {
    device[0] = device[0] + 1;
    device[0];
    if (device[0] % 3 == 0) device[1] = device[1] + device[0];
    sum += device[1];
  }
  return sum;
}

static NOINLINE int wait_for(int wanted) {
  int raised = 0;
  while (signals < wanted) {
    raise(SIGUSR1);
    raised++;
  }
  return raised;
}

static NOINLINE int same_twice(const volatile int *cell) {
  int first = *cell, second = *cell;
  return first == second;
}

struct registers { volatile unsigned status; unsigned plain; volatile unsigned data[3]; };

static NOINLINE unsigned transmit(struct registers *r, const unsigned *words, int count) {
  unsigned written = 0;
  for (int i = 0; i < count; i++) {
    r->data[i % 3] = words[i];
    r->status |= 1u << (i % 3);
    r->plain = r->status;
    written += r->data[i % 3] ^ r->plain;
  }
  return written;
}

int main(void) {
  int naive = 0, second = 0;
  for (int i = 1; i <= 20; i++) {
    if (i % 3 == 0) second += i;
    naive += second;
  }
  EXPECT(poll(opaque(20)) == naive);
  EXPECT(device[0] == 20 && device[1] == 3 + 6 + 9 + 12 + 15 + 18);
  signal(SIGUSR1, on_signal);
  EXPECT(wait_for(opaque(5)) == 5);
  EXPECT(signals == 5);
  EXPECT(wait_for(opaque(5)) == 0);
  EXPECT(same_twice(&device[1]));
  struct registers r = {0, 0, {0, 0, 0}};
  unsigned words[5] = {10, 20, 30, 40, 50};
  EXPECT(transmit(&r, words, 5) == (10 ^ 1) + (20 ^ 3) + (30 ^ 7) + (40 ^ 7) + (50 ^ 7));
  EXPECT(r.data[0] == 40 && r.data[1] == 50 && r.data[2] == 30 && r.plain == 7);
  volatile double d = 0;
  for (int i = 0; i < 8; i++) d = d + 0.5;
  EXPECT(d == 4.0);
  mix((uint64_t)device[1]);
  mix(r.data[2]);
  return finish("volatile");
}
