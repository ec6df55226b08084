/* trig: tables of cos and sin; see trig.h.

   Here: what is checked, and positions one by one.  Evenly spaced whole positions go to
   trig_run.c.  One by one the angle is an error-free product, cos and sin are libm's (1 ulp, 1.5 u
   for the product's low part), times the factor (u a): within 3.5 u a = 3.9e-16 a, too.  */
#include "rope/trig.h"
#include "rope/trig_run.h"
#include "rope/turn.h"

typedef struct
{
  const rw_freqs *f;
  const rw_positions *p;
  const rw_trig *out;
  rw_trig_arithmetic arithmetic;
  rw_dtype_writer *round;
} list;

static double
position_of (const rw_positions *p, size_t j)
{
  return p->at ? p->at[j] : fma (p->step, (double) j, p->from);
}

/* One position in double: c and s are (pairs,).  */
static void
exact (const rw_freqs *f, double m, double *c, double *s)
{
  for (size_t i = 0; i < f->n; i++)
    {
      const rw_turn t = rw_turn_of (m, f->inv_freq[i]);
      c[i] = t.c * f->attention_factor;
      s[i] = t.s * f->attention_factor;
    }
}

/* transformers: float32 throughout.  */
static void
hf (const rw_freqs *f, double m, double *c, double *s)
{
  const float position = (float) m, a = (float) f->attention_factor;
  for (size_t i = 0; i < f->n; i++)
    {
      const float angle = position * (float) f->inv_freq[i];
      c[i] = (double) (cosf (angle) * a);
      s[i] = (double) (sinf (angle) * a);
    }
}

/* Positions from .. to - 1; `room` is (2, pairs).  */
static void
fill_part (const list *l, size_t from, size_t to, double *room)
{
  const rw_trig *t = l->out;
  const size_t size = rw_dtype_size (t->type);
  for (size_t j = from; j < to; j++)
    {
      const size_t at = j * (size_t) t->row * size;
      (l->arithmetic == RW_TRIG_HF ? hf : exact) (l->f, position_of (l->p, j), room,
                                                  room + t->pairs);
      l->round (room, t->pairs, (unsigned char *) t->cos + at);
      l->round (room + t->pairs, t->pairs, (unsigned char *) t->sin + at);
    }
}

static rw_status
one_by_one (const list *l, int most, rw_arena *scratch, rw_error *err)
{
  static const size_t PART = 1 << 12; /* values, 80 us: below it a thread does not pay */
  const size_t pairs = l->out->pairs, n = l->out->n, works = n * pairs / PART;
  const int threads = (size_t) most <= works ? most : works ? (int) works : 1;
  const size_t parts = (size_t) threads;
  const size_t each = (2 * pairs + 7) / 8 * 8; /* threads do not share a cache line */
  double *room = rw_arena_take (scratch, parts * each, sizeof *room);
  if (!room)
    return rw_nomem (err, parts * each * sizeof *room);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static, 1)
  for (size_t k = 0; k < parts; k++)
    fill_part (l, n * k / parts, n * (k + 1) / parts, room + k * each);
  return RW_OK;
}

static rw_status
check (const rw_freqs *f, const rw_positions *p, const rw_trig *t, rw_error *err)
{
  if (t->pairs != f->n)
    return rw_fail (err, RW_EINVAL, "table: %zu pairs, but there are %zu frequencies", t->pairs,
                    f->n);
  if (t->n != p->n)
    return rw_fail (err, RW_EINVAL, "table: %zu rows for %zu positions", t->n, p->n);
  if (t->row < (ptrdiff_t) t->pairs)
    return rw_fail (err, RW_EINVAL, "table: rows are %td values apart, below the %zu pairs", t->row,
                    t->pairs);
  if (!p->at && (!isfinite (p->from) || !isfinite (p->step)))
    return rw_fail (err, RW_EINVAL, "positions: from and step must be finite numbers");
  for (size_t j = 0; p->at && j < p->n; j++)
    if (!isfinite (p->at[j]))
      return rw_fail (err, RW_EINVAL, "positions[%zu]: a finite number was expected", j);
  return RW_OK;
}

rw_status
rw_trig_fill (const rw_freqs *f, const rw_positions *p, rw_trig_arithmetic arithmetic, int threads,
              rw_arena *scratch, rw_trig *t, rw_error *err)
{
  const rw_status s = check (f, p, t, err);
  const int most = threads < 1 ? 1 : threads;
  if (s || t->n == 0 || t->pairs == 0)
    return s;
  if (arithmetic == RW_TRIG_EXACT && rw_trig_run_fits (p))
    return rw_trig_run (f, p, most, scratch, t, err);
  const list l = { .f = f,
                   .p = p,
                   .out = t,
                   .arithmetic = arithmetic,
                   .round = rw_dtype_writer_of (t->type, rw_simd_get ()) };
  return one_by_one (&l, most, scratch, err);
}

void
rw_trig_one (const rw_freqs *f, double m, size_t pair, long double *cos_m, long double *sin_m)
{
  const double g = f->inv_freq[pair], high = m * g, low = fma (m, g, -high);
  const long double a = f->attention_factor;
  const long double c = cosl (high), s = sinl (high), cl = cosl (low), sl = sinl (low);
  *cos_m = a * (c * cl - s * sl);
  *sin_m = a * (s * cl + c * sl);
}
