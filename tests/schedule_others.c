/* schedule_others: as schedule_properties, for the schedules outside transformers: MrRoPE, Giraffe,
   Resonance, CoPE, HoPE's floor, and tables by hand.  */
#include "schedule_help.h"

static void
mrrope_spreads_the_stretch (void)
{
  rw_freqs f = plain (&qwen), pro = scaled ("mrrope", 6, &qwen);
  rw_freqs uni
      = table_of (put_text (put (block ("mrrope"), "factor", 6), "variant", "uni"), &qwen, 0);
  size_t bad = 0;
  for (size_t i = 0; i < f.n; i++)
    bad += uni.inv_freq[i] > pro.inv_freq[i]
           || ((double) i <= uni.ramp[0] && uni.inv_freq[i] != f.inv_freq[i]);
  ok (bad == 0, "pro stretches later than uni, both nothing before the range");
  near (pro.inv_freq[63], f.inv_freq[63] / 6, TOL1, "and fully after it");
  const size_t lo = (size_t) uni.ramp[0];
  near (uni.inv_freq[lo + 1] / f.inv_freq[lo + 1],
        uni.inv_freq[lo + 5] / f.inv_freq[lo + 5] * f.inv_freq[lo + 4] / uni.inv_freq[lo + 4], TOL1,
        "uni adds the same stretch with every pair");
  rw_freqs_free (&f);
  rw_freqs_free (&uni);
  rw_freqs_free (&pro);
  rw_object *o = put (put (block ("mrrope"), "factor", 6), "beta_slow", 32);
  has (refusal_of (put (o, "beta_fast", 1), &qwen, 0), "empty", "an empty range is refused");
}

static void
giraffe_shapes (void)
{
  rw_freqs f = table_of (put (block ("truncated"), "truncate", 1000), &llama2, 0);
  rw_freqs g = plain (&llama2);
  size_t kept = 0, slowed = 0, stopped = 0;
  for (size_t i = 0; i < f.n; i++)
    {
      kept += f.inv_freq[i] == g.inv_freq[i] && g.inv_freq[i] >= 2 * M_PI / 1000;
      slowed += f.inv_freq[i] == 2 * M_PI / 16000 && g.inv_freq[i] >= 2 * M_PI / 8000;
      stopped += f.inv_freq[i] == 0 && g.inv_freq[i] < 2 * M_PI / 8000;
    }
  ok (kept + slowed + stopped == f.n && kept && slowed && stopped,
      "truncated keeps, slows or stops every pair");
  rw_freqs_free (&f);
  f = table_of (put (put (block ("power"), "power", 1), "factor", 3), &llama2, 0);
  near (f.inv_freq[48], g.inv_freq[48] / 12, TOL0, "power 1 takes three quarters of pair 48 of 64");
  rw_freqs_free (&f);
  rw_freqs_free (&g);
}

static void
resonance_is_whole_and_idempotent (void)
{
  rw_object *once
      = put_block (block ("resonance"), "base_schedule", put (block ("yarn"), "factor", 3));
  rw_object *copy = NULL;
  rw_object_copy (once, &copy, NULL);
  rw_freqs f = table_of (once, &llama2, 0);
  double worst = 0;
  for (size_t i = 0; i < f.n; i++)
    {
      const double w = 2 * M_PI / f.inv_freq[i];
      worst = fmax (worst, fabs (w - round (w)) / w);
    }
  ok (worst <= TOL0, "resonance makes wavelengths whole");
  near (f.attention_factor, 1 + 0.1 * log (3), TOL0, "and keeps the inner magnitude");
  same_table (f, table_of (put_block (block ("resonance"), "base_schedule", copy), &llama2, 0), 0,
              "twice is once");
  same_table (
      table_of (put_block (block ("resonance"), "base_schedule", block ("none")), &llama2, 0),
      table_of (block ("none"), &llama2, 0), 0, "what does not rotate stays so");
  rw_object *fast = put_list (block ("table"), "inv_freq", 64, 20, 0);
  has (refusal_of (put_block (block ("resonance"), "base_schedule", fast), &llama2, 0),
       "rounds to 0", "a wavelength below half a token is refused");
}

static void
cope_fades_the_slow_end (void)
{
  rw_freqs g = plain (&llama2), f = table_of (put (block ("cope"), "clip", 5), &llama2, 0);
  near (f.inv_freq[61], g.inv_freq[61] / 2, TOL0, "the middle of the taper is one half");
  ok (f.inv_freq[59] == g.inv_freq[59] && f.inv_freq[63] == 0, "its ends are one and zero");
  rw_freqs_free (&f);
  f = table_of (put_text (put (block ("cope"), "clip", 5), "taper", "hard"), &llama2, 0);
  ok (f.inv_freq[58] == g.inv_freq[58] && f.inv_freq[59] == 0, "hard cuts all five");
  rw_freqs_free (&f);
  rw_freqs_free (&g);
  rw_object *inner = put (put (block ("yarn"), "factor", 3), "rope_theta", 20000);
  rw_object *o = put_block (put (block ("cope"), "clip", 0), "base_schedule", inner);
  same_table (table_of (o, &llama2, 0),
              table_of (put (put (block ("yarn"), "factor", 3), "rope_theta", 20000), &llama2, 0),
              0, "the inner block keeps its own base");
  o = put_block (block ("cope"), "base_schedule", block ("linear"));
  has (refusal_of (o, &llama2, 0), "base_schedule", "errors of the inner block name it");
  rw_notes notes = { 0 };
  o = put (block ("cope"), "clip", 64);
  rw_schedule_check (o, &llama2, &notes, NULL);
  ok (notes.n == 1, "fading all pairs is warned of");
  rw_notes_free (&notes);
  rw_object_free (o);
}

static void
clip_stops_incomplete_turns (void)
{
  rw_freqs f = table_of (block ("clip"), &llama2, 0), g = plain (&llama2);
  size_t bad = 0, rotating = 0;
  for (size_t i = 0; i < f.n; i++)
    {
      const bool turns = g.inv_freq[i] * 4096 >= 2 * M_PI;
      rotating += turns;
      bad += f.inv_freq[i] != (turns ? g.inv_freq[i] : 0);
    }
  ok (bad == 0, "clip keeps what turns once in L");
  /* Llama-2's critical pair, known from the literature: 46 pairs of 64 (Liu: dimension 92).  */
  ok (rotating == 46, "46 pairs of Llama-2 do");
  rw_freqs_free (&f);
  rw_freqs_free (&g);
}

static void
tables_are_taken_as_they_are (void)
{
  rw_object *o = put_list (block ("table"), "inv_freq", 64, 0.75, -0.01);
  rw_freqs f
      = table_of (put (put (o, "attention_factor", 1.25), "softmax_factor", 1.5), &llama2, 0);
  ok (f.inv_freq[0] == 0.75 && f.inv_freq[63] == 0.75 - 0.01 * 63 && f.attention_factor == 1.25
          && f.softmax_factor == 1.5,
      "a table is taken as it is");
  rw_freqs_free (&f);
  same_table (table_of (put_list (block ("table"), "factors", 64, 7, 0), &llama2, 0),
              scaled ("linear", 7, &llama2), 0, "factors divide the trained frequencies");
  has (refusal_of (block ("table"), &llama2, 0), "needs one of", "an empty table is refused");
  o = put_list (block ("table"), "inv_freq", 64, 1, 0);
  has (refusal_of (put_list (o, "factors", 64, 1, 0), &llama2, 0), "both", "as are two");
  o = put_list (block ("table"), "inv_freq", 32, 1, 0);
  has (refusal_of (o, &llama2, 0), "32 numbers for 64 pairs", "and one of another length");
  o = put_text (block ("table"), "file", "rope.npy");
  has (refusal_of (o, &llama2, 0), "'rope.npy' was not read", "and a file nobody read");
}

int
main (void)
{
  mrrope_spreads_the_stretch ();
  giraffe_shapes ();
  resonance_is_whole_and_idempotent ();
  cope_fades_the_slow_end ();
  clip_stops_incomplete_turns ();
  tables_are_taken_as_they_are ();
  return tap_end ();
}
