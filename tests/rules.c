/* rules: angles and amplitudes of position rules.  `start` beside LongRoPE's own cos and sin
   (tests/golden/further.json, made with the two methods of its class), and by hand; what
   rules refuse; and query scales by hand.  */
#include "golden_help.h"
#include "rule_help.h"

#include <complex.h>

static rw_object *
start (double n_hat)
{
  return put (rule ("start"), "n_hat", n_hat);
}

/* phi and amplitude of yarn x3 under the rule (NULL: none), pair 40.  */
static double
amplitude (const rw_object *by, double m, double n, double *phi)
{
  rw_freqs f = table_of (put (block ("yarn"), "factor", 3), &llama2, 0);
  rw_freqs trained = table_of (block ("default"), &llama2, 0);
  double all[64], a = 0;
  f.rule = by;
  rw_rule_phase (&f, trained.inv_freq, 12288, m, n, all, &a);
  *phi = all[40];
  rw_freqs_free (&f);
  rw_freqs_free (&trained);
  return a;
}

static void
start_tokens_keep_their_own_table (void)
{
  rw_freqs f = table_of (put (block ("yarn"), "factor", 3), &llama2, 0);
  const double g = f.inv_freq[40], t = pow (10000, -80.0 / 128), a = f.attention_factor;
  double phi = 0;
  rw_object *by = start (5);
  ok (a > 1.1 && t > g, "the schedule has a factor and moves the pair");
  near (amplitude (NULL, 9, 2, &phi), a * a, 0, "without a rule the amplitude is a^2");
  near (phi, 7 * g, TOL0, "and the angle (m - n) g");
  near (amplitude (by, 9, 5, &phi), a * a, 0, "both after the start tokens: a^2");
  near (phi, 4 * g, TOL1, "and (m - n) g");
  near (amplitude (by, 9, 4, &phi), a, 0, "a key among the start tokens: a");
  near (phi, 9 * g - 4 * t, TOL1, "and m g - n f");
  near (amplitude (by, 4, 2, &phi), 1, 0, "both among them: 1");
  near (phi, 2 * t, TOL1, "and (m - n) f");
  rw_object_free (by);
  rw_freqs_free (&f);
}

/* The rule answers for pairs of positions, the golden rows for single ones: what must agree is
   (a cos + i a sin)(m) times its conjugate at n.  */
static void
beside_the_authors_rows (const cJSON *c)
{
  enum
  {
    PAIRS = 4,
    ROWS_MAX = 64
  };
  const char *id = cJSON_GetObjectItem (c, "id")->valuestring;
  const double tol = 2 * cJSON_GetObjectItem (c, "tolerance")->valuedouble; /* two factors */
  const cJSON *p = cJSON_GetObjectItem (c, "params"), *row;
  double position[ROWS_MAX];
  double complex turn[ROWS_MAX][PAIRS];
  size_t rows = 0;
  cJSON_ArrayForEach (row, cJSON_GetObjectItem (c, "rows"))
  {
    const size_t i = (size_t) cJSON_GetArrayItem (row, 1)->valuedouble;
    position[rows / PAIRS] = cJSON_GetArrayItem (row, 0)->valuedouble;
    turn[rows++ / PAIRS][i]
        = cJSON_GetArrayItem (row, 2)->valuedouble + I * cJSON_GetArrayItem (row, 3)->valuedouble;
  }
  const rw_geometry m = {
    .head_dim = 8, .rotary_dim = 8, .rope_theta = 10000, .original_length = 8, .max_length = 64
  };
  double factors[PAIRS];
  for (int i = 0; i < PAIRS; i++)
    factors[i] = cJSON_GetArrayItem (cJSON_GetObjectItem (p, "rescale_factors"), i)->valuedouble;
  const rw_value list = { .kind = RW_VALUE_NUMBERS, .numbers = factors, .n = PAIRS };
  rw_object *o
      = put_value (put_value (block ("longrope"), "long_factor", list), "short_factor", list);
  rw_freqs f = table_of (o, &m, 64), trained = table_of (block ("default"), &m, 0);
  rw_object *by = start (cJSON_GetObjectItem (p, "n_hat")->valuedouble);
  f.rule = by;
  double worst = 0;
  for (size_t a = 0; a < rows / PAIRS; a++)
    for (size_t b = 0; b <= a; b++)
      {
        double phi[PAIRS], amplitude;
        rw_rule_phase (&f, trained.inv_freq, 64, position[a], position[b], phi, &amplitude);
        for (int i = 0; i < PAIRS; i++)
          worst
              = fmax (worst, cabs (amplitude * cexp (I * phi[i]) - turn[a][i] * conj (turn[b][i])));
      }
  ok (rows > 0 && worst <= tol, "%s: %zu rows, worst %.2g within %.2g", id, rows, worst, tol);
  rw_object_free (by);
  rw_freqs_free (&f);
  rw_freqs_free (&trained);
}

/* ---- what is refused ---- */

/* The text of what `check` refuses, or "".  Frees o.  */
static const char *
check_of (rw_object *o)
{
  static rw_error e;
  e = (rw_error){ 0 };
  const rw_rule *r = (const rw_rule *) o->module;
  const rw_status s = r->check (o->self, &llama2, 4096, &e);
  rw_object_free (o);
  return s ? e.text : "";
}

static void
undefined_parameters_are_refused (void)
{
  const double up[] = { 0, 4, 4 }, late[] = { 1, 4, 8 }, good[] = { 0, 4, 8 };
  has (check_of (put (put (rule ("dual_chunk"), "chunk_size", 8), "local_size", 8)),
       "local_size: 8 is not below chunk_size, 8", "dual_chunk without a chunk");
  ok (!*check_of (put (put (rule ("dual_chunk"), "chunk_size", 8), "local_size", 7)),
      "a chunk of one token is one");
  has (
      check_of (put_numbers (put_numbers (rule ("map"), "distances", up, 3), "effective", good, 3)),
      "distances[2]: 4 is not above the one before, 4", "map of distances that do not rise");
  has (check_of (
           put_numbers (put_numbers (rule ("map"), "distances", late, 3), "effective", good, 3)),
       "distances: must begin at 0", "map of distances that begin late");
  has (check_of (
           put_numbers (put_numbers (rule ("map"), "distances", good, 3), "effective", good, 2)),
       "effective: 2 numbers for 3 distances", "map of lists of two sizes");
  rw_error e = { 0 };
  rw_object *o = query_scale ("log_n");
  rw_geometry m = llama2;
  m.original_length = 1;
  ok (((const rw_query_scale *) o->module)->check (o->self, &m, &e) == RW_EDOMAIN,
      "log_n over a trained length of 1 has no value");
  rw_object_free (o);
}

/* ---- query scales ---- */

static double
tau (const rw_object *o, const rw_freqs *table, double m)
{
  rw_freqs f = *table;
  f.query_scale = o;
  return rw_query_scale_at (&f, &llama2, m);
}

static void
query_scales (void)
{
  rw_freqs turning = plain (&llama2), still = table_of (block ("none"), &llama2, 0);
  rw_object *log_n = query_scale ("log_n"), *ssmax = put (query_scale ("ssmax"), "bias", 0.125);
  rw_object *llama4 = query_scale ("llama4"),
            *everywhere = put_text (query_scale ("llama4"), "layers", "all");
  rw_object *ministral3 = query_scale ("ministral3");
  near (tau (NULL, &turning, 77), 1, 0, "without a query scale tau is 1");
  near (tau (log_n, &turning, 9999), log (10000) / log (4096), TOL1,
        "log_n takes the model's length");
  near (tau (log_n, &turning, 4000), 1, 0, "and is 1 within it");
  near (tau (ssmax, &turning, 0), 0.125, 0, "ssmax of one key is its bias");
  near (tau (ssmax, &turning, 999), 0.43 * log (1000) + 0.125, TOL1,
        "and grows with the logarithm");
  near (tau (llama4, &turning, 8191), 1, 0, "llama4 leaves layers that rotate alone");
  near (tau (llama4, &still, 8191), 1 + 0.1 * log (2), TOL1, "steps at L - 1 on those that do not");
  near (tau (llama4, &still, 8190), 1, 0, "and not before");
  near (tau (everywhere, &turning, 8191), 1 + 0.1 * log (2), TOL1, "or everywhere");
  near (tau (ministral3, &turning, 4096), 1 + 0.1 * log (2), TOL1,
        "ministral3 steps at the model's L");
  near (tau (ministral3, &turning, 4095), 1, 0, "and not before");
  rw_object_free (log_n);
  rw_object_free (ssmax);
  rw_object_free (llama4);
  rw_object_free (everywhere);
  rw_object_free (ministral3);
  rw_freqs_free (&turning);
  rw_freqs_free (&still);
}

int
main (void)
{
  start_tokens_keep_their_own_table ();
  undefined_parameters_are_refused ();
  query_scales ();
  cJSON *file = read_golden ("further.json");
  const cJSON *c;
  int n = 0;
  cJSON_ArrayForEach (c, cJSON_GetObjectItem (file, "cases"))
  {
    const char *method = cJSON_GetStringValue (cJSON_GetObjectItem (c, "method"));
    if (method && !strcmp (method, "start"))
      {
        beside_the_authors_rows (c);
        n++;
      }
  }
  ok (n == 2, "both golden cases of start were judged");
  cJSON_Delete (file);
  return tap_end ();
}
