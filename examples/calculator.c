/* An expression compiler and its stack machine: 64-bit whole numbers that wrap around, variables a to z,
   comparison, short-circuit logic, a conditional and a few functions. Precedence climbing, one byte of code
   an operation. */

#include "examples.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum operation {
  OP_CONSTANT, /* index */
  OP_SMALL,    /* a signed byte */
  OP_VARIABLE, /* letter */
  OP_ADD,
  OP_SUBTRACT,
  OP_MULTIPLY,
  OP_DIVIDE,
  OP_REMAINDER,
  OP_POWER,
  OP_AND,
  OP_OR,
  OP_XOR,
  OP_LEFT,
  OP_RIGHT,
  OP_LESS,
  OP_LESS_EQUAL,
  OP_EQUAL,
  OP_DIFFERENT,
  OP_NEGATE,
  OP_INVERT,
  OP_NOT,
  OP_ABSOLUTE,
  OP_MINIMUM,
  OP_MAXIMUM,
  OP_GCD,
  OP_POP,
  OP_COPY,
  OP_SWAP,
  OP_JUMP,          /* distance, two bytes */
  OP_JUMP_IF_FALSE, /* distance, two bytes; takes the condition */
  OP_COUNT
};

static const struct {
  char name[8];
  uint8_t operands; /* bytes */
} operations[OP_COUNT] = {
    {"const", 1}, {"small", 1}, {"var", 1},  {"add", 0},  {"sub", 0},  {"mul", 0},  {"div", 0},  {"rem", 0},
    {"pow", 0},   {"and", 0},   {"or", 0},   {"xor", 0},  {"shl", 0},  {"shr", 0},  {"lt", 0},   {"le", 0},
    {"eq", 0},    {"ne", 0},    {"neg", 0},  {"inv", 0},  {"not", 0},  {"abs", 0},  {"min", 0},  {"max", 0},
    {"gcd", 0},   {"pop", 0},   {"copy", 0}, {"swap", 0}, {"jump", 2}, {"unless", 2}};

struct binary {
  char text[3];
  uint8_t precedence;
  uint8_t operation;
  bool swapped; /* `a > b` is `b < a` */
};

/* Longer texts before their beginnings. */
static const struct binary binaries[] = {
    {"||", 1, OP_COUNT, false},    {"&&", 2, OP_COUNT, false},     {"==", 6, OP_EQUAL, false},
    {"!=", 6, OP_DIFFERENT, false}, {"<<", 8, OP_LEFT, false},      {">>", 8, OP_RIGHT, false},
    {"<=", 7, OP_LESS_EQUAL, false}, {">=", 7, OP_LESS_EQUAL, true}, {"<", 7, OP_LESS, false},
    {">", 7, OP_LESS, true},       {"|", 3, OP_OR, false},         {"^", 4, OP_XOR, false},
    {"&", 5, OP_AND, false},       {"+", 9, OP_ADD, false},        {"-", 9, OP_SUBTRACT, false},
    {"**", 11, OP_POWER, false},   {"*", 10, OP_MULTIPLY, false},  {"/", 10, OP_DIVIDE, false},
    {"%", 10, OP_REMAINDER, false}};

static const struct {
  char name[5];
  uint8_t arguments;
  uint8_t operation;
} functions[] = {{"abs", 1, OP_ABSOLUTE}, {"min", 2, OP_MINIMUM}, {"max", 2, OP_MAXIMUM}, {"gcd", 2, OP_GCD}};

struct compiler {
  const char *text;
  const char *at;
  struct program *program;
  enum calculator_error error;
  int depth;
};

static void compile_conditional(struct compiler *compiler);
static void compile_binary(struct compiler *compiler, int least);

static void fail(struct compiler *compiler, enum calculator_error error) {
  if (compiler->error == CALCULATOR_FINE) {
    compiler->error = error;
  }
}

static void skip_space(struct compiler *compiler) {
  while (*compiler->at == ' ' || *compiler->at == '\t' || *compiler->at == '\n') {
    compiler->at++;
  }
}

static bool take(struct compiler *compiler, char wanted) {
  skip_space(compiler);
  if (*compiler->at != wanted) {
    return false;
  }
  compiler->at++;
  return true;
}

static void emit(struct compiler *compiler, uint8_t byte) {
  struct program *program = compiler->program;
  if (program->length < sizeof program->code) {
    program->code[program->length++] = byte;
  } else {
    fail(compiler, CALCULATOR_TOO_LONG);
  }
}

static void emit_constant(struct compiler *compiler, int64_t value) {
  struct program *program = compiler->program;
  if (value >= -128 && value < 128) {
    emit(compiler, OP_SMALL);
    emit(compiler, (uint8_t)(value & 255));
    return;
  }
  size_t index = 0;
  while (index < program->constant_count && program->constants[index] != value) {
    index++;
  }
  if (index == program->constant_count) {
    if (index == sizeof program->constants / sizeof *program->constants) {
      fail(compiler, CALCULATOR_TOO_LONG);
      return;
    }
    program->constants[program->constant_count++] = value;
  }
  emit(compiler, OP_CONSTANT);
  emit(compiler, (uint8_t)index);
}

/* A jump to nowhere yet; the place of its distance. */
static size_t emit_jump(struct compiler *compiler, enum operation operation) {
  emit(compiler, (uint8_t)operation);
  emit(compiler, 0);
  emit(compiler, 0);
  return compiler->program->length;
}

/* The jump whose operands end at `from` goes here. */
static void land(struct compiler *compiler, size_t from) {
  struct program *program = compiler->program;
  if (compiler->error != CALCULATOR_FINE) {
    return;
  }
  size_t distance = program->length - from;
  program->code[from - 2] = (uint8_t)(distance & 255);
  program->code[from - 1] = (uint8_t)(distance >> 8);
}

static bool is_letter(char character) {
  return character >= 'a' && character <= 'z';
}

static bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

static void compile_number(struct compiler *compiler) {
  uint64_t value = 0;
  if (compiler->at[0] == '0' && compiler->at[1] == 'x') {
    compiler->at += 2;
    const char *start = compiler->at;
    for (;; compiler->at++) {
      char character = *compiler->at;
      if (is_digit(character)) {
        value = value * 16 + (uint64_t)(character - '0');
      } else if (character >= 'a' && character <= 'f') {
        value = value * 16 + (uint64_t)(character - 'a' + 10);
      } else {
        break;
      }
    }
    if (compiler->at == start) {
      fail(compiler, CALCULATOR_SYNTAX);
    }
  } else {
    while (is_digit(*compiler->at)) {
      value = value * 10 + (uint64_t)(*compiler->at++ - '0');
    }
  }
  emit_constant(compiler, (int64_t)value);
}

static void compile_name(struct compiler *compiler) {
  const char *start = compiler->at;
  while (is_letter(*compiler->at)) {
    compiler->at++;
  }
  size_t length = (size_t)(compiler->at - start);
  if (length == 1) {
    emit(compiler, OP_VARIABLE);
    emit(compiler, (uint8_t)(*start - 'a'));
    return;
  }
  for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
    if (strlen(functions[index].name) != length || memcmp(functions[index].name, start, length) != 0) {
      continue;
    }
    bool fine = take(compiler, '(');
    for (int argument = 0; fine && argument < functions[index].arguments; argument++) {
      fine = argument == 0 || take(compiler, ',');
      if (fine) {
        compile_conditional(compiler);
      }
    }
    if (!fine || !take(compiler, ')')) {
      fail(compiler, CALCULATOR_SYNTAX);
    }
    emit(compiler, functions[index].operation);
    return;
  }
  compiler->at = start;
  fail(compiler, CALCULATOR_NAME);
}

static void compile_operand(struct compiler *compiler) {
  skip_space(compiler);
  if (compiler->error != CALCULATOR_FINE) {
    return;
  }
  if (++compiler->depth > 100) {
    fail(compiler, CALCULATOR_TOO_LONG);
    return;
  }
  char character = *compiler->at;
  if (is_digit(character)) {
    compile_number(compiler);
  } else if (is_letter(character)) {
    compile_name(compiler);
  } else if (character == '(') {
    compiler->at++;
    compile_conditional(compiler);
    if (!take(compiler, ')')) {
      fail(compiler, CALCULATOR_SYNTAX);
    }
  } else if (character == '-' || character == '~' || character == '!') {
    compiler->at++;
    compile_operand(compiler);
    emit(compiler, character == '-' ? OP_NEGATE : character == '~' ? OP_INVERT : OP_NOT);
  } else {
    fail(compiler, CALCULATOR_SYNTAX);
  }
  compiler->depth--;
}

static const struct binary *peek_binary(struct compiler *compiler) {
  skip_space(compiler);
  const struct binary *found = NULL;
  for (size_t index = 0; index < sizeof binaries / sizeof *binaries; index++) {
    const char *text = binaries[index].text;
    size_t length = strlen(text);
    if (strncmp(compiler->at, text, length) == 0 && (found == NULL || length > strlen(found->text))) {
      found = &binaries[index];
    }
  }
  return found;
}

/* `a && b` is 0 or 1, and b is left alone when a decides. */
static void compile_logic(struct compiler *compiler, const struct binary *binary) {
  bool is_and = binary->text[0] == '&';
  emit(compiler, OP_NOT);
  if (is_and) {
    emit(compiler, OP_NOT);
  }
  emit(compiler, OP_COPY);
  size_t decided = emit_jump(compiler, OP_JUMP_IF_FALSE);
  emit(compiler, OP_POP);
  compile_binary(compiler, binary->precedence + 1);
  emit(compiler, OP_NOT);
  if (is_and) {
    emit(compiler, OP_NOT);
  }
  land(compiler, decided);
  if (!is_and) {
    emit(compiler, OP_NOT);
  }
}

static void compile_binary(struct compiler *compiler, int least) {
  compile_operand(compiler);
  for (;;) {
    const struct binary *binary = peek_binary(compiler);
    if (compiler->error != CALCULATOR_FINE || binary == NULL || binary->precedence < least) {
      return;
    }
    compiler->at += strlen(binary->text);
    if (binary->operation == OP_COUNT) {
      compile_logic(compiler, binary);
      continue;
    }
    /* Powers bind to the right. */
    compile_binary(compiler, binary->precedence + (binary->operation != OP_POWER));
    if (binary->swapped) {
      emit(compiler, OP_SWAP);
    }
    emit(compiler, binary->operation);
  }
}

static void compile_conditional(struct compiler *compiler) {
  if (++compiler->depth > 100) {
    fail(compiler, CALCULATOR_TOO_LONG);
    return;
  }
  compile_binary(compiler, 1);
  if (take(compiler, '?')) {
    size_t otherwise = emit_jump(compiler, OP_JUMP_IF_FALSE);
    compile_conditional(compiler);
    size_t end = emit_jump(compiler, OP_JUMP);
    land(compiler, otherwise);
    if (!take(compiler, ':')) {
      fail(compiler, CALCULATOR_SYNTAX);
    }
    compile_conditional(compiler);
    land(compiler, end);
  }
  compiler->depth--;
}

enum calculator_error calculator_compile(const char *text, struct program *program, size_t *position) {
  struct compiler compiler = {text, text, program, CALCULATOR_FINE, 0};
  program->length = 0;
  program->constant_count = 0;
  compile_conditional(&compiler);
  skip_space(&compiler);
  if (*compiler.at != '\0') {
    fail(&compiler, CALCULATOR_SYNTAX);
  }
  *position = (size_t)(compiler.at - text);
  return compiler.error;
}

/* Arithmetic on the bits, so that nothing overflows; the result is read as signed again. */
static int64_t wrap(uint64_t bits) {
  int64_t value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static int64_t power(int64_t base, int64_t exponent) {
  if (exponent < 0) {
    return base == 1 ? 1 : 0;
  }
  uint64_t result = 1;
  uint64_t factor = (uint64_t)base;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) {
      result *= factor;
    }
    factor *= factor;
  }
  return wrap(result);
}

static uint64_t magnitude(int64_t value) {
  return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

static int64_t greatest_common_divisor(int64_t left, int64_t right) {
  uint64_t a = magnitude(left);
  uint64_t b = magnitude(right);
  while (b != 0) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return wrap(a);
}

/* Rounds down like an arithmetic shift, without asking the compiler for one. */
static int64_t shift_right(int64_t value, unsigned count) {
  uint64_t bits = (uint64_t)value;
  return wrap(value < 0 ? ~(~bits >> count) : bits >> count);
}

static int64_t apply(enum operation operation, int64_t left, int64_t right) {
  uint64_t a = (uint64_t)left;
  uint64_t b = (uint64_t)right;
  switch (operation) {
  case OP_ADD:
    return wrap(a + b);
  case OP_SUBTRACT:
    return wrap(a - b);
  case OP_MULTIPLY:
    return wrap(a * b);
  case OP_DIVIDE:
    /* The one quotient that does not fit wraps around, too. */
    return right == -1 ? wrap(0 - a) : left / right;
  case OP_REMAINDER:
    return right == -1 ? 0 : left % right;
  case OP_POWER:
    return power(left, right);
  case OP_AND:
    return wrap(a & b);
  case OP_OR:
    return wrap(a | b);
  case OP_XOR:
    return wrap(a ^ b);
  case OP_LEFT:
    return wrap(a << (b & 63));
  case OP_RIGHT:
    return shift_right(left, (unsigned)(b & 63));
  case OP_LESS:
    return left < right;
  case OP_LESS_EQUAL:
    return left <= right;
  case OP_EQUAL:
    return left == right;
  case OP_DIFFERENT:
    return left != right;
  case OP_MINIMUM:
    return left < right ? left : right;
  case OP_MAXIMUM:
    return left > right ? left : right;
  case OP_GCD:
    return greatest_common_divisor(left, right);
  default:
    return 0;
  }
}

enum calculator_error calculator_run(const struct program *program, const int64_t variables[26],
                                     int64_t *result) {
  enum { STACK_SIZE = 64 };
  int64_t stack[STACK_SIZE];
  size_t depth = 0;
  size_t at = 0;
  while (at < program->length) {
    enum operation operation = program->code[at++];
    const uint8_t *operands = program->code + at;
    at += operations[operation].operands;
    switch (operation) {
    case OP_CONSTANT:
    case OP_SMALL:
    case OP_VARIABLE:
      if (depth == STACK_SIZE) {
        return CALCULATOR_STACK;
      }
      stack[depth++] = operation == OP_CONSTANT ? program->constants[operands[0]]
                       : operation == OP_SMALL  ? (operands[0] ^ 128) - 128
                                                : variables[operands[0]];
      break;
    case OP_NEGATE:
      stack[depth - 1] = wrap(0 - (uint64_t)stack[depth - 1]);
      break;
    case OP_INVERT:
      stack[depth - 1] = ~stack[depth - 1];
      break;
    case OP_NOT:
      stack[depth - 1] = stack[depth - 1] == 0;
      break;
    case OP_ABSOLUTE:
      stack[depth - 1] = wrap(magnitude(stack[depth - 1]));
      break;
    case OP_POP:
      depth--;
      break;
    case OP_COPY:
      if (depth == STACK_SIZE) {
        return CALCULATOR_STACK;
      }
      stack[depth] = stack[depth - 1];
      depth++;
      break;
    case OP_SWAP: {
      int64_t upper = stack[depth - 1];
      stack[depth - 1] = stack[depth - 2];
      stack[depth - 2] = upper;
      break;
    }
    case OP_JUMP:
      at += operands[0] | (size_t)operands[1] << 8;
      break;
    case OP_JUMP_IF_FALSE:
      if (stack[--depth] == 0) {
        at += operands[0] | (size_t)operands[1] << 8;
      }
      break;
    default:
      depth--;
      if ((operation == OP_DIVIDE || operation == OP_REMAINDER) && stack[depth] == 0) {
        return CALCULATOR_DIVISION;
      }
      stack[depth - 1] = apply(operation, stack[depth - 1], stack[depth]);
    }
  }
  *result = stack[0];
  return CALCULATOR_FINE;
}

const char *calculator_message(enum calculator_error error) {
  switch (error) {
  case CALCULATOR_FINE:
    return "fine";
  case CALCULATOR_SYNTAX:
    return "expected an expression";
  case CALCULATOR_NAME:
    return "no such function";
  case CALCULATOR_TOO_LONG:
    return "too long or too deep";
  case CALCULATOR_DIVISION:
    return "division by zero";
  case CALCULATOR_STACK:
    return "the stack is full";
  }
  return "unknown";
}

size_t calculator_disassemble(const struct program *program, char *buffer, size_t size) {
  size_t length = 0;
  if (size > 0) {
    buffer[0] = '\0';
  }
  for (size_t at = 0; at < program->length;) {
    uint8_t operation = program->code[at++];
    char line[48];
    long long operand = 0;
    if (operation == OP_CONSTANT) {
      operand = program->constants[program->code[at]];
    } else if (operation == OP_SMALL) {
      operand = (program->code[at] ^ 128) - 128;
    } else if (operation == OP_VARIABLE) {
      operand = 'a' + program->code[at];
    } else if (operations[operation].operands == 2) {
      operand = (long long)at + 2 + (program->code[at] | program->code[at + 1] << 8);
    }
    int written = operation == OP_VARIABLE                ? snprintf(line, sizeof line, "var %c\n", (int)operand)
                  : operations[operation].operands == 0 ? snprintf(line, sizeof line, "%s\n", operations[operation].name)
                                                        : snprintf(line, sizeof line, "%s %lld\n", operations[operation].name, operand);
    if (written > 0 && length + (size_t)written < size) {
      memcpy(buffer + length, line, (size_t)written + 1);
    }
    length += written > 0 ? (size_t)written : 0;
    at += operations[operation].operands;
  }
  return length;
}
