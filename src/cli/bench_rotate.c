/* bench_rotate: queries and keys turned by a table, beside scaling the same memory in place.

   Bytes are counted once read and once written, and the table's once read: at one head it is a
   third of the float32 traffic.  Writing to other memory counts no more, though most processors
   read what they are about to write.  Shapes below the cache's size may pass the limit, which is
   measured far beyond it.  */
#include "config.h"

#include "base/mem.h"
#include "cli/bench.h"
#include "rope/rotate.h"

#include <stdio.h>

typedef struct
{
  size_t tokens, heads, dim;
} shape;

static const shape shapes[] = {
  { 4096, 32, 128 },           /* a layer's queries: far beyond the caches */
  { 8192, 3, 64 },             /* few heads: a table that is recomputed would dominate */
  { (size_t) 1 << 20, 1, 128 } /* one head: a third of the traffic is the table */
};

enum
{
  SHAPES = sizeof shapes / sizeof *shapes,
  QUICK_TOKENS = 64
};
/* Any turn does: the kernel does not look.  This one keeps lengths, so that turning again and
   again neither grows nor fades.  */
static const float turn_cos = 0.8F, turn_sin = 0.6F;

typedef struct
{
  rw_rotation r;
  rw_trig table;
  void *x, *y; /* room for the largest shape */
} load;

static const char *const names[] = { "rotate half", "rotate interleaved" };

static rw_status
run_load (void *data, rw_error *err)
{
  const load *l = data;
  return rw_rotate (&l->r, &l->table, l->x, l->y, err);
}

static rw_status
time_load (bench *b, load *l, rw_error *err)
{
  const rw_rotation *r = &l->r;
  bench_row row = { .name = names[r->layout], .unit = "GB/s", .limit = "scale" };
  const rw_status s = bench_time (b, run_load, l, &row.seconds, err);
  if (s)
    return s;
  const size_t values = r->tokens * r->heads * r->dim;
  const size_t bytes
      = 2 * values * rw_dtype_size (r->type) + 2 * r->tokens * l->table.pairs * sizeof (float);
  row.rate = (double) bytes / row.seconds * 1e-9;
  row.share = (double) bytes / row.seconds / b->limits.scale[r->threads > 1];
  snprintf (row.size, sizeof row.size, "%zux%zux%zu %s%s, %d thread%s", r->tokens, r->heads, r->dim,
            rw_dtype_text (r->type), l->x == l->y ? "" : " copy", r->threads,
            r->threads == 1 ? "" : "s");
  b->emit (b, &row);
  return RW_OK;
}

/* Every layout and type of a shape, in place and not; in place also on all threads.  */
static rw_status
time_shape (bench *b, load *l, void *x, void *y, const shape *at, rw_error *err)
{
  rw_status s = RW_OK;
  l->x = x;
  for (int way = 0; !s && way < 12; way++)
    {
      const ptrdiff_t head = (ptrdiff_t) at->dim, token = (ptrdiff_t) at->heads * head;
      l->y = way < 6 ? x : y;
      l->r = (rw_rotation){ .type = (rw_dtype) (way / 2 % 3),
                            .layout = (rw_layout) (way % 2),
                            .tokens = b->quick ? QUICK_TOKENS : at->tokens,
                            .heads = at->heads,
                            .dim = at->dim,
                            .from_token = token,
                            .from_head = head,
                            .to_token = token,
                            .to_head = head,
                            .scale = 1,
                            .threads = 1,
                            .simd = rw_simd_get () };
      l->table.n = l->r.tokens;
      l->table.pairs = at->dim / 2;
      l->table.row = head / 2;
      s = time_load (b, l, err);
      l->r.threads = b->threads;
      if (!s && b->threads > 1 && way < 6)
        s = time_load (b, l, err);
    }
  return s;
}

rw_status
bench_rotate (bench *b, rw_error *err)
{
  size_t values = 0, pairs = 0;
  for (size_t k = 0; k < SHAPES; k++)
    {
      const size_t tokens = b->quick ? QUICK_TOKENS : shapes[k].tokens;
      const size_t n = tokens * shapes[k].heads * shapes[k].dim, m = tokens * shapes[k].dim / 2;
      values = n > values ? n : values;
      pairs = m > pairs ? m : pairs;
    }
  float *x = rw_new (values, sizeof *x), *y = rw_new (values, sizeof *y);
  float *cos = rw_new (pairs, sizeof *cos), *sin = rw_new (pairs, sizeof *sin);
  rw_status s = x && y && cos && sin ? RW_OK : rw_nomem (err, 2 * (values + pairs) * sizeof *x);
  load l = { .table = { .type = RW_FLOAT32, .cos = cos, .sin = sin } };
  for (size_t i = 0; !s && i < values; i++)
    x[i] = y[i] = 1; /* as two bfloat16 or float16 it is a number and a zero */
  for (size_t i = 0; !s && i < pairs; i++)
    {
      cos[i] = turn_cos;
      sin[i] = turn_sin;
    }
  for (size_t k = 0; !s && k < SHAPES; k++)
    s = time_shape (b, &l, x, y, &shapes[k], err);
  rw_free (x);
  rw_free (y);
  rw_free (cos);
  rw_free (sin);
  return s;
}
