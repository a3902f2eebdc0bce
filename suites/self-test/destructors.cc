// The order of construction and destruction: scopes, temporaries, early returns, loops, members, arrays,
// moves, and globals.

#include <memory>
#include <string>
#include <utility>
#include "check.h"

static std::string trace;
static int alive = 0;

struct Noisy {
  int id;
  explicit Noisy(int id) : id(id) {
    alive++;
    trace += '+';
    trace += static_cast<char>('0' + id);
  }
  Noisy(const Noisy &other) : id(other.id) {
    alive++;
    trace += 'c';
  }
  Noisy(Noisy &&other) noexcept : id(other.id) {
    other.id = 0;
    alive++;
    trace += 'm';
  }
  Noisy &operator=(Noisy other) {
    std::swap(id, other.id);
    return *this;
  }
  ~Noisy() {
    alive--;
    trace += '-';
    trace += static_cast<char>('0' + id);
  }
};

static Noisy global(9);

static NOINLINE int early(int exit) {
  Noisy first(1);
  if (exit == 1) return first.id;
  Noisy second(2);
  if (exit == 2) return first.id + second.id;
  {
    Noisy third(3);
    if (exit == 3) return third.id * 10;
  }
  return 4;
}

static NOINLINE int loop(int rounds) {
  int sum = 0;
  for (int i = 1; i <= rounds; i++) {
    Noisy noisy(i);
    if (i == 2) continue;
    if (i == 4) break;
    sum += noisy.id;
  }
  return sum;
}

struct Whole {
  Noisy a{1};
  Noisy list[2] = {Noisy(2), Noisy(3)};
  ~Whole() { trace += 'W'; }
};

static NOINLINE Noisy pass(Noisy noisy) { return noisy; }
static NOINLINE std::unique_ptr<Noisy> hand_over(std::unique_ptr<Noisy> noisy, bool keep) {
  if (!keep) return nullptr;
  return noisy;
}

struct Restore {
  int &place;
  int before;
  Restore(int &place, int now) : place(place), before(std::exchange(place, now)) {}
  ~Restore() { place = before; }
};
static int depth = 0;
static NOINLINE int nested(int n) {
  Restore restore(depth, depth + 1);
  return n == 0 ? depth : nested(n - 1);
}

static std::string taken() { return std::exchange(trace, std::string()); }

int main() {
  EXPECT(taken() == "+9" && alive == 1);
  EXPECT(early(opaque(1)) == 1 && taken() == "+1-1");
  EXPECT(early(opaque(2)) == 3 && taken() == "+1+2-2-1");
  EXPECT(early(opaque(3)) == 30 && taken() == "+1+2+3-3-2-1");
  EXPECT(early(opaque(4)) == 4 && taken() == "+1+2+3-3-2-1");
  EXPECT(loop(opaque(6)) == 4 && taken() == "+1-1+2-2+3-3+4-4");
  { Whole whole; }
  EXPECT(taken() == "+1+2+3W-3-2-1");
  {
    Noisy result = pass(Noisy(opaque(5)));
    EXPECT(result.id == 5 && taken() == "+5m-0");
    Noisy copy(result);
    copy = Noisy(6);
    EXPECT(copy.id == 6 && result.id == 5 && alive == 3);
  }
  EXPECT(taken() == "c+6-5-6-5" && alive == 1);
  EXPECT(hand_over(std::make_unique<Noisy>(opaque(7)), true)->id == 7);
  EXPECT(hand_over(std::make_unique<Noisy>(8), opaque(0) == 1) == nullptr);
  EXPECT(taken() == "+7-7+8-8");
  {
    auto shared = std::make_shared<Noisy>(1);
    std::weak_ptr<Noisy> weak = shared;
    auto second = shared;
    shared.reset();
    EXPECT(!weak.expired() && weak.lock()->id == 1 && alive == 2);
    second.reset();
    EXPECT(weak.expired() && alive == 1);
  }
  const Noisy &extended = Noisy(opaque(4));
  EXPECT(extended.id == 4 && alive == 2);
  EXPECT(nested(opaque(12)) == 13 && depth == 0);
  for (char c : taken()) mix(static_cast<uint64_t>(c));
  return finish("destructors");
}
