/* rotate: rotations of random shapes against the definition in double, kernel against kernel, and
   every byte around.  */
#include "rotate_help.h"

enum
{
  TRIALS = 400
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

int
main (void)
{
  uint64_t seed = 20210420;
  random_shapes (&seed);
  in_place (&seed);
  threads_share_tokens (&seed);
  return tap_end ();
}
