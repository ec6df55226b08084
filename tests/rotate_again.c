/* rotate_again: keys of a cache turned from one schedule to another, and keys at the positions that
   a frame of a rule gives them.  */
#include "rotate_pen.h"

/* A cache of one head: rotated by `from`, turned again, beside rotated afresh by `to`: three
   rotations' errors.  */
static void
turning_again_is_turning_afresh (pen *p, rw_freqs from, rw_freqs to, const char *name)
{
  static const double at[] = { 0, 1, 17, 2048, 4095.5, 131071, 1048575 };
  enum
  {
    N = sizeof at / sizeof *at
  };
  float cos[N * PAIRS], sin[N * PAIRS], cache[N][DIM], want[DIM];
  rw_trig t = { .type = RW_FLOAT32, .n = N, .pairs = PAIRS, .row = PAIRS, .cos = cos, .sin = sin };
  const rw_positions where = { .n = N, .at = at };
  const rw_rotation r = { .layout = p->layout,
                          .tokens = N,
                          .heads = 1,
                          .dim = DIM,
                          .from_token = DIM,
                          .to_token = DIM,
                          .scale = 1,
                          .simd = rw_simd_get () };
  rw_error err = { 0 };
  double worst = 0;
  size_t a, b;
  for (int j = 0; j < N; j++)
    rotated (p, &from, at[j], p->k, cache[j]);
  rw_arena_reset (p->arena);
  ok (!rw_rotate_again (&from, &to, &where, 2, p->arena, &t, &err)
          && !rw_rotate (&r, &t, cache, cache, &err),
      "%s: %s", name, err.text);
  for (int j = 0; j < N; j++)
    {
      rotated (p, &to, at[j], p->k, want);
      for (size_t i = 0; i < PAIRS; i++)
        {
          channels (p->layout, i, &a, &b);
          const double off = hypot ((double) cache[j][a] - (double) want[a],
                                    (double) cache[j][b] - (double) want[b]);
          worst = fmax (worst, off / hypot ((double) p->k[a], (double) p->k[b]));
        }
    }
  ok (worst <= 3 * vector_error * to.attention_factor, "keys turned again are those turned afresh");
  rw_freqs_free (&from);
  rw_freqs_free (&to);
}

static void
again_refuses (pen *p)
{
  rw_freqs few = plain (&pythia), many = plain (&llama2);
  const double at = 1;
  const rw_positions where = { .n = 1, .at = &at };
  float room[2 * PAIRS];
  rw_trig t = {
    .type = RW_FLOAT32, .n = 1, .pairs = PAIRS, .row = PAIRS, .cos = room, .sin = room + PAIRS
  };
  rw_error err = { 0 };
  rw_arena_reset (p->arena);
  ok (rw_rotate_again (&few, &many, &where, 1, p->arena, &t, &err) == RW_EINVAL,
      "another number of pairs is refused");
  has (err.text, "from 8 pairs to 64", "and both are named");
  many.attention_factor = 0;
  ok (rw_rotate_again (&many, &many, &where, 1, p->arena, &t, &err) == RW_EDOMAIN,
      "what a factor of 0 wiped out cannot be turned");
  rw_freqs_free (&few);
  rw_freqs_free (&many);
}

/* Self-Extend's far keys stand at floor (n / group): rows of one table by row_of, and a table of
   their own.  */
static void
frames_are_rows (pen *p)
{
  enum
  {
    KEYS = 50,
    GROUP = 7
  };
  static float own[2][KEYS * PAIRS], shared[2][KEYS * PAIRS], x[KEYS][DIM], y[2][KEYS][DIM];
  rw_freqs f = plain (&llama2);
  rw_error err = { 0 };
  double at[KEYS];
  int64_t row[KEYS];
  for (int n = 0; n < KEYS; n++)
    {
      at[n] = (double) (row[n] = n / GROUP);
      for (int i = 0; i < DIM; i++)
        x[n][i] = p->k[(i + n) % DIM];
    }
  rw_trig few = { .type = RW_FLOAT32,
                  .n = KEYS / GROUP + 1,
                  .pairs = PAIRS,
                  .row = PAIRS,
                  .cos = shared[0],
                  .sin = shared[1] };
  rw_trig all = few;
  all.n = KEYS, all.cos = own[0], all.sin = own[1];
  const rw_positions run = { .n = few.n, .step = 1 }, list = { .n = KEYS, .at = at };
  rw_rotation r = { .layout = p->layout,
                    .tokens = KEYS,
                    .heads = 1,
                    .dim = DIM,
                    .from_token = DIM,
                    .to_token = DIM,
                    .scale = 1,
                    .simd = rw_simd_get () };
  rw_arena_reset (p->arena);
  int good = !rw_trig_fill (&f, &run, RW_TRIG_EXACT, 1, p->arena, &few, &err)
             && !rw_trig_fill (&f, &list, RW_TRIG_EXACT, 1, p->arena, &all, &err)
             && !rw_rotate (&r, &all, x, y[0], &err);
  r.row_of = row;
  good &= !rw_rotate (&r, &few, x, y[1], &err);
  double worst = 0;
  for (int n = 0; n < KEYS; n++)
    for (int i = 0; i < DIM; i++) /* a last bit of a table, by another path */
      worst = fmax (worst, fabs ((double) y[0][n][i] - (double) y[1][n][i]));
  double most = 0;
  for (int i = 0; i < DIM; i++)
    most = fmax (most, fabs ((double) p->k[i]));
  ok (good && worst <= 2 * vector_error * M_SQRT2 * most,
      "a frame's keys: rows by row_of, or a table of their positions: %s", err.text);
  rw_freqs_free (&f);
}

int
main (void)
{
  pen p = { .arena = rw_arena_new () };
  uint64_t seed = 20231031;
  for (rw_layout layout = RW_HALF; layout <= RW_INTERLEAVED; layout++)
    {
      pen_fill (&p, layout, &seed);
      turning_again_is_turning_afresh (&p, plain (&llama2), scaled ("yarn", 4, &llama2),
                                       "a cache taken from plain RoPE to YaRN");
      turning_again_is_turning_afresh (&p, scaled ("yarn", 4, &llama2),
                                       scaled ("yarn", 32, &llama2), "from a factor to another");
      turning_again_is_turning_afresh (
          &p, table_of (put (block ("dynamic"), "factor", 2), &llama2, 5003),
          table_of (put (block ("dynamic"), "factor", 2), &llama2, 9001), "a dynamic table grows");
      frames_are_rows (&p);
    }
  again_refuses (&p);
  rw_arena_free (p.arena);
  return tap_end ();
}
