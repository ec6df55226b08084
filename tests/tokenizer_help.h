/* tokenizer_help: GGUF files of a tokenizer alone, made in memory, and random texts.  */
#ifndef RW_TESTS_TOKENIZER_HELP_H
#define RW_TESTS_TOKENIZER_HELP_H

#include "base/mem.h"
#include "base/text.h"
#include "model/tokenizer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- an image: header, no tensors, metadata ---- */

typedef struct
{
  rw_text bytes;
  uint64_t values;
} image;

static inline void
image_put (image *m, const void *data, size_t n)
{
  rw_text_addn (&m->bytes, data, n);
}

static inline void
image_word (image *m, const char *s, size_t n)
{
  image_put (m, &(uint64_t){ n }, 8);
  if (n)
    image_put (m, s, n);
}

/* A value's key and type; the value follows.  */
static inline void
image_key (image *m, const char *key, uint32_t type)
{
  if (!m->bytes.n)
    image_put (m, "GGUF\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
  image_word (m, key, strlen (key));
  image_put (m, &type, 4);
  m->values++;
  if (!m->bytes.failed)
    memcpy (m->bytes.s + 16, &m->values, 8);
}

static inline void
image_text (image *m, const char *key, const char *value)
{
  image_key (m, key, RW_GGUF_STRING);
  image_word (m, value, strlen (value));
}

static inline void
image_number (image *m, const char *key, uint32_t value)
{
  image_key (m, key, RW_GGUF_UINT32);
  image_put (m, &value, 4);
}

static inline void
image_flag (image *m, const char *key, bool value)
{
  image_key (m, key, RW_GGUF_BOOL);
  image_put (m, &(char){ value }, 1);
}

static inline void
image_array (image *m, const char *key, uint32_t type, size_t n)
{
  image_key (m, key, RW_GGUF_ARRAY);
  image_put (m, &type, 4);
  image_put (m, &(uint64_t){ n }, 8);
}

static inline void
image_words (image *m, const char *key, size_t n, const char *const *word)
{
  image_array (m, key, RW_GGUF_STRING, n);
  for (size_t i = 0; i < n; i++)
    image_word (m, word[i], strlen (word[i]));
}

static inline void
image_types (image *m, size_t n, const int32_t *type)
{
  image_array (m, "tokenizer.ggml.token_type", RW_GGUF_INT32, n);
  image_put (m, type, 4 * n);
}

static inline void
image_scores (image *m, size_t n, const float *score)
{
  image_array (m, "tokenizer.ggml.scores", RW_GGUF_FLOAT32, n);
  image_put (m, score, 4 * n);
}

/* A byte as GPT-2 writes it: a second way, from the list of those that can be seen.  */
static inline void
byte_word (unsigned char byte, char out[3])
{
  unsigned c = byte, moved = 256;
  for (unsigned b = 0; b <= byte; b++)
    {
      const bool seen = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
      c = seen ? b : moved++;
    }
  snprintf (out, 3, "%c%c", c < 128 ? (char) c : (char) (0xc0 | c >> 6),
            c < 128 ? 0 : (char) (0x80 | (c & 63)));
}

/* ---- tokenizers ---- */

typedef struct
{
  rw_gguf *file;
  rw_tokenizer *t;
  image made;
} opened;

/* Takes the image over.  */
static inline rw_status
tokenizer_open (image m, opened *out, rw_error *err)
{
  *out = (opened){ .made = m };
  rw_status status = rw_gguf_parse ("made.gguf", m.bytes.s, m.bytes.n, &out->file, err);
  return status ? status : rw_tokenizer_new (out->file, &out->t, err);
}

static inline void
tokenizer_close (opened *o)
{
  rw_tokenizer_free (o->t);
  rw_gguf_close (o->file);
  rw_text_free (&o->made.bytes);
  *o = (opened){ 0 };
}

/* ids as "1 2 3", in a buffer of the caller's.  */
static inline const char *
ids_text (const rw_ids *ids, char *buf, size_t size)
{
  size_t n = 0;
  buf[0] = 0;
  for (size_t i = 0; i < ids->n && n + 16 < size; i++)
    n += (size_t) snprintf (buf + n, size - n, i ? " %d" : "%d", (int) ids->id[i]);
  return buf;
}

/* Encodes, and says the ids, or the error.  */
static inline const char *
encoded (const rw_tokenizer *t, const char *text, size_t n, bool special, char *buf, size_t size)
{
  rw_ids ids = { 0 };
  rw_error err;
  if (rw_tokenizer_encode (t, text, n, special, &ids, &err))
    snprintf (buf, size, "%.50s", err.text);
  else
    ids_text (&ids, buf, size);
  rw_ids_free (&ids);
  return buf;
}

/* The text is what its ids decode to.  */
static inline bool
comes_back (const rw_tokenizer *t, const char *text, size_t n)
{
  rw_ids ids = { 0 };
  rw_text back = { 0 };
  const bool same = !rw_tokenizer_encode (t, text, n, false, &ids, NULL)
                    && !rw_tokenizer_decode (t, ids.id, ids.n, true, &back, NULL) && back.n == n
                    && (!n || !memcmp (back.s, text, n));
  rw_ids_free (&ids);
  rw_text_free (&back);
  return same;
}

/* ---- random texts: splitmix64 ---- */

static inline uint64_t
any (uint64_t *state)
{
  uint64_t x = *state += UINT64_C (0x9e3779b97f4a7c15);
  x = (x ^ x >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C (0x94d049bb133111eb);
  return x ^ x >> 31;
}

static inline size_t
below (uint64_t *state, size_t n)
{
  return (size_t) (any (state) % n);
}

/* n characters of UTF-8, of every length.  */
static inline void
some_utf8 (uint64_t *state, size_t n, rw_text *out)
{
  static const uint32_t end[] = { 0x80, 0x800, 0xd800, 0x110000 };
  for (size_t i = 0; i < n; i++)
    {
      uint32_t c = (uint32_t) below (state, end[below (state, 4)]);
      if (c >= 0xd800 && c < 0xe000)
        c -= 0x800;
      const char s[]
          = { (char) (c < 0x80      ? c
                      : c < 0x800   ? 0xc0 | c >> 6
                      : c < 0x10000 ? 0xe0 | c >> 12
                                    : 0xf0 | c >> 18),
              (char) (0x80
                      | (c >> (c < 0x800     ? 0
                               : c < 0x10000 ? 6
                                             : 12)
                         & 63)),
              (char) (0x80 | (c >> (c < 0x10000 ? 0 : 6) & 63)), (char) (0x80 | (c & 63)) };
      rw_text_addn (out, s, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
    }
}

#endif
