/* attend_help: attentions with numbers of their own, for the tests of rw_attend.  */
#ifndef RW_TESTS_ATTEND_HELP_H
#define RW_TESTS_ATTEND_HELP_H

#include "head_help.h"
#include "model/attend.h"
#include "rule_help.h"

typedef struct
{
  rw_attention a;
  rw_geometry geometry;
  rw_freqs freqs;
  rw_object *rule, *scale;
  float *q, *k, *v, *out;
} setting;

static void
close_setting (setting *s)
{
  rw_freqs_free (&s->freqs);
  rw_object_free (s->rule);
  rw_object_free (s->scale);
  rw_arena_free (s->a.scratch);
  rw_free (s->q);
  rw_free (s->k);
  rw_free (s->v);
  rw_free (s->out);
}

/* Points the attention at the setting's own arrays.  */
static void
aim (setting *s)
{
  s->freqs.rule = s->rule;
  s->freqs.query_scale = s->scale;
  s->a.geometry = &s->geometry;
  s->a.freqs = &s->freqs;
  s->a.q = s->q;
  s->a.k = s->k;
  s->a.v = s->v;
  s->a.out = s->out;
  rw_arena_reset (s->a.scratch);
}

static float *
normals (size_t n, double size)
{
  float *x = rw_new (n, sizeof *x);
  for (size_t i = 0; i < n; i++)
    x[i] = (float) (size * drawn_normal ());
  return x;
}

/* Arrays of normal numbers for the shapes that are set; tokens lie a few values farther apart than
   they must.  A table of the default schedule, if there is none.  */
static void
fill_setting (setting *s, double size)
{
  rw_attention *a = &s->a;
  const size_t dim = (size_t) s->geometry.head_dim;
  a->q_token = a->heads * dim + 3;
  a->k_token = a->kv_heads * dim + 5;
  a->v_token = a->kv_heads * a->value_dim + 1;
  a->out_token = a->heads * a->value_dim + 2;
  s->q = normals (a->n_queries * a->q_token, size);
  s->k = normals (a->n_keys * a->k_token, size);
  s->v = normals (a->n_keys * a->v_token, 1);
  s->out = rw_new (a->n_queries * a->out_token, sizeof *s->out);
  a->scratch = rw_arena_new ();
  if (!s->freqs.n)
    s->freqs = table_of (block ("default"), &s->geometry, 0);
  if (a->length == 0)
    a->length = (double) a->n_keys;
  if (!a->threads)
    a->threads = 1;
}

static rw_geometry
shape (size_t dim, size_t rotary, rw_layout layout)
{
  return (rw_geometry){ .head_dim = (int64_t) dim,
                        .rotary_dim = (int64_t) rotary,
                        .rope_theta = 10000,
                        .original_length = 64,
                        .max_length = 4096,
                        .layout = layout };
}

static void
attend (setting *s)
{
  rw_error err = { 0 };
  aim (s);
  if (rw_attend (&s->a, &err))
    ok (0, "attends: %s", err.text);
}

/* The largest difference between two results, of the places that count; infinite where one is NaN
   and the other is not.  */
__attribute__ ((unused)) static double
farthest (const setting *s, const float *x, const float *y)
{
  double worst = 0;
  for (size_t m = 0; m < s->a.n_queries; m++)
    for (size_t c = 0; c < s->a.heads * s->a.value_dim; c++)
      {
        const double a = (double) x[m * s->a.out_token + c], b = (double) y[m * s->a.out_token + c];
        const double off = isnan (a) && isnan (b) ? 0 : fabs (a - b);
        worst = off <= worst ? worst : isnan (off) ? INFINITY : off;
      }
  return worst;
}

static float *
copy_of_out (const setting *s)
{
  const size_t n = s->a.n_queries * s->a.out_token;
  float *x = rw_new (n, sizeof *x);
  memcpy (x, s->out, n * sizeof *x);
  return x;
}

/* The difference to the reference.  */
__attribute__ ((unused)) static double
beside_plain (setting *s)
{
  rw_error err = { 0 };
  attend (s);
  float *fast = copy_of_out (s);
  if (rw_attend_plain (&s->a, &err))
    ok (0, "attends plainly: %s", err.text);
  const double worst = farthest (s, fast, s->out);
  rw_free (fast);
  return worst;
}

/* ---- random ones ---- */

static rw_object *
random_rule (size_t which)
{
  const double window = (double) drawn_whole (1, 40), factor = 1 + (double) drawn_whole (1, 4);
  switch (which)
    {
    case 1:
      return put (rule ("start"), "n_hat", window);
    case 2:
      return put (put (rule ("self_extend"), "window", window), "group", factor);
    case 3:
      return put (rule ("rerope"), "window", window);
    case 4:
      return put (put (rule ("leaky_rerope"), "window", window), "factor", factor + 0.37);
    case 5:
      return put (put (rule ("string"), "shift", window + 7), "window", 5);
    case 6:
      return put (put (rule ("dual_chunk"), "chunk_size", window + 9), "local_size", 5);
    case 7:
      return put (put (rule ("jet_long"), "window", window + 8), "local", floor (window / 2));
    case 8:
      return put_list (put_list (rule ("map"), "distances", 5, 0, window), "effective", 5, 0, 7.3);
    case 9:
      return put_list (put_list (rule ("map"), "distances", 25, 0, 9), "effective", 25, 0, 3.7);
    default:
      return NULL;
    }
}

enum
{
  RULES = 10 /* none, and those above */
};

static rw_object *
random_scale (int64_t which)
{
  static const char *const names[] = { "log_n", "ssmax", "llama4", "ministral3" };
  return which < 0 ? NULL : query_scale (names[which]);
}

/* A setting of `keys` keys under a rule.  */
__attribute__ ((unused)) static setting
random_setting (size_t keys, size_t which)
{
  static const size_t dims[] = { 8, 20, 64, 80, 96, 128, 256 };
  const size_t dim = dims[drawn_whole (0, 6)], kv = (size_t) drawn_whole (1, 3);
  const size_t rotary = drawn () < 0.5 ? dim : 2 * (size_t) drawn_whole (1, (int64_t) dim / 2);
  setting s = { .geometry = shape (dim, rotary, drawn () < 0.5 ? RW_HALF : RW_INTERLEAVED),
                .rule = random_rule (which),
                .scale = random_scale (drawn_whole (-6, 3)) };
  s.geometry.layers = 4; /* llama4 wants to know */
  s.a = (rw_attention){ .heads = kv * (size_t) drawn_whole (1, 4),
                        .kv_heads = kv,
                        .value_dim = drawn () < 0.5 ? dim : (size_t) drawn_whole (1, 140),
                        .n_keys = keys,
                        .n_queries
                        = drawn () < 0.5 ? keys : (size_t) drawn_whole (1, (int64_t) keys),
                        .window = drawn () < 0.7 ? 0 : (size_t) drawn_whole (1, 150),
                        .cap = drawn () < 0.7 ? 0 : 3 + 20 * drawn (),
                        .threads = (int) drawn_whole (1, 3) };
  if (drawn () < 0.3)
    s.geometry.logit_scale = 0.2;
  s.freqs = drawn () < 0.5 ? table_of (put (block ("yarn"), "factor", 4), &s.geometry, 0)
                           : table_of (block ("default"), &s.geometry, 0);
  s.freqs.softmax_factor = drawn () < 0.5 ? 1 : 1.13;
  fill_setting (&s, 1);
  if (drawn () < 0.2 && which == 0)
    s.freqs.n = 0; /* no rotation */
  return s;
}

#endif
