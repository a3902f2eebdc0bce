// Virtual calls: through bases, several bases and a shared one, from constructors, with covariant results and
// casts at run time.

#include <memory>
#include <typeinfo>
#include <vector>
#include "check.h"

struct Shape {
  virtual ~Shape() = default;
  virtual int area() const = 0;
  virtual int corners() const { return 0; }
  int summary() const { return area() * 10 + corners(); }
};
struct Rectangle : Shape {
  int width, height;
  Rectangle(int width, int height) : width(width), height(height) {}
  int area() const override { return width * height; }
  int corners() const override { return 4; }
};
struct Square final : Rectangle {
  explicit Square(int side) : Rectangle(side, side) {}
  int area() const override { return Rectangle::area() + 0; }
};
struct Blob : Shape {
  int size;
  explicit Blob(int size) : size(size) {}
  int area() const override { return size * 3; }
};

struct Named {
  virtual ~Named() = default;
  virtual const char *name() const { return "named"; }
  int id = 11;
};
struct Both : Blob, Named {
  explicit Both(int size) : Blob(size) {}
  const char *name() const override { return size > 5 ? "large" : "small"; }
};

struct Top {
  int value = 1;
  virtual ~Top() = default;
  virtual int ask() { return value; }
};
struct Left : virtual Top {
  int left = 2;
  int ask() override { return value + left; }
};
struct Right : virtual Top {
  int right = 3;
};
struct Bottom : Left, Right {
  int ask() override { return Left::ask() * 10 + right; }
};

struct Teller {
  int told;
  Teller() : told(which()) {}
  virtual ~Teller() = default;
  virtual int which() const { return 1; }
};
struct OtherTeller : Teller {
  int later;
  OtherTeller() : later(which()) {}
  int which() const override { return 2; }
};

struct Copyable {
  virtual ~Copyable() = default;
  virtual Copyable *copy() const { return new Copyable(*this); }
  virtual int kind() const { return 1; }
};
struct CopyableMore : Copyable {
  CopyableMore *copy() const override { return new CopyableMore(*this); }
  int kind() const override { return 2; }
};

static NOINLINE int total(const std::vector<std::unique_ptr<Shape>> &shapes) {
  int sum = 0;
  for (const auto &shape : shapes) sum += shape->summary();
  return sum;
}
static NOINLINE int ask(Top &top) { return top.ask(); }
static NOINLINE const Named *as_named(const Shape *shape) { return dynamic_cast<const Named *>(shape); }
static NOINLINE const Shape *as_shape(const Named *named) { return dynamic_cast<const Shape *>(named); }

int main() {
  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<Rectangle>(opaque(2), 3));
  shapes.push_back(std::make_unique<Square>(opaque(4)));
  shapes.push_back(std::make_unique<Blob>(opaque(5)));
  shapes.push_back(std::make_unique<Both>(opaque(6)));
  EXPECT(total(shapes) == 64 + 164 + 150 + 180);
  EXPECT(as_named(shapes[0].get()) == nullptr);
  const Named *named = as_named(shapes[3].get());
  EXPECT(named != nullptr && named->name()[0] == 'l' && named->id == 11);
  EXPECT(as_shape(named) == shapes[3].get());
  const Shape &square = *shapes[1];
  EXPECT(typeid(square) == typeid(Square) && typeid(square) != typeid(Rectangle));
  Bottom bottom;
  Left &left = bottom;
  Right &right = bottom;
  EXPECT(ask(bottom) == 33 && ask(left) == 33 && ask(right) == 33);
  right.value = opaque(5);
  EXPECT(left.value == 5 && ask(left) == 73);
  Top top;
  EXPECT(ask(top) == 1);
  OtherTeller teller;
  EXPECT(teller.told == 1 && teller.later == 2);
  CopyableMore original;
  std::unique_ptr<Copyable> copied(static_cast<Copyable &>(original).copy());
  EXPECT(copied->kind() == 2 && copied.get() != &original);
  int (Shape::*question)() const = opaque(1) == 1 ? &Shape::area : &Shape::corners;
  EXPECT((shapes[1].get()->*question)() == 16);
  mix(static_cast<uint64_t>(total(shapes)));
  mix(static_cast<uint64_t>(bottom.ask()));
  return finish("virtual-calls");
}
