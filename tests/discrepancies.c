/* discrepancies: what transformers, vLLM and llama.cpp are known to make of one config, each number
   worked out here from the formula that the stack has in its source.  */
#include "schedule/schedule.h"
#include "stack/compare.h"
#include "tap.h"
#include "yarn_help.h"

#define CONFIG "./ropewalk-discrepancies.json"
#define SIZE                                                                                       \
  "'hidden_size': 2048, 'num_attention_heads': 32, 'head_dim': 64, 'num_hidden_layers': 4"
#define QWEN                                                                                       \
  "'hidden_size': 4096, 'num_attention_heads': 32, 'head_dim': 128,"                               \
  " 'num_hidden_layers': 4, 'rope_theta': 1000000.0"

enum
{
  MOST = 4 /* stacks of a row */
};

static rw_comparison c;
static rw_error err;

/* Compares what stacks (NULL-terminated) make of a preset, or of a config in single quotes.  */
static void
compare (const char *model, const char *const *names, double length)
{
  const rw_stack *stack[MOST];
  size_t n = 0;
  const char *path = model;
  if (*model == '{')
    {
      FILE *f = fopen (CONFIG, "w");
      for (const char *p = model; f && *p; p++)
        fputc (*p == '\'' ? '"' : *p, f);
      if (f)
        fclose (f);
      path = CONFIG;
    }
  for (; n < MOST && names[n]; n++)
    if (rw_stack_find (names[n], &stack[n], &err))
      printf ("# %s\n", err.text);
  rw_comparison_free (&c);
  err = (rw_error){ 0 };
  if (rw_compare (stack, n, path, NULL, length, &c, &err))
    {
      ok (0, "%s is compared: %s", model, err.text);
      exit (tap_end ());
    }
}

#define COMPARE(model, length, ...)                                                                \
  compare (model, (const char *const[]){ __VA_ARGS__, NULL }, length)

/* Stack i against the first, in the layer type t.  */
static const rw_difference *
of (size_t i, size_t t)
{
  return &c.difference[i * c.n_types + t];
}

static double
factor_of (size_t i)
{
  return c.account[i].view ? c.account[i].view[0].freqs.attention_factor : NAN;
}

static bool
all_agree (void)
{
  for (size_t i = 0; i < c.n; i++)
    if (!c.agrees[i])
      printf ("# %s differs: %g at pair %zu\n", c.account[i].stack->name, of (i, 0)->frequency,
              of (i, 0)->pair);
  return c.agree;
}

/* The largest |b / a - 1| of two YaRNs, and where.  */
static double
between (yarn a, yarn b, size_t *pair)
{
  double most = 0;
  for (size_t i = 0; i < (size_t) a.d / 2; i++)
    {
      const double x = fabs (yarn_frequency (b, i) / yarn_frequency (a, i) - 1);
      if (x > most)
        {
          most = x;
          *pair = i;
        }
    }
  return most;
}

/* ---- row 1: truncate ---- */

static void
llama_cpp_rounds_the_range (void)
{
  const yarn a = { 150000, 64, 4096, 32, false };
  yarn b = a;
  size_t pair = 0, changed = 0;
  double widest = 0;
  b.truncate = true;
  COMPARE ("gpt-oss-20b", NAN, "hf", "vllm", "llama.cpp");
  ok (c.agrees[1], "gpt-oss: vLLM has truncate as transformers has it");
  /* TOL3 here and below: two ways round to one number; what is looked for is above 1e-2 */
  near (of (2, 0)->frequency, between (a, b, &pair), TOL3, "llama.cpp always rounds the range");
  ok (of (2, 0)->pair == pair && pair == 17 && of (2, 0)->frequency > 0.76, "76 %% at pair 17");
  for (size_t i = 0; i < 32; i++)
    {
      widest = fmax (widest, fabs (yarn_frequency (a, i) - yarn_frequency (b, i)));
      changed += fabs (yarn_frequency (b, i) / yarn_frequency (a, i) - 1) > 1e-6;
    }
  near (of (2, 0)->phase[1], 4095 * widest, TOL3, "0.9 radians at position 4095");
  ok (changed == 9, "9 of 32 frequencies");
}

/* ---- row 2: a range without room ---- */

static void
an_empty_range_is_read_both_ways (void)
{
  COMPARE ("{" SIZE ", 'max_position_embeddings': 16, 'rope_theta': 10000.0, 'rope_scaling': {"
           "'rope_type': 'yarn', 'factor': 4.0, 'original_max_position_embeddings': 4}}",
           NAN, "hf", "vllm", "llama.cpp");
  ok (c.agrees[1], "L below 2 pi: vLLM as transformers");
  near (of (2, 0)->frequency, 0.75, TOL3, "one keeps what the other divides by 4");
  ok (of (2, 0)->pair >= 1 && c.account[0].view[0].freqs.inv_freq[0] == 1, "from pair 1 on");
}

/* ---- rows 3 to 6: the magnitude ---- */

static void
attention_factor_is_lost (void)
{
  COMPARE ("{" QWEN ", 'max_position_embeddings': 131072, 'model_type': 'qwen3', 'rope_scaling': {"
           "'rope_type': 'yarn', 'factor': 4.0, 'attention_factor': 1.25,"
           "'original_max_position_embeddings': 32768}}",
           NAN, "hf", "vllm", "vllm-pre-56446", "llama.cpp");
  const double logits = pow (yarn_magnitude (4) / 1.25, 2);
  ok (c.agrees[1], "an explicit attention_factor: vLLM of September 2026 has it");
  near (of (2, 0)->logit_scale, logits, TOL1, "vLLM before did not");
  near (of (3, 0)->logit_scale, logits, TOL1, "llama.cpp does not");
  ok (c.override[3].tried && c.override[3].agrees, "until it is told in its own key");
  has (c.override[3].words.line, "rope.scaling.attn_factor=float:1.0978", "which is a*/m(s)");
}

static void
attn_factor_is_a_word_of_vllm (void)
{
  const double m = yarn_magnitude (4);
  COMPARE ("{" QWEN ", 'max_position_embeddings': 131072, 'model_type': 'qwen3', 'rope_scaling': {"
           "'rope_type': 'yarn', 'factor': 4.0, 'attn_factor': 0.8782488562869419,"
           "'original_max_position_embeddings': 32768}}",
           NAN, "hf", "vllm", "llama.cpp");
  near (factor_of (0), m, TOL1, "DeepSeek-R1-0528-Qwen3-8B: transformers 1.1386");
  near (factor_of (1), m * 0.8782488562869419, TOL1, "vLLM 1.0");
  near (factor_of (2), m, TOL1, "llama.cpp 1.1386");
}

static void
mscale_alone_is_honoured_by_deepseek_yarn (void)
{
  COMPARE ("{" SIZE ", 'model_type': 'deepseek_v2', 'max_position_embeddings': 163840,"
           "'rope_theta': 10000.0, 'rope_scaling': {'type': 'yarn', 'factor': 40.0,"
           "'mscale': 0.707, 'original_max_position_embeddings': 4096}}",
           NAN, "hf", "vllm-pre-56446");
  near (factor_of (0), yarn_magnitude (40), TOL1, "mscale alone: transformers ignores it");
  near (factor_of (1), 0.1 * 0.707 * log (40) + 1, TOL1, "vLLM's deepseek_yarn does not");
}

static void
shrinking_has_no_magnitude (void)
{
  COMPARE ("{" SIZE ", 'max_position_embeddings': 16384, 'rope_theta': 10000.0, 'rope_scaling': {"
           "'rope_type': 'yarn', 'factor': 0.5, 'original_max_position_embeddings': 4096}}",
           NAN, "hf", "vllm", "llama.cpp");
  ok (all_agree () && factor_of (2) == 1, "a factor below 1: the factor is 1 everywhere");
}

/* ---- rows 7 and 8: which factor, which length ---- */

static void
transformers_4_50_takes_the_ratio (void)
{
  size_t pair = 0;
  const yarn a = { 1e6, 128, 32768, 4, true };
  yarn b = a;
  b.factor = 1.25;
  COMPARE ("{" QWEN ", 'max_position_embeddings': 40960, 'rope_scaling': {'rope_type': 'yarn',"
           "'factor': 4.0, 'original_max_position_embeddings': 32768}}",
           NAN, "hf", "hf-4.50", "hf-4.56", "vllm");
  near (of (1, 0)->frequency, between (a, b, &pair), TOL3, "M/L instead of the factor: 3.2 times");
  near (of (1, 0)->frequency, 2.2, TOL3, "which is 4 / 1.25");
  near (factor_of (1), yarn_magnitude (1.25), TOL1, "its magnitude too");
  ok (c.agrees[2] && c.agrees[3], "4.56 and vLLM take the factor");
}

static void
transformers_4_45_takes_the_longest (void)
{
  size_t pair = 0, changed = 0;
  const yarn a = { 1e6, 128, 32768, 4, true };
  yarn b = a;
  b.length = 131072;
  COMPARE ("{" QWEN ", 'max_position_embeddings': 131072, 'rope_scaling': {'rope_type': 'yarn',"
           "'factor': 4.0, 'original_max_position_embeddings': 32768}}",
           NAN, "hf", "hf-4.45", "hf-4.50");
  near (of (1, 0)->frequency, between (a, b, &pair), TOL3, "the ramp of M instead of L");
  for (size_t i = 0; i < 64; i++)
    changed += c.account[0].view[0].freqs.inv_freq[i] != c.account[1].view[0].freqs.inv_freq[i];
  ok (changed == 23, "Qwen2.5: %zu of 64 frequencies", changed);
  ok (c.agrees[2], "4.50 mended it");
}

/* ---- row 9: dynamic NTK ---- */

static void
dynamic_is_three_things (void)
{
  const double n = 9000, bracket = 4 * n / 4096 - 3, fixed = 4 * 4 - 3;
  COMPARE ("{" SIZE ", 'max_position_embeddings': 4096, 'rope_theta': 10000.0, 'rope_scaling': {"
           "'rope_type': 'dynamic', 'factor': 4.0}}",
           n, "hf", "vllm", "llama.cpp");
  near (of (1, 0)->frequency, 1 - bracket / fixed, TOL3, "vLLM: that of s M at every length");
  near (of (2, 0)->frequency, bracket - 1, TOL3, "llama.cpp: unscaled");
  ok (of (1, 0)->pair == 31 && of (2, 0)->pair == 31, "worst at the slowest pair");
  ok (of (1, 0)->rule[0] == RW_SWITCH_CALL && of (1, 0)->rule[1] == RW_SWITCH_NONE
          && of (2, 0)->rule[1] == RW_SWITCH_NONE,
      "and only transformers' grows");
}

/* ---- rows 10 and 11: LongRoPE ---- */

static void
longrope_switches_differ (void)
{
  COMPARE ("phi-3.5-mini", NAN, "hf", "vllm", "llama.cpp");
  near (of (1, 0)->frequency, 0, 0, "Phi-3.5: one table at its full length");
  ok (of (1, 0)->rule[0] == RW_SWITCH_CALL && of (1, 0)->rule[1] == RW_SWITCH_ONCE
          && of (2, 0)->rule[1] == RW_SWITCH_ONCE,
      "chosen per call, once, once");
  ok (!c.agree, "which is a difference");
}

static void
longrope_scales_differ (void)
{
#define EIGHT(x) x ", " x ", " x ", " x ", " x ", " x ", " x ", " x
  COMPARE ("{" SIZE ", 'model_type': 'phi3', 'max_position_embeddings': 131072,"
           "'original_max_position_embeddings': 4096, 'rope_theta': 10000.0, 'rope_scaling': {"
           "'rope_type': 'longrope', 'factor': 8.0, 'short_factor': [" EIGHT (
               "1, 1, 1, 1") "],"
                             "'long_factor': [" EIGHT ("2, 2, 2, 2") "]}}",
           NAN, "hf", "hf-4.50", "vllm", "llama.cpp");
  const double ours = sqrt (1 + log (8) / log (4096)), ratio = sqrt (1 + log (32) / log (4096));
  near (factor_of (0), ours, TOL1, "a factor beside M/L: transformers 5 takes it");
  for (size_t i = 1; i < 4; i++)
    {
      near (factor_of (i), ratio, TOL1, c.account[i].stack->name);
      near (of (i, 0)->logit_scale, pow (ratio / ours, 2), TOL1, "takes M/L");
    }
}

/* ---- row 12: llama3's length ---- */

static double
llama3_frequency (double base, double d, double s, double length, size_t i)
{
  const double f = pow (base, -2.0 * (double) i / d), w = 2 * M_PI / f;
  if (w < length / 4)
    return f;
  if (w > length)
    return f / s;
  const double t = (length / w - 1) / 3;
  return (1 - t) * f / s + t * f;
}

static void
llama3_length_is_looked_for_above (void)
{
  double most = 0;
  COMPARE ("{" SIZE ", 'model_type': 'llama', 'max_position_embeddings': 131072,"
           "'rope_theta': 500000.0, 'rope_scaling': {'rope_type': 'llama3', 'factor': 64.0,"
           "'low_freq_factor': 1.0, 'high_freq_factor': 4.0,"
           "'original_max_position_embeddings': 2048}}",
           NAN, "hf", "vllm", "llama.cpp");
  for (size_t i = 0; i < 32; i++)
    most = fmax (most, llama3_frequency (500000, 64, 64, 8192, i)
                               / llama3_frequency (500000, 64, 64, 2048, i)
                           - 1);
  ok (c.agrees[1], "llama3 with L = 2048: vLLM as transformers");
  /* its divisors are float32 in the file, 2^-24 */
  near (of (2, 0)->frequency, most, 1e-6, "llama.cpp's converter takes 8192: 37 times");
  ok (c.override[2].tried && c.override[2].agrees, "until the file holds other divisors");
}

/* ---- rows 14, 15, 17: what they agree on ---- */

static void
companions_agree (void)
{
  COMPARE ("deepseek-v3", NAN, "hf", "vllm", "llama.cpp");
  ok (all_agree (), "DeepSeek-V3 is one model in all three");
  near (c.account[2].view[0].freqs.softmax_factor, pow (yarn_magnitude (40), 2), TOL1,
        "with its companion of the softmax");
  COMPARE ("gemma-3-27b", NAN, "hf", "vllm", "llama.cpp");
  ok (all_agree () && c.n_types == 2, "Gemma 3 too");
  for (size_t i = 0; i < 3; i++)
    {
      const rw_view *v = rw_account_view (&c.account[i], "sliding_attention");
      near (v && v->freqs.n ? v->freqs.inv_freq[1] : NAN, pow (10000, -2.0 / 128), TOL1,
            "its sliding layers are not scaled");
    }
  COMPARE ("gemma-4-e2b", NAN, "hf", "vllm", "llama.cpp");
  ok (all_agree (), "Gemma 4's p-RoPE, by divisors where it is no type");
  COMPARE ("llama-3.1-8b", NAN, "hf", "vllm", "llama.cpp");
  ok (all_agree (), "Llama 3.1");
}

int
main (void)
{
  llama_cpp_rounds_the_range ();
  an_empty_range_is_read_both_ways ();
  attention_factor_is_lost ();
  attn_factor_is_a_word_of_vllm ();
  mscale_alone_is_honoured_by_deepseek_yarn ();
  shrinking_has_no_magnitude ();
  transformers_4_50_takes_the_ratio ();
  transformers_4_45_takes_the_longest ();
  dynamic_is_three_things ();
  longrope_switches_differ ();
  longrope_scales_differ ();
  llama3_length_is_looked_for_above ();
  companions_agree ();
  rw_comparison_free (&c);
  remove (CONFIG);
  return tap_end ();
}
