/* rotate: RoPE applied to queries or keys; see rotate.h.  RoFormer (arXiv 2104.09864), Eq. 34.

   Tokens outside, heads inside, so that a token's row of the table comes from memory once.  A
   scaled or inverse rotation first writes its row anew, PANEL pairs on the stack, and then is a
   plain one.  Threads take equal runs of tokens; no value depends on another token's.  */
#include "rope/rotate.h"
#include "rope/rotate_kernels.h"

#include <string.h>

enum
{
  PANEL = 512,    /* pairs whose row is on the stack at once */
  SHARE = 1 << 17 /* bytes of x that a thread is worth its start for */
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
  const rw_trig *table;
  const char *x;
  char *y;
  ptrdiff_t size; /* bytes of a value */
} job;

/* All pairs of a token: `turn` at its first head.  */
static void
turn_pairs (const job *j, size_t row, rw_rotate_heads turn)
{
  const rw_rotation *r = j->r;
  const size_t pairs = j->table->pairs;
  const float *cos = (const float *) j->table->cos + (ptrdiff_t) row * j->table->row;
  const float *sin = (const float *) j->table->sin + (ptrdiff_t) row * j->table->row;
  const ptrdiff_t step = (r->layout == RW_HALF ? 1 : 2) * j->size;
  const rw_rotate_heads first = turn;
  float own[2][PANEL];
  turn.gap = (ptrdiff_t) pairs * j->size;
  for (size_t p = 0; p < pairs; p += PANEL)
    {
      turn.n = pairs - p < PANEL ? pairs - p : PANEL;
      turn.x = first.x + (ptrdiff_t) p * step;
      turn.y = first.y + (ptrdiff_t) p * step;
      turn.cos = cos + p;
      turn.sin = sin + p;
      if (r->undo || turn.scale != 1)
        {
          (r->undo ? j->k->undo : j->k->scale) (&turn, own[0], own[1]);
          turn.cos = own[0];
          turn.sin = own[1];
        }
      j->k->turn[r->layout][r->type](&turn);
    }
}

/* The channels that do not turn.  */
static void
pass_tail (const job *j, rw_rotate_heads turn)
{
  const size_t turning = 2 * j->table->pairs;
  turn.n = j->r->dim - turning;
  turn.x += (ptrdiff_t) turning * j->size;
  turn.y += (ptrdiff_t) turning * j->size;
  if (j->r->undo)
    turn.scale = 1 / turn.scale;
  if (turn.scale != 1)
    j->k->tail[j->r->type](&turn);
  else if (turn.n && turn.x != turn.y)
    for (size_t h = 0; h < turn.heads; h++, turn.x += turn.x_head, turn.y += turn.y_head)
      memcpy (turn.y, turn.x, turn.n * (size_t) j->size);
}

static void
turn_tokens (const job *j, size_t from, size_t to)
{
  const rw_rotation *r = j->r;
  for (size_t t = from; t < to; t++)
    {
      const rw_rotate_heads turn
          = { .x = j->x + (ptrdiff_t) t * r->from_token * j->size,
              .y = j->y + (ptrdiff_t) t * r->to_token * j->size,
              .x_head = r->from_head * j->size,
              .y_head = r->to_head * j->size,
              .heads = r->heads,
              .scale = r->token_scale ? r->scale * r->token_scale[t] : r->scale };
      turn_pairs (j, r->row_of ? (size_t) r->row_of[t] : t, turn);
      pass_tail (j, turn);
    }
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
  const job j = { .r = r,
                  .k = kernels[r->simd],
                  .table = table,
                  .x = x,
                  .y = y,
                  .size = (ptrdiff_t) rw_dtype_size (r->type) };
  const size_t worth = r->tokens * r->heads * r->dim * (size_t) j.size / SHARE + 1;
  const size_t n = r->threads < 1 ? 1 : (size_t) r->threads < worth ? (size_t) r->threads : worth;
#pragma omp parallel for num_threads((int) n) if (n > 1) schedule(static, 1)
  for (size_t k = 0; k < n; k++)
    turn_tokens (&j, r->tokens * k / n, r->tokens * (k + 1) / n);
  return RW_OK;
}
