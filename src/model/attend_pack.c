/* attend_pack: keys turned and packed for the kernel, values in whole lines, queries turned.

   Keys are turned as they lie, 64 at a time by the table's rows, and then turned over to channels.
   Shapes are checked before, so that rw_rotate cannot fail.  */
#include "model/attend_part.h"

#include "base/transpose.h"

#include <string.h>

/* n rows of a table from `first` on.  */
static rw_trig
part_of (const rw_trig *table, size_t first, size_t n)
{
  rw_trig part = *table;
  part.n = n;
  if (part.pairs)
    {
      part.cos = (float *) table->cos + (ptrdiff_t) first * table->row;
      part.sin = (float *) table->sin + (ptrdiff_t) first * table->row;
    }
  return part;
}

static void
turn_over (const float *from, size_t dim, float *out)
{
  const size_t whole = dim / RW_TRANSPOSE * RW_TRANSPOSE;
  for (size_t j = 0; j < RW_ATTEND_KEYS; j += RW_TRANSPOSE)
    for (size_t c = 0; c < whole; c += RW_TRANSPOSE)
      rw_transpose (from + j * dim + c, dim, out + c * RW_ATTEND_KEYS + j, RW_ATTEND_KEYS);
  for (size_t c = whole; c < dim; c++)
    for (size_t j = 0; j < RW_ATTEND_KEYS; j++)
      out[c * RW_ATTEND_KEYS + j] = from[j * dim + c];
}

void
rw_attend_pack_keys (const rw_attend_job *j, float *turned, size_t kv, size_t frame, size_t first,
                     const int64_t *row_of, float *out)
{
  const rw_attention *a = j->a;
  const size_t left = first < a->n_keys ? a->n_keys - first : 0;
  const size_t n = left < RW_ATTEND_KEYS ? left : RW_ATTEND_KEYS, dim = j->dim;
  const rw_trig *whole = &j->turns->key[frame];
  const rw_trig part = row_of ? *whole : part_of (whole, n ? first : 0, n);
  const rw_rotation r = { .layout = a->geometry->layout,
                          .tokens = n,
                          .heads = 1,
                          .dim = dim,
                          .from_token = (ptrdiff_t) a->k_token,
                          .to_token = (ptrdiff_t) dim,
                          .row_of = row_of,
                          .scale = 1,
                          .threads = 1,
                          .simd = j->simd };
  if (n)
    (void) rw_rotate (&r, &part, a->k + first * a->k_token + kv * dim, turned, NULL);
  memset (turned + n * dim, 0, (RW_ATTEND_KEYS - n) * dim * sizeof *turned);
  turn_over (turned, dim, out);
}

void
rw_attend_pack_values (const rw_attend_job *j, size_t kv, size_t first, size_t n, float *out)
{
  const rw_attention *a = j->a;
  const float *v = a->v + first * a->v_token + kv * a->value_dim;
  const size_t pad = j->width - a->value_dim;
  for (; n; n--, v += a->v_token, out += j->width)
    {
      memcpy (out, v, a->value_dim * sizeof *out);
      memset (out + a->value_dim, 0, pad * sizeof *out);
    }
}

void
rw_attend_turn_queries (rw_attend_desk *d)
{
  const rw_attend_job *j = d->job;
  const rw_attention *a = j->a;
  const size_t dim = j->dim, first = a->n_keys - a->n_queries + d->query;
  const float *q = a->q + d->query * a->q_token + d->kv * j->group * dim;
  const rw_rotation r = { .layout = a->geometry->layout,
                          .tokens = d->n_queries,
                          .heads = j->group,
                          .dim = dim,
                          .from_token = (ptrdiff_t) a->q_token,
                          .from_head = (ptrdiff_t) dim,
                          .to_token = (ptrdiff_t) (j->group * dim),
                          .to_head = (ptrdiff_t) dim,
                          .scale = 1,
                          .token_scale = j->scale + d->query,
                          .threads = 1,
                          .simd = j->simd };
  for (size_t k = 0; k < j->turns->spans; k++)
    {
      const rw_trig part = part_of (&j->turns->query[k], first, d->n_queries);
      (void) rw_rotate (&r, &part, q, d->q + k * d->n_rows * dim, NULL);
    }
}
