/* usage: contributions of pairs beside brute force in double: every weight, angle and product of
   every query and key by the reference score, in another order.  */
#include "golden_help.h"
#include "score/usage.h"
#include "qk_help.h"
#include "rope/trained.h"
#include "rule/logit.h"
#include "rule_help.h"

enum
{
  TOKENS = 1100, /* two strips of keys and a part of one */
  DIM = 20,
  PAIRS = 7, /* an odd number, and channels that do not rotate */
  SEGMENTS = 3
};

static const rw_geometry base_shape = { .head_dim = DIM,
                                        .rotary_dim = 2 * PAIRS,
                                        .rope_theta = 10000,
                                        .original_length = 256,
                                        .max_length = 256 };

typedef struct
{
  double x[4][SEGMENTS * PAIRS], count[2][SEGMENTS]; /* contribution, ceiling, both without */
} sums;

/* ---- brute force ---- */

static double
amplitude_of (const rw_freqs *f, const double *trained, double m, double n, double *phi)
{
  double a;
  rw_rule_phase (f, trained, TOKENS, m, n, phi, &a);
  return a;
}

/* Adds query m with keys from `first` on to contribution and ceiling.  */
static void
brute_query (const rw_usage_ask *ask, const double *trained, int64_t m, int64_t first,
             double *contribution, double *ceiling)
{
  const rw_geometry *g = ask->geometry;
  const rw_freqs *f = ask->freqs;
  static double s[TOKENS];
  double q[DIM], k[DIM], phi[PAIRS], most = ask->qk->sink, total = 0;
  rw_rows_at (&ask->qk->q, (size_t) m, q);
  for (int64_t n = first; n <= m; n++)
    {
      rw_rows_at (&ask->qk->k, (size_t) n, k);
      s[n] = rw_logit (g, f, trained, TOKENS, q, k, (double) m, (double) n);
      most = fmax (most, s[n]);
    }
  total = exp (ask->qk->sink - most);
  for (int64_t n = first; n <= m; n++)
    total += exp (s[n] - most);
  for (int64_t n = first; n <= m; n++)
    {
      rw_rows_at (&ask->qk->k, (size_t) n, k);
      const double a = amplitude_of (f, trained, (double) m, (double) n, phi);
      const double by = exp (s[n] - most) / total * a * rw_query_scale_at (f, g, (double) m)
                        * rw_logit_scale (g) * f->softmax_factor;
      for (size_t i = 0; i < PAIRS; i++)
        {
          const size_t x = first_of (g->layout, i), y = second_of (g->layout, PAIRS, i);
          const double re = q[x] * k[x] + q[y] * k[y], im = q[y] * k[x] - q[x] * k[y];
          contribution[i] += by * (re * cos (phi[i]) - im * sin (phi[i]));
          ceiling[i] += fabs (by) * hypot (q[x], q[y]) * hypot (k[x], k[y]);
        }
    }
}

static void
brute (const rw_usage_ask *ask, sums *out)
{
  double trained[PAIRS];
  const int64_t window = ask->geometry->sliding_window;
  *out = (sums){ 0 };
  rw_trained_fill (ask->geometry, PAIRS, trained);
  for (size_t k = 0; k < ask->n_queries; k++)
    {
      const int64_t m = ask->query[k];
      const int64_t seen = window && m >= window ? m - window + 1 : 0, rest = seen ? seen : 1;
      const size_t s = k * SEGMENTS / ask->n_queries, at = s * PAIRS;
      brute_query (ask, trained, m, seen, out->x[0] + at, out->x[1] + at);
      out->count[0][s]++;
      if (rest > m)
        continue;
      brute_query (ask, trained, m, rest, out->x[2] + at, out->x[3] + at);
      out->count[1][s]++;
    }
}

/* ---- the library ---- */

static rw_status
run (rw_usage_ask ask, sums *out)
{
  rw_error err = { 0 };
  rw_usage_result r = { out->x[0], out->x[1], out->count[0], out->x[2], out->x[3], out->count[1] };
  rw_arena *scratch = rw_arena_new ();
  ask.scratch = scratch;
  ask.segments = SEGMENTS;
  const rw_status s = rw_usage_run (&ask, &r, &err);
  if (s)
    printf ("# %s\n", err.text);
  rw_arena_free (scratch);
  return s;
}

/* Float32 scores of some units err by 1e-6, weights by as much relatively, and their errors add up
   over the keys at worst: 1e-6 of the ceiling where they are not alike.  */
static const double WEIGHTS = 1e-6;

static void
compare (const rw_usage_ask *ask, const char *name)
{
  static sums want, got;
  double worst = 0;
  brute (ask, &want);
  if (!ok (!run (*ask, &got), "%s: runs", name))
    return;
  for (size_t j = 0; j < SEGMENTS * PAIRS; j++)
    for (int k = 0; k < 4; k++)
      {
        const double off = fabs (got.x[k][j] - want.x[k][j]) / want.x[k | 1][j];
        worst = off <= worst ? worst : off; /* NaN stays */
      }
  ok (worst <= WEIGHTS, "%s: contributions and ceilings, worst %.2g of the ceiling", name, worst);
  ok (!memcmp (got.count, want.count, sizeof got.count), "%s: queries are counted", name);
}

static size_t
queries (int64_t *out, size_t step)
{
  size_t n = 0;
  for (int64_t m = 0; m < TOKENS; m += (int64_t) step)
    out[n++] = m;
  return n;
}

static rw_object *
many_spans (void)
{
  double d[20], e[20];
  for (int j = 0; j < 20; j++)
    d[j] = 40 * j, e[j] = 15 * j + (j % 3);
  return put_numbers (put_numbers (rule ("map"), "distances", d, 20), "effective", e, 20);
}

static void
every_rule (rw_layout layout)
{
  rw_geometry g = base_shape;
  int64_t query[TOKENS];
  rw_qk qk = any_qk (TOKENS, DIM, 0, 1, 0.4, 21);
  rw_freqs f;
  rw_object *rules[] = {
    NULL,
    put (put (rule ("self_extend"), "group", 5), "window", 120),
    put (rule ("start"), "n_hat", 70),
    put (put (rule ("leaky_rerope"), "window", 33), "factor", 7),
    put (put (rule ("dual_chunk"), "chunk_size", 300), "local_size", 50),
    many_spans (),
  };
  g.layout = layout;
  f = scaled ("yarn", 4, &g);
  f.softmax_factor = 1.3;
  rw_usage_ask ask
      = { .geometry = &g, .qk = &qk, .freqs = &f, .length = TOKENS, .query = query, .threads = 2 };
  ask.n_queries = queries (query, 9);
  for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
    {
      char name[96];
      snprintf (name, sizeof name, "%s, %s", rw_layout_text (layout),
                rules[k] ? rules[k]->module->name : "no rule");
      f.rule = rules[k];
      compare (&ask, name);
      rw_object_free (rules[k]);
    }
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

static void
scales_sinks_and_windows (void)
{
  rw_geometry g = base_shape;
  int64_t query[TOKENS];
  rw_qk qk = any_qk (TOKENS, DIM, 0, 1, 0.4, 22);
  rw_freqs f = scaled ("linear", 2, &g);
  rw_usage_ask ask
      = { .geometry = &g, .qk = &qk, .freqs = &f, .length = TOKENS, .query = query, .threads = 1 };
  ask.n_queries = queries (query, 13);
  rw_object *tau = query_scale ("ssmax"), *negative = put (query_scale ("ssmax"), "s", -0.2);
  rw_object *many = many_spans (), *steep = put (bias ("alibi"), "slope", 0.02);
  f.query_scale = tau;
  compare (&ask, "a query scale");
  f.query_scale = negative;
  compare (&ask, "a negative one");
  f.query_scale = NULL;
  qk.sink = 2.5;
  compare (&ask, "a learned sink");
  g.sliding_window = 77;
  compare (&ask, "a sliding window");
  f.rule = many;
  compare (&ask, "a sliding window under a rule of many spans");
  f.bias = steep;
  compare (&ask, "a bias there");
  f.rule = NULL;
  g.sliding_window = 0;
  compare (&ask, "a bias");
  rw_object_free (tau);
  rw_object_free (negative);
  rw_object_free (many);
  rw_object_free (steep);
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

/* A first key that takes nearly all of the weight leaves the others their digits.  */
static void
a_heavy_first_key (void)
{
  const rw_geometry g = base_shape;
  int64_t query[TOKENS];
  rw_qk qk = any_qk (TOKENS, DIM, 0, 0.5, 0.4, 23);
  rw_freqs f = scaled ("yarn", 4, &g);
  float *key = qk.owned[1];
  for (size_t c = 2 * PAIRS; c < DIM; c++) /* channels that do not rotate */
    {
      for (size_t t = 0; t < TOKENS; t++)
        ((float *) qk.owned[0])[t * DIM + c] = 1;
      key[c] = 14;
    }
  rw_usage_ask ask
      = { .geometry = &g, .qk = &qk, .freqs = &f, .length = TOKENS, .query = query, .threads = 1 };
  ask.n_queries = queries (query, 13);
  compare (&ask, "a heavy first key");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

static void
threads_change_no_bit (void)
{
  const rw_geometry g = base_shape;
  int64_t query[TOKENS];
  static sums one, three;
  rw_qk qk = any_qk (TOKENS, DIM, 0, 1, 0.4, 24);
  rw_freqs f = scaled ("yarn", 4, &g);
  rw_usage_ask ask
      = { .geometry = &g, .qk = &qk, .freqs = &f, .length = TOKENS, .query = query, .threads = 1 };
  ask.n_queries = queries (query, 3); /* eight shares */
  run (ask, &one);
  ask.threads = 3;
  run (ask, &three);
  ok (!memcmp (&one, &three, sizeof one), "three threads give the bits of one");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

static void
shapes_that_do_not_fit (void)
{
  rw_geometry g = base_shape;
  rw_error err = { 0 };
  g.rotary_dim = g.head_dim = 2 * DIM;
  rw_qk qk = any_qk (5, DIM, 0, 1, 0.4, 26);
  rw_freqs f = plain (&g);
  const rw_usage_ask ask = { .geometry = &g, .qk = &qk, .freqs = &f, .length = 5 };
  ok (rw_usage_run (&ask, NULL, &err) == RW_EINVAL, "more pairs than channels are refused");
  has (err.text, "20 pairs do not fit", "and the error says so");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

static void
every_kernel (void)
{
  const rw_geometry g = base_shape;
  int64_t query[TOKENS];
  rw_qk qk = any_qk (TOKENS, DIM, 0, 1, 0.4, 25);
  rw_freqs f = scaled ("yarn", 4, &g);
  rw_usage_ask ask
      = { .geometry = &g, .qk = &qk, .freqs = &f, .length = TOKENS, .query = query, .threads = 1 };
  ask.n_queries = queries (query, 29);
  for (int simd = RW_SIMD_PLAIN; simd <= RW_SIMD_AVX512; simd++)
    {
      setenv ("ROPEWALK_SIMD", rw_simd_text ((rw_simd) simd), 1);
      compare (&ask, rw_simd_text (rw_simd_get ()));
    }
  unsetenv ("ROPEWALK_SIMD");
  rw_freqs_free (&f);
  rw_qk_free (&qk);
}

/* ---- golden sinks: key n speaks in pair n alone, so that a contribution is its weight times its
   logit ---- */

static void
beside_gpt_oss (const cJSON *c)
{
  enum
  {
    MOST = 8
  };
  const char *id = cJSON_GetObjectItem (c, "id")->valuestring;
  const cJSON *logits = cJSON_GetObjectItem (c, "logits"),
              *weights = cJSON_GetObjectItem (c, "weights");
  const size_t n = (size_t) cJSON_GetArraySize (logits);
  float q[MOST * 2 * MOST] = { 0 }, k[MOST * 2 * MOST] = { 0 };
  double inv_freq[MOST] = { 0 }, x[4][MOST], count[2], worst = 0;
  for (size_t i = 0; i < n; i++)
    {
      q[(n - 1) * 2 * n + 2 * i] = 1;
      k[i * 2 * n + 2 * i] = (float) cJSON_GetArrayItem (logits, (int) i)->valuedouble;
    }
  const rw_rows rows = { .type = RW_FLOAT32, .n = n, .dim = 2 * n, .stride = (ptrdiff_t) (2 * n) };
  rw_qk qk
      = { .q = rows,
          .k = rows,
          .sink = cJSON_GetObjectItem (cJSON_GetObjectItem (c, "params"), "sink")->valuedouble };
  qk.q.data = q;
  qk.k.data = k;
  const rw_geometry g = { .head_dim = (int64_t) (2 * n),
                          .rotary_dim = (int64_t) (2 * n),
                          .rope_theta = 10000,
                          .original_length = 64,
                          .max_length = 64,
                          .logit_scale = 1,
                          .layout = RW_INTERLEAVED };
  const rw_freqs f = { .n = n, .inv_freq = inv_freq, .attention_factor = 1, .softmax_factor = 1 };
  const int64_t last = (int64_t) n - 1;
  rw_arena *scratch = rw_arena_new ();
  const rw_usage_ask ask = { .geometry = &g,
                             .qk = &qk,
                             .freqs = &f,
                             .length = (double) n,
                             .n_queries = 1,
                             .query = &last,
                             .segments = 1,
                             .threads = 1,
                             .scratch = scratch };
  rw_usage_result r = { x[0], x[1], &count[0], x[2], x[3], &count[1] };
  rw_error err = { 0 };
  ok (!rw_usage_run (&ask, &r, &err), "%s: runs %s", id, err.text);
  for (size_t i = 0; i < n; i++)
    worst = fmax (worst, fabs (x[0][i] / cJSON_GetArrayItem (logits, (int) i)->valuedouble
                               - cJSON_GetArrayItem (weights, (int) i)->valuedouble));
  /* Float32 logits and weights.  */
  ok (worst <= 5e-7, "%s: %zu weights beside a learned sink, worst %.2g", id, n, worst);
  rw_arena_free (scratch);
}

static void
golden_sinks (void)
{
  cJSON *file = read_golden ("further.json");
  const cJSON *c;
  int n = 0;
  cJSON_ArrayForEach (c, cJSON_GetObjectItem (file, "cases"))
  {
    const char *method = text_of (c, "method");
    if (!method || strcmp (method, "gpt_oss_sink") != 0)
      continue;
    beside_gpt_oss (c);
    n++;
  }
  ok (n == 2, "both golden cases of sinks were judged");
  cJSON_Delete (file);
}

int
main (void)
{
  every_rule (RW_HALF);
  every_rule (RW_INTERLEAVED);
  scales_sinks_and_windows ();
  a_heavy_first_key ();
  threads_change_no_bit ();
  every_kernel ();
  shapes_that_do_not_fit ();
  golden_sinks ();
  return tap_end ();
}
