/* attend_weigh: scores become weights, weights weigh values.

   Weights are 2^(s - ref).  The reference of a row is the largest score of its first block, raised
   only when a score passes it by 2^43: sums have their full precision and never overflow.

   A value is only ever multiplied by the weight of a row that sees it, since 0 times NaN is NaN:
   what not all rows of a product see is added row by row.  */
#include "model/attend_part.h"

#include <math.h>
#include <string.h>

enum
{
  GROUP = RW_ATTEND_GROUP,
  BLOCK = RW_ATTEND_BLOCK,
  LINE = RW_ATTEND_LINE
};
#define SLACK 43.25F /* 30 log2 e */

/* What a row sees of the block.  */
typedef struct
{
  size_t from, to; /* places in the block; from >= to: nothing */
} view;

static view
view_of (const rw_attend_row *row, size_t first)
{
  const size_t from = row->from > first ? row->from - first : 0;
  return (view){ from, row->to > first + BLOCK ? BLOCK : row->to > first ? row->to - first : 0 };
}

/* A higher reference: what there is gets smaller.  */
static void
raise (rw_attend_desk *d, size_t r, float top)
{
  rw_attend_row *row = &d->row[r];
  const float less = exp2f (row->ref - top);
  row->ref = top;
  row->sum *= (double) less;
  d->job->kernels->scale (d->o + r * d->job->width, d->job->width, less);
}

static void
weigh_row (rw_attend_desk *d, size_t r, size_t slot, view see)
{
  const rw_attend_kernels *k = d->job->kernels;
  rw_attend_row *row = &d->row[r];
  const size_t from = see.from / LINE * LINE, n = (see.to + LINE - 1) / LINE * LINE - from;
  float *s = d->s + slot * RW_ATTEND_STEP + from, *w = d->w + slot * RW_ATTEND_STEP + from, top;
  if (d->job->cap > 0)
    k->cap (s, n, d->job->cap);
  for (size_t i = 0; i < see.from - from; i++)
    s[i] = -INFINITY;
  for (size_t i = see.to - from; i < n; i++)
    s[i] = -INFINITY;
  if (!row->seen)
    row->ref = k->top (s, n);
  row->seen = true;
  float sum = k->power (s, n, row->ref, w, &top);
  if (top > row->ref + SLACK)
    {
      raise (d, r, top);
      sum = k->power (s, n, top, w, &top);
    }
  row->sum += (double) sum;
}

static void
multiply (const rw_attend_kernels *k, const rw_attend_product *p, size_t n)
{
  if (p->depth)
    (n == 1 ? k->rows1 : n <= 3 ? k->rows3 : k->rows6) (p);
}

/* The values at from .. to - 1 of the block, of the n rows from `slot` of the group on, which see
   them.  */
static rw_attend_product
product_of (const rw_attend_desk *d, size_t slot, size_t n, view see, const float *value,
            size_t step)
{
  rw_attend_product p = { .b = value + see.from * step,
                          .b_row = step,
                          .b_panel = RW_ATTEND_PANEL,
                          .depth = see.from < see.to ? see.to - see.from : 0,
                          .lines = d->job->width / LINE };
  const float *w = d->w + slot * RW_ATTEND_STEP + see.from;
  for (size_t k = 0; k < GROUP; k++)
    p.a[k] = k < n ? w + k * RW_ATTEND_STEP : w;
  return p;
}

/* What one row sees before and after the common keys goes on in its own chain.  */
static void
go_on (rw_attend_desk *d, size_t slot, view own, const float *value, size_t step)
{
  if (own.from >= own.to)
    return;
  rw_attend_product p = product_of (d, slot, 1, own, value, step);
  p.mode = RW_ATTEND_GO_ON;
  p.c[0] = d->sum + slot * d->job->width;
  d->job->kernels->rows1 (&p);
}

/* Rows that see different keys: the common ones together, what is before and after row by row.  */
static void
weigh_ragged (rw_attend_desk *d, size_t first_row, size_t n, const view *see, view common,
              const float *value, size_t step)
{
  const rw_attend_kernels *k = d->job->kernels;
  const size_t width = d->job->width;
  memset (d->sum, 0, GROUP * width * sizeof *d->sum);
  if (common.from > common.to) /* nothing in common: all of it comes before */
    common.from = common.to = BLOCK;
  for (size_t r = 0; r < n; r++)
    go_on (d, r, (view){ see[r].from, see[r].to < common.from ? see[r].to : common.from }, value,
           step);
  rw_attend_product p = product_of (d, 0, n, common, value, step);
  p.mode = RW_ATTEND_GO_ON;
  for (size_t r = 0; r < GROUP; r++)
    p.c[r] = d->sum + r * width;
  multiply (k, &p, n);
  for (size_t r = 0; r < n; r++)
    {
      go_on (d, r, (view){ see[r].from > common.to ? see[r].from : common.to, see[r].to }, value,
             step);
      if (see[r].from < see[r].to)
        k->add (d->o + (first_row + r) * width, d->sum + r * width, width);
    }
}

void
rw_attend_weigh (rw_attend_desk *d, size_t group, size_t first, const float *value, size_t step)
{
  const size_t first_row = group * GROUP, left = d->n_rows - first_row;
  const size_t n = left < GROUP ? left : GROUP, width = d->job->width;
  view see[GROUP], common = { 0, BLOCK };
  bool even = true;
  size_t seeing = 0;
  for (size_t r = 0; r < n; r++)
    {
      see[r] = view_of (&d->row[first_row + r], first);
      even = even && see[r].from == see[0].from && see[r].to == see[0].to;
      if (see[r].from >= see[r].to)
        continue;
      weigh_row (d, first_row + r, r, see[r]);
      seeing++;
      common.from = see[r].from > common.from ? see[r].from : common.from;
      common.to = see[r].to < common.to ? see[r].to : common.to;
    }
  if (!seeing)
    return;
  if (!even)
    {
      weigh_ragged (d, first_row, n, see, seeing == n ? common : (view){ BLOCK, 0 }, value, step);
      return;
    }
  rw_attend_product p = product_of (d, 0, n, common, value, step);
  p.mode = RW_ATTEND_ADD;
  for (size_t r = 0; r < GROUP; r++)
    p.c[r] = r < n ? d->o + (first_row + r) * width : d->sum + r * width;
  multiply (d->job->kernels, &p, n);
}

void
rw_attend_clear (rw_attend_desk *d)
{
  memset (d->o, 0, d->n_rows * d->job->width * sizeof *d->o);
  for (size_t r = 0; r < d->n_rows; r++)
    {
      d->row[r].seen = false;
      d->row[r].ref = -INFINITY;
      d->row[r].sum = 0;
    }
}

void
rw_attend_fold (rw_attend_desk *d, size_t r, const float *o)
{
  const size_t width = d->job->width;
  rw_attend_row *row = &d->row[r];
  if (!row->seen)
    return;
  const double ref = fmax (row->all_ref, (double) row->ref);
  const double keep = exp2 (row->all_ref - ref), by = exp2 ((double) row->ref - ref);
  row->all_ref = ref;
  row->all_sum = row->all_sum * keep + row->sum * by;
  d->job->kernels->fold (d->all + r * width, o, width, keep, by);
}

static float *
place (const rw_attend_desk *d, const rw_attend_row *row)
{
  const rw_attention *a = d->job->a;
  return a->out + row->query * a->out_token + row->head * a->value_dim;
}

void
rw_attend_write (rw_attend_desk *d, size_t r)
{
  const rw_attend_row *row = &d->row[r];
  d->job->kernels->write (place (d, row), d->all + r * d->job->width, d->job->a->value_dim,
                          1 / row->all_sum);
}

void
rw_attend_write_only (rw_attend_desk *d, size_t r)
{
  const rw_attend_row *row = &d->row[r];
  d->job->kernels->write_only (place (d, row), d->o + r * d->job->width, d->job->a->value_dim,
                               1 / row->sum);
}
