/* llama_quirks: what llama.cpp does with a config that transformers does not, each computed a
   second time by the formula of its source; and configs that are wrong.  */
#include "json/json.h"
#include "llama_help.h"

enum
{
  PAIRS = 32
};

static const double D = 2 * PAIRS, M = 131072;

typedef struct
{
  double g[PAIRS], a, scores;
} table;

static table
plain (double base)
{
  table t = { .a = 1, .scores = 1 };
  for (int i = 0; i < PAIRS; i++)
    t.g[i] = pow (base, -2 * i / D);
  return t;
}

static table
divided (double base, double s)
{
  table t = plain (base);
  for (int i = 0; i < PAIRS; i++)
    t.g[i] /= s;
  return t;
}

/* ggml's: range rounded outwards, the ramp at least 0.001 wide.  */
static table
yarn (double base, double s, double L, double fast, double slow, double a)
{
  table t = plain (base);
  const double lo = fmax (0, floor (D * log (L / (fast * 2 * M_PI)) / (2 * log (base))));
  const double hi = fmin (D - 1, ceil (D * log (L / (slow * 2 * M_PI)) / (2 * log (base))));
  for (int i = 0; i < PAIRS; i++)
    {
      const double y = (i - lo) / fmax (0.001, hi - lo), kept = 1 - fmin (1, fmax (0, y));
      t.g[i] = t.g[i] / s * (1 - kept) + t.g[i] * kept;
    }
  t.a = a;
  return t;
}

static double
mscale (double s, double c)
{
  return s > 1 ? 1 + 0.1 * c * log (s) : 1;
}

/* Llama 3.1's rule as divisors.  */
static table
llama3 (double base, double s, double l, double h, double L)
{
  table t = plain (base);
  for (int i = 0; i < PAIRS; i++)
    {
      const double turns = L * t.g[i] / (2 * M_PI);
      const double kept = fmin (1, fmax (0, (turns - l) / (h - l)));
      t.g[i] *= (1 - kept) / s + kept;
    }
  return t;
}

/* The config has 64 channels and M tokens; `more` is its other keys.  */
static void
check (const char *name, const char *family, const char *more, const char *layer_type, table want,
       const char *warning)
{
  char config[2048];
  rw_model model = { 0 };
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  const rw_rope *r = NULL;
  snprintf (config, sizeof config,
            "{\"model_type\": \"%s\", \"head_dim\": 64, \"max_position_embeddings\": %g, %s}",
            family, M, more);
  if (ok (read_text (config, NULL, &model, &err) && !rw_model_rope (&model, layer_type, &r, &err)
              && !rw_schedule_fill (r->schedule, &r->geometry, M, &f, &err) && f.n == PAIRS,
          "%s: read %s", name, err.text))
    {
      double worst = 0;
      for (int i = 0; i < PAIRS; i++)
        worst = fmax (worst, want.g[i] == f.inv_freq[i] ? 0 : fabs (f.inv_freq[i] / want.g[i] - 1));
      ok (worst < TOL4, "%s: frequencies (%.2g)", name, worst); /* powers of powers */
      ok (fabs (f.attention_factor / want.a - 1) < TOL2, "%s: magnitude", name);
      ok (fabs (f.softmax_factor / want.scores - 1) < TOL2, "%s: scores", name);
      if (warning)
        ok (noted (r, RW_NOTE_WARNING, warning), "%s: told", name);
    }
  rw_freqs_free (&f);
  rw_model_free (&model);
}

#define YARN                                                                                       \
  "\"rope_theta\": 31622.7, \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 8, "           \
  "\"original_max_position_embeddings\": 16384"

static void
check_yarn (void)
{
  const table same = yarn (31622.7, 8, 16384, 32, 1, mscale (8, 1));
  table t;
  check ("yarn", "qwen2", YARN "}", NULL, same, NULL);
  check ("its betas are lost", "qwen2", YARN ", \"beta_fast\": 20, \"beta_slow\": 3}", NULL, same,
         "the loader of this architecture does not look");
  check ("but not mistral3's", "ministral3", YARN ", \"beta_fast\": 20, \"beta_slow\": 3}", NULL,
         yarn (31622.7, 8, 16384, 20, 3, mscale (8, 1)), NULL);
  check ("attention_factor is overwritten", "qwen2", YARN ", \"attention_factor\": 0.81}", NULL,
         same, "overwrites (llama.cpp#17945)");
  check ("attn_factor too", "qwen2", YARN ", \"attn_factor\": 0.81}", NULL, same, "#17945");
  check ("truncate is always on", "qwen2", YARN ", \"truncate\": false}", NULL, same,
         "ggml_rope_yarn_corr_dims");
  check ("mscale is not read", "qwen2", YARN ", \"mscale\": 0.707}", NULL, same, "mscale");
  t = same;
  t.a = 1;
  t.scores = pow (mscale (8, 0.707), 2);
  check ("deepseek2: both slopes are mscale_all_dim", "deepseek_v2",
         YARN ", \"mscale\": 1.3, \"mscale_all_dim\": 0.707}", NULL, t, "mscale");
  t.a = mscale (8, 1) / mscale (8, 0.6);
  t.scores = pow (t.a * mscale (8, 0.6), 2);
  check ("deepseek32: the numerator's slope is 1", "deepseek_v32",
         YARN ", \"mscale_all_dim\": 0.6}", NULL, t, NULL);
  t = same;
  t.a = mscale (8, 1) / mscale (8, 0.6);
  check ("mistral3: the multiplier as it is, no factor on the scores", "ministral3",
         YARN ", \"mscale_all_dim\": 0.6}", NULL, t, NULL);
  check ("a factor below 1", "qwen2",
         "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 0.5, "
         "\"original_max_position_embeddings\": 4096}",
         NULL, yarn (10000, 0.5, 4096, 32, 1, 1), NULL);
  check ("a backward range", "qwen2",
         "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4, "
         "\"original_max_position_embeddings\": 3}",
         NULL, yarn (10000, 4, 3, 32, 1, mscale (4, 1)), "hard step after pair 0");
  check ("a null factor", "qwen2",
         "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": null, "
         "\"original_max_position_embeddings\": 4096}",
         NULL, plain (10000), "no scaling at all");
  check ("the length of the top level", "qwen2",
         "\"original_max_position_embeddings\": 16384, \"rope_theta\": 31622.7, \"rope_scaling\": "
         "{\"type\": \"yarn\", \"factor\": 8}",
         NULL, same, NULL);
}

static void
check_others (void)
{
  check ("dynamic is dropped", "qwen2", "\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 4}",
         NULL, plain (10000), "drops it without a word");
  check ("HunYuan's alpha is baked", "hunyuan_v1_dense",
         "\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 1, \"alpha\": 50}", NULL,
         plain (10000 * pow (50, D / (D - 2))), NULL);
  check ("an unknown type", "qwen2", "\"rope_scaling\": {\"type\": \"ntk\", \"factor\": 4}", NULL,
         plain (10000), "Unknown RoPE type");
  check ("linear", "qwen2", "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.5}", NULL,
         divided (10000, 2.5), NULL);
  check ("llama3 with its length in the block", "llama",
         "\"rope_theta\": 500000, \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 16, "
         "\"low_freq_factor\": 1, \"high_freq_factor\": 5, "
         "\"original_max_position_embeddings\": 2048}",
         NULL, llama3 (500000, 16, 1, 5, 8192), "2048 is ignored, the divisors are baked for 8192");
  check ("llama3 with its length at the top", "llama",
         "\"original_max_position_embeddings\": 2048, \"rope_scaling\": {\"rope_type\": "
         "\"llama3\", \"factor\": 16, \"low_freq_factor\": 1, \"high_freq_factor\": 5}",
         NULL, llama3 (10000, 16, 1, 5, 2048), NULL);
  check ("llama3's other defaults", "llama", "\"rope_scaling\": {\"rope_type\": \"llama3\"}", NULL,
         llama3 (10000, 8, 1, 4, 8192), NULL);
  check ("llama3 elsewhere", "qwen2",
         "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 16, \"low_freq_factor\": 1, "
         "\"high_freq_factor\": 5}",
         NULL, plain (10000), "bakes no rope_freqs tensor");
  check ("longrope elsewhere", "llama",
         "\"rope_scaling\": {\"rope_type\": \"longrope\", \"short_factor\": [], \"long_factor\": "
         "[]}",
         NULL, plain (10000), "only the converters of phi3");
  check ("yarn in phi3", "phi3", YARN "}", NULL, plain (31622.7), "longrope only");
  check ("keys beside the block", "qwen2",
         "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}, \"llama.cpp\": "
         "{\"rope.scaling.factor\": 5, \"rope.freq_base\": 777, \"colour\": 3}",
         NULL, divided (777, 5), "colour: not a key");
}

/* ---- lists and layer types ---- */

static void
check_longrope (void)
{
  char more[2048];
  rw_text list = { 0 };
  table t = plain (10000), phi = t;
  for (int i = 0; i < PAIRS; i++)
    {
      rw_text_addf (&list, "%s%.17g", i ? ", " : "", 1.25 + i);
      t.g[i] /= 1.25 + i;
      phi.g[i] = t.g[i];
    }
  snprintf (more, sizeof more,
            "\"original_max_position_embeddings\": 4096, \"rope_scaling\": {\"type\": \"su\", "
            "\"attention_factor\": 1.5, \"long_factor\": [%s], \"short_factor\": [%s]}",
            rw_text_get (&list), rw_text_get (&list));
  phi.a = sqrt (1 + log (M / 4096) / log (4096));
  check ("phi3: the magnitude from M / L, whatever the block says", "phi3", more, NULL, phi,
         "attention_factor: the converter takes the stretch and the magnitude from");
  check ("minicpm: none, and no length", "minicpm", more, NULL, t, "neither the magnitude nor");
  rw_text_free (&list);
}

#define BOTH                                                                                       \
  "\"num_hidden_layers\": 2, \"layer_types\": [\"sliding_attention\", \"full_attention\"], "       \
  "\"rope_parameters\": {\"full_attention\": {\"rope_type\": \"linear\", \"factor\": 8, "          \
  "\"rope_theta\": 1e6}, \"sliding_attention\": {\"rope_type\": \"%s\", \"factor\": 3, "           \
  "\"rope_theta\": 2e4}}"

static void
check_layers (void)
{
  char more[1024];
  snprintf (more, sizeof more, BOTH, "linear");
  check ("gemma3, full", "gemma3", more, "full_attention", divided (1e6, 8), NULL);
  check ("gemma3, sliding: its base, no scaling", "gemma3", more, "sliding_attention", plain (2e4),
         "does not scale the sliding layers");
  check ("olmo3, sliding", "olmo3", more, "sliding_attention", plain (2e4), NULL);
  check ("another: scaled like the full ones", "qwen2", more, "sliding_attention", divided (2e4, 8),
         "scales these layers like the others");
  table t = plain (1e6);
  for (int i = 8; i < PAIRS; i++)
    t.g[i] = 0;
  check ("gemma4: divisors stop the rest", "gemma4",
         "\"num_hidden_layers\": 1, \"layer_types\": [\"full_attention\"], \"rope_parameters\": "
         "{\"full_attention\": {\"rope_type\": \"proportional\", \"partial_rotary_factor\": 0.25, "
         "\"rope_theta\": 1e6}}",
         "full_attention", t, NULL);
}

/* ---- wrong ones ---- */

static void
refuse (const char *more, const char *why)
{
  char config[1024];
  rw_model model = { 0 };
  rw_error err = { 0 };
  snprintf (config, sizeof config,
            "{\"model_type\": \"llama\", \"head_dim\": 8, \"max_position_embeddings\": 4096, %s}",
            more);
  const bool read = read_text (config, NULL, &model, &err);
  ok (!read && strstr (err.text, why), "refused: %s: %s", more, err.text);
  rw_model_free (&model);
}

static void
check_wrong (void)
{
  refuse ("\"rope_scaling\": {\"type\": \"linear\", \"factor\": -2}", "outside its range");
  refuse ("\"rope_scaling\": {\"type\": \"yarn\", \"factor\": \"4\"}", "expected a number");
  refuse ("\"rope_scaling\": {\"type\": 4}", "expected a text");
  refuse ("\"rope_theta\": 1, \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 2}", "rope_theta");
  refuse ("\"llama.cpp\": []", "expected an object");
  refuse ("\"llama.cpp\": {\"rope.scaling.type\": \"su\"}", "none, linear, yarn or longrope");
  refuse ("\"llama.cpp\": {\"rope.scaling.type\": 3}", "none, linear, yarn or longrope");
  refuse ("\"llama.cpp\": {\"rope.scaling.factor\": -1}", "from 0.0001 to");
  refuse ("\"llama.cpp\": {\"rope.scaling.factor\": 1e300}", "from 0.0001 to");
  refuse ("\"llama.cpp\": {\"rope.scaling.attn_factor\": \"1\"}", "expected a number");
  refuse ("\"llama.cpp\": {\"rope.dimension_count\": 16}", "rotary_dim");
  refuse ("\"llama.cpp\": {\"rope.dimension_count\": 3}", "rotary_dim");
  refuse ("\"llama.cpp\": {\"rope.dimension_count\": 1e12}", "whole number");
  refuse ("\"llama.cpp\": {\"context_length\": 1e300}", "whole number");
  refuse ("\"llama.cpp\": {\"rope_freqs.weight\": [1, 2]}", "2 divisors for 4 pairs");
  refuse ("\"llama.cpp\": {\"rope_freqs.weight\": [1, 2, 0, 4]}", "[2]: expected a number above 0");
  refuse ("\"llama.cpp\": {\"rope_freqs.weight\": {}}", "a list of divisors");
  refuse ("\"llama.cpp\": {\"rope_factors_long.weight\": [1, 2, 3, 4]}", "wrong number of tensors");
}

int
main (void)
{
  check_yarn ();
  check_others ();
  check_longrope ();
  check_layers ();
  check_wrong ();
  return tap_end ();
}
