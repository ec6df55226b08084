/* rotate_pen: a query and a key of one head, rotated one token at a time by schedules' tables.

   Bounds, u = 2^-24: a table's value is within 0.5 u a of the exact one, a rotated pair z within
   2 u a |z| a channel (rotate.h), so within 4 u a |z| as a vector in all (sqrt 2 times 2.5).  */
#ifndef RW_TESTS_ROTATE_PEN_H
#define RW_TESTS_ROTATE_PEN_H

#include "rope/rotate.h"
#include "rotate_help.h"
#include "schedule_help.h"

enum
{
  PAIRS = 64,
  DIM = 2 * PAIRS
};
static const double vector_error = 4 * 0x1p-24;

typedef struct
{
  rw_arena *arena;
  rw_layout layout;
  float q[DIM], k[DIM];
} pen;

/* One token's table, filled anew.  */
__attribute__ ((unused)) static rw_trig
row_of (pen *p, const rw_freqs *f, double position)
{
  rw_error err = { 0 };
  rw_arena_reset (p->arena);
  float *room = rw_arena_take (p->arena, 2 * f->n, sizeof *room);
  rw_trig t = { .type = RW_FLOAT32,
                .n = 1,
                .pairs = f->n,
                .row = (ptrdiff_t) f->n,
                .cos = room,
                .sin = room + f->n };
  const rw_positions at = { .n = 1, .from = position, .step = 1 };
  if (rw_trig_fill (f, &at, RW_TRIG_EXACT, 1, p->arena, &t, &err))
    ok (0, "the table fills: %s", err.text);
  return t;
}

__attribute__ ((unused)) static void
turn (const rw_trig *t, rw_layout layout, bool undo, const float *x, float *y)
{
  const rw_rotation r = { .layout = layout,
                          .tokens = 1,
                          .heads = 1,
                          .dim = DIM,
                          .scale = 1,
                          .undo = undo,
                          .simd = rw_simd_get () };
  rw_error err = { 0 };
  if (rw_rotate (&r, t, x, y, &err))
    ok (0, "it rotates: %s", err.text);
}

__attribute__ ((unused)) static void
rotated (pen *p, const rw_freqs *f, double position, const float *x, float *y)
{
  const rw_trig t = row_of (p, f, position);
  turn (&t, p->layout, false, x, y);
}

__attribute__ ((unused)) static double
dot (const float *a, const float *b)
{
  double sum = 0;
  for (int i = 0; i < DIM; i++)
    sum += (double) a[i] * (double) b[i];
  return sum;
}

__attribute__ ((unused)) static double
score (pen *p, const rw_freqs *f, double m, double n)
{
  float q[DIM], k[DIM];
  rotated (p, f, m, p->q, q);
  rotated (p, f, n, p->k, k);
  return dot (q, k);
}

/* Channels of pair i.  */
__attribute__ ((unused)) static void
channels (rw_layout layout, size_t i, size_t *re, size_t *im)
{
  *re = layout == RW_HALF ? i : 2 * i;
  *im = layout == RW_HALF ? i + PAIRS : 2 * i + 1;
}

/* sum_i |q_i| |k_i|: what a relative error of the pairs is multiplied by.  */
__attribute__ ((unused)) static double
weight (const pen *p, const float *q, const float *k)
{
  double sum = 0;
  size_t a, b;
  for (size_t i = 0; i < PAIRS; i++)
    {
      channels (p->layout, i, &a, &b);
      sum += hypot ((double) q[a], (double) q[b]) * hypot ((double) k[a], (double) k[b]);
    }
  return sum;
}

/* a^2 Re sum_i q_i conj k_i e^{i (m - n) g_i}.  */
__attribute__ ((unused)) static double
by_distance (const pen *p, const rw_freqs *f, double delta)
{
  long double sum = 0;
  size_t a, b;
  for (size_t i = 0; i < PAIRS; i++)
    {
      channels (p->layout, i, &a, &b);
      const long double qr = p->q[a], qi = p->q[b], kr = p->k[a], ki = p->k[b];
      const long double phi = (long double) delta * f->inv_freq[i];
      sum += (qr * kr + qi * ki) * cosl (phi) - (qi * kr - qr * ki) * sinl (phi);
    }
  return (double) sum * f->attention_factor * f->attention_factor;
}

/* Random pairs over four orders of magnitude.  */
__attribute__ ((unused)) static void
pen_fill (pen *p, rw_layout layout, uint64_t *seed)
{
  p->layout = layout;
  for (int i = 0; i < DIM; i++)
    {
      p->q[i] = (float) (uniform (seed, -1, 1) * pow (10, uniform (seed, -2, 2)));
      p->k[i] = (float) (uniform (seed, -1, 1) * pow (10, uniform (seed, -2, 2)));
    }
}

#endif
