/* trig_run: tables over evenly spaced whole positions, at one complex product a value.

   Place t of the grid, m = origin + step t, is t = 2^14 B + 256 r + k:
     e^{i m g} = [ e^{i (origin + step 2^14 B) g} e^{i step 256 r g} ] e^{i step k g}.
   The bracket, times the attention factor a, is made in long double and rounded once to double, and
   so are the 256 steps; all angles are error-free products.  With step 1 the grid starts at a
   multiple of 2^14, so that a value depends on its m alone.

   Error, u = 2^-53, where long double has 64 bits or more: the bracket and a step are products of
   at most 8 turns, each 5 units of 2^-64 off with its product, and err by half an ulp and 0.02 u;
   the product errs by its three roundings.  The half ulps together, over all angles, are at most
   2.67 u for a = 1 and 3.5 u a for any a (for an a just above a power of 2 and angles next to 0,
   where 1 + 1/2 + 1 + 1 meet).  So a value is within 3.6 u a = 4e-16 a.  */
#include "rope/trig_run.h"
#include "rope/trig_kernel.h"
#include "rope/turn.h"

#include <stdint.h>

enum
{
  STEPS = 256,
  ROWS = 64,
  BLOCK = STEPS * ROWS,
  BATCH = 16 /* positions whose doubles wait in the first cache to be rounded to a half */
};
static const size_t LEAST = 256;    /* positions below which the step tables do not pay */
static const size_t PART = 1 << 18; /* values, 50 us: below it a thread does not pay */
static const size_t STREAM = (size_t) 1 << 25; /* bytes that no cache would keep anyway */

typedef struct
{
  const rw_freqs *f;
  const rw_trig *out;
  double origin, step;
  size_t first; /* place of the first position on the grid */
  size_t room;
  double *steps;      /* (STEPS, 2, room) */
  rw_long_turn *rows; /* (ROWS, pairs) */
  rw_trig_kernel *kernel;
  rw_dtype_writer *round; /* NULL where the kernel writes the type itself */
} run;

/* Of one thread.  */
typedef struct
{
  size_t block;       /* whose turns are in `base`; SIZE_MAX for none */
  rw_long_turn *base; /* (pairs,) */
  double *start;      /* (2, room) */
  double *batch;      /* (2, BATCH, pairs), or NULL */
} place;

bool
rw_trig_run_fits (const rw_positions *p)
{
  const double reach = fabs (p->from) + fabs (p->step) * ((double) p->n + BLOCK);
  return !p->at && p->n >= LEAST && p->from == rint (p->from) && p->step == rint (p->step)
         && reach <= 0x1p53;
}

/* e^{i unit k g}, k < n = 2^p, from p of them: the turn of k is that of k without its highest bit,
   on by that bit's.  */
static void
turns (double unit, double g, size_t n, rw_long_turn *out)
{
  out[0] = (rw_long_turn){ 1, 0 };
  for (size_t bit = 1; bit < n; bit *= 2)
    {
      const rw_long_turn on = rw_long_turn_of (unit * (double) bit, g);
      for (size_t k = 0; k < bit; k++)
        out[bit + k] = rw_long_turn_both (out[k], on);
    }
}

static void
make_tables (const run *u, int threads)
{
  const size_t pairs = u->out->pairs;
  (void) threads; /* without OpenMP */
#pragma omp parallel for num_threads(threads) if (threads > 1)
  for (size_t i = 0; i < pairs; i++)
    {
      rw_long_turn t[STEPS];
      turns (u->step, u->f->inv_freq[i], STEPS, t);
      for (size_t k = 0; k < STEPS; k++)
        {
          u->steps[2 * k * u->room + i] = (double) t[k].c;
          u->steps[(2 * k + 1) * u->room + i] = (double) t[k].s;
        }
      turns (u->step * STEPS, u->f->inv_freq[i], ROWS, t);
      for (size_t r = 0; r < ROWS; r++)
        u->rows[r * pairs + i] = t[r];
    }
}

/* The turns at which row `row` (of all rows of the grid) begins, times the attention factor.  */
static void
start_of (const run *u, place *p, size_t row)
{
  const size_t pairs = u->out->pairs, block = row / ROWS;
  const rw_long_turn *rows = u->rows + row % ROWS * pairs;
  const double at = u->origin + u->step * (double) (block * BLOCK);
  if (p->block != block)
    for (size_t i = 0; i < pairs; i++)
      p->base[i] = rw_long_turn_of (at, u->f->inv_freq[i]);
  p->block = block;
  for (size_t i = 0; i < pairs; i++)
    {
      const rw_long_turn t = rw_long_turn_both (p->base[i], rows[i]);
      p->start[i] = (double) (t.c * u->f->attention_factor);
      p->start[u->room + i] = (double) (t.s * u->f->attention_factor);
    }
}

static void *
at_row (const rw_trig *t, void *values, size_t j)
{
  return (unsigned char *) values + j * (size_t) t->row * rw_dtype_size (t->type);
}

/* r->n positions from the j-th on, by way of doubles.  */
static void
round_rows (const run *u, const place *p, rw_trig_rows r, size_t j)
{
  const rw_trig *t = u->out;
  const size_t n = r.n, whole = t->row == (ptrdiff_t) t->pairs ? n : 1; /* rows side by side */
  r.row = (ptrdiff_t) t->pairs;
  for (size_t done = 0; done < n; done += r.n)
    {
      r.n = n - done < BATCH ? n - done : BATCH;
      r.c = p->batch, r.s = p->batch + BATCH * t->pairs;
      u->kernel (&r);
      const size_t most = whole < r.n ? whole : r.n;
      for (size_t k = 0; k < r.n; k += most)
        {
          u->round (p->batch + k * t->pairs, most * t->pairs, at_row (t, t->cos, j + done + k));
          u->round (p->batch + (BATCH + k) * t->pairs, most * t->pairs,
                    at_row (t, t->sin, j + done + k));
        }
      r.step += 2 * u->room * r.n;
    }
}

static void
fill_row (const run *u, place *p, size_t row)
{
  const rw_trig *t = u->out;
  const size_t from = row * STEPS, to = from + STEPS, end = u->first + t->n;
  const size_t lo = from < u->first ? u->first : from, hi = to < end ? to : end, j = lo - u->first;
  start_of (u, p, row);
  rw_trig_rows r = { .n = hi - lo,
                     .pairs = t->pairs,
                     .room = u->room,
                     .start = p->start,
                     .step = u->steps + (lo - from) * 2 * u->room,
                     .row = t->row,
                     .c = at_row (t, t->cos, j),
                     .s = at_row (t, t->sin, j) };
  if (u->round)
    round_rows (u, p, r, j);
  else
    u->kernel (&r);
}

static bool
streams (const rw_trig *t)
{
  const uintptr_t at
      = (uintptr_t) t->cos | (uintptr_t) t->sin | (uintptr_t) t->row * sizeof (float);
  const size_t line = RW_TRIG_LINE * sizeof (float);
  return t->type == RW_FLOAT32 && t->pairs % RW_TRIG_LINE == 0 && at % line == 0
         && 2 * t->n * t->pairs * sizeof (float) >= STREAM;
}

static void
choose (run *u)
{
  const rw_simd simd = rw_simd_get ();
  const rw_dtype type = u->out->type;
  const rw_trig_kind kind = streams (u->out)     ? RW_TRIG_STREAM
                            : type == RW_FLOAT32 ? RW_TRIG_FLOAT
                                                 : RW_TRIG_DOUBLE;
  u->kernel = rw_trig_kernel_of (kind, simd);
  if (type == RW_BFLOAT16 || type == RW_FLOAT16)
    u->round = rw_dtype_writer_of (type, simd);
}

static rw_status
take (run *u, place *place_of, int threads, rw_arena *scratch, rw_error *err)
{
  const size_t pairs = u->out->pairs;
  u->steps = rw_arena_take (scratch, 2 * STEPS * u->room, sizeof *u->steps);
  u->rows = rw_arena_take (scratch, ROWS * pairs, sizeof *u->rows);
  bool there = u->steps && u->rows;
  for (int k = 0; there && k < threads; k++)
    {
      place *p = &place_of[k];
      p->block = SIZE_MAX;
      p->base = rw_arena_take (scratch, pairs, sizeof *p->base);
      p->start = rw_arena_take (scratch, 2 * u->room, sizeof *p->start);
      p->batch = u->round ? rw_arena_take (scratch, 2 * BATCH * pairs, sizeof *p->batch) : p->start;
      there = p->base && p->start && p->batch;
    }
  return there ? RW_OK : rw_nomem (err, 2 * STEPS * u->room * sizeof *u->steps);
}

rw_status
rw_trig_run (const rw_freqs *f, const rw_positions *p, int most, rw_arena *scratch, rw_trig *t,
             rw_error *err)
{
  const size_t works = t->n * t->pairs / PART;
  const int threads = (size_t) most <= works ? most : works ? (int) works : 1;
  run u = { .f = f, .out = t, .origin = p->from, .step = p->step };
  if (p->step == 1)
    u.origin = floor (p->from / BLOCK) * BLOCK;
  u.first = (size_t) (p->from - u.origin);
  u.room = (t->pairs + RW_TRIG_LINE - 1) / RW_TRIG_LINE * RW_TRIG_LINE;
  choose (&u);
  place *place_of = rw_arena_take (scratch, (size_t) threads, sizeof *place_of);
  if (!place_of)
    return rw_nomem (err, (size_t) threads * sizeof *place_of);
  const rw_status s = take (&u, place_of, threads, scratch, err);
  if (s)
    return s;
  make_tables (&u, threads);
  const size_t begin = u.first / STEPS, n = (u.first + t->n - 1) / STEPS + 1 - begin,
               parts = (size_t) threads;
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static, 1)
  for (size_t k = 0; k < parts; k++)
    {
      for (size_t row = n * k / parts; row < n * (k + 1) / parts; row++)
        fill_row (&u, &place_of[k], begin + row);
      rw_trig_fence ();
    }
  return RW_OK;
}
