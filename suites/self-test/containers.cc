// Vectors, strings, maps, sets and queues of the standard library against plain arrays that do the same.

#include <deque>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>
#include "check.h"

static NOINLINE std::vector<int> doubled(std::vector<int> items) {
  for (int &item : items) item *= 2;
  items.insert(items.begin(), -1);
  items.push_back(static_cast<int>(items.size()));
  return items;
}

static NOINLINE std::map<std::string, int> count_words(const std::string &text) {
  std::map<std::string, int> counts;
  std::string word;
  for (char c : text + " ") {
    if (c != ' ') word += c;
    else if (!word.empty()) {
      counts[word]++;
      word.clear();
    }
  }
  return counts;
}

static NOINLINE std::vector<int> distances(int start, const std::vector<std::vector<std::pair<int, int>>> &graph) {
  std::vector<int> best(graph.size(), 1 << 30);
  std::priority_queue<std::pair<int, int>, std::vector<std::pair<int, int>>, std::greater<>> open;
  best[static_cast<size_t>(start)] = 0;
  open.push({0, start});
  while (!open.empty()) {
    auto [distance, node] = open.top();
    open.pop();
    if (distance > best[static_cast<size_t>(node)]) continue;
    for (auto [next, length] : graph[static_cast<size_t>(node)])
      if (distance + length < best[static_cast<size_t>(next)]) {
        best[static_cast<size_t>(next)] = distance + length;
        open.push({distance + length, next});
      }
  }
  return best;
}

int main() {
  std::vector<int> items = {opaque(1), 2, 3};
  std::vector<int> result = doubled(items);
  EXPECT((result == std::vector<int>{-1, 2, 4, 6, 4}) && items.size() == 3);
  result.erase(result.begin() + 1, result.begin() + 3);
  EXPECT((result == std::vector<int>{-1, 6, 4}));

  auto counts = count_words("the cat and the dog and the bird");
  EXPECT(counts.size() == 5 && counts["the"] == 3 && counts["and"] == 2 && counts.begin()->first == "and");
  std::string joined;
  for (const auto &[word, count] : counts) joined += word + std::to_string(count);
  EXPECT(joined == "and2bird1cat1dog1the3");
  EXPECT(joined.find("cat") == 9 && joined.substr(4, 4) == "bird" && joined.rfind('d') == 13);

  constexpr int nodes = 12;
  int matrix[nodes][nodes];
  std::vector<std::vector<std::pair<int, int>>> graph(nodes);
  for (int i = 0; i < nodes; i++)
    for (int j = 0; j < nodes; j++) {
      matrix[i][j] = i == j ? 0 : 1 << 28;
      if (i == j || random_word() % 3 != 0) continue;
      matrix[i][j] = 1 + static_cast<int>(random_word() % 20);
      graph[static_cast<size_t>(i)].push_back({j, matrix[i][j]});
    }
  for (int k = 0; k < nodes; k++)
    for (int i = 0; i < nodes; i++)
      for (int j = 0; j < nodes; j++)
        if (matrix[i][k] + matrix[k][j] < matrix[i][j]) matrix[i][j] = matrix[i][k] + matrix[k][j];
  for (int i = 0; i < nodes; i++) {
    auto best = distances(i, graph);
    for (int j = 0; j < nodes; j++) {
      EXPECT(best[static_cast<size_t>(j)] == matrix[i][j] || matrix[i][j] >= 1 << 28);
      mix(static_cast<uint64_t>(best[static_cast<size_t>(j)]));
    }
  }

  std::unordered_map<int, int> squares;
  std::set<int> seen;
  bool present[200] = {};
  for (int i = 0; i < 300; i++) {
    int key = static_cast<int>(random_word() % 200);
    squares[key] = key * key;
    EXPECT(seen.insert(key).second == !present[key]);
    present[key] = true;
  }
  int expected = 0, found = 0, before = -1;
  for (int key = 0; key < 200; key++) expected += present[key];
  for (int key : seen) {
    EXPECT(key > before && squares.at(key) == key * key);
    before = key;
    found++;
  }
  EXPECT(found == expected && squares.size() == seen.size());
  EXPECT(seen.lower_bound(-5) == seen.begin() && seen.upper_bound(200) == seen.end());

  std::deque<int> line;
  for (int i = 0; i < 50; i++) {
    if (i % 2 == 0) line.push_back(i);
    else line.push_front(i);
    if (i % 5 == 4) line.pop_front();
  }
  EXPECT(line.size() == 40 && line.back() == 48);
  for (int value : line) mix(static_cast<uint64_t>(value));
  return finish("containers");
}
