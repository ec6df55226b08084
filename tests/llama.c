/* llama: configs as llama.cpp computes them, beside its own numbers and formulas written once more.

   The golden cases are llama.cpp's: its converter's divisors, its context's magnitudes, and cos and
   sin of the real ggml op, which here come from a config by way of the object "llama.cpp".  */
#include "golden_help.h"
#include "json/json.h"
#include "llama_help.h"

/* ---- golden: what the converter bakes ---- */

static void
judge_divisors (const cJSON *c)
{
  const char *id = text_of (c, "id");
  const cJSON *p = cJSON_GetObjectItem (c, "params");
  rw_error err = { 0 };
  char config[512];
  snprintf (config, sizeof config,
            "{\"model_type\": \"llama\", \"head_dim\": %g, \"rope_theta\": %g, "
            "\"original_max_position_embeddings\": %g, \"max_position_embeddings\": 131072, "
            "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": %g, \"low_freq_factor\": %g,"
            " \"high_freq_factor\": %g}}",
            number_of (p, "head_dim"), number_of (p, "rope_theta"),
            number_of (p, "original_max_position_embeddings_used"), number_of (p, "factor"),
            number_of (p, "low_freq_factor"), number_of (p, "high_freq_factor"));
  rw_model model = { 0 };
  rw_llama_rope keys;
  double worst = INFINITY;
  if (ok (read_text (config, NULL, &model, &err), "%s: read %s", id, err.text)
      && !rw_llama_rope_of (&model, NULL, false, &keys, NULL, &err))
    {
      const cJSON *want = cJSON_GetObjectItem (c, "rope_freqs");
      worst = keys.freqs && keys.pairs == (size_t) cJSON_GetArraySize (want) ? 0 : INFINITY;
      for (size_t i = 0; i < keys.pairs && worst < 1; i++)
        worst = fmax (worst, fabs (keys.freqs[i] / item_of (c, "rope_freqs", i) - 1));
      rw_llama_rope_free (&keys);
    }
  ok (worst < 1e-6, "%s: its divisors, which are float32 (%.2g)", id, worst);
  rw_model_free (&model);
}

/* ---- golden: magnitudes ---- */

static void
judge_magnitude (const cJSON *c)
{
  static const struct
  {
    const char *arch, *family;
    double log_multiplier_of_c;
  } rows[]
      = { { "qwen2", "qwen2", 0 }, { "deepseek2", "deepseek_v2", 1 }, { "gpt-oss", "gpt_oss", 0 } };
  const char *id = text_of (c, "id");
  const cJSON *p = cJSON_GetObjectItem (c, "params");
  const double s = number_of (p, "factor"), slope = number_of (p, "log_mul_used");
  char config[512];
  rw_freqs f = { 0 };
  size_t row = 0;
  while (row < 2 && strcmp (rows[row].arch, text_of (p, "arch")) != 0)
    row++;
  snprintf (config, sizeof config,
            "{\"model_type\": \"%s\", \"head_dim\": 64, \"max_position_embeddings\": 163840, "
            "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": %g, \"mscale_all_dim\": %.17g, "
            "\"original_max_position_embeddings\": 4096}}",
            rows[row].family, s, slope);
  ok (fill_text (config, NULL, &f), "%s: read", id);
  /* the tolerance of the golden file: the run-time's factor is float32 */
  near (f.attention_factor, number_of (c, "effective_cos_sin_scale"), 1e-6, id);
  const double scores = rows[row].log_multiplier_of_c > 0 ? pow (1 + 0.1 * slope * log (s), 2) : 1;
  near (f.softmax_factor, scores, TOL2, "and the scores'"); /* a quotient and a product of tenths */
  rw_freqs_free (&f);
}

/* ---- golden: cos and sin ---- */

/* A config whose keys make the run-time hand the op these parameters.  */
static cJSON *
config_of (const cJSON *p)
{
  const double scale = number_of (p, "freq_scale"), ext = number_of (p, "ext_factor");
  const double F = 1 / scale, kernel = 1 + 0.1 * log (F), mscale = F > 1 ? kernel : 1;
  const double own = number_of (p, "attn_factor") * (ext != 0 ? kernel / mscale : 1);
  const cJSON *factors = cJSON_GetObjectItem (p, "freq_factors");
  const int pairs = (int) number_of (p, "n_dims") / 2;
  cJSON *config = cJSON_CreateObject (), *o;
  cJSON_AddStringToObject (config, "model_type", "llama");
  cJSON_AddNumberToObject (config, "head_dim", number_of (p, "ne0"));
  cJSON_AddNumberToObject (config, "max_position_embeddings", 131072);
  o = cJSON_AddObjectToObject (config, "llama.cpp");
  cJSON_AddStringToObject (o, "rope.scaling.type", ext != 0 ? "yarn" : "linear");
  cJSON_AddNumberToObject (o, "rope.dimension_count", number_of (p, "n_dims"));
  cJSON_AddNumberToObject (o, "rope.freq_base", number_of (p, "freq_base"));
  cJSON_AddNumberToObject (o, "rope.scaling.factor", F);
  cJSON_AddNumberToObject (o, "rope.scaling.original_context_length", number_of (p, "n_ctx_orig"));
  cJSON_AddNumberToObject (o, "rope.scaling.attn_factor", own);
  cJSON_AddNumberToObject (o, "yarn_beta_fast", number_of (p, "beta_fast"));
  cJSON_AddNumberToObject (o, "yarn_beta_slow", number_of (p, "beta_slow"));
  cJSON_AddNumberToObject (o, "yarn_ext_factor", ext);
  cJSON *list = cJSON_IsArray (factors) ? cJSON_AddArrayToObject (o, "rope_freqs.weight") : NULL;
  for (int i = 0; i < pairs && list; i++)
    cJSON_AddItemToArray (list, cJSON_CreateNumber (cJSON_GetArrayItem (factors, i)->valuedouble));
  return config;
}

static int
is_bit_exact_here (void)
{
#if defined __GLIBC__ && defined __x86_64__
  __builtin_cpu_init ();
  return __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("avx2");
#else
  return 0;
#endif
}

/* All rows in double; the row of position 1 in float32, too.  */
static void
judge_rows (const cJSON *c, const rw_freqs *f, const rw_freqs *own)
{
  const cJSON *row, *p = cJSON_GetObjectItem (c, "params");
  const bool compound
      = cJSON_IsArray (cJSON_GetObjectItem (p, "freq_factors")) && number_of (p, "ext_factor") != 0;
  double worst = 0;
  int differ = 0;
  cJSON_ArrayForEach (row, cJSON_GetObjectItem (c, "rows")) for (size_t i = 0; i < f->n; i++)
  {
    const double m = number_of (row, "pos"), angle = m * f->inv_freq[i], a = f->attention_factor;
    const double plain = m * pow (number_of (p, "freq_base"), -(double) i / (double) f->n);
    const double limit = (3e-7 + 45 * 0x1p-24 * fmax (plain, angle)) * a;
    worst = fmax (worst, fabs (a * cos (angle) - item_of (row, "cos", i)) / limit);
    worst = fmax (worst, fabs (a * sin (angle) - item_of (row, "sin", i)) / limit);
    const float one = cosf ((float) own->inv_freq[i]) * (float) own->attention_factor;
    differ += m == 1 && one != (float) item_of (row, "cos", i);
  }
  /* the golden file's tolerance for double: the kernel's iterated product */
  ok (worst <= 1, "%s: at most %.2f of its tolerance", text_of (c, "id"), worst);
  if (is_bit_exact_here () && !compound) /* divisors of a mixture are rounded once more */
    ok (differ == 0, "%s: in float32 every bit of position 1", text_of (c, "id"));
}

static int
judge_turns (const cJSON *c)
{
  rw_model model = { 0 };
  rw_freqs f = { 0 }, own = { 0 };
  rw_error err = { 0 };
  const cJSON *p = cJSON_GetObjectItem (c, "params");
  if (cJSON_IsArray (cJSON_GetObjectItem (p, "sections"))) /* of several axes */
    return 0;
  cJSON *config = config_of (p);
  const bool read = !rw_stack_llama.read (text_of (c, "id"), config, NULL, &model, &err);
  if (ok (read, "%s: read %s", text_of (c, "id"), err.text))
    {
      const rw_rope *r = &model.rope[0];
      const bool filled
          = !rw_schedule_fill (r->schedule, &r->geometry, 131072, &f, &err)
            && !rw_stack_llama.arithmetic (r->schedule, &r->geometry, 131072, &own, &err);
      if (ok (filled, "%s: filled %s", text_of (c, "id"), err.text))
        judge_rows (c, &f, &own);
    }
  rw_freqs_free (&f);
  rw_freqs_free (&own);
  rw_model_free (&model);
  cJSON_Delete (config);
  return 1;
}

int
main (void)
{
  cJSON *file = read_golden ("frequencies.json"), *c;
  int divisors = 0, magnitudes = 0, turns = 0;
  cJSON_ArrayForEach (c, cJSON_GetObjectItem (file, "cases"))
  {
    const char *kind = text_of (c, "kind");
    if (strcmp (kind, "rope_freqs") == 0)
      judge_divisors (c), divisors++;
    else if (strcmp (kind, "llamacpp_attn_factor") == 0)
      judge_magnitude (c), magnitudes++;
    else if (strcmp (kind, "llamacpp_cos_sin") == 0)
      turns += judge_turns (c);
  }
  ok (divisors == 1 && magnitudes == 4 && turns > 15, "all cases: %d, %d, %d", divisors, magnitudes,
      turns);
  cJSON_Delete (file);
  return tap_end ();
}
