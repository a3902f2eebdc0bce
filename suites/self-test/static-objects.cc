// Objects with a life of their own: globals built in order before main, function-local statics built at first
// use, one copy a thread, and static members.

#include <string>
#include <vector>
#include "check.h"

static std::vector<int> &journal() {
  static std::vector<int> entries;
  return entries;
}

struct Recorder {
  int value;
  explicit Recorder(int value) : value(value) { journal().push_back(value); }
};

static Recorder first(1);
static Recorder second(first.value * 10 + 2);
static const int computed = second.value + 1;
static std::string greeting = std::string("hello") + " world";
static int table[4];
static const int *filled = [] {
  for (int i = 0; i < 4; i++) table[i] = (i + 1) * computed;
  return table;
}();

struct Registry {
  static inline int count = 0;
  static const Registry *newest;
  int number;
  Registry() : number(++count) { newest = this; }
};
const Registry *Registry::newest = nullptr;
static Registry registries[3];

static NOINLINE int lazily(int seed) {
  static Recorder once(seed);
  return once.value;
}

static NOINLINE int failing(bool fail) {
  struct Maybe {
    explicit Maybe(bool fail) {
      if (fail) throw 1;
      journal().push_back(77);
    }
  };
  static Maybe maybe(fail);
  return 5;
}

static thread_local int mine = 40;
static NOINLINE int *local_counter() { return &++mine; }

static NOINLINE int recursive_static(int n) {
  static int calls = 0;
  calls++;
  return n == 0 ? calls : recursive_static(n - 1);
}

int main() {
  EXPECT((journal() == std::vector<int>{1, 12}));
  EXPECT(computed == 13 && filled == table && table[3] == 52);
  EXPECT(greeting.size() == 11 && greeting[6] == 'w');
  EXPECT(Registry::count == 3 && Registry::newest == &registries[2] && registries[1].number == 2);
  EXPECT(lazily(opaque(30)) == 30 && lazily(opaque(99)) == 30);
  EXPECT(journal().size() == 3 && journal()[2] == 30);
  int caught = 0;
  for (int i = 0; i < 3; i++) {
    try {
      EXPECT(failing(opaque(i) < 2) == 5);
    } catch (int) {
      caught++;
    }
  }
  EXPECT(caught == 2 && failing(true) == 5 && journal().back() == 77);
  local_counter();
  EXPECT(*local_counter() == 42 && local_counter() == &mine && mine == 43);
  EXPECT(recursive_static(opaque(4)) == 5 && recursive_static(opaque(0)) == 6);
  for (int entry : journal()) mix(static_cast<uint64_t>(entry));
  return finish("static-objects");
}
