// Lambdas and function objects: captures by value and by reference, state, recursion, erased types, and
// functions made of functions.

#include <functional>
#include <string>
#include <vector>
#include "check.h"

template <typename Function>
static NOINLINE int apply(Function function, int times, int start) {
  for (int i = 0; i < times; i++) start = function(start);
  return start;
}

template <typename First, typename Second>
static auto then(First first, Second second) {
  return [=](auto value) { return second(first(value)); };
}

static std::function<int(int)> adder(int amount) {
  return [amount](int value) { return value + amount; };
}

static std::function<int()> counter() {
  int count = 0;
  return [count]() mutable { return ++count; };
}

template <typename T, typename Predicate>
static NOINLINE std::vector<T> filter(const std::vector<T> &items, Predicate keep) {
  std::vector<T> result;
  for (const T &item : items)
    if (keep(item)) result.push_back(item);
  return result;
}

static int plain(int value) { return value * value; }

int main() {
  int factor = opaque(3), calls = 0;
  auto scale = [factor, &calls](int value) {
    calls++;
    return value * factor;
  };
  factor = 100;
  EXPECT(apply(scale, 4, 1) == 81 && calls == 4);
  EXPECT(then(scale, adder(opaque(5)))(2) == 11);
  auto first = counter(), second = counter();
  EXPECT(first() == 1 && first() == 2 && second() == 1);
  auto copied = first;
  EXPECT(copied() == 3 && first() == 3);

  std::function<int(int)> factorial = [&factorial](int n) { return n < 2 ? 1 : n * factorial(n - 1); };
  EXPECT(factorial(opaque(10)) == 3628800);
  auto walk = [](auto self, int n) -> int { return n == 0 ? 0 : n + self(self, n - 1); };
  EXPECT(walk(walk, opaque(100)) == 5050);

  std::vector<int> numbers;
  for (int i = 0; i < 30; i++) numbers.push_back(i);
  int divisor = opaque(7);
  auto kept = filter(numbers, [&](int n) { return n % divisor == 0; });
  EXPECT(kept.size() == 5 && kept[4] == 28);
  std::vector<std::function<int(int)>> steps;
  for (int i = 0; i < 4; i++) steps.push_back([i](int value) { return value * 2 + i; });
  steps.push_back(plain);
  steps.push_back(adder(-1));
  int value = 1;
  for (const auto &step : steps) value = step(value);
  EXPECT(value == 27 * 27 - 1);
  std::function<int(int)> empty;
  EXPECT(!empty);
  bool thrown = false;
  try {
    empty(1);
  } catch (const std::bad_function_call &) {
    thrown = true;
  }
  EXPECT(thrown);
  int (*pointer)(int) = [](int n) { return n + 1; };
  EXPECT(apply(pointer, opaque(9), 0) == 9);
  std::string built;
  auto write = [&built](auto... parts) { ((built += parts), ...); };
  write("a", 'b', std::string("c"));
  EXPECT(built == "abc");
  mix(static_cast<uint64_t>(value));
  return finish("lambdas");
}
