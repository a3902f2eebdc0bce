// Templates: the same answer at compile time and at run time, variadic packs, policies, specialisations, and
// the curiously recurring base.

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>
#include "check.h"

template <unsigned N>
struct Fibonacci {
  static constexpr uint64_t value = Fibonacci<N - 1>::value + Fibonacci<N - 2>::value;
};
template <>
struct Fibonacci<1> {
  static constexpr uint64_t value = 1;
};
template <>
struct Fibonacci<0> {
  static constexpr uint64_t value = 0;
};

static NOINLINE uint64_t fibonacci(unsigned n) {
  uint64_t a = 0, b = 1;
  while (n-- > 0) {
    uint64_t next = a + b;
    a = b;
    b = next;
  }
  return a;
}

template <typename... Numbers>
static NOINLINE long sum(Numbers... numbers) {
  return (0L + ... + static_cast<long>(numbers));
}

template <typename T>
static NOINLINE T power(T base, unsigned exponent) {
  T result = T(1);
  for (; exponent > 0; exponent /= 2, base = base * base)
    if (exponent % 2 == 1) result = result * base;
  return result;
}

template <int Modulus>
struct Residue {
  int value;
  constexpr explicit Residue(int value) : value(((value % Modulus) + Modulus) % Modulus) {}
  friend constexpr Residue operator*(Residue a, Residue b) { return Residue(a.value * b.value); }
  friend constexpr Residue operator+(Residue a, Residue b) { return Residue(a.value + b.value); }
};

template <typename Self>
struct Counter {
  int count = 0;
  int step() {
    count += static_cast<Self &>(*this).amount();
    return count;
  }
};
struct ByTwo : Counter<ByTwo> {
  int amount() const { return 2; }
};
struct Growing : Counter<Growing> {
  int next = 0;
  int amount() { return ++next; }
};

template <typename T>
static int describe(T) {
  if constexpr (std::is_pointer_v<T>) return 1;
  else if constexpr (std::is_floating_point_v<T>) return 2;
  else if constexpr (std::is_signed_v<T>) return 3;
  else return 4;
}

template <size_t N>
constexpr std::array<unsigned, N> squares() {
  std::array<unsigned, N> result{};
  for (size_t i = 0; i < N; i++) result[i] = static_cast<unsigned>(i * i);
  return result;
}
static constexpr auto table = squares<20>();

template <typename Tuple, size_t... Index>
static long weigh(const Tuple &tuple, std::index_sequence<Index...>) {
  return (0L + ... + static_cast<long>(std::get<Index>(tuple) * static_cast<long>(Index + 1)));
}

int main() {
  EXPECT(Fibonacci<50>::value == fibonacci(static_cast<unsigned>(opaque(50))));
  EXPECT(Fibonacci<90>::value == 2880067194370816120u);
  EXPECT(sum() == 0 && sum(1, 2L, static_cast<short>(3), 4.9f, 'A') == 75);
  EXPECT(power(opaque(3), 5) == 243 && power(1.5, static_cast<unsigned>(opaque(2))) == 2.25);
  EXPECT(power(Residue<1009>(opaque(5)), 1008).value == 1);
  EXPECT((Residue<7>(opaque(-3)) + Residue<7>(5)).value == 2);
  ByTwo by_two;
  Growing growing;
  for (int i = 0; i < opaque(10); i++) {
    by_two.step();
    growing.step();
  }
  EXPECT(by_two.count == 20 && growing.count == 55);
  EXPECT(describe(&growing) * 1000 + describe(1.0f) * 100 + describe(1) * 10 + describe(1u) == 1234);
  unsigned squared = 0;
  for (unsigned entry : table) squared += entry;
  EXPECT(squared == 2470 && table[static_cast<size_t>(opaque(19))] == 361);
  auto tuple = std::make_tuple(opaque(1), 2L, 3.0, static_cast<char>(4));
  EXPECT(weigh(tuple, std::make_index_sequence<4>()) == 1 + 4 + 9 + 16);
  mix(Fibonacci<60>::value);
  mix(static_cast<uint64_t>(power(Residue<10007>(3), 77).value));
  return finish("templates");
}
