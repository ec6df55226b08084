/* shift: scores of rounded positions; see shift.h.  */
#include "metric/shift.h"
#include "base/rng.h"
#include "rope/turn.h"

#include <math.h>

enum
{
  PURPOSE_VECTORS = 9, /* of the random streams; sources begin at 16 */
  PURPOSE_SHIFTS = 10
};

typedef struct
{
  const rw_freqs *f;
  const rw_input *in;
  rw_dtype type;
  size_t pairs, vectors, shifts;
  float *g;        /* (pairs,) the frequencies in float32 */
  double *part;    /* (shifts,) where in its part each shift lies, [0, 1) */
  double *product; /* (vectors, 2, pairs): q_i conj k_i */
} ask;

/* ---- vectors ---- */

static void
make_unit (double *x, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += x[i] * x[i];
  for (size_t i = 0; i < n && sum > 0; i++)
    x[i] /= sqrt (sum);
}

static void
draw (rw_stream *stream, const rw_rows *rows, size_t dim, double *x)
{
  if (rows)
    rw_rows_at (rows, (size_t) (rw_stream_uniform (stream) * (double) rows->n), x);
  for (size_t i = 0; i < dim && !rows; i++)
    x[i] = rw_stream_normal (stream);
  make_unit (x, dim);
}

rw_status
rw_shift_vectors_new (const rw_input *in, size_t n, bool source, rw_shift_vectors **out,
                      rw_error *err)
{
  const size_t dim = source ? in->qk->q.dim : (size_t) in->geometry->head_dim;
  rw_stream stream = rw_stream_new (in->seed, in->group, PURPOSE_VECTORS);
  rw_shift_vectors *v = rw_new (1, sizeof *v);
  if (!v)
    return rw_nomem (err, sizeof *v);
  *v = (rw_shift_vectors){ .n = n, .dim = dim };
  v->q = rw_new (n * dim, sizeof *v->q);
  v->k = rw_new (n * dim, sizeof *v->k);
  if (!v->q || !v->k)
    {
      rw_shift_vectors_free (v);
      return rw_nomem (err, 2 * n * dim * sizeof *v->q);
    }
  for (size_t j = 0; j < n; j++)
    {
      draw (&stream, source ? &in->qk->q : NULL, dim, v->q + j * dim);
      draw (&stream, source ? &in->qk->k : NULL, dim, v->k + j * dim);
    }
  *out = v;
  return RW_OK;
}

void
rw_shift_vectors_free (rw_shift_vectors *v)
{
  if (v)
    {
      rw_free (v->q);
      rw_free (v->k);
    }
  rw_free (v);
}

/* ---- scores ---- */

/* q_i conj k_i of every pair and vector.  */
static void
multiply (const ask *a, const rw_shift_vectors *v)
{
  const bool half = a->in->geometry->layout == RW_HALF;
  for (size_t j = 0; j < v->n; j++)
    for (size_t i = 0; i < a->pairs; i++)
      {
        const size_t re = half ? i : 2 * i, im = half ? i + a->pairs : 2 * i + 1;
        const double *q = v->q + j * v->dim, *k = v->k + j * v->dim;
        double *to = a->product + 2 * j * a->pairs + i;
        to[0] = q[re] * k[re] + q[im] * k[im];
        to[a->pairs] = q[im] * k[re] - q[re] * k[im];
      }
}

/* e^{j m g} a as transformers has it: product, cos, sin and factor in float32.  */
static rw_turn
float_turn (float m, float g, float a)
{
  const float angle = m * g;
  return (rw_turn){ (double) (cosf (angle) * a), (double) (sinf (angle) * a) };
}

/* What the rounded rotations of query and key turn a pair by, less what they should: `exact`.  */
static void
deviate (const ask *a, double delta, double shift, const rw_turn *exact, double *re, double *im)
{
  const float m = (float) rw_dtype_round (a->type, delta + shift);
  const float n = (float) rw_dtype_round (a->type, shift);
  const float factor = (float) a->f->attention_factor;
  for (size_t i = 0; i < a->pairs; i++)
    {
      const rw_turn q = float_turn (m, a->g[i], factor), k = float_turn (n, a->g[i], factor);
      const rw_turn both = rw_turn_both (q, (rw_turn){ k.c, -k.s });
      re[i] = both.c - exact[i].c;
      im[i] = both.s - exact[i].s;
    }
}

static double
worst_vector (const ask *a, const double *re, const double *im)
{
  double worst = 0;
  for (size_t j = 0; j < a->vectors; j++)
    {
      const double *hr = a->product + 2 * j * a->pairs, *hi = hr + a->pairs;
      double sum = 0;
      for (size_t i = 0; i < a->pairs; i++)
        sum += hr[i] * re[i] - hi[i] * im[i];
      worst = fmax (worst, fabs (sum));
    }
  return worst;
}

/* `room` is (4, pairs).  */
static double
worst_shift (const ask *a, double delta, double *room)
{
  const double places = floor (a->in->length) - delta;
  const double square = a->f->attention_factor * a->f->attention_factor;
  double worst = 0, *re = room, *im = room + a->pairs;
  rw_turn *exact = (void *) (room + 2 * a->pairs);
  if (places < 1)
    return NAN;
  for (size_t i = 0; i < a->pairs; i++)
    {
      const rw_turn t = rw_turn_of (delta, a->f->inv_freq[i]);
      exact[i] = (rw_turn){ square * t.c, square * t.s };
    }
  for (size_t s = 0; s < a->shifts; s++)
    {
      const double shift = floor (((double) s + a->part[s]) / (double) a->shifts * places);
      deviate (a, delta, fmin (shift, places - 1), exact, re, im);
      worst = fmax (worst, worst_vector (a, re, im));
    }
  return worst;
}

static rw_status
take (ask *a, rw_arena *scratch, size_t threads, double **room, rw_error *err)
{
  rw_stream stream = rw_stream_new (a->in->seed, a->in->group, PURPOSE_SHIFTS);
  a->g = rw_arena_take (scratch, a->pairs, sizeof *a->g);
  a->part = rw_arena_take (scratch, a->shifts, sizeof *a->part);
  a->product = rw_arena_take (scratch, 2 * a->vectors * a->pairs, sizeof *a->product);
  *room = rw_arena_take (scratch, 4 * a->pairs * threads, sizeof **room);
  if (!a->g || !a->part || !a->product || !*room)
    return rw_nomem (err, 2 * a->vectors * a->pairs * sizeof *a->product);
  for (size_t i = 0; i < a->pairs; i++)
    a->g[i] = (float) a->f->inv_freq[i];
  for (size_t s = 0; s < a->shifts; s++)
    a->part[s] = rw_stream_uniform (&stream);
  return RW_OK;
}

rw_status
rw_shift_errors (const rw_freqs *f, const rw_input *in, const rw_shift_vectors *v, size_t shifts,
                 rw_dtype type, double *out, rw_error *err)
{
  const size_t threads = in->threads > 1 ? (size_t) in->threads : 1, n = in->n_distances;
  ask a = { .f = f, .in = in, .type = type, .vectors = v->n, .shifts = shifts };
  a.pairs = 2 * f->n <= v->dim ? f->n : v->dim / 2;
  double *room;
  const rw_status s = take (&a, in->scratch, threads, &room, err);
  if (s)
    return s;
  multiply (&a, v);
  const bool fits = isfinite (rw_dtype_round (type, floor (in->length) - 1)) && !f->rule;
#pragma omp parallel for num_threads((int) threads) if (threads > 1) schedule(static, 1)
  for (size_t t = 0; t < threads; t++)
    for (size_t k = t; k < n; k += threads)
      out[k] = fits ? worst_shift (&a, in->distance[k], room + 4 * t * a.pairs) : NAN;
  return RW_OK;
}
