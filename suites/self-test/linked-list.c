// Lists: singly linked with pointers to pointers, doubly linked rings, merging, reversing, and a search tree
// that is turned to a list in place.

#include "check.h"

struct node { int value; struct node *next; };
struct ring { int value; struct ring *before, *after; };
struct tree { int value; struct tree *left, *right; };

static struct node pool[128];
static int taken;

static struct node *make(int value, struct node *next) {
  struct node *node = &pool[taken++];
  node->value = value;
  node->next = next;
  return node;
}

static NOINLINE struct node *reversed(struct node *list) {
  struct node *result = NULL;
  while (list != NULL) {
    struct node *next = list->next;
    list->next = result;
    result = list;
    list = next;
  }
  return result;
}

static NOINLINE void insert_sorted(struct node **list, struct node *node) {
  while (*list != NULL && (*list)->value < node->value) list = &(*list)->next;
  node->next = *list;
  *list = node;
}

static NOINLINE int remove_all(struct node **list, int divisor) {
  int removed = 0;
  while (*list != NULL) {
    if ((*list)->value % divisor == 0) {
      *list = (*list)->next;
      removed++;
    } else {
      list = &(*list)->next;
    }
  }
  return removed;
}

static NOINLINE struct node *merge(struct node *a, struct node *b) {
  struct node *result = NULL, **end = &result;
  while (a != NULL && b != NULL) {
    struct node **smaller = b->value < a->value ? &b : &a;
    *end = *smaller;
    end = &(*smaller)->next;
    *smaller = (*smaller)->next;
  }
  *end = a != NULL ? a : b;
  return result;
}

static NOINLINE struct node *sorted(struct node *list) {
  if (list == NULL || list->next == NULL) return list;
  struct node *slow = list, *fast = list->next;
  while (fast != NULL && fast->next != NULL) {
    slow = slow->next;
    fast = fast->next->next;
  }
  struct node *half = slow->next;
  slow->next = NULL;
  return merge(sorted(list), sorted(half));
}

/** Joins the dead in Josephus's order and answers the survivor. */
static NOINLINE int josephus(int people, int step) {
  struct ring circle[64];
  for (int i = 0; i < people; i++) {
    circle[i].value = i + 1;
    circle[i].after = &circle[(i + 1) % people];
    circle[i].before = &circle[(i + people - 1) % people];
  }
  struct ring *at = &circle[people - 1];
  while (at->after != at) {
    for (int i = 0; i < step; i++) at = at->after;
    at->before->after = at->after;
    at->after->before = at->before;
    at = at->before;
  }
  return at->value;
}

static int josephus_formula(int people, int step) {
  int survivor = 0;
  for (int n = 2; n <= people; n++) survivor = (survivor + step) % n;
  return survivor + 1;
}

static NOINLINE struct tree *plant(struct tree *root, struct tree *leaf) {
  if (root == NULL) return leaf;
  if (leaf->value < root->value) root->left = plant(root->left, leaf);
  else root->right = plant(root->right, leaf);
  return root;
}

static NOINLINE void flatten(struct tree *root, struct tree ***end) {
  if (root == NULL) return;
  flatten(root->left, end);
  root->left = NULL;
  **end = root;
  *end = &root->right;
  struct tree *right = root->right;
  root->right = NULL;
  flatten(right, end);
}

int main(void) {
  struct node *list = NULL, *other = NULL;
  for (int i = 0; i < 40; i++) {
    list = make((int)(random_word() % 100), list);
    insert_sorted(&other, make(i * 17 % 41, NULL));
  }
  list = sorted(list);
  int count = 0;
  for (struct node *n = list; n != NULL; n = n->next, count++) {
    EXPECT(n->next == NULL || n->value <= n->next->value);
    mix((uint64_t)n->value);
  }
  EXPECT(count == 40);
  count = 0;
  for (struct node *n = other; n != NULL; n = n->next) count += n->value == count + (count >= 24);
  EXPECT(count == 40);
  EXPECT(remove_all(&other, opaque(5)) == 9);
  other = reversed(other);
  EXPECT(other->value == 39);
  other = reversed(other);
  list = merge(list, other);
  count = 0;
  for (struct node *n = list; n != NULL; n = n->next) {
    EXPECT(n->next == NULL || n->value <= n->next->value);
    count++;
  }
  EXPECT(count == 71);
  for (int people = 1; people <= 41; people += 4)
    EXPECT(josephus(opaque(people), 3) == josephus_formula(people, 3));
  static struct tree trees[50];
  struct tree *root = NULL, *first = NULL, **end = &first;
  for (int i = 0; i < 50; i++) {
    trees[i].value = i * 29 % 50;
    root = plant(root, &trees[i]);
  }
  flatten(root, &end);
  for (int i = 0; i < 50; i++, first = first->right) EXPECT(first->value == i && first->left == NULL);
  EXPECT(first == NULL);
  return finish("linked-list");
}
