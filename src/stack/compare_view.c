/* compare_view: how one rope as a stack computes it differs from another's; see compare.h.

   Relative difference of frequency |b - a| / a, phase error at position m: m |b - a|, logit scale
   a^2 s over a'^2 s', with a the factor on cos and sin and s the one on the scores.  */
#include "stack/compare.h"

#include <math.h>

const double rw_phase_positions[RW_PHASES] = { 1, 4095, 32768, 131071 };

const char *
rw_switch_text (rw_switch_rule rule)
{
  static const char *const texts[] = { "none", "per call", "once" };
  return texts[rule];
}

/* The same rule in a sentence.  */
static const char *
rule_sentence (rw_switch_rule rule)
{
  static const char *const texts[] = { "the same at every length", "chosen anew at each call",
                                       "chosen once, for the planned length" };
  return texts[rule];
}

/* A pair that only one of them rotates counts as wholly different.  */
static double
relative (double a, double b)
{
  if (a == b)
    return 0;
  return a == 0 ? 1 : fabs (b - a) / fabs (a);
}

static double
frequency_at (const rw_freqs *f, size_t i)
{
  return i < f->n ? f->inv_freq[i] : 0;
}

static void
compare_frequencies (const rw_freqs *a, const rw_freqs *b, rw_difference *d)
{
  const size_t n = a->n > b->n ? a->n : b->n;
  double widest = 0;
  for (size_t i = 0; i < n; i++)
    {
      const double fa = frequency_at (a, i), fb = frequency_at (b, i), x = relative (fa, fb);
      if (x > d->frequency)
        {
          d->frequency = x;
          d->pair = i;
        }
      if (fabs (fb - fa) > widest)
        {
          widest = fabs (fb - fa);
          d->phase_pair = i;
        }
    }
  for (size_t k = 0; k < RW_PHASES; k++)
    d->phase[k] = rw_phase_positions[k] * widest;
}

rw_difference
rw_view_compare (const rw_view *a, const rw_view *b)
{
  rw_difference d = { 0 };
  if (!a || !b)
    {
      d.missing = a != b;
      d.agrees = !d.missing;
      d.frequency = d.attention_factor = d.softmax_factor = d.logit_scale = NAN;
      for (size_t k = 0; k < RW_PHASES; k++)
        d.phase[k] = NAN;
      return d;
    }
  const rw_freqs *fa = &a->freqs, *fb = &b->freqs;
  compare_frequencies (fa, fb, &d);
  d.pairs[0] = fa->n;
  d.pairs[1] = fb->n;
  d.rule[0] = a->rule;
  d.rule[1] = b->rule;
  d.attention_factor = relative (fa->attention_factor, fb->attention_factor);
  d.softmax_factor = relative (fa->softmax_factor, fb->softmax_factor);
  d.logit_scale = fb->attention_factor * fb->attention_factor * fb->softmax_factor
                  / (fa->attention_factor * fa->attention_factor * fa->softmax_factor);
  d.agrees = d.frequency <= RW_COMPARE_TOLERANCE && d.attention_factor <= RW_COMPARE_TOLERANCE
             && d.softmax_factor <= RW_COMPARE_TOLERANCE && a->rule == b->rule;
  return d;
}

void
rw_difference_tell (const rw_difference *d, const rw_view *a, const rw_view *b,
                    const char *layer_type, rw_notes *out)
{
  const char *type = layer_type, *colon = *layer_type ? ": " : "";
  const double percent = 100 * d->frequency;
  const int digits = percent < 1000 ? 3 : 6; /* 76.3, 7414 */
  if (d->missing)
    rw_note_add (out, RW_NOTE_WARNING, "%s%s%s rope", type, colon, b ? "has a" : "has no");
  if (d->missing || !a || !b)
    return;
  if (d->frequency > RW_COMPARE_TOLERANCE)
    rw_note_add (out, RW_NOTE_WARNING, "%s%sfrequencies differ by up to %.*g %%, at pair %zu", type,
                 colon, digits, percent, d->pair);
  if (d->attention_factor > RW_COMPARE_TOLERANCE)
    rw_note_add (out, RW_NOTE_WARNING, "%s%sattention_factor %.9g instead of %.9g", type, colon,
                 b->freqs.attention_factor, a->freqs.attention_factor);
  if (d->softmax_factor > RW_COMPARE_TOLERANCE)
    rw_note_add (out, RW_NOTE_WARNING, "%s%ssoftmax_factor %.9g instead of %.9g", type, colon,
                 b->freqs.softmax_factor, a->freqs.softmax_factor);
  if (a->rule != b->rule)
    rw_note_add (out, RW_NOTE_WARNING, "%s%sthe table is %s instead of %s", type, colon,
                 rule_sentence (b->rule), rule_sentence (a->rule));
}
