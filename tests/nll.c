/* nll: the metric beside the plain double forward pass, window by window.  */
#include "losses_help.h"

enum
{
  MOST = 64 /* windows of one case */
};
#define WITHIN 2e-5 /* nats: float32 activations of two layers, measured 2e-6 */

typedef struct
{
  const char *name, *windows, *bos, *score, *mean;
  int stride, length, most, keep;
} protocol;

/* Windows, fed ids and first scored place of a protocol without tails, written out.  */
typedef struct
{
  int32_t id[MOST][129];
  size_t n, from[MOST];
} script;

static void
write_script (const lab *l, const protocol *p, script *s)
{
  const size_t n = (size_t) p->length, stride = p->stride ? (size_t) p->stride : n;
  const bool disjoint = strcmp (p->windows, "disjoint") == 0;
  const bool each = strcmp (p->bos, "window") == 0, once = strcmp (p->bos, "once") == 0;
  static int32_t stream[LAB_TEXT + 1];
  size_t length = 0;
  if (once)
    stream[length++] = LAB_BOS;
  memcpy (stream + length, l->text[0], LAB_TEXT * sizeof *stream);
  length += LAB_TEXT;
  s->n = 0;
  for (size_t at = 0; s->n < (size_t) p->most; at += disjoint ? n : stride)
    {
      int32_t *id = s->id[s->n];
      if (at + n + !each > length)
        break;
      if (each)
        {
          id[0] = LAB_BOS;
          memcpy (id + 1, stream + at, n * sizeof *id);
        }
      else
        memcpy (id, stream + at, (n + 1) * sizeof *id);
      s->from[s->n] = s->n && !disjoint && stride < n ? n - stride : 0;
      if (strcmp (p->score, "last") == 0)
        s->from[s->n] = n - stride;
      if (strcmp (p->score, "second_half") == 0)
        s->from[s->n] = n / 2 + n % 2;
      s->n++;
      if (strcmp (p->windows, "truncate") == 0)
        break;
    }
}

static void
follow (lab *l, const protocol *p, const rw_freqs *f)
{
  static script s;
  static double nll[MOST][128];
  double sum[128] = { 0 }, count[128] = { 0 }, total = 0, scored = 0, means = 0, worst = 0,
         binned = 0;
  write_script (l, p, &s);
  for (size_t w = 0; w < s.n; w++)
    {
      double mean = 0;
      lab_losses (l, f, (size_t) p->keep, s.id[w], (size_t) p->length, nll[w]);
      for (size_t j = s.from[w]; j < (size_t) p->length; j++)
        {
          sum[j] += nll[w][j];
          count[j] += 1;
          mean += nll[w][j];
        }
      total += mean;
      scored += (double) ((size_t) p->length - s.from[w]);
      means += mean / (double) ((size_t) p->length - s.from[w]) / (double) s.n;
    }
  for (int j = 0; j < 128; j++)
    {
      const double got = bench_field (&l->b, "nll")[j];
      if (count[j] == 0 ? !isnan (got) : !(fabs (got - sum[j] / count[j]) < WITHIN))
        worst = INFINITY;
    }
  for (size_t k = 0; k < l->b.in.n_positions; k++)
    {
      const double got = bench_field (&l->b, "nll_binned")[k];
      double all = 0, n = 0;
      for (int j = 0; j < 128; j++)
        if (j >= l->b.in.position[k]
            && (k + 1 < l->b.in.n_positions ? j < l->b.in.position[k + 1]
                                            : j == (int) l->b.in.position[k]))
          {
            all += sum[j];
            n += count[j];
          }
      if (n == 0 ? !isnan (got) : !(fabs (got - all / n) < WITHIN))
        binned = INFINITY;
    }
  const double want = strcmp (p->mean, "window") == 0 ? means : total / scored;
  const double mean = *bench_field (&l->b, "nll_mean");
  const double low = *bench_field (&l->b, "nll_low"), high = *bench_field (&l->b, "nll_high");
  ok (worst == 0, "%s: losses by position", p->name);
  ok (binned == 0, "%s: losses by bins of positions", p->name);
  ok (fabs (mean - want) < WITHIN, "%s: the mean (%.6f, %.6f)", p->name, mean, want);
  ok (*bench_field (&l->b, "tokens") == scored, "%s: %g places are scored", p->name, scored);
  ok (*bench_field (&l->b, "perplexity") == exp (mean), "%s: perplexity is e^mean", p->name);
  if (s.n == 1 && strcmp (p->mean, "window") == 0)
    ok (isnan (low) && isnan (high), "%s: one window's mean has no interval", p->name);
  else
    ok (low < mean && mean < high, "%s: the interval holds it", p->name);
}

static void
protocols (void)
{
  static const protocol all[] = {
    { "default", "slide", "none", "all", "token", 0, 64, 16, 0 },
    { "slide", "slide", "none", "all", "token", 23, 64, 9, 0 },
    { "slide, means of windows", "slide", "window", "all", "window", 23, 64, 9, 0 },
    { "disjoint, BOS once", "disjoint", "once", "all", "token", 0, 100, 6, 0 },
    { "disjoint, BOS each, second half", "disjoint", "window", "second_half", "token", 0, 63, 7,
      0 },
    { "slide, last", "slide", "once", "last", "token", 11, 47, 12, 0 },
    { "truncate", "truncate", "window", "all", "window", 0, 128, 16, 0 },
    { "keep", "disjoint", "none", "all", "token", 0, 90, 5, 13 },
  };
  for (size_t k = 0; k < sizeof all / sizeof *all; k++)
    {
      const protocol *p = &all[k];
      lab l;
      rw_error err = { 0 };
      rw_freqs f = { 0 };
      lab_open (&l, "nll");
      l.b.in.length = l.b.in.longest = p->length;
      bench_dim (&l.b, "position_full", 128);
      bench_set (&l.b, "text", RW_TEXT_VALUE ("one.txt"));
      bench_set (&l.b, "windows", RW_TEXT_VALUE (p->windows));
      bench_set (&l.b, "bos", RW_TEXT_VALUE (p->bos));
      bench_set (&l.b, "score", RW_TEXT_VALUE (p->score));
      bench_set (&l.b, "mean", RW_TEXT_VALUE (p->mean));
      bench_set (&l.b, "stride", RW_NUMBER_VALUE (p->stride));
      bench_set (&l.b, "max_windows", RW_NUMBER_VALUE (p->most));
      bench_set (&l.b, "keep", RW_NUMBER_VALUE (p->keep));
      table (&l.b, k % 2 ? "linear" : "yarn", 2, &f);
      if (ok (bench_run (&l.b, &f, &err) == RW_OK, "%s runs %s", p->name, err.text))
        follow (&l, p, &f);
      rw_freqs_free (&f);
      lab_close (&l);
    }
}

static void
open_nll (lab *l)
{
  lab_open (l, "nll");
  bench_dim (&l->b, "position_full", 64);
  bench_set (&l->b, "text", RW_TEXT_VALUE ("one.txt"));
}

static void
changes (void)
{
  lab l;
  rw_error err = { 0 };
  rw_freqs own = { 0 }, f = { 0 };
  open_nll (&l);
  bench_set (&l.b, "compare", RW_TEXT_VALUE ("own"));
  table (&l.b, "default", NAN, &own);
  table (&l.b, "linear", 4, &f);
  ok (!bench_run (&l.b, &own, &err), "compare runs %s", err.text);
  const double base = *bench_field (&l.b, "nll_mean");
  ok (*bench_field (&l.b, "nll_change") == 0 && *bench_field (&l.b, "nll_change_low") == 0
          && *bench_field (&l.b, "nll_change_high") == 0,
      "the model's own schedule changes nothing");
  ok (!bench_run (&l.b, &f, &err), "and for another %s", err.text);
  const double change = *bench_field (&l.b, "nll_change"),
               low = *bench_field (&l.b, "nll_change_low"),
               high = *bench_field (&l.b, "nll_change_high");
  ok (fabs (*bench_field (&l.b, "nll_mean") - base - change) < 1e-12,
      "a paired change is the change of the means, but for rounding of sums");
  ok (low < change && change < high && change != 0, "and has an interval");
  ok (high - low < *bench_field (&l.b, "nll_high") - *bench_field (&l.b, "nll_low"),
      "which is narrower than that of the mean");
  rw_freqs_free (&own);
  rw_freqs_free (&f);
  lab_close (&l);
}

static void
copy_of (const lab *l, double out[66])
{
  memcpy (out, bench_field (&l->b, "nll"), 64 * sizeof *out);
  out[64] = *bench_field (&l->b, "nll_low");
  out[65] = *bench_field (&l->b, "nll_high");
}

static void
sameness (void)
{
  lab l;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  double one[66], two[66];
  open_nll (&l);
  table (&l.b, "yarn", 2, &f);
  bench_run (&l.b, &f, &err);
  copy_of (&l, one);
  l.b.in.threads = 3;
  bench_run (&l.b, &f, &err);
  copy_of (&l, two);
  ok (memcmp (one, two, sizeof one) == 0, "three threads give the bits of one");
  bench_set (&l.b, "keep", RW_NUMBER_VALUE (64));
  bench_run (&l.b, &f, &err);
  copy_of (&l, two);
  ok (memcmp (one, two, sizeof one) == 0, "to keep the whole window is to keep all");
  bench_set (&l.b, "keep", RW_NUMBER_VALUE (8));
  bench_run (&l.b, &f, &err);
  copy_of (&l, two);
  ok (memcmp (one, two, 8 * sizeof *one) == 0 && one[20] != two[20],
      "places before the kept keys run out do not change, those after do");
  bench_set (&l.b, "keep", RW_NUMBER_VALUE (0));
  bench_set (&l.b, "max_windows", RW_NUMBER_VALUE (2));
  bench_set (&l.b, "dtype", RW_TEXT_VALUE ("bfloat16"));
  bench_run (&l.b, &f, &err);
  const double coarse = *bench_field (&l.b, "nll_mean"),
               rounding = *bench_field (&l.b, "nll_rounding");
  bench_set (&l.b, "max_windows", RW_NUMBER_VALUE (1));
  bench_run (&l.b, &f, &err);
  const double first = *bench_field (&l.b, "nll_mean");
  bench_set (&l.b, "dtype", RW_TEXT_VALUE ("float32"));
  bench_run (&l.b, &f, &err);
  ok (fabs (first - *bench_field (&l.b, "nll_mean") - rounding) < 1e-12 && rounding != 0,
      "nll_rounding is what bfloat16 adds to the first window, but for rounding of sums");
  ok (fabs (rounding) < 0.1 && fabs (coarse) > 1, "and is small");
  rw_freqs_free (&f);
  lab_close (&l);
}

/* The first of two documents and the second take turns; the blocks are then two.  */
static void
documents (void)
{
  lab l;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  double alone[2], low, high;
  open_nll (&l);
  table (&l.b, "default", NAN, &f);
  bench_set (&l.b, "max_windows", RW_NUMBER_VALUE (3));
  bench_run (&l.b, &f, &err);
  alone[0] = *bench_field (&l.b, "nll_mean");
  l.corpus.document = l.document + 1;
  bench_run (&l.b, &f, &err);
  alone[1] = *bench_field (&l.b, "nll_mean");
  l.corpus.document = l.document;
  l.corpus.n = 2;
  bench_set (&l.b, "max_windows", RW_NUMBER_VALUE (6));
  bench_run (&l.b, &f, &err);
  low = *bench_field (&l.b, "nll_low"), high = *bench_field (&l.b, "nll_high");
  near (*bench_field (&l.b, "nll_mean"), (alone[0] + alone[1]) / 2, TOL2,
        "documents take turns (sums of 192 losses in another order)");
  near (low, fmin (alone[0], alone[1]), TOL2,
        "two documents are two blocks: the lower limit is one");
  near (high, fmax (alone[0], alone[1]), TOL2, "and the upper limit the other");
  rw_freqs_free (&f);
  lab_close (&l);
}

static void
refusals (void)
{
  lab l;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  volatile int stop = 1;
  open_nll (&l);
  table (&l.b, "default", NAN, &f);
  l.b.in.length = LAB_TEXT;
  ok (bench_run (&l.b, &f, &err) == RW_EDOMAIN, "a text that is shorter than a window is refused");
  has (err.text, "has 900 tokens; a window of length 900 takes 901", "with both numbers");
  l.b.in.length = 64;
  l.b.in.stop = &stop;
  ok (bench_run (&l.b, &f, &err) == RW_EINTR, "a run can be stopped");
  stop = 0;
  ok (bench_run (&l.b, &f, &err) == RW_OK, "and is not without reason");
  rw_network_close (l.network);
  l.b.in.network = l.network = lab_network (false);
  ok (bench_run (&l.b, &f, &err) == RW_OK, "without a BOS no tokenizer is needed");
  bench_set (&l.b, "bos", RW_TEXT_VALUE ("once"));
  ok (bench_run (&l.b, &f, &err) == RW_EINVAL, "with one it is");
  rw_freqs_free (&f);
  lab_close (&l);
  lab_open (&l, "nll");
  bench_dim (&l.b, "position_full", 64);
  table (&l.b, "default", NAN, &f);
  ok (bench_run (&l.b, &f, &err) == RW_EINVAL, "no text is refused");
  has (err.text, "text is missing", "by name");
  has (err.hint, "\"tokens\"", "with what to write");
  rw_freqs_free (&f);
  lab_close (&l);
}

int
main (void)
{
  protocols ();
  changes ();
  sameness ();
  documents ();
  refusals ();
  return tap_end ();
}
