/* attend: the fast attention beside the key by key one in double.

   Scores are sums of up to 256 float32 products of size 1, times 1/sqrt (d): they err by a few
   1e-7 times their size, here up to 30 (with a query scale), and weights and outputs of size 1
   follow them.  */
#include "attend_help.h"

#define NEAR_ONE 2e-5 /* see above */

static void
is_near (const setting *s, double off, const char *name)
{
  if (!ok (off <= NEAR_ONE, "%s", name))
    printf ("# dim %d, pairs %zu, value %zu, heads %zu of %zu, %zu of %zu, window %zu, cap %g\n",
            (int) s->geometry.head_dim, s->freqs.n, s->a.value_dim, s->a.heads, s->a.kv_heads,
            s->a.n_queries, s->a.n_keys, s->a.window, s->a.cap);
  printf ("# off by %.2g\n", off);
}

static void
random_shapes (size_t which)
{
  double worst = 0;
  for (int k = 0; k < 12; k++)
    {
      /* Two of them reach beyond a block of keys, and a tile of queries.  */
      const size_t keys = (size_t) (k < 10 ? drawn_whole (1, 90) : drawn_whole (240, 300));
      setting s = random_setting (keys, which);
      const double off = beside_plain (&s);
      if (off > NEAR_ONE)
        is_near (&s, off, "a random shape");
      worst = fmax (worst, off);
      close_setting (&s);
    }
  ok (worst <= NEAR_ONE, "random shapes, rule %zu: as key by key in double", which);
  printf ("# off by %.2g\n", worst);
}

/* ---- long ones: blocks, segments, with many queries and with few ---- */

static setting
long_setting (size_t dim, size_t heads, size_t keys, size_t queries, size_t which)
{
  setting s = { .geometry = shape (dim, dim, RW_HALF), .rule = random_rule (which) };
  s.a = (rw_attention){ .heads = heads,
                        .kv_heads = 1,
                        .value_dim = dim,
                        .n_keys = keys,
                        .n_queries = queries,
                        .threads = 2 };
  fill_setting (&s, 1);
  return s;
}

static void
long_ones (void)
{
  static const struct
  {
    const char *name;
    size_t dim, heads, keys, queries, rule, window;
  } table[] = {
    { "2000 keys and as many queries", 8, 1, 2000, 2000, 0, 0 },
    { "2000 keys, 40 queries", 64, 2, 2000, 40, 0, 0 },
    { "5000 keys, 3 queries: two segments put together", 64, 2, 5000, 3, 0, 0 },
    { "9000 keys, one query", 8, 6, 9000, 1, 0, 0 },
    { "4500 keys, 300 queries", 8, 1, 4500, 300, 0, 0 },
    { "the same under a rule of two frames", 8, 1, 4500, 300, 2, 0 },
    { "the same, each query by its own turns", 8, 1, 4500, 120, 9, 0 },
    { "a window that lies across two segments", 8, 1, 4500, 300, 0, 500 },
    { "a window of one query far out", 20, 1, 9000, 1, 0, 700 },
    { "130 heads of one kv head", 8, 130, 300, 5, 0, 0 },
  };
  for (size_t k = 0; k < sizeof table / sizeof *table; k++)
    {
      setting s = long_setting (table[k].dim, table[k].heads, table[k].keys, table[k].queries,
                                table[k].rule);
      s.a.window = table[k].window;
      is_near (&s, beside_plain (&s), table[k].name);
      close_setting (&s);
    }
}

/* ---- large scores, equal scores ---- */

/* Scores up to 1e4 are good to 1e-3 in float32; the largest two here are farther apart than that in
   nearly every row, and weights err by as much where they are not.  */
static void
huge_scores (void)
{
  setting s = long_setting (64, 2, 300, 300, 0);
  for (size_t i = 0; i < s.a.n_queries * s.a.q_token; i++)
    s.q[i] *= 2000;
  const double off = beside_plain (&s);
  ok (off <= 1e-2, "scores of 1e4: the largest takes all (float32 scores: 1e-3)");
  printf ("# off by %.2g\n", off);
  close_setting (&s);
}

/* Float32 scores of 760 (in units of ln 2, 1100) are good to 6e-5.  */
static void
rising_scores (void)
{
  setting s = long_setting (8, 1, 700, 700, 0);
  s.freqs.n = 0;
  for (size_t m = 0; m < 700; m++)
    for (size_t c = 0; c < 8; c++)
      {
        s.q[m * s.a.q_token + c] = c == 0;
        s.k[m * s.a.k_token + c] = c == 0 ? (float) m * 3.1F : 0;
      }
  ok (beside_plain (&s) <= 2e-4, "scores that rise by 1 a key: references rise (float32 scores)");
  for (size_t m = 0; m < 700; m++)
    s.k[m * s.a.k_token] *= -1;
  ok (beside_plain (&s) <= 2e-4, "scores that fall (float32 scores)");
  close_setting (&s);
}

static void
equal_scores (void)
{
  setting s = long_setting (8, 1, 600, 600, 0);
  double worst = 0, sum[8] = { 0 };
  s.freqs.n = 0;
  for (size_t m = 0; m < 600; m++)
    memcpy (s.k + m * s.a.k_token, s.k, 8 * sizeof *s.k);
  attend (&s);
  for (size_t m = 0; m < 600; m++)
    for (size_t c = 0; c < 8; c++)
      {
        sum[c] += (double) s.v[m * s.a.v_token + c];
        const double mean = sum[c] / (double) (m + 1);
        worst = fmax (worst, fabs (mean - (double) s.out[m * s.a.out_token + c]));
      }
  ok (worst <= 1e-6, "equal scores: the mean of all values (a few float32 roundings)");
  close_setting (&s);
}

/* Two keys, by hand: scores 0 and x, values 0 and 1.  */
static void
two_keys (void)
{
  static const double x[] = { -30, -2.385, 0.1, 7.25, 90 };
  double worst = 0;
  for (size_t k = 0; k < sizeof x / sizeof *x; k++)
    for (int capped = 0; capped < 2; capped++)
      {
        setting s = long_setting (8, 1, 2, 1, 0);
        s.freqs.n = 0;
        s.geometry.logit_scale = 1;
        s.a.cap = capped ? 5 : 0;
        memset (s.q, 0, 8 * sizeof *s.q);
        memset (s.k, 0, 8 * sizeof *s.k);
        s.q[3] = 2, s.k[s.a.k_token + 3] = (float) (x[k] / 2);
        s.v[0] = 0, s.v[s.a.v_token] = 1;
        attend (&s);
        const double score = capped ? 5 * tanh ((double) (float) (x[k] / 2) * 2 / 5)
                                    : (double) (float) (x[k] / 2) * 2;
        worst = fmax (worst, fabs ((double) s.out[0] - 1 / (1 + exp (-score))));
        close_setting (&s);
      }
  ok (worst <= 1e-6, "two keys: the logistic function, with and without a cap (float32)");
}

int
main (void)
{
  for (size_t which = 0; which < RULES; which++)
    random_shapes (which);
  long_ones ();
  huge_scores ();
  rising_scores ();
  equal_scores ();
  two_keys ();
  return tap_end ();
}
