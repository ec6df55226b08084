/* rotate_edges: the 16-bit formats value by value, large copies, strides of any sign, and what is
   refused.  */
#include "rotate_help.h"

enum
{
  PATTERNS = 1 << 16
};

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

/* ---- copies that go past the caches ---- */

enum
{
  TOKENS = 4099, /* half as many of float32 */
  HEADS = 16,
  LARGE_PAIRS = 128,
  LARGE_DIM = 2 * LARGE_PAIRS + 32, /* 36 MB in all */
  ROWS = 8
};

/* Written without reading y first, or, one value further, with: the same bits as in place.  */
static void
large_copies (rw_dtype type, rw_layout layout, int by_heads, size_t shift)
{
  const size_t size = rw_dtype_size (type), tokens = TOKENS * 2 / size;
  const size_t n = tokens * HEADS * LARGE_DIM;
  const double g[LARGE_PAIRS] = { 0.7, 0.3, 0.011 };
  rw_trig table = table_new (g, LARGE_PAIRS, 1, 99, 1, ROWS, LARGE_PAIRS);
  static int64_t rows[TOKENS];
  uint16_t *x = rw_new (n + 64, size), *y = rw_new (n + 64, size);
  rw_rotation r = { .type = type,
                    .layout = layout,
                    .tokens = tokens,
                    .heads = HEADS,
                    .dim = LARGE_DIM,
                    .row_of = rows,
                    .scale = 1,
                    .threads = 2,
                    .simd = rw_simd_get () };
  rw_error err = { 0 };
  r.from_token = r.to_token = by_heads ? LARGE_DIM : HEADS * LARGE_DIM;
  r.from_head = r.to_head = by_heads ? (ptrdiff_t) tokens * LARGE_DIM : LARGE_DIM;
  for (size_t t = 0; t < tokens; t++)
    rows[t] = (int64_t) (t * t % ROWS);
  for (size_t i = 0; i < n * size / 2; i++) /* numbers from 1 to 2, or as good as */
    x[i] = (uint16_t) (0x3f80 | (i * 40503 >> 7 & 0x7f));
  int good = !rw_rotate (&r, &table, x, y + shift, &err) && !rw_rotate (&r, &table, x, x, &err);
  good &= !memcmp (x, y + shift, n * size);
  for (size_t i = 0; i < 32; i++)
    good &= y[shift + n * size / 2 + i] == 0;
  ok (good, "%s, %s, by %s, %s: a large copy has the bits of in place", rw_dtype_text (type),
      rw_layout_text (layout), by_heads ? "heads" : "tokens", shift ? "unaligned" : "aligned");
  rw_free (x);
  rw_free (y);
  table_free (&table);
}

static void
copies (void)
{
  large_copies (RW_BFLOAT16, RW_HALF, 0, 0);
  large_copies (RW_BFLOAT16, RW_INTERLEAVED, 1, 0);
  large_copies (RW_FLOAT16, RW_HALF, 1, 0);
  large_copies (RW_FLOAT16, RW_INTERLEAVED, 0, 0);
  large_copies (RW_FLOAT32, RW_HALF, 1, 0);
  large_copies (RW_FLOAT32, RW_INTERLEAVED, 0, 1);
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
  formats ();
  copies ();
  strides_of_any_sign ();
  refusals ();
  nothing_is_nothing ();
  return tap_end ();
}
