/* rotate: RoPE applied to queries or keys; see rotate.h.  RoFormer (arXiv 2104.09864), Eq. 34.

   Work goes by blocks of tokens whose rows of the table stay in the nearest cache.  Where the heads
   of a token lie together, they take its row one after another.  Where the tokens of a head do, a
   block is done head by head, and the next head's tokens are fetched meanwhile.  A scaled or
   inverse rotation first writes a block's rows anew, on the stack, and then is a plain one. Threads
   take equal runs of tokens; no value depends on another token's.  */
#include "rope/rotate.h"
#include "rope/rotate_kernels.h"

#include <stdlib.h>
#include <string.h>

enum
{
  PANEL = 2048,    /* pairs, over all rows of a block: 16 KB of cos and sin */
  SHARE = 1 << 17, /* bytes of x that a thread is worth its start for */
  LINE = 64,       /* bytes of a cache line */
  FAR = 1 << 25    /* bytes of a copy that no cache would keep */
};

static const rw_rotate_kernels *const kernels[] = {
#if defined __x86_64__
  [RW_SIMD_PLAIN] = &rw_rotate_kernels_plain,
  [RW_SIMD_AVX2] = &rw_rotate_kernels_avx2,
  [RW_SIMD_AVX512] = &rw_rotate_kernels_avx512,
#else
  [RW_SIMD_PLAIN] = &rw_rotate_kernels_plain,
  [RW_SIMD_AVX2] = &rw_rotate_kernels_plain,
  [RW_SIMD_AVX512] = &rw_rotate_kernels_plain,
#endif
};

typedef struct
{
  const rw_rotation *r;
  const rw_rotate_kernels *k;
  rw_rotate_turn *turn;
  const rw_trig *table;
  const char *x;
  char *y;
  ptrdiff_t size;                             /* bytes of a value */
  ptrdiff_t x_token, x_head, y_token, y_head; /* strides in bytes */
  size_t tokens, pairs;                       /* of a block */
  bool together;                              /* the heads of a token lie together */
  bool anew;                                  /* rows are written anew */
  bool streams;                               /* y goes past the caches */
} job;

static float
scale_of (const rw_rotation *r, size_t t)
{
  return r->token_scale ? r->scale * r->token_scale[t] : r->scale;
}

static const float *
row_of (const job *j, const void *values, size_t t, size_t pair)
{
  const ptrdiff_t row = j->r->row_of ? (ptrdiff_t) j->r->row_of[t] : (ptrdiff_t) t;
  return (const float *) values + row * j->table->row + (ptrdiff_t) pair;
}

/* The rows of tokens from .. to - 1, n pairs from `pair` on, to `own` (2, PANEL).  */
static void
write_rows (const job *j, size_t from, size_t to, size_t pair, size_t n, float *own)
{
  for (size_t t = from; t < to; t++, own += n)
    (j->r->undo ? j->k->undo : j->k->scale) (n, row_of (j, j->table->cos, t, pair),
                                             row_of (j, j->table->sin, t, pair), scale_of (j->r, t),
                                             own, PANEL);
}

/* The heads of a token, one after another: `own` is the token's row, or NULL.  */
static void
turn_heads (const job *j, size_t t, size_t pair, size_t n, const char *x, char *y, const float *own)
{
  const rw_rotate_run run = { .rows = j->r->heads,
                              .n = n,
                              .x_step = j->x_head,
                              .y_step = j->y_head,
                              .gap = (ptrdiff_t) j->table->pairs * j->size };
  j->turn (&run, x, y, own ? own : row_of (j, j->table->cos, t, pair),
           own ? own + PANEL : row_of (j, j->table->sin, t, pair));
}

/* The tokens from .. to - 1 of a head, one after another, then those of the next.  `own` is the
   block's rows, or NULL.  */
static void
turn_block (const job *j, size_t from, size_t to, size_t pair, size_t n, const char *x, char *y,
            const float *own)
{
  const float *cos = own ? own : row_of (j, j->table->cos, from, pair);
  const float *sin = own ? own + PANEL : row_of (j, j->table->sin, from, pair);
  const size_t heads = j->r->heads;
  const ptrdiff_t block = (ptrdiff_t) (to - from), back = (ptrdiff_t) heads - 1;
  const bool copy = x != y && !j->streams, more = heads > 1 && to < j->r->tokens;
  rw_rotate_run run = { .rows = to - from,
                        .n = n,
                        .x_step = j->x_token,
                        .y_step = j->y_token,
                        .row_step = own ? (ptrdiff_t) n : j->table->row,
                        .gap = (ptrdiff_t) j->table->pairs * j->size,
                        .x_next = j->x_head,
                        .y_next = copy ? j->y_head : 0 };
  for (size_t h = 0; h < heads; h++)
    {
      if (h + 1 == heads)
        {
          run.x_next = more ? block * j->x_token - back * j->x_head : 0;
          run.y_next = more && copy ? block * j->y_token - back * j->y_head : 0;
        }
      j->turn (&run, x + (ptrdiff_t) h * j->x_head, y + (ptrdiff_t) h * j->y_head, cos, sin);
    }
}

/* n pairs from `pair` on, of the tokens of a block.  */
static void
turn_pairs (const job *j, size_t from, size_t to, size_t pair, size_t n)
{
  const ptrdiff_t first = (ptrdiff_t) pair * (j->r->layout == RW_HALF ? 1 : 2) * j->size;
  const char *x = j->x + first + (ptrdiff_t) from * j->x_token;
  char *y = j->y + first + (ptrdiff_t) from * j->y_token;
  float own[2 * PANEL];
  if (j->anew)
    write_rows (j, from, to, pair, n, own);
  if (!j->together)
    turn_block (j, from, to, pair, n, x, y, j->anew ? own : NULL);
  else
    for (size_t t = from; t < to; t++, x += j->x_token, y += j->y_token)
      turn_heads (j, t, pair, n, x, y, j->anew ? own + (t - from) * n : NULL);
}

/* The channels that do not turn.  */
static void
pass_tail (const job *j, size_t t)
{
  const rw_rotation *r = j->r;
  const size_t turning = 2 * j->table->pairs;
  const float scale = r->undo ? 1 / scale_of (r, t) : scale_of (r, t);
  const char *x = j->x + (ptrdiff_t) t * j->x_token + (ptrdiff_t) turning * j->size;
  char *y = j->y + (ptrdiff_t) t * j->y_token + (ptrdiff_t) turning * j->size;
  const rw_rotate_run run
      = { .rows = r->heads, .n = r->dim - turning, .x_step = j->x_head, .y_step = j->y_head };
  if (scale != 1)
    j->k->tail[r->type](&run, x, y, scale);
  else if (x != y)
    for (size_t h = 0; h < r->heads; h++, x += run.x_step, y += run.y_step)
      memcpy (y, x, run.n * (size_t) j->size);
}

static void
turn_tokens (const job *j, size_t from, size_t to)
{
  const size_t pairs = j->table->pairs;
  for (size_t t = from; t < to; t += j->tokens)
    {
      const size_t end = to - t < j->tokens ? to : t + j->tokens;
      for (size_t p = 0; p < pairs; p += j->pairs)
        turn_pairs (j, t, end, p, pairs - p < j->pairs ? pairs - p : j->pairs);
      for (size_t k = t; j->r->dim > 2 * pairs && k < end; k++)
        pass_tail (j, k);
    }
  j->k->fence ();
}

/* A copy so large that no cache keeps it, in rows of whole lines, goes past them: else every line
   of y would be read before it is written.  */
static bool
streams (const job *j)
{
  const rw_rotation *r = j->r;
  const size_t bytes = r->tokens * r->heads * r->dim * (size_t) j->size;
  const ptrdiff_t gap = (ptrdiff_t) j->table->pairs * j->size;
  return j->x != j->y && bytes >= FAR && (intptr_t) j->y % LINE == 0 && j->y_token % LINE == 0
         && j->y_head % LINE == 0 && gap % LINE == 0;
}

static job
job_of (const rw_rotation *r, const rw_trig *table, const void *x, void *y)
{
  const ptrdiff_t size = (ptrdiff_t) rw_dtype_size (r->type);
  const size_t pairs = table->pairs < PANEL ? table->pairs : PANEL;
  const bool together = r->heads > 1 && labs (r->to_head) <= labs (r->to_token);
  job j = { .r = r,
            .k = kernels[r->simd],
            .table = table,
            .x = x,
            .y = y,
            .size = size,
            .x_token = r->from_token * size,
            .x_head = r->from_head * size,
            .y_token = r->to_token * size,
            .y_head = r->to_head * size,
            .pairs = pairs,
            .tokens = pairs ? PANEL / pairs : PANEL,
            .together = together,
            .anew = r->undo || r->token_scale || r->scale != 1 || (r->row_of && !together) };
  j.streams = streams (&j);
  j.turn = (j.streams ? j.k->stream : j.k->turn)[r->layout][r->type];
  return j;
}

/* ---- what does not fit ---- */

static bool
apart (ptrdiff_t stride, size_t n, size_t dim)
{
  return n < 2 || stride >= (ptrdiff_t) dim || stride <= -(ptrdiff_t) dim;
}

static rw_status
check_rows (const rw_rotation *r, const rw_trig *table, rw_error *err)
{
  if (!r->row_of && r->tokens > table->n)
    return rw_fail (err, RW_EINVAL, "rotate: %zu tokens, but the table has %zu positions",
                    r->tokens, table->n);
  for (size_t t = 0; r->row_of && t < r->tokens; t++)
    if (r->row_of[t] < 0 || (uint64_t) r->row_of[t] >= table->n)
      return rw_fail (err, RW_EINVAL,
                      "rotate: row_of[%zu]: %lld is not a row of a table of %zu positions", t,
                      (long long) r->row_of[t], table->n);
  return RW_OK;
}

static rw_status
check (const rw_rotation *r, const rw_trig *table, const void *x, const void *y, rw_error *err)
{
  if (r->type == RW_FLOAT64 || table->type != RW_FLOAT32)
    return rw_fail (err, RW_EINVAL,
                    "rotate: %s by a table of %s: float32, bfloat16 or float16 by a table of"
                    " float32 was expected",
                    rw_dtype_text (r->type), rw_dtype_text (table->type));
  if (r->dim / 2 < table->pairs)
    return rw_fail (err, RW_EINVAL, "rotate: %zu pairs do not fit in %zu channels", table->pairs,
                    r->dim);
  if (!apart (table->row, table->n, table->pairs))
    return rw_fail (err, RW_EINVAL, "rotate: rows of %zu pairs, %td values apart", table->pairs,
                    table->row);
  if (r->tokens && r->heads
      && (!apart (r->to_token, r->tokens, r->dim) || !apart (r->to_head, r->heads, r->dim)))
    return rw_fail (err, RW_EINVAL,
                    "rotate: strides of %td a token and %td a head put %zu channels on each other",
                    r->to_token, r->to_head, r->dim);
  if (x == y && (r->from_token != r->to_token || r->from_head != r->to_head))
    return rw_fail (err, RW_EINVAL, "rotate: in place the strides are the same on both sides");
  return check_rows (r, table, err);
}

rw_status
rw_rotate (const rw_rotation *r, const rw_trig *table, const void *x, void *y, rw_error *err)
{
  const rw_status s = check (r, table, x, y, err);
  if (s || r->dim == 0 || r->heads == 0)
    return s;
  const job j = job_of (r, table, x, y);
  const size_t worth = r->tokens * r->heads * r->dim * (size_t) j.size / SHARE + 1;
  const size_t n = r->threads < 1 ? 1 : (size_t) r->threads < worth ? (size_t) r->threads : worth;
  if (n == 1) /* a team of one would still cost two system calls */
    {
      turn_tokens (&j, 0, r->tokens);
      return RW_OK;
    }
#pragma omp parallel for num_threads((int) n) schedule(static, 1)
  for (size_t k = 0; k < n; k++)
    turn_tokens (&j, r->tokens * k / n, r->tokens * (k + 1) / n);
  return RW_OK;
}
