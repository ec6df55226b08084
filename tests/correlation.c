/* correlation: the blocked transforms and the evaluation, against direct sums.  */
#include "score/correlation.h"
#include "base/simd.h"
#include "score/fft.h"
#include "score/lags.h"
#include "score_help.h"

#include <complex.h>

enum
{
  PAIRS_MOST = 64,
  TOKENS_MOST = 2048
};

/* ---- transforms ---- */

/* Against the definition, at every frequency; and there and back.  */
static void
transforms_are_the_definition (void)
{
  double worst = 0, back = 0;
  for (size_t n = 1; n <= 512; n *= 2)
    {
      rw_error e = { 0 };
      rw_fft *f = NULL;
      rw_stream stream = rw_stream_new (1, n, 99);
      double *x = rw_new (n * 2 * RW_LANES, sizeof *x), *y = rw_new (n * 2 * RW_LANES, sizeof *y);
      if (rw_fft_new (n, &f, &e))
        ok (0, "%s", e.text);
      for (size_t i = 0; i < n * 2 * RW_LANES; i++)
        x[i] = y[i] = rw_stream_normal (&stream);
      rw_fft_forward (f, y);
      for (size_t i = 0; i < n; i++)
        for (size_t lane = 0; lane < RW_LANES; lane += 3)
          {
            double complex sum = 0;
            const size_t k = rw_fft_frequency (f, i);
            for (size_t j = 0; j < n; j++)
              {
                const double *v = x + j * 2 * RW_LANES + lane;
                sum += (v[0] + I * v[RW_LANES])
                       * cexp (-2 * M_PI * I * (double) (j * k % n) / (double) n);
              }
            const double *v = y + i * 2 * RW_LANES + lane;
            worst = fmax (worst, cabs (sum - (v[0] + I * v[RW_LANES])) / sqrt ((double) n));
          }
      rw_fft_inverse (f, y);
      for (size_t i = 0; i < n * 2 * RW_LANES; i++)
        back = fmax (back, fabs (y[i] / (double) n - x[i]));
      rw_fft_free (f);
      rw_free (x);
      rw_free (y);
    }
  /* TOL3: the direct sum of 512 terms is the less exact of the two */
  ok (worst < TOL3, "transforms of 1 to 512 are their definition: %.2g", worst);
  ok (back < TOL1, "there and back gives what was: %.2g", back);
}

static void
transforms_are_refused (void)
{
  rw_error e = { 0 };
  rw_fft *f = NULL;
  ok (rw_fft_new (24, &f, &e) == RW_EINVAL && !f, "a transform of 24 is refused");
  has (e.text, "power of two", "and it says what was expected");
}

/* ---- correlations ---- */

typedef struct
{
  const char *name;
  size_t n, dim, pairs;
  rw_layout layout;
  rw_dtype type;
  size_t n_sink, block;
  bool scaled, listed;
} sort;

static const sort sorts[] = {
  { "half layout", 257, 16, 8, RW_HALF, RW_FLOAT32, 0, 0, false, false },
  { "interleaved", 257, 16, 8, RW_INTERLEAVED, RW_FLOAT32, 0, 32, false, false },
  { "blocks of 8", 100, 12, 5, RW_HALF, RW_FLOAT32, 4, 8, false, false },
  { "blocks of 2", 31, 4, 2, RW_HALF, RW_FLOAT32, 1, 2, false, false },
  { "blocks of 1", 9, 4, 2, RW_HALF, RW_FLOAT32, 2, 1, false, false },
  { "a whole number of blocks", 256, 24, 12, RW_INTERLEAVED, RW_FLOAT32, 4, 64, true, false },
  { "partial rotation", 300, 40, 4, RW_HALF, RW_FLOAT32, 4, 32, false, false },
  { "partial, interleaved, odd", 301, 45, 11, RW_INTERLEAVED, RW_FLOAT32, 3, 128, true, false },
  { "nothing rotates", 65, 5, 0, RW_HALF, RW_FLOAT32, 4, 0, false, false },
  { "bfloat16", 200, 20, 9, RW_HALF, RW_BFLOAT16, 4, 16, false, false },
  { "float16", 200, 20, 9, RW_INTERLEAVED, RW_FLOAT16, 4, 16, false, false },
  { "float64", 200, 20, 9, RW_HALF, RW_FLOAT64, 4, 16, true, false },
  { "a list of distances", 500, 18, 7, RW_HALF, RW_FLOAT32, 4, 64, true, true },
  { "one token", 1, 6, 2, RW_HALF, RW_FLOAT32, 4, 0, false, false },
  { "two tokens", 2, 6, 3, RW_INTERLEAVED, RW_FLOAT32, 1, 0, true, false },
  { "three tokens", 3, 6, 3, RW_HALF, RW_FLOAT32, 2, 0, true, false },
  { "2048 tokens", 2048, 6, 2, RW_HALF, RW_FLOAT32, 4, 256, true, true },
};

static const int64_t list[] = { 0, 1, 2, 63, 64, 65, 200, 447, 448, 490, 495, 496, 499 };
enum
{
  LISTED = sizeof list / sizeof *list
};

typedef struct
{
  rw_qk qk;
  double scale[TOKENS_MOST], g[PAIRS_MOST];
  rw_correlation_ask ask;
} head;

static void
head_make (head *h, const sort *t)
{
  const qk_ask ask = {
    .n = t->n, .dim = t->dim, .type = t->type, .gap = 3, .offset = 0.4, .memory = 0.7, .seed = 11
  };
  h->qk = qk_make (&ask);
  for (size_t m = 0; m < TOKENS_MOST; m++)
    h->scale[m] = 1 + 0.31 * log1p ((double) m);
  for (size_t i = 0; i < PAIRS_MOST; i++)
    h->g[i] = pow (2385, -(double) i / 11);
  h->ask = (rw_correlation_ask){ .qk = &h->qk,
                                 .layout = t->layout,
                                 .pairs = t->pairs,
                                 .scale = t->scaled ? h->scale : NULL,
                                 .n_sink = t->n_sink,
                                 .n_distances = t->listed ? LISTED : 0,
                                 .distance = t->listed ? list : NULL,
                                 .keep = RW_FLOAT64,
                                 .block = t->block,
                                 .threads = 2 };
}

static void
plain_score (const head *h, const rw_qk *qk, int64_t delta, double effective, double *sum)
{
  rw_correlation_ask ask = h->ask;
  double re[PAIRS_MOST], im[PAIRS_MOST], rest;
  ask.qk = qk;
  rw_correlation_plain (&ask, delta, re, im, &rest);
  *sum = 0.9 * rest;
  for (size_t i = 0; i < ask.pairs; i++)
    *sum += 1.7 * (re[i] * cos (effective * h->g[i]) - im[i] * sin (effective * h->g[i]));
}

/* The mean at a distance, and that without the first keys: these set to 0, fewer counted.  */
static void
plain_means (const head *h, int64_t delta, double effective, double *mean, double *without)
{
  const double n = (double) h->qk.k.n - (double) delta, left = n - (double) h->ask.n_sink;
  rw_qk bare = h->qk;
  const size_t bytes = rw_dtype_size (bare.k.type), row = (size_t) bare.k.stride;
  unsigned char *copy = rw_new (bare.k.n * row, bytes);
  memcpy (copy, bare.k.data, bare.k.n * row * bytes);
  for (size_t m = 0; m < h->ask.n_sink && m < bare.k.n; m++)
    memset (copy + m * row * bytes, 0, bare.k.dim * bytes);
  bare.k.data = copy;
  plain_score (h, &h->qk, delta, effective, mean);
  plain_score (h, &bare, delta, effective, without);
  *mean /= n;
  *without = left > 0 ? *without / left : NAN;
  rw_free (copy);
}

typedef struct
{
  size_t n;
  double mean[TOKENS_MOST], without[TOKENS_MOST];
} means;

static void
means_of (const head *h, const double *effective, int threads, means *out)
{
  rw_error e = { 0 };
  rw_correlation *c = NULL;
  rw_correlation_ask ask = h->ask;
  rw_arena *scratch = rw_arena_new ();
  ask.threads = threads;
  rw_status s = rw_correlation_new (&ask, &c, &e);
  const rw_correlation_table t = { .inv_freq = h->g,
                                   .amplitude = 1.7,
                                   .rest = 0.9,
                                   .effective = effective,
                                   .threads = threads,
                                   .scratch = scratch };
  memset (out, 0, sizeof *out);
  if (!s)
    s = rw_correlation_mean (c, &t, out->mean, ask.n_sink ? out->without : NULL, &e);
  if (s)
    ok (0, "%s", e.text);
  else
    out->n = rw_correlation_size (c);
  rw_correlation_free (c);
  rw_arena_free (scratch);
}

static double
difference (double a, double b)
{
  return isnan (a) && isnan (b) ? 0 : isnan (a) || isnan (b) ? INFINITY : fabs (a - b);
}

/* The largest difference from direct sums; entries far from either end are looked at sparsely.  */
static double
worst_of (const head *h, const means *m, const double *effective)
{
  double worst = m->n ? 0 : INFINITY;
  for (size_t k = 0; k<m->n; k += k> 40 && k + 50 < m->n ? 7 : 1)
    {
      const int64_t delta = h->ask.distance ? h->ask.distance[k] : (int64_t) k;
      double mean, without;
      plain_means (h, delta, effective ? effective[k] : (double) delta, &mean, &without);
      worst = fmax (worst, difference (m->mean[k], mean));
      if (h->ask.n_sink)
        worst = fmax (worst, difference (m->without[k], without));
    }
  return worst;
}

static void
means_are_direct_sums (void)
{
  static head h;
  static means one, two;
  for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
    {
      head_make (&h, &sorts[i]);
      means_of (&h, NULL, 1, &one);
      means_of (&h, NULL, 2, &two);
      const double worst = worst_of (&h, &one, NULL);
      ok (worst < 1e-12, "%s: with and without sinks as direct sums: %.2g", sorts[i].name, worst);
      ok (memcmp (&one, &two, sizeof one) == 0, "%s: the same bits with two threads",
          sorts[i].name);
      rw_qk_free (&h.qk);
    }
}

/* Long enough that they are used.  */
static void
threads_change_no_bit (void)
{
  enum
  {
    MANY = 40000
  };
  static head h;
  const qk_ask ask = { .n = MANY, .dim = 24, .type = RW_FLOAT32, .offset = 0.5, .memory = 0.9 };
  const sort t = { .n = 1, .dim = 24, .pairs = 3, .n_sink = 4 };
  double *out[2][2];
  head_make (&h, &t);
  rw_qk_free (&h.qk);
  h.qk = qk_make (&ask);
  for (int k = 0; k < 2; k++)
    {
      rw_error e = { 0 };
      rw_correlation *c = NULL;
      rw_arena *scratch = rw_arena_new ();
      const int threads = k ? 3 : 1;
      const rw_correlation_table table = {
        .inv_freq = h.g, .amplitude = 1.7, .rest = 0.9, .threads = threads, .scratch = scratch
      };
      out[k][0] = rw_new (MANY, sizeof (double));
      out[k][1] = rw_new (MANY, sizeof (double));
      h.ask.threads = threads;
      rw_status s = rw_correlation_new (&h.ask, &c, &e);
      if (!s)
        s = rw_correlation_mean (c, &table, out[k][0], out[k][1], &e);
      if (s)
        ok (0, "%s", e.text);
      rw_correlation_free (c);
      rw_arena_free (scratch);
    }
  ok (memcmp (out[0][0], out[1][0], MANY * sizeof (double)) == 0
          && memcmp (out[0][1], out[1][1], MANY * sizeof (double)) == 0,
      "40000 tokens by one thread and by three: the same bits");
  for (int k = 0; k < 4; k++)
    rw_free (out[k / 2][k % 2]);
  rw_qk_free (&h.qk);
}

static void
instructions_change_no_bit (void)
{
  static head h;
  static means wide, narrow;
  head_make (&h, &sorts[7]);
  means_of (&h, NULL, 1, &wide);
  setenv ("ROPEWALK_SIMD", "plain", 1);
  means_of (&h, NULL, 1, &narrow);
  ok (memcmp (&wide, &narrow, sizeof wide) == 0, "plain C: the same bits");
  setenv ("ROPEWALK_SIMD", "avx2", 1);
  means_of (&h, NULL, 1, &narrow);
  ok (memcmp (&wide, &narrow, sizeof wide) == 0, "AVX2: the same bits");
  unsetenv ("ROPEWALK_SIMD");
  rw_qk_free (&h.qk);
}

/* A list is the same numbers as all distances, but for how the angles were made.  */
static void
list_is_all (void)
{
  static head h;
  static means all, some;
  head_make (&h, &sorts[12]);
  means_of (&h, NULL, 2, &some);
  h.ask.n_distances = 0;
  h.ask.distance = NULL;
  means_of (&h, NULL, 2, &all);
  double worst = 0;
  for (size_t k = 0; k < LISTED; k++)
    {
      worst = fmax (worst, difference (some.mean[k], all.mean[list[k]]));
      worst = fmax (worst, difference (some.without[k], all.without[list[k]]));
    }
  ok (some.n == LISTED && all.n == 500, "a list keeps its distances, all keeps all");
  ok (worst < 1e-13, "both say the same: %.2g", worst);
  rw_qk_free (&h.qk);
}

static void
float32_rounds_only (void)
{
  static head h;
  static means wide, narrow;
  head_make (&h, &sorts[5]);
  means_of (&h, NULL, 1, &wide);
  h.ask.keep = RW_FLOAT32;
  means_of (&h, NULL, 1, &narrow);
  double worst = 0, largest = 0;
  for (size_t k = 0; k < wide.n; k++)
    {
      worst = fmax (worst, difference (wide.mean[k], narrow.mean[k]));
      largest = fmax (largest, fabs (wide.mean[k]));
    }
  ok (worst > 0 && worst < 1e-6 * largest, "float32 storage costs %.2g of %.2g", worst, largest);
  rw_qk_free (&h.qk);
}

/* Effective distances: flat, with a slope, with steps, and in no order.  */
static void
effective_distances (void)
{
  static head h;
  static means m;
  static double x[4][TOKENS_MOST];
  static const char *const names[] = { "a plateau", "a slope", "a jump", "no order" };
  head_make (&h, &sorts[0]);
  for (size_t k = 0; k < h.qk.q.n; k++)
    {
      const double d = (double) k;
      x[0][k] = fmin (d, 60);
      x[1][k] = d < 50 ? d : 50 + (d - 50) / 3.7;
      x[2][k] = d < 70 ? d : d - 61;
      x[3][k] = (double) (k * 97 % 257) * 0.73;
    }
  for (size_t i = 0; i < 4; i++)
    {
      means_of (&h, x[i], 2, &m);
      const double worst = worst_of (&h, &m, x[i]);
      ok (worst < 1e-12, "effective distances with %s: %.2g", names[i], worst);
    }
  rw_qk_free (&h.qk);
}

/* A million tokens: at distances from both ends and between, against direct sums.  */
static void
a_million_tokens (void)
{
  enum
  {
    N = 1 << 20,
    DIM = 4
  };
  static head h;
  const qk_ask ask = { .n = N, .dim = DIM, .type = RW_FLOAT32, .offset = 0.5, .memory = 0.9 };
  const sort t = { .n = 1, .dim = DIM, .pairs = 2, .n_sink = 4 };
  static const int64_t at[] = { 0, 1, 4097, 40000, 524288, 1000000, N - 999, N - 30, N - 5, N - 1 };
  head_make (&h, &t);
  rw_qk_free (&h.qk);
  h.qk = qk_make (&ask);
  h.ask.keep = RW_FLOAT64;
  rw_error e = { 0 };
  rw_correlation *c = NULL;
  rw_arena *scratch = rw_arena_new ();
  const rw_correlation_table table
      = { .inv_freq = h.g, .amplitude = 1.7, .rest = 0.9, .threads = 2, .scratch = scratch };
  double *mean = rw_new (N, sizeof *mean), *without = rw_new (N, sizeof *without), worst = 0;
  rw_status s = rw_correlation_new (&h.ask, &c, &e);
  if (!s)
    s = rw_correlation_mean (c, &table, mean, without, &e);
  for (size_t i = 0; !s && i < sizeof at / sizeof *at; i++)
    {
      double a, b;
      plain_means (&h, at[i], (double) at[i], &a, &b);
      worst = fmax (worst, difference (mean[at[i]], a));
      worst = fmax (worst, difference (without[at[i]], b));
    }
  ok (!s && worst < 1e-10, "a million tokens, also the last distances: %.2g", worst);
  rw_correlation_free (c);
  rw_arena_free (scratch);
  rw_free (mean);
  rw_free (without);
  rw_qk_free (&h.qk);
}

static void
what_is_refused (void)
{
  static head h;
  rw_error e = { 0 };
  rw_correlation *c = NULL;
  head_make (&h, &sorts[0]);
  rw_correlation_ask ask = h.ask;
  ask.pairs = 9;
  ok (rw_correlation_new (&ask, &c, &e) == RW_EDOMAIN && !c, "more pairs than channels");
  has (e.text, "9 pairs rotate", "and it says so");
  ask = h.ask;
  ask.n_distances = LISTED;
  ask.distance = list;
  ok (rw_correlation_new (&ask, &c, &e) == RW_EINVAL && !c, "a distance beyond the tokens");
  h.qk.k.n--;
  ok (rw_correlation_new (&h.ask, &c, &e) == RW_EINVAL && !c, "k of another length");
  h.qk.k.n++;
  double x;
  const rw_correlation_table t = { .inv_freq = h.g, .threads = 1, .scratch = rw_arena_new () };
  ok (!rw_correlation_new (&h.ask, &c, &e) && rw_correlation_mean (c, &t, &x, &x, &e) == RW_EINVAL,
      "means without sinks that were not left out");
  rw_correlation_free (c);
  rw_correlation_free (NULL);
  rw_lags_free (NULL);
  rw_fft_free (NULL);
  rw_arena_free (t.scratch);
  rw_qk_free (&h.qk);
}

int
main (void)
{
  transforms_are_the_definition ();
  transforms_are_refused ();
  means_are_direct_sums ();
  threads_change_no_bit ();
  instructions_change_no_bit ();
  list_is_all ();
  float32_rounds_only ();
  effective_distances ();
  a_million_tokens ();
  what_is_refused ();
  return tap_end ();
}
