/* say_yarn: YaRN (arXiv 2309.00071) in the words of a stack; see say_part.h.

   The factor a on cos and sin is always said as a number, so that no default of a version decides
   it; where a stack multiplies its own magnitude by attn_factor, a over that.  */
#include "schedule/schedule.h"
#include "stack/say_part.h"

#include <math.h>
#include <string.h>

static bool
says_text (const rw_saying *w, const char *name, const char *text)
{
  const rw_value v = rw_say_value (w, name);
  return v.kind == RW_VALUE_TEXT && strcmp (v.text, text) == 0;
}

static double
mscale (double s, double slope) /* YaRN's magnitude: 0.1 slope ln s + 1 */
{
  return s > 1 ? 0.1 * slope * log (s) + 1 : 1;
}

/* DeepSeek's pair, which also tells its class the factor on the scores: kept.  */
static double
put_pair (const rw_saying *w, double s)
{
  const double over = rw_say_number (w, "mscale"), under = rw_say_number (w, "mscale_all_dim");
  if (rw_say_number (w, "softmax_mscale") != 1 || isnan (under))
    return NAN;
  if (!isnan (over))
    rw_say_put (w, "mscale", over);
  rw_say_put (w, "mscale_all_dim", under);
  return isnan (over) || over == 0 || under == 0 ? NAN : mscale (s, over) / mscale (s, under);
}

static void
put_yarn_factor (const rw_saying *w, double s)
{
  static const double SAME = 1e-12;
  const double a = w->freqs.attention_factor, pair = put_pair (w, s);
  const double made = isnan (pair) ? mscale (s, 1) : pair;
  if (!isnan (pair) && fabs (a / pair - 1) <= SAME)
    return;
  if (rw_say_has (w, RW_SAYS_ATTENTION))
    rw_say_put (w, "attention_factor", a);
  else if (fabs (a / made - 1) > SAME)
    rw_say_put (w, "attn_factor", a / made);
}

/* transformers takes 0 for "not given"; vLLM divides by it.  */
static double
given (double x, double other)
{
  return x == 0 ? other : x;
}

/* What this version takes for L and s: max_position_embeddings is made to say them.  */
static void
put_yarn_length (const rw_saying *w, double s)
{
  const double L = w->g.original_length;
  if (rw_say_has (w, RW_FACTOR_IS_RATIO) && s * L == floor (s * L))
    w->out->max_length = s * L;
  else if (rw_say_has (w, RW_LENGTH_IS_MAX | RW_FACTOR_IS_RATIO))
    {
      w->out->max_length = L; /* and no L in the block: then the factor counts as it is */
      return;
    }
  rw_say_original (w, L);
}

static bool
can_yarn (const rw_saying *w)
{
  const bool truncates = rw_say_number (w, "truncate") == 1;
  const unsigned need = RW_SAYS_TRUNCATE | (w->nested ? RW_SAYS_TRUNCATE_IN : 0);
  return rw_say_number (w, "extrapolation_factor") == 1 && says_text (w, "ramp", "index")
         && (truncates || (w->tongue->flags & need) == need);
}

bool
rw_say_yarn (const rw_saying *w)
{
  const double said = rw_say_number (w, "factor");
  const double s = isnan (said) ? w->g.max_length / w->g.original_length : said;
  if (!can_yarn (w))
    return false;
  rw_say_begin (w, "yarn", w->g.rope_theta, w->g.rotary_dim);
  rw_say_put (w, "factor", s);
  put_yarn_length (w, s);
  rw_say_put (w, "beta_fast", given (rw_say_number (w, "beta_fast"), 32));
  rw_say_put (w, "beta_slow", given (rw_say_number (w, "beta_slow"), 1));
  if (rw_say_number (w, "truncate") == 0)
    cJSON_AddBoolToObject (w->out->block, "truncate", false);
  put_yarn_factor (w, s);
  return true;
}
