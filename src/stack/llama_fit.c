/* llama_fit: from a schedule to the keys that make llama.cpp compute it; see llama.h.

   Three ways, the plainest first: a base and a factor, where the frequencies are a power law; yarn,
   where llama.cpp's own has the same table; divisors f_i / g_i, for everything else.  Each is
   proven by reading it back.  Magnitudes: rope.scaling.attn_factor = a / (what the run-time makes
   without it), and for MLA yarn_log_multiplier c of softmax_factor = (a (1 + 0.1 c ln F))^2.  */
#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/llama.h"

#include <math.h>
#include <string.h>

static const double SAME = 1e-11; /* rounding of pow and of factor / factor, nothing more */
static const double SLOPE = 0.1;  /* YaRN's */
static const double STILL = 1e30; /* Gemma 4's divisor of pairs that do not rotate */
static const double FACTOR_MIN = 1e-4, FACTOR_MAX = 1e6, BASE_MIN = 1e-6, BASE_MAX = 1e30;

typedef struct
{
  const rw_object *schedule;
  const rw_geometry *m; /* the model's */
  rw_geometry g;        /* with the schedule's head */
  double length;
  bool flags;
  rw_freqs want; /* the schedule's table */
  rw_llama_rope *out;
  rw_notes *lost;
  rw_error *err;
  rw_status starved; /* RW_ENOMEM while a way was tried */
} fit;

static bool
has (const fit *f, unsigned flag)
{
  return f->out->arch->flags & flag;
}

/* A number of the schedule; NaN where it has none of this name.  */
static double
number (const fit *f, const char *name)
{
  const rw_param *p = rw_module_find (f->schedule->module, name, NULL);
  const rw_value v = p ? rw_param_get (p, f->schedule->self) : (rw_value){ 0 };
  return v.kind == RW_VALUE_NUMBER ? v.number : NAN;
}

/* The short decimal that x was computed from, where it is one.  */
static double
snap (double x)
{
  const double scale = pow (10, 9 - ceil (log10 (fabs (x)))), y = round (x * scale) / scale;
  return fabs (y / x - 1) < SAME ? y : x;
}

/* ---- reading back ---- */

static double
difference (const rw_freqs *want, const rw_freqs *got)
{
  double worst = want->n == got->n ? 0 : INFINITY;
  for (size_t i = 0; i < want->n && want->n == got->n; i++)
    {
      const double a = want->inv_freq[i], b = got->inv_freq[i];
      worst = fmax (worst, a == b ? 0 : a == 0 ? INFINITY : fabs (b / a - 1));
    }
  return worst;
}

rw_status
rw_llama_misfit (const rw_llama_rope *r, const rw_object *schedule, const rw_geometry *m,
                 bool sliding, double length, rw_freqs *want, rw_freqs *got, double *worst,
                 rw_error *err)
{
  rw_geometry g = *m;
  rw_object *back = NULL;
  if (!isnan (r->dimension_count) && !sliding)
    g.rotary_dim = (int64_t) r->dimension_count;
  rw_status s = rw_schedule_fill (schedule, m, length, want, err);
  if (!s)
    s = rw_llama_schedule (r, &g, sliding, &back, NULL, err);
  if (!s)
    s = rw_schedule_fill (back, &g, length, got, err);
  rw_object_free (back);
  *worst = s ? INFINITY : difference (want, got);
  return s == RW_ENOMEM ? s : RW_OK;
}

static bool
fits (fit *f)
{
  rw_freqs want = { 0 }, got = { 0 };
  double worst = INFINITY;
  const rw_status s
      = rw_llama_misfit (f->out, f->schedule, f->m, false, f->length, &want, &got, &worst, f->err);
  f->starved = f->starved ? f->starved : s;
  rw_freqs_free (&want);
  rw_freqs_free (&got);
  return worst <= SAME;
}

/* ---- the ways ---- */

/* g_i = b^(-2i/d) / s.  */
static bool
try_power (fit *f)
{
  const size_t n = f->want.n;
  const double *v = f->want.inv_freq, d = 2 * (double) n;
  double base = f->g.rope_theta, s = 1 / v[0];
  if (n > 1)
    base = pow (v[0] / v[n - 1], d / (d - 2));
  s = fabs (s - 1) < SAME ? 1 : snap (s);
  base = fabs (base / f->g.rope_theta - 1) < SAME ? f->g.rope_theta : snap (base);
  if (!(s >= FACTOR_MIN && s <= FACTOR_MAX && base >= BASE_MIN && base <= BASE_MAX))
    return false;
  f->out->type = s == 1 ? RW_LLAMA_NONE : RW_LLAMA_LINEAR;
  f->out->factor = s;
  f->out->freq_base = base;
  return fits (f);
}

static void
set_betas (fit *f)
{
  static const double FAST = 32, SLOW = 1;
  const double fast = number (f, "beta_fast"), slow = number (f, "beta_slow");
  const double ext = number (f, "extrapolation_factor");
  rw_llama_rope *o = f->out;
  const double b = fast > 0 ? fast : FAST, a = slow > 0 ? slow : SLOW;
  if (has (f, RW_LLAMA_BETAS))
    {
      o->yarn_beta_fast = b;
      o->yarn_beta_slow = a;
      o->yarn_ext_factor = ext;
    }
  if (!f->flags)
    return;
  o->beta_fast = b == FAST && !has (f, RW_LLAMA_BETAS) ? NAN : b;
  o->beta_slow = a == SLOW && !has (f, RW_LLAMA_BETAS) ? NAN : a;
  o->ext_factor = ext == 1 && !has (f, RW_LLAMA_BETAS) ? NAN : ext;
}

static bool
try_yarn (fit *f)
{
  const double s = number (f, "factor");
  rw_llama_rope *o = f->out;
  if (strcmp (f->schedule->module->name, "yarn") != 0)
    return false;
  o->type = RW_LLAMA_YARN;
  o->factor = isnan (s) ? f->g.max_length / f->g.original_length : s;
  o->freq_base = f->g.rope_theta;
  o->original_context_length = f->g.original_length;
  set_betas (f);
  const bool ok = o->factor >= FACTOR_MIN && o->factor <= FACTOR_MAX && fits (f);
  if (!ok)
    o->yarn_beta_fast = o->yarn_beta_slow = o->yarn_ext_factor = o->beta_fast = o->beta_slow
        = o->ext_factor = NAN;
  return ok;
}

static rw_status
divide (const fit *f, const rw_freqs *table, double *v)
{
  const double d = 2 * (double) f->want.n;
  if (!v)
    return rw_nomem (f->err, f->want.n * sizeof *v);
  for (size_t i = 0; i < f->want.n; i++)
    {
      const double plain = pow (f->g.rope_theta, -2 * (double) i / d), g = table->inv_freq[i];
      v[i] = g > 0 ? plain / g : STILL;
    }
  return RW_OK;
}

/* One list for both lengths, or the lists of a schedule that switches.  */
static rw_status
put_lists (fit *f)
{
  rw_llama_rope *o = f->out;
  rw_freqs early = { 0 };
  const bool turns = strcmp (f->schedule->module->name, "longrope") == 0;
  o->type = has (f, RW_LLAMA_FREQS) ? RW_LLAMA_LONGROPE : RW_LLAMA_NONE;
  o->original_context_length = f->g.original_length;
  rw_status s = rw_schedule_fill (f->schedule, f->m, turns ? f->g.original_length : f->length,
                                  &early, f->err);
  if (!s && turns)
    s = rw_schedule_fill (f->schedule, f->m, f->g.original_length + 1, &f->want, f->err);
  if (!s)
    s = divide (f, &f->want, rw_llama_divisors_new (o, &rw_llama_tensors[1]));
  if (!s)
    s = divide (f, &early, rw_llama_divisors_new (o, &rw_llama_tensors[2]));
  rw_freqs_free (&early);
  return s;
}

static rw_status
put_divisors (fit *f)
{
  const bool turns = strcmp (f->schedule->module->name, "longrope") == 0;
  rw_llama_rope *o = f->out;
  o->type = RW_LLAMA_NONE;
  o->factor = 1;
  o->freq_base = f->g.rope_theta;
  o->pairs = f->want.n;
  if (has (f, RW_LLAMA_LISTS) && (turns || !has (f, RW_LLAMA_FREQS)))
    return put_lists (f);
  if (has (f, RW_LLAMA_FREQS))
    return divide (f, &f->want, rw_llama_divisors_new (o, &rw_llama_tensors[0]));
  rw_fail (f->err, RW_EINVAL,
           "%s: llama.cpp's '%s' takes default, linear and yarn, and no tensor of divisors",
           f->schedule->module->name, o->arch->name);
  return rw_hint (f->err, "what has a base and a factor, or is YaRN with whole pairs, can be said");
}

/* ---- magnitudes ---- */

static void
lose (const fit *f, const char *what, double want, double got)
{
  rw_note_add (f->lost, RW_NOTE_WARNING, "%s: llama.cpp cannot say %g here; it computes %g", what,
               want, got);
}

/* The softmax factor is that of an MLA graph: its c, where there is one.  */
static void
set_log (fit *f)
{
  rw_llama_rope *o = f->out;
  const double a = f->want.attention_factor, root = sqrt (f->want.softmax_factor);
  o->yarn_log_multiplier = 0;
  if (!has (f, RW_LLAMA_SCORES) || o->type != RW_LLAMA_YARN || !(o->factor > 1) || !(a > 0))
    return;
  const double c = (root / a - 1) / (SLOPE * log (o->factor));
  if (c > 0)
    o->yarn_log_multiplier = (has (f, RW_LLAMA_TENTH) ? SLOPE : 1) * snap (c);
}

static rw_status
set_factors (fit *f)
{
  rw_llama_rope *o = f->out;
  rw_freqs want = { 0 }, got = { 0 };
  if (has (f, RW_LLAMA_LOG))
    set_log (f);
  o->attn_factor = 1;
  double worst = INFINITY;
  rw_status s
      = rw_llama_misfit (o, f->schedule, f->m, false, f->length, &want, &got, &worst, f->err);
  o->attn_factor = want.attention_factor / got.attention_factor;
  if (fabs (o->attn_factor - 1) < SAME)
    o->attn_factor = 1;
  if (!s)
    s = rw_llama_misfit (o, f->schedule, f->m, false, f->length, &want, &got, &worst, f->err);
  const bool ok = worst <= SAME && o->attn_factor >= 0 && o->attn_factor <= 1e3;
  if (ok && fabs (got.softmax_factor / want.softmax_factor - 1) > SAME)
    lose (f, "softmax_factor", want.softmax_factor, got.softmax_factor);
  rw_freqs_free (&want);
  rw_freqs_free (&got);
  return s    ? s
         : ok ? RW_OK
              : rw_fail (f->err, RW_EINVAL, "%s: llama.cpp cannot say this schedule",
                         f->schedule->module->name);
}

static void
note_length (const fit *f)
{
  const rw_schedule *type = (const rw_schedule *) f->schedule->module;
  if (type->depends_on_length && !f->out->factors_long)
    rw_note_add (f->lost, RW_NOTE_WARNING,
                 "%s: llama.cpp's frequencies do not grow with the length; these are those of "
                 "%g tokens",
                 f->schedule->module->name, f->length);
}

rw_status
rw_llama_fit (const rw_object *schedule, const rw_geometry *m, double length, bool flags,
              rw_llama_rope *out, rw_notes *lost, rw_error *err)
{
  fit f = { .schedule = schedule,
            .m = m,
            .g = rw_schedule_geometry (schedule, m),
            .length = length,
            .flags = flags,
            .out = out,
            .lost = lost,
            .err = err };
  rw_status s = rw_schedule_fill (schedule, m, length, &f.want, err);
  if (s)
    {
      rw_freqs_free (&f.want);
      return s;
    }
  out->context_length = m->max_length;
  if ((int64_t) f.want.n * 2 != m->rotary_dim)
    out->dimension_count = 2 * (double) f.want.n;
  const bool turns = strcmp (schedule->module->name, "longrope") == 0;
  if (turns || (!try_power (&f) && !f.starved && !try_yarn (&f) && !f.starved))
    s = put_divisors (&f);
  s = f.starved ? f.starved : s;
  if (isnan (out->original_context_length))
    out->original_context_length = f.g.original_length;
  if (!s)
    s = set_factors (&f);
  note_length (&f);
  rw_freqs_free (&f.want);
  return s;
}
