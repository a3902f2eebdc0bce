// A hash table with open addressing, deletion and growth, against an array indexed by the key.

#include "check.h"

struct entry { uint32_t key; int value; enum { EMPTY, FULL, DELETED } state; };
struct table { struct entry *entries; uint32_t size, used; };

static uint32_t scramble(uint32_t key) {
  key ^= key >> 16;
  key *= 0x7feb352du;
  key ^= key >> 15;
  key *= 0x846ca68bu;
  return key ^ key >> 16;
}

static struct entry *look(const struct table *table, uint32_t key) {
  struct entry *free_entry = NULL;
  for (uint32_t i = scramble(key) % table->size;; i = (i + 1) % table->size) {
    struct entry *entry = &table->entries[i];
    if (entry->state == FULL && entry->key == key) return entry;
    if (entry->state != FULL && free_entry == NULL) free_entry = entry;
    if (entry->state == EMPTY) return free_entry;
  }
}

static NOINLINE void put(struct table *table, uint32_t key, int value);

static NOINLINE void grow(struct table *table) {
  struct table larger = {calloc(table->size * 2, sizeof(struct entry)), table->size * 2, 0};
  for (uint32_t i = 0; i < table->size; i++)
    if (table->entries[i].state == FULL) put(&larger, table->entries[i].key, table->entries[i].value);
  free(table->entries);
  *table = larger;
}

static NOINLINE void put(struct table *table, uint32_t key, int value) {
  struct entry *entry = look(table, key);
  if (entry->state != FULL) {
    if (entry->state == EMPTY && ++table->used * 4 > table->size * 3) {
      table->used--;
      grow(table);
      put(table, key, value);
      return;
    }
    entry->key = key;
    entry->state = FULL;
  }
  entry->value = value;
}

static NOINLINE int get(const struct table *table, uint32_t key, int otherwise) {
  const struct entry *entry = look(table, key);
  return entry->state == FULL ? entry->value : otherwise;
}

static NOINLINE int erase(struct table *table, uint32_t key) {
  struct entry *entry = look(table, key);
  if (entry->state != FULL) return 0;
  entry->state = DELETED;
  return 1;
}

int main(void) {
  enum { KEYS = 128 };
  int model[KEYS];
  for (int i = 0; i < KEYS; i++) model[i] = -1;
  struct table table = {calloc(8, sizeof(struct entry)), 8, 0};
  for (int step = 0; step < 3000; step++) {
    uint32_t word = random_word(), key = word % KEYS;
    switch (word >> 29) {
      case 0: case 1: case 2:
        put(&table, key * 1000003u, step);
        model[key] = step;
        break;
      case 3: case 4:
        EXPECT(erase(&table, key * 1000003u) == (model[key] >= 0));
        model[key] = -1;
        break;
      default: EXPECT(get(&table, key * 1000003u, -1) == model[key]);
    }
  }
  int present = 0, counted = 0;
  for (uint32_t key = 0; key < KEYS; key++) {
    EXPECT(get(&table, key * 1000003u, -1) == model[key]);
    present += model[key] >= 0;
    mix((uint64_t)model[key]);
  }
  for (uint32_t i = 0; i < table.size; i++) counted += table.entries[i].state == FULL;
  EXPECT(counted == present && present > 20);
  EXPECT(get(&table, 5, 99) == 99);
  free(table.entries);
  return finish("hash-table");
}
