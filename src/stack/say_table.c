/* say_table: frequencies that a stack has no type for; see say_part.h.

   Plain frequencies of another base are said as `default`; any others as LongRoPE's divisors,
   f_i / g_i (arXiv 2402.13753), the same for short and long.  */
#include "schedule/schedule.h"
#include "stack/say_part.h"

#include <math.h>
#include <string.h>

/* The base whose plain frequencies these are; NaN where there is none.  */
static double
base_of (const rw_freqs *f)
{
  static const double SAME = 1e-9; /* far above pow's last digits, far below any comparison's */
  const double K = (double) f->n, slowest = f->inv_freq[f->n - 1];
  const double base = f->n > 1 && slowest > 0 ? pow (slowest, -K / (K - 1)) : NAN;
  for (size_t i = 0; i < f->n && !isnan (base); i++)
    if (!(fabs (f->inv_freq[i] * pow (base, (double) i / K) - 1) <= SAME))
      return NAN;
  return base;
}

/* Divisors f_i / g_i of the plain frequencies; what does not rotate gets one beyond any length.  */
static bool
put_divisors (const rw_saying *w)
{
  static const double STILL = 1e30; /* llama.cpp's converter writes the same for Gemma 4 */
  const double K = (double) w->freqs.n;
  cJSON *list = cJSON_AddArrayToObject (w->out->block, "short_factor");
  bool still = false;
  for (size_t i = 0; i < w->freqs.n; i++)
    {
      const double g = w->freqs.inv_freq[i];
      still |= g == 0;
      cJSON_AddItemToArray (
          list, cJSON_CreateNumber (g == 0 ? STILL : pow (w->g.rope_theta, -(double) i / K) / g));
    }
  cJSON_AddItemToObject (w->out->block, "long_factor", cJSON_Duplicate (list, true));
  return still;
}

static rw_status
check_layout (const rw_saying *w)
{
  if (!rw_say_has (w, RW_SAYS_HALF_ONLY) || w->g.layout == RW_HALF)
    return RW_OK;
  rw_fail (
      w->err, RW_EINVAL,
      "rope_type '%s': %s has longrope for half-split pairs only, and the model's are interleaved",
      w->schedule->module->name, w->tongue->name);
  return rw_hint (w->err, "another schedule, or another stack: `ropewalk export --to hf`");
}

static void
note_fixed (const rw_saying *w)
{
  const rw_schedule *type = (const rw_schedule *) w->schedule->module; /* its first member */
  if (type->depends_on_length)
    rw_note_add (
        w->lost, RW_NOTE_WARNING,
        "rope_type '%s': %s makes no table for each length, so it is told the one for %.0f "
        "tokens, whatever the prompt's length",
        w->schedule->module->name, w->tongue->name, w->g.max_length);
}

rw_status
rw_say_table (const rw_saying *w)
{
  const double base = w->freqs.attention_factor == 1 ? base_of (&w->freqs) : NAN;
  note_fixed (w);
  if (!isnan (base))
    {
      rw_say_begin (w, "default", base, 2 * (int64_t) w->freqs.n);
      return RW_OK;
    }
  const rw_status s = check_layout (w);
  if (s)
    return s;
  rw_say_begin (w, "longrope", w->g.rope_theta, 2 * (int64_t) w->freqs.n);
  if (put_divisors (w))
    rw_note_add (w->lost, RW_NOTE_WARNING,
                 "rope_type '%s': pairs that do not rotate are told as divided by 1e30",
                 w->schedule->module->name);
  rw_say_longrope_factor (w);
  /* Never longer than this: transformers' nested longrope fails at its second long call.  */
  rw_say_original (w, w->nested ? w->g.max_length : w->g.original_length);
  rw_note_add (w->lost, RW_NOTE_WARNING,
               "rope_type '%s': %s has no such type; it is told the frequencies, as longrope with "
               "short_factor = long_factor",
               w->schedule->module->name, w->tongue->name);
  return RW_OK;
}
