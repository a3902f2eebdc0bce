/* A byte-wise LZ77 compressor: hash chains to find what was there before, one step of lazy matching, and a
   format of tokens with lengths that grow by bytes. Small inputs, no memory of its own beyond the stack. */

#include "examples.h"

#include <stdbool.h>
#include <string.h>

/* A token: the upper four bits count literals, the lower four the length of the match less MATCH_LEAST; 15
   means that bytes follow which are added, up to the first that is not 255. Then the literals, then two
   bytes of distance. The last token has no match. */

enum {
  HASH_BITS = 10,
  HASH_SIZE = 1 << HASH_BITS,
  WINDOW = 1 << 12,
  MATCH_LEAST = 4,
  CHAIN_MOST = 32,
  LAZY_ENOUGH = 32
};

struct matcher {
  const uint8_t *source;
  size_t length;
  size_t inserted;          /* positions before this are in the chains */
  int32_t head[HASH_SIZE];  /* the latest position of each hash, or -1 */
  int32_t previous[WINDOW]; /* the one before it */
};

struct match {
  size_t length;
  size_t distance;
};

struct sink {
  uint8_t *target;
  size_t capacity;
  size_t length;
  bool full;
};

size_t lz_bound(size_t length) {
  return length + length / 255 + 16;
}

uint32_t lz_checksum(const uint8_t *source, size_t length) {
  uint32_t low = 1;
  uint32_t high = 0;
  while (length > 0) {
    size_t part = length < 5552 ? length : 5552;
    length -= part;
    while (part-- > 0) {
      low += *source++;
      high += low;
    }
    low %= 65521;
    high %= 65521;
  }
  return (high << 16) | low;
}

static uint32_t read_word(const uint8_t *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t hash_of(const uint8_t *at) {
  return (read_word(at) * 2654435761u) >> (32 - HASH_BITS);
}

static void start_matcher(struct matcher *matcher, const uint8_t *source, size_t length) {
  matcher->source = source;
  matcher->length = length;
  matcher->inserted = 0;
  for (size_t slot = 0; slot < HASH_SIZE; slot++) {
    matcher->head[slot] = -1;
  }
  for (size_t slot = 0; slot < WINDOW; slot++) {
    matcher->previous[slot] = -1;
  }
}

static void insert_until(struct matcher *matcher, size_t end) {
  while (matcher->inserted < end && matcher->inserted + MATCH_LEAST <= matcher->length) {
    uint32_t hash = hash_of(matcher->source + matcher->inserted);
    matcher->previous[matcher->inserted % WINDOW] = matcher->head[hash];
    matcher->head[hash] = (int32_t)matcher->inserted;
    matcher->inserted++;
  }
}

static size_t common_length(const uint8_t *left, const uint8_t *right, size_t most) {
  size_t length = 0;
  while (length < most && left[length] == right[length]) {
    length++;
  }
  return length;
}

static struct match find_match(struct matcher *matcher, size_t position) {
  struct match best = {0, 0};
  if (position + MATCH_LEAST > matcher->length) {
    return best;
  }
  insert_until(matcher, position);
  const uint8_t *here = matcher->source + position;
  size_t most = matcher->length - position;
  int32_t candidate = matcher->head[hash_of(here)];
  for (int tries = 0; tries < CHAIN_MOST && candidate >= 0; tries++) {
    size_t distance = position - (size_t)candidate;
    if (distance >= WINDOW) {
      break;
    }
    const uint8_t *there = matcher->source + candidate;
    /* A longer match must agree where the best one ended. */
    if (best.length == 0 || (best.length < most && there[best.length] == here[best.length])) {
      size_t length = common_length(here, there, most);
      if (length >= MATCH_LEAST && length > best.length) {
        best.length = length;
        best.distance = distance;
      }
    }
    candidate = matcher->previous[(size_t)candidate % WINDOW];
  }
  return best;
}

static void put_byte(struct sink *sink, uint8_t byte) {
  if (sink->length < sink->capacity) {
    sink->target[sink->length++] = byte;
  } else {
    sink->full = true;
  }
}

static void put_bytes(struct sink *sink, const uint8_t *bytes, size_t count) {
  if (count > sink->capacity - sink->length) {
    sink->full = true;
    return;
  }
  if (count > 0) {
    memcpy(sink->target + sink->length, bytes, count);
    sink->length += count;
  }
}

static void put_rest(struct sink *sink, size_t value) {
  if (value < 15) {
    return;
  }
  value -= 15;
  while (value >= 255) {
    put_byte(sink, 255);
    value -= 255;
  }
  put_byte(sink, (uint8_t)value);
}

static void put_token(struct sink *sink, const uint8_t *literals, size_t count, struct match match) {
  size_t extra = match.length == 0 ? 0 : match.length - MATCH_LEAST;
  size_t high = count < 15 ? count : 15;
  size_t low = extra < 15 ? extra : 15;
  put_byte(sink, (uint8_t)(high << 4 | low));
  put_rest(sink, count);
  put_bytes(sink, literals, count);
  if (match.length > 0) {
    put_byte(sink, (uint8_t)(match.distance & 255));
    put_byte(sink, (uint8_t)(match.distance >> 8));
    put_rest(sink, extra);
  }
}

size_t lz_pack(const uint8_t *source, size_t length, uint8_t *target, size_t capacity) {
  struct matcher matcher;
  struct sink sink = {target, capacity, 0, false};
  if (length > INT32_MAX) {
    return 0;
  }
  start_matcher(&matcher, source, length);
  size_t literals = 0; /* where the pending ones begin */
  size_t position = 0;
  while (position < length && !sink.full) {
    struct match match = find_match(&matcher, position);
    if (match.length == 0) {
      position++;
      continue;
    }
    /* One byte later may be a longer match, worth a literal. */
    while (match.length < LAZY_ENOUGH) {
      struct match later = find_match(&matcher, position + 1);
      if (later.length <= match.length + 1) {
        break;
      }
      match = later;
      position++;
    }
    put_token(&sink, source + literals, position - literals, match);
    position += match.length;
    literals = position;
  }
  struct match none = {0, 0};
  put_token(&sink, source + literals, length - literals, none);
  return sink.full ? 0 : sink.length;
}

struct stream {
  const uint8_t *source;
  size_t length;
  size_t position;
  bool damaged;
};

static uint8_t take_byte(struct stream *stream) {
  if (stream->position >= stream->length) {
    stream->damaged = true;
    return 0;
  }
  return stream->source[stream->position++];
}

static size_t take_rest(struct stream *stream, size_t value) {
  if (value < 15) {
    return value;
  }
  for (;;) {
    uint8_t byte = take_byte(stream);
    value += byte;
    if (byte != 255 || stream->damaged) {
      return value;
    }
  }
}

static bool copy_literals(struct stream *stream, struct sink *sink, size_t count) {
  if (count > stream->length - stream->position) {
    return false;
  }
  put_bytes(sink, stream->source + stream->position, count);
  stream->position += count;
  return !sink->full;
}

static bool copy_match(struct sink *sink, size_t distance, size_t count) {
  if (distance == 0 || distance > sink->length || count > sink->capacity - sink->length) {
    return false;
  }
  /* Byte by byte: a match may reach into what it writes. */
  const uint8_t *from = sink->target + sink->length - distance;
  uint8_t *to = sink->target + sink->length;
  sink->length += count;
  while (count-- > 0) {
    *to++ = *from++;
  }
  return true;
}

size_t lz_unpack(const uint8_t *source, size_t length, uint8_t *target, size_t capacity) {
  struct stream stream = {source, length, 0, false};
  struct sink sink = {target, capacity, 0, false};
  do {
    uint8_t token = take_byte(&stream);
    size_t count = take_rest(&stream, token >> 4);
    if (stream.damaged || !copy_literals(&stream, &sink, count)) {
      return 0;
    }
    if (stream.position == stream.length) {
      return (token & 15) == 0 ? sink.length : 0;
    }
    size_t distance = take_byte(&stream);
    distance |= (size_t)take_byte(&stream) << 8;
    size_t extra = take_rest(&stream, token & 15);
    if (stream.damaged || !copy_match(&sink, distance, extra + MATCH_LEAST)) {
      return 0;
    }
  } while (stream.position < stream.length);
  return 0;
}
