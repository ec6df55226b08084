/* gguf_tensors: the tensor table of a GGUF file, and that the tensors lie where it says; see
   gguf_part.h.  */
#include "base/mem.h"
#include "model/gguf_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  RANK = 4,
  NAME_MOST = 65535,                   /* bytes of a name */
  TENSOR_LEAST = 8 + 1 + 4 + 8 + 4 + 8 /* a name, its rank, one dimension, type, offset */
};
#define ALIGNMENT 32.0        /* bytes, where the file says nothing */
#define ALIGNMENT_MOST 0x1p30 /* far above any: keeps the sums below from overflow */

/* A tensor on its way: its offset is known before the place of the values is.  */
typedef struct
{
  uint64_t offset;
  rw_gguf_tensor *tensor;
} place;

static rw_status
tensor_fail (const rw_gguf_scan *s, rw_gguf_text name, const char *text)
{
  char shown[RW_GGUF_SHOWN + 4];
  return rw_fail (s->err, RW_EINVAL, "%s: tensor '%s': %s", s->part->name,
                  rw_gguf_show (name, shown), text);
}

static rw_status
scan_shape (rw_gguf_scan *s, rw_gguf_tensor *t)
{
  char text[96];
  uint32_t rank;
  rw_status st = rw_gguf_scan_u32 (s, &rank);
  if (st)
    return st;
  snprintf (text, sizeof text, "%u dimensions; expected 1 to %d", rank, RANK);
  if (rank < 1 || rank > RANK)
    return tensor_fail (s, t->name, text);
  t->rank = rank;
  for (size_t d = 0; d < RANK; d++)
    {
      uint64_t n = 1;
      if (d < rank && (st = rw_gguf_scan_u64 (s, &n)))
        return st;
      snprintf (text, sizeof text, "dimension %zu is %llu; expected 1 to 2^48", d,
                (unsigned long long) n);
      if (n < 1 || n > (uint64_t) 1 << 48)
        return tensor_fail (s, t->name, text);
      t->shape[d] = (size_t) n;
    }
  return RW_OK;
}

/* Bytes that type and shape ask for.  */
static rw_status
measure (const rw_gguf_scan *s, rw_gguf_tensor *t)
{
  char text[160];
  size_t block, bytes, n = 1;
  if (!rw_quant_ggml_size (t->ggml_type, &block, &bytes))
    {
      snprintf (text, sizeof text, "tensor type %u, which is not known", t->ggml_type);
      tensor_fail (s, t->name, text);
      return rw_hint (s->err, "the file is damaged, or newer than this version of ropewalk");
    }
  if (!rw_quant_find (t->ggml_type, &t->type))
    t->type = RW_QUANTS;
  if (t->shape[0] % block)
    {
      snprintf (text, sizeof text, "rows of %zu values are no whole blocks of %s, which hold %zu",
                t->shape[0], rw_quant_ggml_text (t->ggml_type), block);
      return tensor_fail (s, t->name, text);
    }
  bool over = false;
  for (size_t d = 0; d < RANK; d++)
    over |= __builtin_mul_overflow (n, d ? t->shape[d] : t->shape[d] / block, &n);
  if (over || __builtin_mul_overflow (n, bytes, &t->bytes))
    return tensor_fail (s, t->name, "its shape has more values than memory");
  return RW_OK;
}

static rw_status
scan_tensor (rw_gguf_scan *s, rw_gguf_tensor *t, place *at)
{
  char name[RW_GGUF_SHOWN + 4], what[RW_GGUF_SHOWN + 32];
  s->what = "the name of a tensor";
  rw_status st = rw_gguf_scan_text (s, &t->name);
  if (!st && (t->name.n == 0 || t->name.n > NAME_MOST))
    return rw_gguf_scan_fail (s, "%zu bytes long; expected 1 to %d", t->name.n, NAME_MOST);
  if (st)
    return st;
  snprintf (what, sizeof what, "tensor '%s'", rw_gguf_show (t->name, name));
  s->what = what;
  at->tensor = t;
  st = scan_shape (s, t);
  if (!st)
    st = rw_gguf_scan_u32 (s, &t->ggml_type);
  if (!st)
    st = rw_gguf_scan_u64 (s, &at->offset);
  s->what = "the tensor table";
  return st ? st : measure (s, t);
}

static int
by_offset (const void *a, const void *b)
{
  const place *p = a, *q = b;
  return (p->offset > q->offset) - (p->offset < q->offset);
}

/* general.alignment, a power of two.  */
static rw_status
find_alignment (const rw_gguf_scan *s, uint64_t *out)
{
  double x = ALIGNMENT;
  for (size_t i = 0; i < s->part->n_values; i++)
    {
      const rw_gguf_value *v = &s->part->value[i];
      if (rw_gguf_equal (v->key, "general.alignment") && (v->array || !rw_gguf_number (v, 0, &x)))
        x = 0;
    }
  *out = x >= 1 && x <= ALIGNMENT_MOST ? (uint64_t) x : 0;
  if (!*out || (double) *out != x || (*out & (*out - 1)))
    return rw_fail (s->err, RW_EINVAL,
                    "%s: general.alignment: expected a power of two from 1 to 2^30", s->part->name);
  return RW_OK;
}

/* Each tensor lies in the file, on the alignment, and on no other.  `at` is sorted.  */
static rw_status
check_places (const rw_gguf_scan *s, const place *at, size_t n, uint64_t alignment)
{
  const uint64_t begin = (s->at + alignment - 1) / alignment * alignment;
  const uint64_t room = begin < s->part->n ? s->part->n - begin : 0;
  char text[160];
  for (size_t i = 0; i < n; i++)
    {
      const uint64_t bytes = at[i].tensor->bytes, from = at[i].offset;
      const uint64_t before = i ? at[i - 1].offset + at[i - 1].tensor->bytes : 0;
      text[0] = 0;
      if (from % alignment)
        snprintf (text, sizeof text, "offset %llu is no multiple of the alignment %llu",
                  (unsigned long long) from, (unsigned long long) alignment);
      else if (bytes > room || from > room - bytes)
        snprintf (text, sizeof text,
                  "%llu bytes at %llu of %llu bytes of values: the file is cut or damaged",
                  (unsigned long long) bytes, (unsigned long long) from, (unsigned long long) room);
      else if (i && from < before)
        snprintf (text, sizeof text, "begins at %llu, inside the one before it, which ends at %llu",
                  (unsigned long long) from, (unsigned long long) before);
      if (text[0])
        {
          tensor_fail (s, at[i].tensor->name, text);
          return rw_hint (s->err, "fetch or copy the file again");
        }
    }
  return RW_OK;
}

static rw_status
place_tensors (const rw_gguf_scan *s, place *at, size_t n)
{
  uint64_t alignment;
  rw_status st = find_alignment (s, &alignment);
  if (st)
    return st;
  const uint64_t begin = (s->at + alignment - 1) / alignment * alignment;
  if (n)
    qsort (at, n, sizeof *at, by_offset);
  st = check_places (s, at, n, alignment);
  for (size_t i = 0; i < n && !st; i++)
    at[i].tensor->data = s->part->data + begin + at[i].offset;
  return st;
}

rw_status
rw_gguf_scan_tensors (rw_gguf_scan *s, size_t n, rw_gguf_part *part)
{
  rw_status st = RW_OK;
  if (n > (part->n - s->at) / TENSOR_LEAST)
    return rw_gguf_scan_fail (s, "%zu tensors, for which the file is too short at %zu bytes", n,
                              part->n);
  place *at = rw_new (n, sizeof *at);
  part->tensor = rw_new (n, sizeof *part->tensor);
  if (!at || !part->tensor)
    st = rw_nomem (s->err, n * sizeof *part->tensor);
  for (; part->n_tensors < n && !st; part->n_tensors++)
    st = scan_tensor (s, &part->tensor[part->n_tensors], &at[part->n_tensors]);
  if (!st)
    st = place_tensors (s, at, n);
  rw_free (at);
  return st;
}
