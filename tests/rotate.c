/* rotate: rotations of random shapes against the definition in double, kernel against kernel, and
   every byte around; then the formats value by value, and what is refused.  */
#include "rotate_help.h"

enum
{
  TRIALS = 400,
  PATTERNS = 1 << 16
};

typedef struct
{
  rw_rotation r;
  rw_trig table;
  bytes x, y; /* y: before */
  int64_t *rows;
  float *scales;
} trial;

/* Strides of [tokens, heads, dim] or [heads, tokens, dim] with gaps; returns the values spanned. */
static size_t
strides (uint64_t *seed, const rw_rotation *r, ptrdiff_t *token, ptrdiff_t *head)
{
  const ptrdiff_t dim = (ptrdiff_t) r->dim, n = (ptrdiff_t) r->tokens, h = (ptrdiff_t) r->heads;
  if (among (seed, 0, 1))
    {
      *head = dim + (ptrdiff_t) among (seed, 0, 3);
      *token = h * *head + (ptrdiff_t) among (seed, 0, 5);
    }
  else
    {
      *token = dim + (ptrdiff_t) among (seed, 0, 3);
      *head = n * *token + (ptrdiff_t) among (seed, 0, 5);
    }
  return n && h ? (size_t) ((n - 1) * *token + (h - 1) * *head + dim) : 0;
}

static trial
trial_new (uint64_t *seed)
{
  static const size_t odd_pairs[] = { 513, 1033 }; /* more than one panel */
  const size_t pairs = among (seed, 0, 39) ? among (seed, 0, 70) : odd_pairs[among (seed, 0, 1)];
  const size_t n = among (seed, 1, 9), row = pairs + among (seed, 0, 3);
  double g[1100];
  trial t = { .r = { .type = (rw_dtype) among (seed, 0, 2),
                     .layout = (rw_layout) among (seed, 0, 1),
                     .tokens = among (seed, 0, n),
                     .heads = among (seed, 0, 4),
                     .dim = 2 * pairs + (among (seed, 0, 1) ? among (seed, 0, 40) : 0),
                     .scale = among (seed, 0, 1) ? 1 : (float) uniform (seed, -2, 2),
                     .undo = among (seed, 0, 2) == 0,
                     .threads = 1 } };
  for (size_t i = 0; i < pairs; i++)
    g[i] = pow (10, uniform (seed, -5, 0));
  t.table = table_new (g, pairs, uniform (seed, 0.7, 1.4), uniform (seed, 0, 3000), 1, n, row);
  if (among (seed, 0, 1))
    {
      t.rows = malloc (t.r.tokens * sizeof *t.rows + 1);
      for (size_t k = 0; k < t.r.tokens; k++)
        t.rows[k] = (int64_t) among (seed, 0, n - 1);
      t.r.row_of = t.rows;
    }
  if (among (seed, 0, 2) == 0)
    {
      t.scales = malloc (t.r.tokens * sizeof *t.scales + 1);
      for (size_t k = 0; k < t.r.tokens; k++)
        t.scales[k] = (float) uniform (seed, 0.5, 2);
      t.r.token_scale = t.scales;
    }
  const size_t size = rw_dtype_size (t.r.type);
  const size_t from = strides (seed, &t.r, &t.r.from_token, &t.r.from_head);
  const size_t to = strides (seed, &t.r, &t.r.to_token, &t.r.to_head);
  t.x = bytes_new (seed, from * size, among (seed, 0, 3));
  t.y = bytes_new (seed, to * size, among (seed, 0, 3));
  for (size_t k = 0; k < from; k++)
    set_value (t.r.type, t.x.at + k * size,
               uniform (seed, -2, 2) * ldexp (1, (int) among (seed, 0, 20) - 14));
  return t;
}

static void
trial_free (trial *t)
{
  table_free (&t->table);
  free (t->x.owned);
  free (t->y.owned);
  free (t->rows);
  free (t->scales);
}

static ptrdiff_t
place (ptrdiff_t token, ptrdiff_t head, size_t t, size_t h, size_t channel)
{
  return (ptrdiff_t) t * token + (ptrdiff_t) h * head + (ptrdiff_t) channel;
}

static double
x_at (const trial *t, size_t token, size_t head, size_t channel)
{
  const ptrdiff_t k = place (t->r.from_token, t->r.from_head, token, head, channel);
  return value_at (t->r.type, t->x.at + k * (ptrdiff_t) rw_dtype_size (t->r.type));
}

/* The definition, before rounding, and how far float32 may be from it: the row and two scales are
   rounded (not where nothing is scaled), then products and their sum.  */
static double
exact (const trial *t, size_t token, size_t head, size_t channel, double *error)
{
  const rw_rotation *r = &t->r;
  const size_t pairs = t->table.pairs, row = t->rows ? (size_t) t->rows[token] : token;
  const double scale = (double) r->scale * (t->scales ? (double) t->scales[token] : 1);
  const double factor = r->undo ? 1 / scale : scale;
  const double roundings = (!r->undo && scale == 1 ? 2 : 4) + 0.01; /* of second order */
  if (channel >= 2 * pairs)
    {
      const double y = factor * x_at (t, token, head, channel);
      *error = scale == 1 ? 0 : roundings * unit_roundoff * fabs (y);
      return y;
    }
  const size_t i = r->layout == RW_HALF ? channel % pairs : channel / 2;
  const int second = r->layout == RW_HALF ? channel >= pairs : channel % 2;
  const size_t step = r->layout == RW_HALF ? pairs : 1;
  const size_t other = second ? channel - step : channel + step;
  const double c = ((const float *) t->table.cos)[row * (size_t) t->table.row + i];
  const double s = ((const float *) t->table.sin)[row * (size_t) t->table.row + i];
  const double whole = r->undo ? factor / (c * c + s * s) : factor;
  const double a = x_at (t, token, head, channel) * c * whole;
  const double b
      = x_at (t, token, head, other) * s * whole * (second ? 1 : -1) * (r->undo ? -1 : 1);
  *error = roundings * unit_roundoff * (fabs (a) + fabs (b)) + 0x1p-147; /* denormals */
  return a + b;
}

/* y is one that rounds from a value within the error; what is no channel is as before.  */
static int
agrees (const trial *t, const bytes *y, int plain)
{
  const rw_rotation *r = &t->r;
  const size_t size = rw_dtype_size (r->type);
  char *left = memcpy (malloc (t->y.n + 1), y->at, t->y.n);
  int good = 1;
  for (size_t k = 0; k < r->tokens; k++)
    for (size_t h = 0; h < r->heads; h++)
      for (size_t i = 0; i < r->dim; i++)
        {
          const ptrdiff_t at = place (r->to_token, r->to_head, k, h, i) * (ptrdiff_t) size;
          const double got = value_at (r->type, y->at + at);
          double error;
          const double want = exact (t, k, h, i, &error);
          if (plain) /* in double, a few roundings before the last */
            error *= 0x1p-24;
          good &= got >= rw_dtype_round (r->type, want - error)
                  && got <= rw_dtype_round (r->type, want + error);
          memcpy (left + at, t->y.at + at, size);
        }
  good &= !memcmp (left, t->y.at, t->y.n);
  free (left);
  return good;
}

static bytes
run (const trial *t, rw_simd simd, int threads)
{
  bytes y = bytes_copy (&t->y, 2);
  rw_rotation r = t->r;
  rw_error err = { 0 };
  r.simd = simd;
  r.threads = threads;
  if (rw_rotate (&r, &t->table, t->x.at, y.at, &err))
    printf ("# %s\n", err.text), y.at[0] ^= 1;
  return y;
}

static int
same (bytes a, const bytes *b)
{
  const int yes = !memcmp (a.at, b->at, b->n);
  free (a.owned);
  return yes;
}

static void
random_shapes (uint64_t *seed)
{
  int good = 1, naive = 1, alike = 1, threads = 1;
  for (int k = 0; k < TRIALS; k++)
    {
      trial t = trial_new (seed);
      const bytes first = run (&t, RW_SIMD_PLAIN, 1);
      bytes y = bytes_copy (&t.y, 0);
      good &= agrees (&t, &first, 0);
      rw_rotate_plain (&t.r, &t.table, t.x.at, y.at);
      naive &= agrees (&t, &y, 1);
      for (rw_simd simd = RW_SIMD_PLAIN; simd <= rw_simd_get (); simd++)
        alike &= same (run (&t, simd, 1), &first);
      threads &= same (run (&t, rw_simd_get (), 2), &first);
      free (y.owned);
      free (first.owned);
      trial_free (&t);
    }
  ok (good, "random shapes: within the error of the definition, and no other byte is written");
  ok (naive, "so is the naive reference, to double's precision");
  ok (alike, "every kernel gives the same bits");
  ok (threads, "so do two threads");
}

static void
in_place (uint64_t *seed)
{
  int alike = 1, naive = 1;
  for (int k = 0; k < TRIALS; k++)
    {
      trial t = trial_new (seed);
      rw_error err = { 0 };
      t.r.to_token = t.r.from_token;
      t.r.to_head = t.r.from_head;
      t.r.simd = (rw_simd) among (seed, 0, (size_t) rw_simd_get ());
      bytes out = bytes_copy (&t.x, 1), in = bytes_copy (&t.x, 3), slow = bytes_copy (&t.x, 0);
      bytes slow_in = bytes_copy (&t.x, 0);
      alike &= !rw_rotate (&t.r, &t.table, t.x.at, out.at, &err)
               && !rw_rotate (&t.r, &t.table, in.at, in.at, &err);
      alike &= same (in, &out);
      rw_rotate_plain (&t.r, &t.table, t.x.at, slow.at);
      rw_rotate_plain (&t.r, &t.table, slow_in.at, slow_in.at);
      naive &= same (slow_in, &slow);
      free (out.owned);
      free (slow.owned);
      trial_free (&t);
    }
  ok (alike, "in place gives the bits of out of place, and leaves the gaps alone");
  ok (naive, "so does the naive reference");
}

/* Enough work for two threads, of which the second begins inside a token's table.  */
static void
threads_share_tokens (uint64_t *seed)
{
  enum
  {
    TOKENS = 777,
    HEADS = 3,
    PAIRS = 48,
    DIM = 100
  };
  double g[PAIRS];
  for (int i = 0; i < PAIRS; i++)
    g[i] = pow (10000, -i / 48.0);
  rw_trig table = table_new (g, PAIRS, 1.138, 0, 1, TOKENS, PAIRS);
  rw_rotation r = { .tokens = TOKENS,
                    .heads = HEADS,
                    .dim = DIM,
                    .scale = 1,
                    .from_token = HEADS * DIM,
                    .from_head = DIM,
                    .to_token = HEADS * DIM,
                    .to_head = DIM,
                    .simd = rw_simd_get () };
  bytes x = bytes_new (seed, sizeof (float) * TOKENS * HEADS * DIM, 0), first = { 0 };
  for (size_t i = 0; i < x.n / sizeof (float); i++)
    set_value (RW_FLOAT32, x.at + i * sizeof (float), uniform (seed, -1, 1));
  int alike = 1;
  for (r.threads = 0; r.threads < 6; r.threads++)
    {
      bytes y = bytes_copy (&x, 0);
      rw_error err = { 0 };
      alike &= !rw_rotate (&r, &table, y.at, y.at, &err);
      if (r.threads)
        alike &= same (y, &first);
      else
        first = y;
    }
  ok (alike, "0 to 5 threads over a longer sequence: the same bits");
  free (first.owned);
  free (x.owned);
  table_free (&table);
}

/* ---- the formats, value by value ---- */

/* All 65536 patterns as channels that do not turn, scaled: the product in float32, rounded once.
   Without a scale they are copied.  */
static void
every_pattern_is_rounded (rw_dtype type, rw_simd simd)
{
  static const float scales[] = { 1, 0.0003137F, 3.7F, 1e4F, 1e-38F };
  static uint16_t x[PATTERNS], y[PATTERNS];
  rw_rotation r = { .type = type, .tokens = 1, .heads = 1, .dim = PATTERNS, .simd = simd };
  const rw_trig none = { .type = RW_FLOAT32, .n = 1 };
  rw_error err = { 0 };
  int good = 1;
  for (size_t i = 0; i < PATTERNS; i++)
    x[i] = (uint16_t) i;
  for (size_t k = 0; k < sizeof scales / sizeof *scales; k++)
    {
      r.scale = scales[k];
      good &= !rw_rotate (&r, &none, x, y, &err);
      if (k == 0)
        good &= !memcmp (x, y, sizeof x);
      for (size_t i = 0; i < PATTERNS; i++)
        {
          const float product = (float) value_at (type, (const char *) &x[i]) * scales[k];
          const double got = value_at (type, (const char *) &y[i]);
          const double want = rw_dtype_round (type, (double) product);
          good &= isnan (want) ? isnan (got) : got == want && signbit (got) == signbit (want);
        }
    }
  ok (good, "%s, %s: every pattern scaled is rounded once, ties to even", rw_dtype_text (type),
      rw_simd_text (simd));
}

/* Turned by nothing, every number is itself.  */
static void
every_pattern_survives (rw_dtype type, rw_layout layout, rw_simd simd)
{
  enum
  {
    PAIRS = 128
  };
  static uint16_t x[PATTERNS], y[PATTERNS];
  const double still[PAIRS] = { 0 };
  rw_trig table = table_new (still, PAIRS, 1, 0, 1, 1, PAIRS);
  int64_t rows[PATTERNS / PAIRS / 2] = { 0 };
  rw_rotation r = { .type = type,
                    .layout = layout,
                    .tokens = PATTERNS / PAIRS / 2,
                    .heads = 1,
                    .dim = 2 * PAIRS,
                    .from_token = 2 * PAIRS,
                    .to_token = 2 * PAIRS,
                    .row_of = rows,
                    .scale = 1,
                    .simd = simd };
  rw_error err = { 0 };
  int good = 1;
  for (size_t i = 0; i < PATTERNS; i++)
    x[i] = (uint16_t) i;
  good &= !rw_rotate (&r, &table, x, y, &err);
  for (size_t i = 0; i < PATTERNS; i++)
    {
      const size_t step = layout == RW_HALF ? PAIRS : 1;
      const double v = value_at (type, (const char *) &x[i]);
      const double other = value_at (type, (const char *) &x[i ^ step]);
      const double got = value_at (type, (const char *) &y[i]);
      good &= isfinite (v) && isfinite (other) ? got == v
              : isnan (v)                      ? isnan (got)
                                               : got == v || isnan (got);
    }
  ok (good, "%s, %s, %s: turned by nothing every number is itself", rw_dtype_text (type),
      rw_layout_text (layout), rw_simd_text (simd));
  table_free (&table);
}

static void
formats (void)
{
  for (rw_simd simd = RW_SIMD_PLAIN; simd <= rw_simd_get (); simd++)
    for (rw_dtype type = RW_BFLOAT16; type <= RW_FLOAT16; type++)
      {
        every_pattern_is_rounded (type, simd);
        every_pattern_survives (type, RW_HALF, simd);
        every_pattern_survives (type, RW_INTERLEAVED, simd);
      }
}

/* ---- strides, and what is refused ---- */

/* One key head read by four query heads (stride 0), written backwards.  */
static void
strides_of_any_sign (void)
{
  const double g[2] = { 0.7, 0.02 };
  rw_trig table = table_new (g, 2, 1, 5, 1, 3, 2);
  float x[3][5], y[3][4][5], z[3][5];
  for (int i = 0; i < 15; i++)
    x[i / 5][i % 5] = (float) (0.37 * i - 2.1);
  rw_rotation r = { .tokens = 3,
                    .heads = 4,
                    .dim = 5,
                    .from_token = 5,
                    .from_head = 0,
                    .to_token = -20,
                    .to_head = -5,
                    .scale = 1,
                    .simd = rw_simd_get () };
  rw_error err = { 0 };
  ok (!rw_rotate (&r, &table, x, &y[2][3], &err), "strides of 0 and below are strides: %s",
      err.text);
  r.heads = 1;
  r.to_token = 5;
  rw_rotate (&r, &table, x, z, &err);
  int good = 1;
  for (int t = 0; t < 3; t++)
    for (int h = 0; h < 4; h++)
      good &= !memcmp (y[2 - t][h], z[t], sizeof z[t]);
  ok (good, "and every head gets the row");
  table_free (&table);
}

static void
refusals (void)
{
  float cs[12] = { 1 }, x[64] = { 0.5F }, y[64];
  const int64_t rows[] = { 0, 2, -1 }, beyond[] = { 0, 1, 3 };
  const rw_trig table = { .type = RW_FLOAT32, .n = 3, .pairs = 2, .row = 4, .cos = cs, .sin = cs };
  const rw_rotation good = { .tokens = 3,
                             .heads = 2,
                             .dim = 5,
                             .from_token = 10,
                             .from_head = 5,
                             .to_token = 10,
                             .to_head = 5,
                             .scale = 1 };
  rw_error err = { 0 };
#define REFUSED(change, words)                                                                     \
  do                                                                                               \
    {                                                                                              \
      rw_rotation r = good;                                                                        \
      rw_trig t = table;                                                                           \
      void *to = y;                                                                                \
      memset (y, 0x5a, sizeof y);                                                                  \
      change;                                                                                      \
      ok (rw_rotate (&r, &t, x, to, &err) == RW_EINVAL && ((char *) y)[0] == 0x5a, "%s", #change); \
      has (err.text, words, "and says why");                                                       \
      (void) t;                                                                                    \
    }                                                                                              \
  while (0)
  ok (!rw_rotate (&good, &table, x, y, &err), "the shape that the next ones spoil is good");
  REFUSED (r.type = RW_FLOAT64, "float64 by a table of float32");
  REFUSED (t.type = RW_BFLOAT16, "float32 by a table of bfloat16");
  REFUSED (r.dim = 3, "2 pairs do not fit in 3 channels");
  REFUSED (t.row = 1, "rows of 2 pairs, 1 values apart");
  REFUSED (r.tokens = 4, "4 tokens, but the table has 3 positions");
  REFUSED (r.row_of = rows, "row_of[2]: -1");
  REFUSED (r.row_of = beyond, "row_of[2]: 3 is not a row of a table of 3 positions");
  REFUSED (r.to_head = 4, "4 a head put 5 channels on each other");
  REFUSED (r.to_token = -3, "-3 a token");
  REFUSED ((to = x, r.from_token = 11), "in place the strides are the same");
}

static void
nothing_is_nothing (void)
{
  const rw_trig empty = { .type = RW_FLOAT32 };
  rw_rotation r = { .tokens = 0, .heads = 4, .dim = 8, .scale = 1 };
  rw_error err = { 0 };
  ok (!rw_rotate (&r, &empty, NULL, NULL, &err), "no tokens");
  const rw_trig one = { .type = RW_FLOAT32, .n = 1 };
  r.tokens = 1, r.heads = 0;
  ok (!rw_rotate (&r, &one, NULL, NULL, &err), "no heads");
  r.heads = 1, r.dim = 0;
  ok (!rw_rotate (&r, &one, NULL, NULL, &err), "no channels");
}

int
main (void)
{
  uint64_t seed = 20210420;
  random_shapes (&seed);
  in_place (&seed);
  threads_share_tokens (&seed);
  formats ();
  strides_of_any_sign ();
  refusals ();
  nothing_is_nothing ();
  return tap_end ();
}
