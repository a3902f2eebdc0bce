// The algorithms of the standard library against loops by hand, and streams that format and parse.

#include <algorithm>
#include <bitset>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
#include "check.h"

struct Person {
  std::string name;
  int age;
};

static NOINLINE std::optional<int> parse(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

using Token = std::variant<int, char, std::string>;
static NOINLINE int weight(const Token &token) {
  struct Weigh {
    int operator()(int number) const { return number; }
    int operator()(char symbol) const { return symbol * 2; }
    int operator()(const std::string &text) const { return static_cast<int>(text.size()) * 1000; }
  };
  return std::visit(Weigh(), token);
}

int main() {
  std::vector<int> numbers(100);
  std::iota(numbers.begin(), numbers.end(), opaque(0));
  for (size_t i = 99; i > 0; i--) std::swap(numbers[i], numbers[random_word() % (i + 1)]);
  std::vector<int> copy = numbers;
  std::sort(copy.begin(), copy.end());
  for (int i = 0; i < 100; i++) EXPECT(copy[static_cast<size_t>(i)] == i);
  std::nth_element(numbers.begin(), numbers.begin() + 30, numbers.end());
  EXPECT(numbers[30] == 30 && *std::max_element(numbers.begin(), numbers.begin() + 30) < 30);
  EXPECT(std::accumulate(copy.begin(), copy.end(), 0L) == 4950);
  auto middle = std::partition(copy.begin(), copy.end(), [](int n) { return n % 3 == 0; });
  EXPECT(middle - copy.begin() == 34);
  std::rotate(copy.begin(), middle, copy.end());
  EXPECT(copy[66] % 3 == 0 && copy[65] % 3 != 0);

  std::vector<Person> people = {{"Ada", 36}, {"Grace", 85}, {"Alan", 41}, {"Edsger", 72}, {"Barbara", 41}};
  std::stable_sort(people.begin(), people.end(), [](const Person &a, const Person &b) { return a.age < b.age; });
  std::string order;
  for (const Person &person : people) order += person.name.substr(0, 2);
  EXPECT(order == "AdAlBaEdGr");
  auto found = std::find_if(people.begin(), people.end(), [](const Person &p) { return p.age > 50; });
  EXPECT(found->name == "Edsger");

  std::string letters = "abcd";
  int permutations = 0;
  do {
    permutations++;
    mix(static_cast<uint64_t>(letters[0]) * 256 + static_cast<uint64_t>(letters[3]));
  } while (std::next_permutation(letters.begin(), letters.end()));
  EXPECT(permutations == 24 && letters == "abcd");

  std::vector<int> a = {1, 3, 5, 7, 9}, b = {3, 4, 5, 6}, both, either;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(either));
  EXPECT((both == std::vector<int>{3, 5}) && (either == std::vector<int>{1, 3, 4, 5, 6, 7, 9}));
  EXPECT(std::inner_product(a.begin(), a.begin() + 4, b.begin(), 0) == 3 + 12 + 25 + 42);
  EXPECT(std::binary_search(a.begin(), a.end(), opaque(7)) && !std::binary_search(a.begin(), a.end(), opaque(8)));

  std::istringstream input("10 twenty 3.5 0x1f");
  int ten = 0;
  std::string word;
  double real = 0;
  input >> ten >> word >> real;
  EXPECT(ten == 10 && word == "twenty" && real == 3.5);
  std::ostringstream output;
  output << std::hex << opaque(255) << std::dec << ' ' << -7 << ' ' << true << ' ' << 0.25;
  EXPECT(output.str() == "ff -7 1 0.25");

  EXPECT(parse("1234").value_or(-1) == 1234 && !parse("12x") && !parse(""));
  Token tokens[] = {opaque(5), 'A', std::string("four")};
  int sum = 0;
  for (const Token &token : tokens) sum += weight(token);
  EXPECT(sum == 5 + 130 + 4000);
  std::bitset<100> bits;
  for (size_t i = 0; i < 100; i += 7) bits.set(i);
  EXPECT(bits.count() == 15 && (bits << 1).test(8) && !bits.test(8));
  mix(static_cast<uint64_t>(sum));
  return finish("algorithms");
}
