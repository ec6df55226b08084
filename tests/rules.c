/* rules: angles and amplitudes of position rules.  `start` beside LongRoPE's own cos and sin
   (tests/golden/further.json, made with the two methods of its class), and by hand.  */
#include "rule/rule.h"
#include "schedule_help.h"

#include <cjson/cJSON.h>
#include <complex.h>

static rw_object *
start (double n_hat)
{
  rw_error e = { 0 };
  const rw_module *m = NULL;
  rw_object *o = NULL;
  if (rw_kind_find (&rw_rules, "start", &m, &e) || rw_object_new (m, &o, &e))
    ok (0, "a rule: %s", e.text);
  return put (o, "n_hat", n_hat);
}

/* phi and amplitude of yarn x3 under the rule (NULL: none), pair 40.  */
static double
amplitude (const rw_object *rule, double m, double n, double *phi)
{
  rw_freqs f = table_of (put (block ("yarn"), "factor", 3), &llama2, 0);
  rw_freqs trained = table_of (block ("default"), &llama2, 0);
  double all[64], a = 0;
  f.rule = rule;
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
  rw_object *rule = start (5);
  ok (a > 1.1 && t > g, "the schedule has a factor and moves the pair");
  near (amplitude (NULL, 9, 2, &phi), a * a, 0, "without a rule the amplitude is a^2");
  near (phi, 7 * g, TOL0, "and the angle (m - n) g");
  near (amplitude (rule, 9, 5, &phi), a * a, 0, "both after the start tokens: a^2");
  near (phi, 4 * g, TOL1, "and (m - n) g");
  near (amplitude (rule, 9, 4, &phi), a, 0, "a key among the start tokens: a");
  near (phi, 9 * g - 4 * t, TOL1, "and m g - n f");
  near (amplitude (rule, 4, 2, &phi), 1, 0, "both among them: 1");
  near (phi, 2 * t, TOL1, "and (m - n) f");
  rw_object_free (rule);
  rw_freqs_free (&f);
}

static cJSON *
read_golden (void)
{
  const char *top = getenv ("top_srcdir");
  char path[4096];
  snprintf (path, sizeof path, "%s/tests/golden/further.json", top ? top : ".");
  FILE *file = fopen (path, "rb");
  if (!file)
    return NULL;
  static char text[1 << 20];
  text[fread (text, 1, sizeof text - 1, file)] = 0;
  fclose (file);
  return cJSON_Parse (text);
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
  rw_object *rule = start (cJSON_GetObjectItem (p, "n_hat")->valuedouble);
  f.rule = rule;
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
  rw_object_free (rule);
  rw_freqs_free (&f);
  rw_freqs_free (&trained);
}

int
main (void)
{
  start_tokens_keep_their_own_table ();
  cJSON *file = read_golden ();
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
