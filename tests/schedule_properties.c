/* schedule_properties: what each schedule must satisfy by its own definition: limits, identities
   between schedules, published numbers, boundaries and refusals.  Part two: schedule_others.c.  */
#include "schedule_help.h"

static void
ntk_divides_the_slowest_pair (void)
{
  rw_freqs f = plain (&llama2), g = table_of (put (block ("ntk"), "alpha", 6.5), &llama2, 0);
  near (g.inv_freq[63], f.inv_freq[63] / 6.5, TOL2, "ntk divides the slowest pair by alpha");
  near (g.inv_freq[0], 1, 0, "ntk leaves the fastest pair");
  rw_freqs_free (&f);
  rw_freqs_free (&g);
  rw_geometry d2 = llama2;
  d2.rotary_dim = 2;
  has (refusal_of (put (block ("ntk"), "factor", 2), &d2, 0), "d/(d-2)", "d = 2 is refused");
  has (refusal_of (put (put (block ("ntk_by_parts"), "factor", 2), "rope_theta", 5), &d2, 0),
       "d/(d-2)", "by parts too");
}

static void
su_ntk_identities (void)
{
  rw_object *mixed = put (put (block ("ntk_mixed"), "factor", 5.5), "mixed_b", 1);
  same_table (table_of (mixed, &qwen, 0), scaled ("ntk_fixed", 5.5, &qwen), TOL2,
              "ntk_mixed with B = 1 is ntk_fixed"); /* two powers against one */
  mixed = put (put (block ("ntk_mixed"), "factor", 5.5), "mixed_b", 0);
  same_table (table_of (mixed, &qwen, 0), scaled ("linear", 5.5, &qwen), TOL1,
              "ntk_mixed with B = 0 is linear");
}

static void
dynamic_grows_past_max_length (void)
{
  rw_object *o = put (block ("dynamic"), "factor", 2.5);
  same_table (table_of (o, &llama2, 4096), plain (&llama2), 0, "dynamic up to M is plain RoPE");
  o = put (block ("dynamic"), "factor", 2.5);
  const double bracket = 2.5 * 10000 / 4096 - 1.5;
  same_table (table_of (o, &llama2, 10000), scaled ("ntk", bracket, &llama2), TOL2,
              "dynamic past M is ntk with s n/M - (s - 1)");
  rw_freqs f = table_of (put (block ("dynamic"), "factor", 1), &llama2, 4097), g = plain (&llama2);
  ok (f.inv_freq[63] < g.inv_freq[63], "dynamic with factor 1 grows all the same");
  rw_freqs_free (&f);
  rw_freqs_free (&g);
  o = put (block ("dynamic"), "factor", 2.5);
  put (o, "original_max_position_embeddings", 1024);
  same_table (table_of (o, &llama2, 4096), plain (&llama2), 0,
              "dynamic counts from max_position_embeddings, not from the original length");
}

static void
yarn_has_its_limits (void)
{
  rw_object *o = put (put (block ("yarn"), "factor", 4), "extrapolation_factor", 0);
  same_table (table_of (o, &qwen, 0), scaled ("linear", 4, &qwen), 0,
              "yarn without extrapolation is linear");
  o = put_text (put (block ("yarn"), "factor", 8), "ramp", "rotations");
  put (put (o, "beta_fast", 4), "beta_slow", 1);
  rw_freqs f = table_of (o, &llama2, 0);
  ok (isfinite (f.ramp[0]) && f.ramp[0] < f.ramp[1], "the paper's ramp has a range too");
  same_table (f, scaled ("llama3", 8, &llama2), TOL1, "yarn's printed ramp is llama3's formula");
  o = put_text (put (block ("yarn"), "factor", 8), "ramp", "rotations");
  put (put (o, "beta_fast", 3.25), "beta_slow", 3.25);
  f = table_of (o, &llama2, 0);
  rw_freqs g = plain (&llama2);
  size_t bad = 0;
  for (size_t i = 0; i < f.n; i++)
    {
      const bool fast = 4096 * g.inv_freq[i] / (2 * M_PI) >= 3.25;
      bad += f.inv_freq[i] != (fast ? g.inv_freq[i] : g.inv_freq[i] / 8);
    }
  ok (bad == 0, "with equal betas it is a step");
  rw_freqs_free (&f);
  rw_freqs_free (&g);
}

static void
yarn_factor_may_be_null_but_not_missing (void)
{
  rw_object *o = put_value (block ("yarn"), "factor", (rw_value){ .kind = RW_VALUE_NULL });
  same_table (table_of (o, &qwen, 0), scaled ("yarn", 4, &qwen), 0, "a null factor is M / L");
  has (refusal_of (block ("yarn"), &qwen, 0), "factor", "a missing one is refused");
}

static double
factor_of (rw_object *o, const rw_geometry *m, bool softmax)
{
  rw_freqs f = table_of (o, m, 0);
  const double x = softmax ? f.softmax_factor : f.attention_factor;
  rw_freqs_free (&f);
  return x;
}

static void
yarn_magnitudes_follow_their_order (void)
{
  /* Published: DeepSeek-V2's 1.26080^2 and V3's 1.36889^2 at s = 40, five figures each.  */
  const double V2 = 1.58963, V3 = 1.87385;
  rw_object *o = put (put (block ("yarn"), "factor", 40), "mscale_all_dim", 0.707);
  ok (factor_of (put (o, "mscale", 0.707), &llama2, false) == 1, "equal mscales cancel");
  o = put (put (block ("yarn"), "factor", 40), "mscale_all_dim", 0.707);
  near (factor_of (put_true (o, "softmax_mscale"), &llama2, true), V2, 1e-5 /* five figures */,
        "softmax_mscale gives DeepSeek-V2's factor");
  o = put (put (block ("yarn"), "factor", 40), "mscale_all_dim", 1);
  near (factor_of (put_true (o, "softmax_mscale"), &llama2, true), V3, 1e-5 /* five figures */,
        "and V3's");
  o = put (put (block ("yarn"), "factor", 40), "mscale_all_dim", 1);
  ok (factor_of (o, &llama2, true) == 1, "which is off unless asked for");
  o = put (put (block ("yarn"), "factor", 40), "mscale_all_dim", 1);
  put (put (o, "mscale", 0.5), "attention_factor", 0.875);
  ok (factor_of (o, &llama2, false) == 0.875, "an explicit factor beats all");
  o = put (put (block ("yarn"), "factor", 40), "mscale", 2);
  near (factor_of (o, &llama2, false), 0.1 * log (40) + 1, TOL0, "mscale alone is ignored");
}

static void
yarn_warns_of_a_mirrored_ramp (void)
{
  rw_object *o = put (block ("yarn"), "factor", 4);
  put (put (o, "beta_fast", 1), "beta_slow", 32);
  rw_notes notes = { 0 };
  ok (!rw_schedule_check (o, &llama2, &notes, NULL), "inverted betas are defined");
  has (notes.n ? notes.note[0].text : "", "backwards", "but warned of");
  rw_notes_free (&notes);
  rw_object_free (o);
  o = put (put (block ("yarn"), "factor", 4), "rope_theta", 1);
  has (refusal_of (o, &llama2, 0), "rope_theta", "a base of 1 is refused");
}

static void
dynamic_yarn_is_yarn_at_its_length (void)
{
  same_table (table_of (block ("dynamic_yarn"), &qwen, 32768), plain (&qwen), 0,
              "dynamic_yarn up to L is plain RoPE");
  same_table (table_of (block ("dynamic_yarn"), &qwen, 98304), scaled ("yarn", 3, &qwen), 0,
              "past L it is yarn with n / L");
  ok (factor_of (block ("dynamic_yarn"), &qwen, false) == 1, "its magnitude starts at 1");
  same_table (table_of (put_true (block ("dynamic_yarn"), "finetuned"), &qwen, 0),
              scaled ("yarn", 4, &qwen), 0, "finetuned it starts at M / L");
}

static void
ntk_by_parts_takes_its_three_tables (void)
{
  rw_object *o = put (put (block ("ntk_by_parts"), "factor", 3), "extrapolation_factor", 0);
  same_table (table_of (put (o, "ntk_factor", 0), &llama2, 0), scaled ("linear", 3, &llama2), TOL0,
              "without its two mixtures it is linear");
  rw_freqs f = scaled ("ntk_by_parts", 3, &llama2), g = plain (&llama2);
  near (f.inv_freq[0], 1, 0, "its fastest pair is the trained one");
  near (f.inv_freq[63], g.inv_freq[63] / 3, TOL0, "its slowest is interpolated");
  rw_freqs_free (&f);
  rw_freqs_free (&g);
  has (refusal_of (block ("ntk_by_parts"), &llama2, 0), "factor", "it needs a factor");
  same_table (table_of (put_true (block ("ntk_by_parts"), "dynamic"), &qwen, 4096), plain (&qwen),
              TOL0, "unless dynamic, which is plain up to M");
}

static void
llama3_may_be_a_step (void)
{
  rw_object *o = put (block ("llama3"), "factor", 8);
  put (put (o, "low_freq_factor", 2.5), "high_freq_factor", 2.5);
  rw_notes notes = { 0 };
  rw_schedule_check (o, &llama2, &notes, NULL);
  ok (notes.n == 1, "equal bounds are warned of");
  rw_notes_free (&notes);
  rw_freqs f = table_of (o, &llama2, 0), g = plain (&llama2);
  size_t bad = 0;
  for (size_t i = 0; i < f.n; i++)
    bad += f.inv_freq[i]
           != (4096 * g.inv_freq[i] > 2.5 * 2 * M_PI ? g.inv_freq[i] : g.inv_freq[i] / 8);
  ok (bad == 0, "and make a step");
  rw_freqs_free (&f);
  rw_freqs_free (&g);
}

static rw_object *
longrope (const rw_geometry *m, double first_short, double first_long, double step)
{
  rw_object *o = block ("longrope");
  put_list (o, "short_factor", rw_geometry_pairs (m), first_short, 0);
  return put_list (o, "long_factor", rw_geometry_pairs (m), first_long, step);
}

static void
longrope_switches_past_the_original_length (void)
{
  same_table (table_of (longrope (&qwen, 1, 4, 0), &qwen, 32768), plain (&qwen), 0,
              "longrope at L takes the short list");
  same_table (table_of (longrope (&qwen, 1, 4, 0), &qwen, 32769), scaled ("linear", 4, &qwen), 0,
              "and one token later the long one");
  near (factor_of (longrope (&qwen, 1, 4, 0), &qwen, false), sqrt (1 + log (4) / log (32768)), TOL0,
        "with the su magnitude of M / L");
  near (factor_of (put (longrope (&qwen, 1, 4, 0), "factor", 16), &qwen, false),
        sqrt (1 + log (16) / log (32768)), TOL0, "or of its factor");
  near (factor_of (put_text (longrope (&qwen, 1, 4, 0), "magnitude", "yarn"), &qwen, false),
        1 + 0.1 * log (4), TOL0, "or YaRN's");
  ok (factor_of (put_text (longrope (&qwen, 1, 4, 0), "magnitude", "none"), &qwen, false) == 1,
      "or none");
  has (refusal_of (put_list (longrope (&qwen, 1, 4, 0), "long_factor", 63, 1, 0), &qwen, 0),
       "long_factor: 63 numbers for 64 pairs", "a list of another length is refused");
}

static void
longrope_interpolates_its_factors (void)
{
  rw_object *o = put_true (longrope (&qwen, 1, 1.5, 0.25), "interpolate");
  same_table (table_of (o, &qwen, 32768), plain (&qwen), 0, "interpolated at L: plain RoPE");
  o = put_true (longrope (&qwen, 1, 1.5, 0.25), "interpolate");
  same_table (table_of (o, &qwen, 0), plain (&qwen), 0, "and before the first token");
  o = put_true (longrope (&qwen, 1, 1.5, 0.25), "interpolate");
  same_table (table_of (o, &qwen, 131072), table_of (longrope (&qwen, 1, 1.5, 0.25), &qwen, 131072),
              TOL0, "at M: the long list");
  o = put_true (longrope (&qwen, 1, 1.5, 0.25), "interpolate");
  has (refusal_of (o, &qwen, 16), "not above 0", "a factor that vanishes is refused");
  o = put_true (longrope (&llama2, 1, 1.5, 0.25), "interpolate");
  has (refusal_of (o, &llama2, 0), "stretch is 1", "as is M = L");
}

static void
proportional_keeps_the_fastest_share (void)
{
  same_table (table_of (put (block ("proportional"), "partial_rotary_factor", 1), &llama2, 0),
              plain (&llama2), 0, "p = 1 is plain RoPE");
  same_table (table_of (put (block ("proportional"), "partial_rotary_factor", 0), &llama2, 0),
              table_of (block ("none"), &llama2, 0), 0, "p = 0 is none");
  rw_geometry whole = pythia;
  whole.rotary_dim = whole.head_dim;
  rw_freqs f = table_of (block ("proportional"), &pythia, 0), g = plain (&whole);
  size_t bad = 0;
  for (size_t i = 0; i < g.n; i++)
    bad += f.inv_freq[i] != (i < 8 ? g.inv_freq[i] : 0);
  ok (f.n == 32 && bad == 0, "p left out is the model's rotary share, over the whole head");
  rw_freqs_free (&f);
  rw_freqs_free (&g);
  whole.head_dim = 65;
  whole.rotary_dim = 64;
  has (refusal_of (block ("proportional"), &whole, 0), "odd", "an odd head is refused");
}

int
main (void)
{
  ntk_divides_the_slowest_pair ();
  su_ntk_identities ();
  dynamic_grows_past_max_length ();
  yarn_has_its_limits ();
  yarn_factor_may_be_null_but_not_missing ();
  yarn_magnitudes_follow_their_order ();
  yarn_warns_of_a_mirrored_ramp ();
  dynamic_yarn_is_yarn_at_its_length ();
  ntk_by_parts_takes_its_three_tables ();
  llama3_may_be_a_step ();
  longrope_switches_past_the_original_length ();
  longrope_interpolates_its_factors ();
  proportional_keeps_the_fastest_share ();
  return tap_end ();
  return tap_end ();
}
