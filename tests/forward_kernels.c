/* forward_kernels: products beside sums in double, for every shape of edge; norms, activations and
   losses beside their formulas, in every instruction set.  */
#include "base/mem.h"
#include "model/activation.h"
#include "model/gemm.h"
#include "model/loss.h"
#include "model/norm.h"
#include "tap.h"

static float
draw (uint32_t *state)
{
  *state = *state * 1664525 + 1013904223;
  return (float) ((double) *state / 0x1p31 - 1);
}

static float *
drawn (size_t n, uint32_t *state)
{
  float *x = malloc (n * sizeof *x);
  for (size_t i = 0; i < n; i++)
    x[i] = draw (state);
  return x;
}

/* ---- products ---- */

typedef struct
{
  size_t m, n, k, xs, ys;
  bool add, bias;
} shape;

/* Within 2^-24 (k + 2) of the sum of absolute values: k roundings of a sum and its products.  */
static double
worst_share (const shape *s, const float *x, const float *w, const float *bias, const float *before,
             const float *y)
{
  double worst = 0;
  for (size_t r = 0; r < s->m; r++)
    for (size_t c = 0; c < s->n; c++)
      {
        double sum = s->add ? (double) before[r * s->ys + c] : 0, size = fabs (sum);
        sum += s->bias ? (double) bias[c] : 0;
        size += s->bias ? fabs ((double) bias[c]) : 0;
        for (size_t i = 0; i < s->k; i++)
          {
            const double p = (double) x[r * s->xs + i] * (double) w[c * s->k + i];
            sum += p;
            size += fabs (p);
          }
        const double bound = (double) (s->k + 2) * 0x1p-24 * size;
        worst = fmax (worst, fabs ((double) y[r * s->ys + c] - sum) / bound);
      }
  return worst;
}

static void
products_are_sums (void)
{
  static const shape shapes[] = {
    { 1, 1, 1, 1, 1, false, false },         { 3, 7, 5, 5, 7, false, true },
    { 32, 64, 48, 48, 64, false, false },    { 33, 65, 47, 50, 70, true, true },
    { 64, 192, 100, 100, 192, true, false }, { 100, 300, 333, 333, 300, false, true },
    { 700, 40, 17, 17, 40, false, false }, /* several groups of rows */
    { 5, 130, 2100, 2100, 130, true, true },
  };
  for (int threads = 1; threads <= 2; threads++)
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
      {
        const shape *s = &shapes[i];
        uint32_t state = 99 + (uint32_t) i;
        rw_error e = { 0 };
        rw_gemm *g = NULL;
        float *x = drawn (s->m * s->xs, &state), *w = drawn (s->n * s->k, &state),
              *bias = drawn (s->n, &state), *y = drawn (s->m * s->ys, &state),
              *before = malloc (s->m * s->ys * sizeof *y);
        memcpy (before, y, s->m * s->ys * sizeof *y);
        const rw_weight a = { .data = w, .rows = s->n, .cols = s->k, .name = "w" },
                        b = { .data = bias, .rows = 1, .cols = s->n, .name = "b" };
        rw_status st = rw_gemm_new (threads, false, &g, &e);
        st = st ? st
                : rw_gemm_run (g, &a, s->bias ? &b : NULL, s->m, x, s->xs, y, s->ys, s->add, &e);
        const double worst = worst_share (s, x, w, bias, before, y);
        int between = 1;
        for (size_t r = 0; r < s->m; r++)
          for (size_t c = s->n; c < s->ys; c++)
            between &= y[r * s->ys + c] == before[r * s->ys + c];
        ok (!st && worst <= 1 && between, "%zu x %zu x %zu on %d: %.2f of its bound %s", s->m, s->n,
            s->k, threads, worst, e.text);
        rw_gemm_free (g);
        free (x);
        free (w);
        free (bias);
        free (y);
        free (before);
      }
}

/* ---- rows ---- */

static const rw_simd simds[] = { RW_SIMD_PLAIN, RW_SIMD_AVX2, RW_SIMD_AVX512 };

static double
activated (rw_act act, double x)
{
  switch (act)
    {
    case RW_ACT_SILU:
      return x / (1 + exp (-x));
    case RW_ACT_GELU:
      return x / 2 * erfc (-x * M_SQRT1_2);
    default:
      return x / (1 + exp (-2 * sqrt (2 / M_PI) * (x + 0.044715 * x * x * x)));
    }
}

static void
activations_are_their_formulas (rw_simd simd)
{
  static const char *const names[] = { "silu", "gelu", "gelu_tanh" };
  enum
  {
    STEPS = 40011
  };
  float *x = malloc (STEPS * sizeof *x), *up = malloc (STEPS * sizeof *up);
  for (int act = 0; act < 3; act++)
    {
      double worst = 0;
      for (int i = 0; i < STEPS; i++)
        x[i] = (float) ((i - STEPS / 2) * 0.001), up[i] = i % 2 ? 0.5F : -2;
      rw_activation_run ((rw_act) act, simd, 3, STEPS / 3, x, STEPS / 3, up, 1);
      for (int i = 0; i < STEPS; i++)
        {
          const double at = (double) (float) ((i - STEPS / 2) * 0.001);
          const double want = activated ((rw_act) act, at);
          const double error = fabs ((double) x[i] / (double) up[i] - want);
          worst = fmax (worst, at != 0 ? error / fabs (at) : error);
        }
      ok (worst < RW_ACTIVATION_ERROR, "%s, %s: within %.1e |x| of the formula",
          rw_simd_text (simd), names[act], worst);
    }
  free (x);
  free (up);
}

static void
norms_are_their_formulas (rw_simd simd)
{
  enum
  {
    DIM = 77
  };
  uint32_t state = 5;
  float *x = drawn (2 * DIM, &state), *w = drawn (DIM, &state), *b = drawn (DIM, &state), y[DIM];
  const size_t from = 1;
  for (int kind = 0; kind < 2; kind++)
    {
      double mean = 0, square = 0, worst = 0;
      const rw_norm_ask ask = { .kind = (rw_norm) kind,
                                .n = DIM,
                                .w = w,
                                .b = kind ? b : NULL,
                                .eps = 1e-5,
                                .threads = 1,
                                .simd = simd };
      rw_norm_run (&ask, 1, x, DIM, &from, y, DIM);
      for (int i = 0; kind == RW_NORM_LAYER && i < DIM; i++)
        mean += (double) x[DIM + i] / DIM;
      for (int i = 0; i < DIM; i++)
        square += pow ((double) x[DIM + i] - mean, 2) / DIM;
      for (int i = 0; i < DIM; i++)
        {
          const double want = ((double) x[DIM + i] - mean) / sqrt (square + 1e-5) * (double) w[i]
                              + (kind ? (double) b[i] : 0);
          worst = fmax (worst, fabs ((double) y[i] - want));
        }
      ok (worst < 4 * 0x1p-23, /* three roundings of values below 2 */
          "%s, %s norm: within %.1e", rw_simd_text (simd), kind ? "layer" : "RMS", worst);
    }
  free (x);
  free (w);
  free (b);
}

static void
losses_are_log_sums (rw_simd simd)
{
  enum
  {
    VOCAB = 1003
  };
  uint32_t state = 11;
  float *l = drawn (VOCAB, &state);
  double sum = 0, other = -HUGE_VAL;
  int above = 0;
  for (int i = 0; i < VOCAB; i++)
    l[i] = 12 * l[i] - 60;
  for (int i = 0; i < VOCAB; i++)
    {
      sum += exp ((double) l[i]);
      above += l[i] > l[500];
      other = i == 500 ? other : fmax (other, (double) l[i]);
    }
  const rw_loss loss = rw_loss_of (l, VOCAB, 500, simd);
  ok (fabs (loss.nll - (log (sum) - (double) l[500])) < 2e-7, /* loss.h */
      "%s: the loss (%.1e)", rw_simd_text (simd), loss.nll - (log (sum) - (double) l[500]));
  ok (loss.rank == above && loss.margin == (double) l[500] - other, "%s: rank and margin",
      rw_simd_text (simd));
  l[999] = 100;
  ok (rw_loss_best (l, VOCAB) == 999 && rw_loss_of (l, VOCAB, 999, simd).nll == 0,
      "%s: a token that is sure has no loss", rw_simd_text (simd));
  free (l);
}

int
main (void)
{
  products_are_sums ();
  for (size_t i = 0; i < sizeof simds / sizeof *simds && simds[i] <= rw_simd_get (); i++)
    {
      activations_are_their_formulas (simds[i]);
      norms_are_their_formulas (simds[i]);
      losses_are_log_sums (simds[i]);
    }
  return tap_end ();
}
