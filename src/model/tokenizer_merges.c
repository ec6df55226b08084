/* tokenizer_merges: which two tokens become which, and in what order; see tokenizer_part.h.

   `tokenizer.ggml.merges` is a list of "LEFT RIGHT" in the order of training.  A file may have
   none: then every byte stays a token of its own.  */
#include "base/mem.h"
#include "model/gguf_part.h"
#include "model/tokenizer_part.h"

#include <string.h>

static const char key[] = "tokenizer.ggml.merges";

/* splitmix64's last step: Steele, Lea & Flood 2014.  */
static size_t
mixed (uint64_t x)
{
  x = (x ^ x >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C (0x94d049bb133111eb);
  return (size_t) (x ^ x >> 31);
}

static rw_merge *
place (const rw_merges *m, uint64_t pair)
{
  size_t i = mixed (pair) & (m->slots - 1);
  while (m->merge[i].id >= 0 && m->merge[i].key != pair)
    i = (i + 1) & (m->slots - 1);
  return &m->merge[i];
}

static uint64_t
pair_of (int32_t left, int32_t right)
{
  return (uint64_t) (uint32_t) left << 32 | (uint32_t) right;
}

const rw_merge *
rw_merges_find (const rw_merges *m, int32_t left, int32_t right)
{
  if (!m->slots)
    return NULL;
  const rw_merge *merge = place (m, pair_of (left, right));
  return merge->id < 0 ? NULL : merge;
}

static int32_t
part_find (const rw_vocabulary *v, const char *s, size_t n, rw_text *buffer)
{
  buffer->n = 0;
  const int32_t id
      = rw_byte_text (s, n, buffer) ? rw_vocabulary_find (v, buffer->s, buffer->n) : -1;
  return id < 0 ? rw_vocabulary_find (v, s, n) : id;
}

/* The tokens of "LEFT RIGHT", and the one that both make.  */
static rw_status
merge_read (const rw_vocabulary *v, rw_gguf_text line, size_t i, rw_text buffer[3], int32_t id[3],
            rw_error *err)
{
  const char *space = line.n ? memchr (line.s, ' ', line.n) : NULL;
  const size_t left = space ? (size_t) (space - line.s) : 0;
  char shown[RW_GGUF_SHOWN + 4];
  if (!left || left + 1 >= line.n || memchr (space + 1, ' ', line.n - left - 1))
    return rw_fail (err, RW_EINVAL, "%s[%zu]: '%s' is not two tokens with a space between them",
                    key, i, rw_gguf_show (line, shown));
  id[0] = part_find (v, line.s, left, &buffer[0]);
  id[1] = part_find (v, space + 1, line.n - left - 1, &buffer[1]);
  id[2] = -1;
  if (id[0] >= 0 && id[1] >= 0)
    {
      const rw_token *l = &v->token[id[0]], *r = &v->token[id[1]];
      buffer[2].n = 0;
      rw_text_addn (&buffer[2], l->s, l->n);
      rw_text_addn (&buffer[2], r->s, r->n);
      id[2] = buffer[2].failed ? -1 : rw_vocabulary_find (v, buffer[2].s, buffer[2].n);
    }
  if (buffer[0].failed || buffer[1].failed || buffer[2].failed)
    return rw_nomem (err, line.n);
  if (id[2] < 0)
    return rw_fail (err, RW_EINVAL, "%s[%zu]: '%s': %s", key, i, rw_gguf_show (line, shown),
                    id[0] < 0   ? "the left one is no token"
                    : id[1] < 0 ? "the right one is no token"
                                : "what both make is no token");
  return RW_OK;
}

static rw_status
merges_read (const rw_gguf_value *list, const rw_vocabulary *v, rw_text buffer[3], rw_merges *out,
             rw_error *err)
{
  for (size_t i = 0; i < list->n; i++)
    {
      int32_t id[3] = { -1, -1, -1 };
      const rw_status status = merge_read (v, list->text[i], i, buffer, id, err);
      if (status)
        return status;
      rw_merge *merge = place (out, pair_of (id[0], id[1]));
      if (merge->id < 0) /* of two that are the same the first */
        *merge = (rw_merge){ .key = pair_of (id[0], id[1]), .rank = (uint32_t) i, .id = id[2] };
    }
  return RW_OK;
}

rw_status
rw_merges_read (const rw_gguf *g, const rw_vocabulary *v, rw_merges *out, rw_error *err)
{
  const rw_gguf_value *list = rw_gguf_find (g, key);
  *out = (rw_merges){ 0 };
  if (!list || (list->array && !list->n))
    return RW_OK;
  if (!list->array || list->type != RW_GGUF_STRING || list->n > INT32_MAX)
    return rw_fail (err, RW_EINVAL, "%s: %s: expected an array of strings", rw_gguf_path (g), key);
  size_t slots = 2;
  while (slots < 2 * list->n)
    slots *= 2;
  if (!(out->merge = rw_new (slots, sizeof *out->merge)))
    return rw_nomem (err, slots * sizeof *out->merge);
  out->slots = slots;
  for (size_t i = 0; i < slots; i++)
    out->merge[i].id = -1;
  rw_text buffer[3] = { 0 };
  const rw_status status = merges_read (list, v, buffer, out, err);
  for (size_t i = 0; i < 3; i++)
    rw_text_free (&buffer[i]);
  return rw_within (err, status, "%s", rw_gguf_path (g));
}
