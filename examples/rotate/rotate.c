/* rotate: queries and keys turned by a YaRN table, from C.

   A model trained on 32768 tokens is read at 131072: the table of its last 4096 positions is made
   once, then four query heads and the key head that they share are rotated in place.  Every token
   has the same q and k here, so a score may differ with the distance only.  Build and run:

     cc $(pkg-config --cflags ropewalk) -o rotate rotate.c $(pkg-config --libs ropewalk) -lm
     ./rotate  */
#include <math.h>
#include <rope/rotate.h>
#include <schedule/schedule.h>
#include <stdio.h>

enum
{
  TOKENS = 4096,
  HEADS = 4,
  DIM = 128,
  PAIRS = DIM / 2
};

/* cos and sin of YaRN's frequencies, factor 4, with its attention factor.  */
static rw_status
make_table (rw_trig *table, rw_error *err)
{
  const rw_geometry model = { .head_dim = DIM,
                              .rotary_dim = DIM,
                              .rope_theta = 1e6,
                              .original_length = 32768,
                              .max_length = 131072,
                              .layout = RW_HALF };
  const rw_positions last = { .n = TOKENS, .from = 131072 - TOKENS, .step = 1 };
  const rw_module *yarn;
  rw_object *block = NULL;
  rw_freqs f = { 0 };
  rw_arena *scratch = rw_arena_new ();
  rw_status s = scratch ? RW_OK : rw_nomem (err, sizeof model);
  if (!s)
    s = rw_kind_find (&rw_schedules, "yarn", &yarn, err);
  if (!s)
    s = rw_object_new (yarn, &block, err);
  if (!s)
    s = rw_object_set (block, "factor", &RW_NUMBER_VALUE (4), NULL, err);
  if (!s)
    s = rw_schedule_fill (block, &model, model.max_length, &f, err);
  if (!s)
    s = rw_trig_fill (&f, &last, RW_TRIG_EXACT, 2, scratch, table, err);
  rw_arena_free (scratch);
  rw_freqs_free (&f);
  rw_object_free (block);
  return s;
}

static float cos_m[TOKENS][PAIRS], sin_m[TOKENS][PAIRS];
static float q[TOKENS][HEADS][DIM], k[TOKENS][1][DIM];

int
main (void)
{
  rw_error err = { 0 };
  rw_trig table = {
    .type = RW_FLOAT32, .n = TOKENS, .pairs = PAIRS, .row = PAIRS, .cos = cos_m, .sin = sin_m
  };
  rw_rotation r = { .type = RW_FLOAT32,
                    .layout = RW_HALF,
                    .tokens = TOKENS,
                    .dim = DIM,
                    .from_head = DIM,
                    .to_head = DIM,
                    .scale = 1,
                    .threads = 2,
                    .simd = rw_simd_get () };
  for (int t = 0; t < TOKENS; t++)
    for (int i = 0; i < DIM; i++)
      {
        k[t][0][i] = (float) cos (0.7 * i);
        for (int h = 0; h < HEADS; h++)
          q[t][h][i] = (float) sin (0.3 * i + h);
      }

  rw_status s = make_table (&table, &err);
  r.heads = HEADS;
  r.from_token = r.to_token = HEADS * DIM;
  if (!s)
    s = rw_rotate (&r, &table, q, q, &err);
  r.heads = 1;
  r.from_token = r.to_token = DIM;
  if (!s)
    s = rw_rotate (&r, &table, k, k, &err);
  if (s)
    {
      fprintf (stderr, "%s\n", err.text);
      return rw_status_exit (s);
    }

  for (int distance = 1; distance < TOKENS; distance *= 10)
    for (int m = distance; m < TOKENS; m += 1365)
      {
        double score = 0;
        for (int i = 0; i < DIM; i++)
          score += (double) q[m][2][i] * (double) k[m - distance][0][i] / sqrt (DIM);
        printf ("m - n = %4d   m = %d   score %.4f\n", distance, 131072 - TOKENS + m, score);
      }
  return 0;
}
