/* rotate_laws: what rotated queries and keys obey, whatever the kernel: scores that know distance
   alone, norms, inverses, factors that are plain RoPE, interpolation.  */
#include "rotate_pen.h"

static void
score_knows_distance_alone (pen *p, const rw_freqs *f, const char *name)
{
  static const double at[][2]
      = { { 0, 0 }, { 17, 4 }, { 4095, 4094 }, { 100003, 1 }, { 9, 70001 } };
  static const double moved[] = { 0, 1, 517, 123457 };
  const double a2 = f->attention_factor * f->attention_factor;
  const double bound = 2 * vector_error * a2 * weight (p, p->q, p->k);
  double worst = 0;
  for (size_t i = 0; i < sizeof at / sizeof *at; i++)
    for (size_t j = 0; j < sizeof moved / sizeof *moved; j++)
      worst = fmax (worst, fabs (score (p, f, at[i][0] + moved[j], at[i][1] + moved[j])
                                 - by_distance (p, f, at[i][0] - at[i][1])));
  ok (worst <= bound, "%s, %s: the score depends on m - n alone", name, rw_layout_text (p->layout));
  printf ("# off by %.3g, allowed %.3g\n", worst, bound);
}

static void
norm_is_kept (pen *p, const rw_freqs *f, const char *name)
{
  float y[DIM];
  int good = 1;
  size_t a, b;
  for (double m = 1; m < 1e6; m *= 7)
    {
      rotated (p, f, m, p->q, y);
      for (size_t i = 0; i < PAIRS; i++)
        {
          channels (p->layout, i, &a, &b);
          const double want = f->attention_factor * hypot ((double) p->q[a], (double) p->q[b]);
          good &= fabs (hypot ((double) y[a], (double) y[b]) - want) <= vector_error * want;
        }
    }
  ok (good, "%s, %s: every pair keeps its length, times the factor", name,
      rw_layout_text (p->layout));
}

/* There and back.  There: 2 u a |z| a channel, 2 sqrt 2 u a |z| as a vector; back: that over a, and
   4 u |z| of its own; 16-bit formats round by half of 2^-7 or 2^-10 each way, as vectors.  */
static void
inverse_turns_back (rw_dtype type, rw_layout layout, float scale, uint64_t *seed)
{
  enum
  {
    TOKENS = 5,
    HEADS = 3
  };
  static const double roundings[] = { 0, 0x1p-8, 0x1p-11 };
  const double u = 0x1p-24, round = roundings[type];
  const double bound
      = (scale == 1 ? 2 * M_SQRT2 + 4 : 4 * M_SQRT2 + 4) * 1.01 * u + (M_SQRT2 + 1) * 1.02 * round;
  const size_t size = rw_dtype_size (type), n = (size_t) TOKENS * HEADS * (DIM + 6);
  rw_freqs f = scaled ("yarn", 8, &llama2);
  rw_trig t = table_new (f.inv_freq, PAIRS, f.attention_factor, 12345, 1, TOKENS, PAIRS);
  const float tau[TOKENS] = { 1.25F, 0.7F, 2.9F, 1, 1.1F };
  rw_rotation r = { .type = type,
                    .layout = layout,
                    .tokens = TOKENS,
                    .heads = HEADS,
                    .dim = DIM + 6,
                    .from_token = HEADS * (DIM + 6),
                    .from_head = DIM + 6,
                    .to_token = HEADS * (DIM + 6),
                    .to_head = DIM + 6,
                    .scale = scale,
                    .token_scale = scale == 1 ? NULL : tau,
                    .simd = rw_simd_get () };
  rw_error err = { 0 };
  bytes x = bytes_new (seed, n * size, 0);
  for (size_t i = 0; i < n; i++)
    set_value (type, x.at + i * size, uniform (seed, -1, 1));
  bytes y = bytes_copy (&x, 0);
  int good = !rw_rotate (&r, &t, y.at, y.at, &err);
  good &= memcmp (x.at, y.at, x.n) != 0;
  r.undo = true;
  good &= !rw_rotate (&r, &t, y.at, y.at, &err);
  for (size_t row = 0; row < TOKENS * HEADS; row++)
    for (size_t i = 0; i < DIM + 6; i++)
      {
        const char *at = x.at + row * (DIM + 6) * size;
        size_t a = i, b = i;
        if (i < DIM)
          channels (layout, layout == RW_HALF ? i % PAIRS : i / 2, &a, &b);
        const double z = hypot (value_at (type, at + a * size), value_at (type, at + b * size));
        const double got = value_at (type, y.at + (row * (DIM + 6) + i) * size);
        good &= fabs (got - value_at (type, at + i * size)) <= bound * z;
      }
  ok (good, "%s, %s, scale %g: the inverse turns back", rw_dtype_text (type),
      rw_layout_text (layout), (double) scale);
  free (x.owned);
  free (y.owned);
  table_free (&t);
  rw_freqs_free (&f);
}

static void
factor_one_is_plain (pen *p)
{
  static const char *const names[] = { "linear", "ntk", "yarn", "ntk_by_parts" };
  rw_freqs f = plain (&llama2);
  float want[DIM], got[DIM];
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    {
      rw_freqs one = scaled (names[k], 1, &llama2);
      int good = 1;
      for (double m = 1; m < 1e6; m *= 11)
        {
          rotated (p, &f, m, p->q, want);
          rotated (p, &one, m, p->q, got);
          good &= !memcmp (got, want, sizeof got);
        }
      ok (good, "%s at factor 1 rotates as plain RoPE does, bit for bit", names[k]);
      rw_freqs_free (&one);
    }
  rotated (p, &f, 0, p->q, got);
  ok (!memcmp (got, p->q, sizeof got), "position 0 turns nothing");
  rw_freqs_free (&f);
}

/* Position Interpolation (arXiv 2306.15595, Eq. 4): f'(x, m) = f (x, m / s).  */
static void
interpolation_undoes_stretched_positions (pen *p)
{
  static const double factors[] = { 2, 8, 3.7 };
  rw_freqs f = plain (&llama2);
  for (size_t k = 0; k < sizeof factors / sizeof *factors; k++)
    {
      const double s = factors[k];
      rw_freqs pi = scaled ("linear", s, &llama2);
      double worst = 0;
      for (double m = 3; m < 4096; m *= 3)
        for (double n = 1; n < m; n = 2 * n + 1)
          worst = fmax (worst, fabs (score (p, &pi, s * m, s * n) - score (p, &f, m, n)));
      ok (worst <= 4 * vector_error * weight (p, p->q, p->k),
          "linear at %g, positions times %g: the original scores", s, s);
      rw_freqs_free (&pi);
    }
  rw_freqs_free (&f);
}

/* A query scale multiplies the score.  */
static void
scales_reach_the_score (pen *p)
{
  rw_freqs f = plain (&llama2);
  const rw_trig t = row_of (p, &f, 777);
  const float tau = 1.37F;
  const rw_rotation r = { .layout = p->layout,
                          .tokens = 1,
                          .heads = 1,
                          .dim = DIM,
                          .scale = 0.7F,
                          .token_scale = &tau,
                          .simd = rw_simd_get () };
  float q[DIM], k[DIM];
  rw_error err = { 0 };
  ok (!rw_rotate (&r, &t, p->q, q, &err), "a scaled query");
  rotated (p, &f, 700, p->k, k);
  const double want = (double) tau * (double) 0.7F * by_distance (p, &f, 77);
  /* two roundings more on the query's side */
  ok (fabs (dot (q, k) - want) <= 3 * vector_error * weight (p, p->q, p->k),
      "its score is scaled by both");
  rw_freqs_free (&f);
}

int
main (void)
{
  pen p = { .arena = rw_arena_new () };
  uint64_t seed = 20230606;
  rw_freqs trained = plain (&llama2), yarn = scaled ("yarn", 8, &llama2);
  for (rw_layout layout = RW_HALF; layout <= RW_INTERLEAVED; layout++)
    {
      pen_fill (&p, layout, &seed);
      score_knows_distance_alone (&p, &trained, "default");
      score_knows_distance_alone (&p, &yarn, "yarn");
      norm_is_kept (&p, &trained, "default");
      norm_is_kept (&p, &yarn, "yarn");
      for (rw_dtype type = RW_FLOAT32; type <= RW_FLOAT16; type++)
        {
          inverse_turns_back (type, layout, 1, &seed);
          inverse_turns_back (type, layout, 0.61F, &seed);
        }
      factor_one_is_plain (&p);
      interpolation_undoes_stretched_positions (&p);
      scales_reach_the_score (&p);
    }
  rw_freqs_free (&trained);
  rw_freqs_free (&yarn);
  rw_arena_free (p.arena);
  return tap_end ();
}
