/* say_rope: one rope in the words of a stack; see words.h.

   The types and keys are those of transformers 5, modeling_rope_utils.py, which vLLM shares.  */
#include "schedule/schedule.h"
#include "stack/say_part.h"

#include <math.h>
#include <string.h>

static void
put_list (const rw_saying *w, const char *key, const double *x, size_t n)
{
  cJSON_AddItemToObject (w->out->block, key, cJSON_CreateDoubleArray (x, (int) n));
}

/* ---- types: each says the rope, or leaves it to say_table ---- */

static bool
say_default (const rw_saying *w)
{
  rw_say_begin (w, "default", w->g.rope_theta, w->g.rotary_dim);
  return true;
}

static bool
say_linear (const rw_saying *w)
{
  rw_say_begin (w, "linear", w->g.rope_theta, w->g.rotary_dim);
  rw_say_put (w, "factor", rw_say_number (w, "factor"));
  return true;
}

static bool
say_dynamic (const rw_saying *w)
{
  if (!rw_say_has (w, RW_SAYS_GROWTH))
    return false;
  rw_say_begin (w, "dynamic", w->g.rope_theta, w->g.rotary_dim);
  rw_say_put (w, "factor", rw_say_number (w, "factor"));
  w->out->max_length = w->g.max_length;
  return true;
}

static bool
say_llama3 (const rw_saying *w)
{
  static const char *const keys[] = { "factor", "low_freq_factor", "high_freq_factor" };
  rw_say_begin (w, "llama3", w->g.rope_theta, w->g.rotary_dim);
  for (size_t i = 0; i < 3; i++)
    rw_say_put (w, keys[i], rw_say_number (w, keys[i]));
  rw_say_original (w, w->g.original_length);
  return true;
}

static bool
say_proportional (const rw_saying *w)
{
  const double factor = rw_say_number (w, "factor"), p = rw_say_number (w, "partial_rotary_factor");
  if (!rw_say_has (w, RW_SAYS_PROPORTIONAL) || (factor != 1 && rw_say_has (w, RW_SAYS_PLAIN_SHARE)))
    return false;
  cJSON_AddStringToObject (w->out->block, "rope_type", "proportional");
  rw_say_put (w, "rope_theta", w->g.rope_theta);
  rw_say_put (w, "partial_rotary_factor",
              isnan (p) ? rw_say_share (w->g.rotary_dim, w->g.head_dim) : p);
  if (factor != 1)
    rw_say_put (w, "factor", factor);
  return true;
}

static bool
say_longrope (const rw_saying *w)
{
  const rw_value small = rw_say_value (w, "short_factor"), large = rw_say_value (w, "long_factor");
  if (rw_say_number (w, "interpolate") == 1
      || (rw_say_has (w, RW_SAYS_HALF_ONLY) && w->g.layout != RW_HALF))
    return false;
  rw_say_begin (w, "longrope", w->g.rope_theta, w->g.rotary_dim);
  put_list (w, "short_factor", small.numbers, small.n);
  put_list (w, "long_factor", large.numbers, large.n);
  rw_say_longrope_factor (w);
  rw_say_original (w, w->g.original_length);
  if (!rw_say_has (w, RW_SAYS_GROWTH) && w->g.max_length > w->g.original_length)
    rw_note_add (w->lost, RW_NOTE_WARNING,
                 "longrope: %s chooses the short or the long factors once, for the length it is "
                 "started with; prompts of up to %.0f tokens get the long ones too",
                 w->tongue->name, w->g.original_length);
  return true;
}

/* ---- all ---- */

static const struct
{
  const char *name;
  bool (*say) (const rw_saying *w);
} types[] = { { "default", say_default },
              { "linear", say_linear },
              { "dynamic", say_dynamic },
              { "yarn", rw_say_yarn },
              { "llama3", say_llama3 },
              { "longrope", say_longrope },
              { "proportional", say_proportional },
              { NULL, NULL } };

static void
note_softmax (const rw_saying *w)
{
  if (w->freqs.softmax_factor == 1)
    return;
  const bool by_class = rw_say_number (w, "softmax_mscale") == 1;
  rw_note_add (
      w->lost, RW_NOTE_WARNING,
      by_class
          ? "softmax_mscale: %s multiplies the scores by %.10g by model class (DeepSeek-V2, V3), "
            "not by a key"
          : "softmax_factor: %s has no word for the %.10g on the scores",
      w->tongue->name, w->freqs.softmax_factor);
}

static rw_status
say (const rw_saying *w)
{
  size_t i = 0;
  while (types[i].name && strcmp (types[i].name, w->schedule->module->name) != 0)
    i++;
  note_softmax (w);
  if (types[i].name && types[i].say (w))
    return RW_OK;
  return rw_say_table (w);
}

rw_status
rw_say_rope (const rw_tongue *tongue, const rw_rope *rope, bool nested, rw_said *out,
             rw_notes *lost, rw_error *err)
{
  rw_saying w = { .tongue = tongue,
                  .rope = rope,
                  .schedule = rope->schedule,
                  .g = rw_schedule_geometry (rope->schedule, &rope->geometry),
                  .nested = nested,
                  .out = out,
                  .lost = lost,
                  .err = err };
  *out = (rw_said){ .block = cJSON_CreateObject (), .original = NAN, .max_length = NAN };
  rw_status s = rw_schedule_fill (rope->schedule, &rope->geometry, w.g.max_length, &w.freqs, err);
  if (!s)
    s = say (&w);
  rw_freqs_free (&w.freqs);
  if (s)
    {
      cJSON_Delete (out->block);
      out->block = NULL;
    }
  return s && rope->layer_type[0] ? rw_within (err, s, "%s", rope->layer_type) : s;
}
