/* quirks: what transformers 4 does otherwise, each computed a second time here.

   Each quirk must also be told: a warning, and the key used or ignored.  */
#include "quirks_help.h"

/* ---- transformers 4 ---- */

#define YARN_4 "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, " TRAINED "}}"

static void
yarn_of_each_version (void)
{
  ok (made ("hf-4.45", YARN_4, 0), "4.45 reads yarn");
  ok (worst_yarn (MAX, 4, 0) <= TOL1, "its ramp is that of max_position_embeddings");
  ok (noted (RW_NOTE_IGNORED, "rope_scaling.original_max_position_embeddings"), "L is ignored");
  ok (noted (RW_NOTE_WARNING, "does not read it"), "with a warning");
  ok (made ("hf-4.50", YARN_4, 0), "4.50 reads yarn");
  ok (worst_yarn (L, MAX / L, 0) <= TOL1, "its factor is M / L");
  near (freqs.attention_factor, 0.1 * log (MAX / L) + 1, TOL1, "and makes the magnitude");
  ok (noted (RW_NOTE_WARNING, "transformers#38224"), "with a warning");
  ok (noted (RW_NOTE_USED, "rope_scaling.original_max_position_embeddings"), "L is used");
  ok (made ("hf-4.56", YARN_4, 0), "4.56 reads yarn");
  ok (worst_yarn (L, 4, 0) <= TOL1, "its factor is the one that is said");
  ok (noted (RW_NOTE_WARNING, "transformers#40320"), "with a warning");
  ok (made ("hf-4.50",
            "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": null, " TRAINED
            "}}",
            0)
          && worst_yarn (L, MAX / L, 0) <= TOL1,
      "4.50 needs no factor where it has L");
  refused ("hf-4.56", "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": null}}",
           "rope_scaling.factor: null");
}

static void
lengths_at_the_top_level (void)
{
  static const char *const config
      = "{" SIZE ", " TRAINED ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4}}";
  ok (made ("hf-4.56", config, 0) && worst_yarn (MAX, 4, 0) <= TOL1,
      "4.56 knows yarn's length from the block only");
  ok (noted (RW_NOTE_WARNING, "not of the top level's 8192"), "with a warning");
  ok (made ("vllm", config, 0) && worst_yarn (L, 4, 0) <= TOL1, "vLLM takes the top level's");
  refused ("hf-4.56",
           "{" SIZE ", " TRAINED ", \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, "
           "\"low_freq_factor\": 1, \"high_freq_factor\": 4}}",
           "original_max_position_embeddings: 'llama3' needs it");
}

static void
small_factors_and_missing_keys (void)
{
  static const char *const half
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 0.5}}";
  static const char *const pair
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, \"mscale\": 0.7, "
        "\"mscale_all_dim\": 0.3, \"truncate\": false, " TRAINED "}}";
  ok (made ("hf-4.45", half, 0), "4.45 reads a factor below 1");
  near (freqs.attention_factor, 0.1 * log (0.5) + 1, TOL1, "without a clamp");
  ok (made ("hf-4.50", half, 0) && freqs.attention_factor == 1, "4.50 clamps");
  ok (made ("hf-4.45", pair, 0), "4.45 passes over DeepSeek's pair");
  near (freqs.attention_factor, 0.1 * log (4) + 1, TOL1, "and takes YaRN's magnitude");
  ok (noted (RW_NOTE_IGNORED, "rope_scaling.mscale_all_dim"), "which is told");
  ok (made ("hf-4.50", pair, 0) && worst_yarn (L, MAX / L, 0) <= TOL1, "4.50 knows no truncate");
  ok (noted (RW_NOTE_WARNING, "from 4.55 on"), "which is told");
  ok (made ("hf-4.56", pair, 0) && worst_yarn (L, 4, 1) <= TOL1, "4.56 does");
  near (freqs.attention_factor, (0.07 * log (4) + 1) / (0.03 * log (4) + 1), TOL1,
        "and DeepSeek's pair");
}

static void
keys_where_version_4_has_them (void)
{
  static const char *const inside
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 3, "
        "\"rope_theta\": 5000000, \"partial_rotary_factor\": 0.5}}";
  static const char *const version_5
      = "{\"head_dim\": 64, \"max_position_embeddings\": 40960, \"rope_parameters\": "
        "{\"rope_type\": \"linear\", \"factor\": 3, \"rope_theta\": 5000000}}";
  ok (made ("hf-4.56", inside, 0) && worst_plain (BASE, 1.0 / 3) <= TOL1,
      "base and partial factor are those of the top level");
  ok (noted (RW_NOTE_IGNORED, "rope_scaling.rope_theta")
          && noted (RW_NOTE_IGNORED, "rope_scaling.partial_rotary_factor"),
      "which is told");
  ok (made ("hf-4.45", version_5, 0) && worst_plain (10000, 1) <= TOL1,
      "a config of version 5 loses its base and its block");
  ok (noted (RW_NOTE_IGNORED, "rope_parameters"), "which is told");
  refused ("hf-4.56", "{" SIZE ", \"rope_scaling\": {\"factor\": 3}}", "rope_type: not there");
  refused ("hf-4.50",
           "{" SIZE ", \"layer_types\": [\"full_attention\"], \"num_hidden_layers\": 1, "
           "\"rope_scaling\": {\"full_attention\": {\"rope_type\": \"default\"}}}",
           "rope_type: not there");
  refused ("hf-4.56", "{" SIZE ", \"rope_scaling\": {\"type\": \"proportional\"}}",
           "transformers has no rope type 'proportional'; known: default, linear, dynamic, llama3, "
           "yarn, longrope, su");
}

static void
scores_of_deepseek_v2 (void)
{
  static const char *const config
      = "{\"model_type\": \"deepseek_v2\", \"qk_rope_head_dim\": 64, " SIZE
        ", \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 40, \"mscale\": 0.707, "
        "\"mscale_all_dim\": 0.707, " TRAINED "}}";
  ok (made ("hf-4.56", config, 0) && freqs.softmax_factor == 1,
      "transformers 4 does not scale DeepSeek-V2's scores");
  ok (noted (RW_NOTE_WARNING, "transformers#47435"), "which is told");
  ok (made ("vllm", config, 0), "vLLM reads it");
  near (freqs.softmax_factor, pow (0.0707 * log (40) + 1, 2), TOL1, "and does");
  ok (made ("hf-4.45", config, 0), "the code beside its weights reads it");
  near (freqs.softmax_factor, pow (0.0707 * log (40) + 1, 2), TOL1, "and does");
  ok (worst_yarn (L, 40, 0) <= TOL1 && freqs.attention_factor == 1, "with its own length");
}

/* ---- longrope ---- */

static void
longrope_of_version_4 (void)
{
  static const char *const top = "{\"model_type\": \"phi3\", " SIZE ", " TRAINED
                                 ", \"rope_scaling\": {" LONGROPE ", \"factor\": 32}}";
  static const char *const inner
      = "{" SIZE ", \"rope_scaling\": {" LONGROPE ", \"factor\": 32, " TRAINED "}}";
  ok (made ("hf-4.56", top, L + 1) && worst_plain (BASE, 1 / 3.5) <= TOL1, "long beyond L");
  near (freqs.attention_factor, sqrt (1 + log (MAX / L) / log (L)), TOL1, "M / L beats factor");
  ok (noted (RW_NOTE_WARNING, "32: transformers before 5 takes"), "which is told");
  ok (made ("hf-4.56", top, L) && worst_plain (BASE, 1 / 1.25) <= TOL1, "short up to L");
  ok (made ("hf-4.56", inner, MAX) && worst_plain (BASE, 1 / 1.25) <= TOL1,
      "without one at the top level L is M");
  near (freqs.attention_factor, sqrt (1 + log (32) / log (MAX)), TOL1, "and factor counts");
  ok (noted (RW_NOTE_IGNORED, "rope_scaling.original_max_position_embeddings"), "which is told");
  ok (made ("hf-4.45", top, 1) && worst_plain (BASE, 1 / 1.25) <= TOL1,
      "4.45's Phi-3 class picks by the sequence");
  ok (made ("hf-4.45", inner, 1) && worst_plain (BASE, 1 / 3.5) <= TOL1,
      "4.45's shared function by the stretch");
  refused ("hf-4.50", "{" SIZE ", \"rope_scaling\": {" LONGROPE "}}",
           "rope_scaling.factor: longrope needs it");
}

int
main (void)
{
  yarn_of_each_version ();
  lengths_at_the_top_level ();
  small_factors_and_missing_keys ();
  keys_where_version_4_has_them ();
  scores_of_deepseek_v2 ();
  longrope_of_version_4 ();
  rw_model_free (&model);
  rw_freqs_free (&freqs);
  return tap_end ();
}
