/* moments_score: mean, variance and their gradients for one table; see moments.h.

   w = (A cos (delta g_i), - A sin (delta g_i), B), A = c sigma a^2, B = c sigma:
       mean = w mu,   variance = w^T Sigma w,   y = Sigma w,
       d mean / d ln g_i = mu_re w'_re + mu_im w'_im,  d var / d ln g_i = 2 (y_re w'_re + y_im
   w'_im) with w'_re = delta g_i w_im and w'_im = - delta g_i w_re;  A is a^2: d mean / d ln a = 2
   w_rot mu_rot, d var / d ln a = 4 w_rot y_rot.

   Error of the mean by the block bootstrap over the B query segments, of n_b pairs of positions and
   sums S_b: a replicate draws B segments with replacement, mean* = sum S_b* / sum n_b*.  Linear in
   the drawn, mean* - mean = sum (S_b* - n_b* mean) / n, whose terms have the mean 0 over the
   segments and are independent, so
       se^2 = sum_b (S_b - n_b mean)^2 / n^2 = sum_b n_b^2 (mean_b - mean)^2 / n^2.  */
#include "score/moments_set.h"
#include "score/quadratic.h"

#include <math.h>
#ifdef _OPENMP
#  include <omp.h>
#else
#  define omp_get_thread_num() 0
#endif

enum
{
  LANES = 8
};

/* One thread's vectors, each (n + 1,) and filled up to whole cache lines.  */
typedef struct
{
  double *w, *y;
} work;

typedef struct
{
  const rw_moments *m;
  const rw_moments_table *t;
  rw_moments_result *out;
  rw_simd simd;
  size_t room; /* of a vector */
  bool gradient;
} job;

/* Eight sums side by side: what the compiler's baseline makes of it is fast enough.  */
#define DOT(name, type)                                                                            \
  static double name (const type *x, const double *w, size_t n)                                    \
  {                                                                                                \
    typedef type from                                                                              \
        __attribute__ ((vector_size (LANES * sizeof (type)), aligned (sizeof (type)), may_alias)); \
    typedef double wide                                                                            \
        __attribute__ ((vector_size (LANES * sizeof (double)), aligned (8), may_alias));           \
    wide sum = { 0 };                                                                              \
    size_t i = 0;                                                                                  \
    for (; i + LANES <= n; i += LANES)                                                             \
      sum += __builtin_convertvector(*(const from *) (x + i), wide) * *(const wide *) (w + i);     \
    for (; i < n; i++)                                                                             \
      sum[0] += (double) x[i] * w[i];                                                              \
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));      \
  }
DOT (dot, double)
DOT (dot_float, float)

static double
distance_at (const job *j, size_t d)
{
  return j->t->effective ? j->t->effective[d] : j->m->distance[d];
}

static void
weigh (const job *j, size_t d, double *w)
{
  const double delta = distance_at (j, d);
  for (size_t i = 0; i < j->m->pairs; i++)
    {
      double *x = w + rw_moments_coordinate (i);
      const double phi = delta * j->t->inv_freq[i];
      x[0] = j->t->amplitude * cos (phi);
      x[RW_GRAM_PAIRS] = -j->t->amplitude * sin (phi);
    }
  w[j->m->n] = j->t->rest;
}

/* y = Sigma w without the first keys, and w y.  */
static double
spread (const job *j, size_t d, work *v)
{
  const rw_moments *m = j->m;
  const float *sigma = m->sigma + d * m->squares * RW_GRAM_SQUARE;
  const double *cross = m->cross + d * (m->n + 1), rest = v->w[m->n];
  const double mixed = m->rest ? dot (cross, v->w, m->n) : 0, own = rest * cross[m->n];
  if (!j->gradient)
    return rw_quadratic_form (j->simd, m->panels, sigma, v->w) + rest * (2 * mixed + own);
  rw_quadratic_apply (j->simd, m->panels, sigma, v->w, v->y);
  for (size_t i = 0; i < m->n && m->rest; i++)
    v->y[i] += rest * cross[i];
  v->y[m->n] = mixed + own;
  return dot (v->y, v->w, m->n + 1);
}

/* Puts the first keys back into y and the variance, which is returned.  */
static double
put_back (const job *j, size_t d, work *v, double without)
{
  const rw_moments *m = j->m;
  const rw_moments_count *c = m->count + d;
  const double *x = m->extra + d * m->extras * (m->n + 1);
  double sum = c->without * without;
  for (size_t i = 0; i <= m->n && j->gradient; i++)
    v->y[i] *= c->without;
  for (size_t r = 0; r <= c->apart; r++, x += m->n + 1)
    {
      const double along = dot (x, v->w, m->n + 1);
      sum += along * along;
      for (size_t i = 0; i <= m->n && j->gradient; i++)
        v->y[i] += along * x[i];
    }
  for (size_t i = 0; i <= m->n && j->gradient; i++)
    v->y[i] /= c->all;
  return sum / c->all;
}

static double
error_of (const job *j, size_t d, const double *w)
{
  const rw_moments *m = j->m;
  const float *e = m->deviation + d * m->segments * (m->n + 1);
  double sum = 0;
  if (m->count[d].segments < 2)
    return NAN;
  for (size_t s = 0; s < m->segments; s++, e += m->n + 1)
    {
      const double x = dot_float (e, w, m->n + 1);
      sum += x * x;
    }
  return sqrt (sum);
}

static void
gradients (const job *j, size_t d, const work *v)
{
  const rw_moments *m = j->m;
  const rw_moments_result *out = j->out;
  const double *mu = m->mu + d * (m->n + 1), delta = distance_at (j, d);
  for (size_t i = 0; i < m->pairs; i++)
    {
      const size_t re = rw_moments_coordinate (i), im = re + RW_GRAM_PAIRS;
      const double turn = delta * j->t->inv_freq[i];
      if (out->mean_by_freq)
        out->mean_by_freq[d * m->pairs + i] = turn * (mu[re] * v->w[im] - mu[im] * v->w[re]);
      if (out->variance_by_freq)
        out->variance_by_freq[d * m->pairs + i]
            = 2 * turn * (v->y[re] * v->w[im] - v->y[im] * v->w[re]);
    }
  if (out->mean_by_factor)
    out->mean_by_factor[d] = 2 * dot (mu, v->w, m->n);
  if (out->variance_by_factor)
    out->variance_by_factor[d] = 4 * dot (v->y, v->w, m->n);
}

static void
undefined (const job *j, size_t d)
{
  double *const one[] = {
    j->out->mean,       j->out->variance,       j->out->mean_without,      j->out->variance_without,
    j->out->mean_error, j->out->mean_by_factor, j->out->variance_by_factor
  };
  double *const many[] = { j->out->mean_by_freq, j->out->variance_by_freq };
  for (size_t k = 0; k < sizeof one / sizeof *one; k++)
    if (one[k])
      one[k][d] = NAN;
  for (size_t k = 0; k < sizeof many / sizeof *many; k++)
    for (size_t i = 0; many[k] && i < j->m->pairs; i++)
      many[k][d * j->m->pairs + i] = NAN;
}

static void
score (const job *j, size_t d, work *v)
{
  const rw_moments *m = j->m;
  const rw_moments_result *out = j->out;
  const rw_moments_count *c = m->count + d;
  if (c->all == 0)
    {
      undefined (j, d);
      return;
    }
  weigh (j, d, v->w);
  const double mean = dot (m->mu + d * (m->n + 1), v->w, m->n + 1);
  if (out->mean)
    out->mean[d] = mean;
  if (out->mean_without)
    out->mean_without[d] = c->without == 0 ? NAN
                           : m->extras
                               ? mean
                                     + dot (m->extra + d * m->extras * (m->n + 1), v->w, m->n + 1)
                                           / sqrt (c->without)
                               : mean;
  if (out->mean_error)
    out->mean_error[d] = error_of (j, d, v->w);
  if (!out->variance && !out->variance_without && !j->gradient)
    return;
  const double without = fmax (0, spread (j, d, v));
  const double all = m->extras ? put_back (j, d, v, without) : without;
  if (out->variance)
    out->variance[d] = all;
  if (out->variance_without)
    out->variance_without[d] = c->without > 0 ? without : NAN;
  if (j->gradient)
    gradients (j, d, v);
}

rw_status
rw_moments_score (const rw_moments *m, const rw_moments_table *t, rw_moments_result *out,
                  rw_error *err)
{
  const int threads = t->threads > 1 ? t->threads : 1;
  job j = { .m = m, .t = t, .out = out, .simd = rw_simd_get () };
  j.room = (m->n + 1 + LANES - 1) / LANES * LANES;
  j.gradient = out->mean_by_freq || out->variance_by_freq || out->mean_by_factor
               || out->variance_by_factor;
  double *room = rw_arena_take (t->scratch, 2 * (size_t) threads, j.room * sizeof *room);
  if (!room)
    return rw_nomem (err, 2 * j.room * sizeof *room);
#pragma omp parallel for num_threads(threads) schedule(static)
  for (size_t d = 0; d < m->n_distances; d++)
    {
      double *x = room + 2 * (size_t) omp_get_thread_num () * j.room;
      score (&j, d, &(work){ .w = x, .y = x + j.room });
    }
  return RW_OK;
}
