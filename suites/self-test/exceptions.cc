// Exceptions: by type, through frames with objects to destroy, thrown again, replaced, from constructors, in
// loops, and not at all where a function promises so.

#include <exception>
#include <stdexcept>
#include <string>
#include "check.h"

static std::string trace;

struct Guard {
  char name;
  explicit Guard(char name) : name(name) { trace += name; }
  ~Guard() { trace += static_cast<char>(name - 'a' + 'A'); }
};

struct Base {
  virtual ~Base() = default;
  virtual int code() const { return 1; }
};
struct Derived : Base {
  int code() const override { return 2; }
};

static NOINLINE void throw_kind(int kind) {
  Guard guard('g');
  switch (kind) {
    case 0: return;
    case 1: throw 42;
    case 2: throw std::runtime_error("runtime");
    case 3: throw Derived();
    case 4: throw "text";
    case 5: throw std::string("string");
    default: throw kind * 1.5;
  }
}

static NOINLINE int catch_kind(int kind) {
  try {
    Guard guard('c');
    throw_kind(kind);
    return 0;
  } catch (int value) {
    return value;
  } catch (const std::exception &error) {
    return static_cast<int>(std::string(error.what()).size());
  } catch (const Base &base) {
    return 100 + base.code();
  } catch (const char *text) {
    return text[0];
  } catch (const std::string &text) {
    return 1000 + static_cast<int>(text.size());
  } catch (...) {
    return -1;
  }
}

static NOINLINE int again(int depth) {
  Guard guard(static_cast<char>('p' + depth));
  try {
    if (depth == 3) throw std::out_of_range("deep");
    return again(depth + 1);
  } catch (const std::logic_error &) {
    if (depth > 1) throw;
    return depth;
  }
}

struct Member {
  Guard first;
  Guard second;
  Member(bool fail) : first('m'), second(fail ? throw 7 : 'n') {}
};

static NOINLINE int replaced() {
  try {
    try {
      throw 1;
    } catch (int one) {
      Guard guard('r');
      throw one + 0.5;
    }
  } catch (double value) {
    return static_cast<int>(value * 10);
  }
}

static NOINLINE int quiet(int value) noexcept { return value + 1; }

static NOINLINE int in_loop(int rounds) {
  int sum = 0;
  for (int i = 0; i < rounds; i++) {
    try {
      Guard guard('l');
      if (i % 3 == 0) continue;
      if (i % 3 == 1) throw i;
      if (i > 6) break;
      sum += 100;
    } catch (int value) {
      sum += value;
    }
  }
  return sum;
}

static std::string taken() {
  std::string result = trace;
  trace.clear();
  return result;
}

int main() {
  const int expected[] = {0, 42, 7, 102, 't', 1006, -1};
  for (int kind = 0; kind <= 6; kind++) {
    EXPECT(catch_kind(opaque(kind)) == expected[kind]);
    EXPECT(taken() == "cgGC");
  }
  EXPECT(again(opaque(0)) == 1);
  EXPECT(taken() == "pqrsSRQP");
  try {
    Member member(opaque(1) == 1);
    EXPECT(!"a member");
  } catch (int value) {
    EXPECT(value == 7);
  }
  EXPECT(taken() == "mM");
  { Member member(opaque(0) == 1); }
  EXPECT(taken() == "mnNM");
  EXPECT(replaced() == 15 && taken() == "rR");
  EXPECT(quiet(opaque(4)) == 5);
  EXPECT(in_loop(opaque(12)) == 100 * 2 + 1 + 4 + 7 && taken().size() == 2 * 9);
  std::exception_ptr kept;
  try {
    throw std::length_error("kept");
  } catch (...) {
    kept = std::current_exception();
  }
  try {
    std::rethrow_exception(kept);
  } catch (const std::length_error &error) {
    for (const char *c = error.what(); *c != 0; c++) mix(static_cast<uint64_t>(*c));
  }
  return finish("exceptions");
}
