/* quirks_vllm: what vLLM does otherwise, before and after its pull request 56446, each computed a
   second time here; and told.  */
#include "quirks_help.h"

static void
longrope_of_vllm (void)
{
  static const char *const mscales
      = "{" SIZE ", " TRAINED ", \"rope_scaling\": {" LONGROPE
        ", \"factor\": 32, \"attention_factor\": 2, \"short_mscale\": 1.1, \"long_mscale\": 1.3}}";
  static const char *const bare
      = "{" SIZE ", \"rope_scaling\": {" LONGROPE ", \"factor\": 32, " TRAINED "}}";
  ok (made ("vllm", mscales, MAX) && worst_plain (BASE, 1 / 3.5) <= TOL1, "vLLM reads longrope");
  ok (freqs.attention_factor == 1.3, "long_mscale is the magnitude");
  ok (noted (RW_NOTE_USED, "rope_scaling.long_mscale")
          && noted (RW_NOTE_IGNORED, "rope_scaling.factor")
          && noted (RW_NOTE_IGNORED, "rope_scaling.attention_factor"),
      "which is told");
  ok (noted (RW_NOTE_WARNING, "vllm#27431"), "and that the list is picked once");
  ok (made ("vllm", bare, MAX), "without mscales");
  near (freqs.attention_factor, sqrt (1 + log (MAX / L) / log (L)), TOL1, "M / L makes it");
  refused ("vllm", "{\"rope_interleave\": true, " SIZE ", \"rope_scaling\": {" LONGROPE "}}",
           "rotates halves only");
}

static void
yarn_before_and_after (void)
{
  static const char *const explicit
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, " TRAINED
        ", \"attention_factor\": 1.5}}";
  static const char *const times
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, " TRAINED
        ", \"attn_factor\": 0.9}}";
  static const char *const pair
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, " TRAINED
        ", \"mscale\": 1, \"mscale_all_dim\": 1}}";
  static const char *const off
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, " TRAINED
        ", \"apply_yarn_scaling\": false, \"truncate\": false}}";
  const double a = 0.1 * log (4) + 1;
  ok (made ("vllm", explicit, 0) && freqs.attention_factor == 1.5, "attention_factor is read");
  ok (made ("vllm-pre-56446", explicit, 0), "and was not");
  near (freqs.attention_factor, a, TOL1, "before");
  ok (noted (RW_NOTE_IGNORED, "rope_scaling.attention_factor"), "which is told");
  ok (made ("vllm-pre-56446", times, 0), "attn_factor");
  near (freqs.attention_factor, 0.9 * a, TOL1, "multiplies");
  ok (noted (RW_NOTE_USED, "rope_scaling.attn_factor"), "which is told");
  ok (made ("vllm", pair, 0), "the mscale pair is read");
  near (freqs.attention_factor, 1, TOL1, "and cancels");
  ok (made ("vllm-pre-56446", pair, 0), "and was not");
  near (freqs.attention_factor, a, TOL1, "before");
  ok (noted (RW_NOTE_WARNING, "vllm#48621"), "which is told");
  ok (made ("vllm-pre-56446", off, 0) && freqs.attention_factor == 1
          && worst_yarn (L, 4, 1) <= TOL1,
      "apply_yarn_scaling false leaves the magnitude out, truncate false the rounding");
}

static void
yarns_of_other_names (void)
{
  static const char *const alone
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"deepseek_yarn\", \"factor\": 40, " TRAINED
        ", \"mscale\": 0.7}}";
  static const char *const telechat
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"telechat3-yarn\", \"factor\": 4, " TRAINED
        "}}";
  static const char *const mrope
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, " TRAINED
        ", \"mrope_section\": [8, 12, 12]}}";
  ok (made ("vllm-pre-56446", alone, 0), "deepseek_yarn honours mscale alone");
  near (freqs.attention_factor, 0.07 * log (40) + 1, TOL1, "over 1");
  ok (made ("vllm", alone, 0), "and is transformers' yarn now");
  near (freqs.attention_factor, 0.1 * log (40) + 1, TOL1, "which does not");
  ok (made ("vllm", telechat, 0) && worst_yarn (L, 4, 0) <= TOL1, "telechat3-yarn is a yarn");
  near (freqs.attention_factor, 0.07 * log (4) + 1, TOL1, "of another slope");
  ok (made ("vllm-pre-56446", mrope, 0) && worst_yarn (4 * L, 4, 0) <= TOL1,
      "M-RoPE's ramp is that of four times the length");
  ok (noted (RW_NOTE_WARNING, "four times the length, 32768"), "which is told");
}

static void
ntk_of_vllm (void)
{
  static const char *const dynamic
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"dynamic\", \"factor\": 3}}";
  static const char *const alpha = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"dynamic\", "
                                   "\"alpha\": 50, \"factor\": 1}}";
  static const char *const fixed
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"ntk\", \"factor\": 5}}";
  const double grown = BASE * pow (3 * 3 - 2, (double) D / (D - 2));
  ok (made ("vllm", dynamic, 1) && worst_plain (grown, 1) <= TOL1, "vLLM's dynamic is static");
  ok (noted (RW_NOTE_WARNING, "vllm#3488"), "which is told");
  ok (made ("hf-4.56", dynamic, 3 * MAX) && worst_plain (grown, 1) <= TOL1,
      "transformers has that table at s M tokens");
  ok (made ("vllm", alpha, 9) && worst_plain (BASE * pow (50, (double) D / (D - 2)), 1) <= TOL1,
      "alpha makes the base");
  ok (noted (RW_NOTE_IGNORED, "rope_scaling.factor"), "and factor nothing");
  ok (made ("vllm", fixed, 0) && worst_plain (BASE * 5, pow (5, -2.0 / D)) <= TOL1,
      "ntk is Su's fixed one");
  refused ("vllm", "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"xdrope\", \"alpha\": 50}}",
           "xdrope_section");
  refused ("vllm", "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"mrrope\", \"factor\": 5}}",
           "vLLM has no rope type 'mrrope'; known: default, linear");
  refused ("vllm-pre-56446", "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"dynamic\"}}",
           "rope_scaling.factor: 'dynamic' needs it");
}

static void
others_of_vllm (void)
{
  static const char *const linear
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 4}}";
  static const char *const step
      = "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, " TRAINED
        ", \"low_freq_factor\": 2, \"high_freq_factor\": 2}}";
  ok (made ("vllm", linear, 0) && worst_plain (BASE, 0.25) <= TOL1, "linear");
  ok (noted (RW_NOTE_WARNING, "4.0: vLLM takes a whole number for a list"), "with a warning");
  ok (made ("vllm", step, 0), "llama3 with equal factors");
  double worst = 0;
  for (int i = 0; i < PAIRS; i++)
    {
      const double f = plain (BASE, i), turns = L * f / (2 * M_PI);
      worst = fmax (worst, fabs (freqs.inv_freq[i] / (turns > 2 ? f : f / 8) - 1));
    }
  ok (worst <= TOL1, "is a step (%.2g)", worst);
  ok (made ("vllm",
            "{" SIZE ", \"rope_scaling\": {\"rope_type\": \"proportional\", \"factor\": 4, "
            "\"partial_rotary_factor\": 0.5}}",
            0)
          && freqs.n == PAIRS && fabs (freqs.inv_freq[3] / plain (BASE, 3) - 1) <= TOL1
          && freqs.inv_freq[PAIRS - 1] == 0,
      "proportional has no factor");
  ok (noted (RW_NOTE_IGNORED, "rope_scaling.factor"), "which is told");
  refused ("vllm", "{" SIZE ", \"partial_rotary_factor\": 1.5}", "outside its range");
}

/* ---- inline models ---- */

static void
inline_models_by_a_stack (void)
{
  static const char *const text
      = "{\"head_dim\": 64, \"base\": 77000, \"original_length\": 8192, \"max_length\": 40960, "
        "\"rope\": {\"rope_type\": \"dynamic\", \"factor\": 3}}";
  const rw_stack *stack = NULL;
  cJSON *tree = NULL;
  rw_model_free (&model);
  rw_freqs_free (&freqs);
  ok (!rw_stack_find ("vllm", &stack, &err)
          && !rw_json_parse ("t", text, strlen (text), &tree, &err)
          && !rw_stack_config_model (stack, tree, "model", NULL, &model, &err)
          && !rw_schedule_fill (model.rope[0].schedule, &model.rope[0].geometry, 1, &freqs, &err),
      "vLLM reads an inline model %s", err.text);
  ok (worst_plain (BASE * pow (7, (double) D / (D - 2)), 1) <= TOL1, "as it reads a config");
  cJSON_Delete (tree);
}

int
main (void)
{
  longrope_of_vllm ();
  yarn_before_and_after ();
  yarns_of_other_names ();
  ntk_of_vllm ();
  others_of_vllm ();
  inline_models_by_a_stack ();
  rw_model_free (&model);
  rw_freqs_free (&freqs);
  return tap_end ();
}
