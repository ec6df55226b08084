/* gain: the metrics that crop contexts (gain, extrapolation, longppl) beside the plain double
   forward pass, a target at a time.  */
#include "losses_help.h"
#include "metric/bootstrap.h"

enum
{
  LENGTH = 64,
  WINDOWS = 25,
  CONTEXTS = 7 /* 1, 2, ... 64 */
};
#define WITHIN 2e-5 /* nats: float32 activations of two layers, measured 2e-6 */

/* First token of window w of n that stand at even steps.  */
static size_t
start_of (size_t w, size_t n, size_t length)
{
  return n > 1 ? (LAB_TEXT - 1 - length) * w / (n - 1) : 0;
}

/* Loss of the token `target` from the `context` tokens before it.  */
static double
loss_at (lab *l, const rw_freqs *f, size_t target, size_t context)
{
  double nll[LENGTH * 2];
  lab_losses (l, f, 0, l->text[0] + target - context, context, nll);
  return nll[context - 1];
}

static void
open_lab (lab *l, const char *metric, int targets)
{
  lab_open (l, metric);
  bench_dim (&l->b, "context", CONTEXTS);
  bench_set (&l->b, "text", RW_TEXT_VALUE ("one.txt"));
  bench_set (&l->b, "max_windows", RW_NUMBER_VALUE (WINDOWS));
  if (targets)
    bench_set (&l->b, "targets", RW_NUMBER_VALUE (targets));
}

static void
one_target (void)
{
  lab l;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  double worst = 0;
  open_lab (&l, "gain", 1);
  table (&l.b, "linear", 2, &f);
  ok (!bench_run (&l.b, &f, &err), "gain runs %s", err.text);
  const double *gain = bench_field (&l.b, "gain");
  for (size_t k = 0; k < CONTEXTS; k++)
    {
      double want = 0;
      for (size_t w = 0; w < WINDOWS; w++)
        {
          const size_t target = start_of (w, WINDOWS, LENGTH) + LENGTH;
          want += loss_at (&l, &f, target, (size_t) 1 << k) / WINDOWS;
          want -= loss_at (&l, &f, target, LENGTH) / WINDOWS;
        }
      worst = fmax (worst, fabs (gain[k] - want));
    }
  ok (worst < WITHIN, "one target: every context is exact (%.1e)", worst);
  ok (gain[CONTEXTS - 1] == 0 && bench_field (&l.b, "gain_low")[CONTEXTS - 1] == 0,
      "the gain of the whole context is 0");
  ok (bench_field (&l.b, "gain_low")[2] < gain[2] && gain[2] < bench_field (&l.b, "gain_high")[2],
      "the others have an interval");
  l.b.in.length = 50;
  ok (!bench_run (&l.b, &f, &err), "a length that is no power of two");
  gain = bench_field (&l.b, "gain");
  ok (isnan (gain[6]) && !isnan (gain[5]), "leaves the contexts beyond it NaN");
  rw_freqs_free (&f);
  lab_close (&l);
}

/* Groups of max (1, c / 8) targets, each fed the c tokens before the last one's place.  */
static void
groups (void)
{
  enum
  {
    TARGETS = 6
  };
  lab l;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  double worst = 0;
  open_lab (&l, "gain", TARGETS);
  table (&l.b, "yarn", 2, &f);
  bench_run (&l.b, &f, &err);
  for (size_t k = 0; k < CONTEXTS; k++)
    {
      const size_t c = (size_t) 1 << k;
      const size_t group = c == LENGTH ? TARGETS : c < 16 ? 1 : c / 8 < TARGETS ? c / 8 : TARGETS;
      double want = 0;
      for (size_t w = 0; w < WINDOWS; w++)
        for (size_t t = 0; t < TARGETS; t++)
          {
            const size_t first = start_of (w, WINDOWS, LENGTH),
                         target = first + LENGTH - TARGETS + 1 + t;
            const size_t last_of_group = t / group * group + group - 1;
            const size_t last = last_of_group < TARGETS ? last_of_group : TARGETS - 1;
            want += loss_at (&l, &f, target, c - (last - t));
            want -= loss_at (&l, &f, target, LENGTH - (TARGETS - 1 - t));
          }
      want /= WINDOWS * TARGETS;
      worst = fmax (worst, fabs (bench_field (&l.b, "gain")[k] - want));
    }
  ok (worst < WITHIN, "targets share crops as documented (%.1e)", worst);
  rw_freqs_free (&f);
  lab_close (&l);
}

static void
with_bos (void)
{
  lab l;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  double want = 0;
  open_lab (&l, "gain", 1);
  bench_set (&l.b, "bos", RW_TEXT_VALUE ("window"));
  table (&l.b, "default", NAN, &f);
  ok (!bench_run (&l.b, &f, &err), "gain with a BOS runs %s", err.text);
  for (size_t w = 0; w < WINDOWS; w++)
    for (int whole = 0; whole < 2; whole++)
      {
        const size_t target = start_of (w, WINDOWS, LENGTH) + LENGTH, n = whole ? LENGTH : 8;
        int32_t id[LENGTH + 1];
        double nll[LENGTH];
        id[0] = LAB_BOS;
        memcpy (id + 1, l.text[0] + target - n + 1, n * sizeof *id);
        lab_losses (&l, &f, 0, id, n, nll);
        want += (whole ? -1 : 1) * nll[n - 1] / WINDOWS;
      }
  ok (fabs (bench_field (&l.b, "gain")[3] - want) < WITHIN, "BOS stands in the place of a token");
  rw_freqs_free (&f);
  lab_close (&l);
}

/* ---- extrapolation ---- */

typedef struct
{
  size_t n, context[16];
  double own[16][WINDOWS], at[16][WINDOWS];
} losses;

static void
interval (const lab *l, const double *a, const double *b, double *mean, double *low, double *high)
{
  rw_block_sums sums;
  const size_t first = LENGTH, end = LAB_TEXT; /* of what is scored */
  rw_block_sums_new (20, l->b.in.scratch, &sums, NULL);
  for (size_t w = 0; w < WINDOWS; w++)
    rw_block_sums_add (&sums, (start_of (w, WINDOWS, LENGTH) + LENGTH - first) * 20 / (end - first),
                       a[w] - b[w]);
  *mean = rw_block_mean (&sums);
  rw_block_interval (&sums, l->b.in.seed, l->b.in.scratch, low, high, NULL);
}

/* The definitions, word by word, on losses of the plain pass: contexts 16, 23, 32, 45, 64.  */
static void
definitions (lab *l, losses *x, double out[3])
{
  double mean, low, high;
  out[0] = out[1] = 0;
  out[2] = NAN;
  for (size_t i = 2; i < x->n; i++)
    {
      interval (l, x->at[i], x->own[2], &mean, &low, &high);
      if (high > 0.05)
        break;
      out[0] = (double) x->context[i];
    }
  for (size_t i = 2; i < x->n; i++)
    {
      interval (l, x->at[i - 2], x->at[i], &mean, &low, &high);
      if (mean > 0.01 && low > 0)
        out[1] = (double) x->context[i];
    }
  for (size_t i = 1, best = 0; i < x->n; i++)
    {
      double lowest = 0, here = 0;
      interval (l, x->own[i], x->own[best], &mean, &low, &high);
      if (mean > 0.05 && low > 0)
        {
          out[2] = (double) x->context[i - 1];
          break;
        }
      for (size_t w = 0; w < WINDOWS; w++)
        {
          lowest += x->own[best][w];
          here += x->own[i][w];
        }
      best = here < lowest ? i : best;
    }
}

static double
short_cost (lab *l, const rw_freqs *own, const rw_freqs *f)
{
  double sum = 0;
  size_t n = 0;
  for (size_t w = 0; w < WINDOWS; w++)
    {
      double a[LAB_TRAINED], b[LAB_TRAINED];
      const int32_t *id = l->text[0] + start_of (w, WINDOWS, LAB_TRAINED);
      lab_losses (l, f, 0, id, LAB_TRAINED, a);
      lab_losses (l, own, 0, id, LAB_TRAINED, b);
      for (int j = 0; j < LAB_TRAINED; j++, n++)
        sum += a[j] - b[j];
    }
  return sum / (double) n;
}

static void
four_numbers (const char *type, double factor)
{
  static losses x;
  lab l;
  rw_error err = { 0 };
  rw_freqs own = { 0 }, f = { 0 };
  double want[3];
  open_lab (&l, "extrapolation", 1);
  table (&l.b, "default", NAN, &own);
  table (&l.b, type, factor, &f);
  ok (!bench_run (&l.b, &f, &err), "%s: extrapolation runs %s", type, err.text);
  x = (losses){ .n = 5, .context = { 16, 23, 32, 45, 64 } };
  for (size_t i = 0; i < x.n; i++)
    for (size_t w = 0; w < WINDOWS; w++)
      {
        const size_t target = start_of (w, WINDOWS, LENGTH) + LENGTH;
        x.own[i][w] = loss_at (&l, &own, target, x.context[i]);
        x.at[i][w] = loss_at (&l, &f, target, x.context[i]);
      }
  definitions (&l, &x, want);
  near (*bench_field (&l.b, "effective_length"), want[0], 0, "its effective length");
  near (*bench_field (&l.b, "used_length"), want[1], 0, "its used length");
  near (*bench_field (&l.b, "trained_knee"), want[2], 0, "the knee");
  printf ("# %g %g %g\n", want[0], want[1], want[2]);
  const double cost = *bench_field (&l.b, "short_cost");
  ok (fabs (cost - short_cost (&l, &own, &f)) < WITHIN, "and what it costs below L");
  ok (strcmp (type, "default") ? cost != 0 : cost == 0, "which is nothing for the model's own");
  rw_freqs_free (&own);
  rw_freqs_free (&f);
  lab_close (&l);
}

/* ---- longppl ---- */

enum
{
  SHORT = 16,
  STRIDE = 7
};

/* Places 15 .. 63 of each window, those with more than 16 tokens of context, from windows of up to
   22 tokens.  */
static void
key_tokens (lab *l, const rw_freqs *f, size_t window, double whole[LENGTH], bool key[LENGTH])
{
  const int32_t *id = l->text[0] + window * LENGTH;
  lab_losses (l, f, 0, id, LENGTH, whole);
  for (size_t j = 0; j < LENGTH; j++)
    key[j] = false;
  for (size_t at = SHORT - 1; at < LENGTH; at += STRIDE)
    {
      double brief[SHORT + STRIDE];
      const size_t count = LENGTH - at < STRIDE ? LENGTH - at : STRIDE;
      lab_losses (l, f, 0, id + at - (SHORT - 1), SHORT - 1 + count, brief);
      for (size_t j = 0; j < count; j++)
        key[at + j] = brief[SHORT - 1 + j] - whole[at + j] > 0.25 && whole[at + j] < 6;
    }
}

static void
long_perplexity (bool by_point)
{
  lab l;
  rw_error err = { 0 };
  rw_freqs own = { 0 }, f = { 0 };
  double sum = 0, n = 0;
  lab_open (&l, "longppl");
  bench_set (&l.b, "text", RW_TEXT_VALUE ("one.txt"));
  bench_set (&l.b, "short", RW_NUMBER_VALUE (SHORT));
  bench_set (&l.b, "stride", RW_NUMBER_VALUE (STRIDE));
  bench_set (&l.b, "alpha", RW_NUMBER_VALUE (0.25));
  bench_set (&l.b, "beta", RW_NUMBER_VALUE (6));
  bench_set (&l.b, "max_windows", RW_NUMBER_VALUE (8));
  bench_set (&l.b, "keys", RW_TEXT_VALUE (by_point ? "point" : "evaluator"));
  table (&l.b, "default", NAN, &own);
  table (&l.b, "linear", 2, &f);
  ok (!bench_run (&l.b, &f, &err), "longppl runs %s", err.text);
  for (size_t w = 0; w < 8; w++)
    {
      double whole[LENGTH];
      bool key[LENGTH];
      key_tokens (&l, by_point ? &f : &own, w, whole, key);
      lab_losses (&l, &f, 0, l.text[0] + w * LENGTH, LENGTH, whole);
      for (size_t j = 0; j < LENGTH; j++)
        if (key[j])
          {
            sum += whole[j];
            n += 1;
          }
    }
  ok (n > 5 && *bench_field (&l.b, "longppl_keys") == n, "%g key tokens are found by %s", n,
      by_point ? "the point" : "the evaluator");
  near (*bench_field (&l.b, "longppl"), exp (sum / n), WITHIN,
        "and their perplexity (float32 activations)");
  bench_set (&l.b, "alpha", RW_NUMBER_VALUE (50));
  ok (!bench_run (&l.b, &f, &err) && isnan (*bench_field (&l.b, "longppl"))
          && *bench_field (&l.b, "longppl_keys") == 0,
      "where no token is key there is no perplexity");
  l.b.in.length = SHORT;
  ok (bench_run (&l.b, &f, &err) == RW_EDOMAIN, "a length that is no longer than short is refused");
  has (err.text, "length 16 is not above the short context, 16", "with both numbers");
  rw_freqs_free (&own);
  rw_freqs_free (&f);
  lab_close (&l);
}

int
main (void)
{
  one_target ();
  groups ();
  with_bos ();
  four_numbers ("default", NAN);
  four_numbers ("linear", 2);
  four_numbers ("yarn", 4);
  long_perplexity (false);
  long_perplexity (true);
  return tap_end ();
}
