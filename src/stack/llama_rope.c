/* llama_rope: from what a GGUF file and flags say to what llama.cpp computes; see llama.h.

   llama.cpp of August 2026: llama_model::load_hparams (defaults), llama_context's constructor
   (magnitudes, after ggml-org/llama.cpp#17945), get_rope_factors (which divisors), ggml's
   rope_yarn.  With f_i = b^(-2i/d), divisors c_i and F = 1 / freq_scale:
     g_i = f_i / c_i ((1 - m_i) / F + m_i),  m_i = (1 - ramp_i) ext_factor, 0 but for yarn;
   lo and hi of the ramp always rounded outwards, the width of the ramp at least 0.001;
     a = rope.scaling.attn_factor, and for yarn times get_mscale (F, 1), or with
   yarn_log_multiplier c times get_mscale (F, 1) / get_mscale (F, c).  */
#include "base/mem.h"
#include "schedule/ramp.h"
#include "schedule/schedule.h"
#include "stack/llama.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const double SWA_BASE = 10000; /* gemma3's loader */
static const double BETA_FAST = 32, BETA_SLOW = 1;
static const double TENTH = 0.1;        /* of the log multiplier, and YaRN's slope */
static const double NARROWEST = 0.001;  /* ggml's rope_yarn_ramp */
static const double CONTEXT_STEP = 256; /* n_ctx is a multiple of it: llama_context */
static const double STILL = 1e20;       /* a divisor from here on stops its pair (Gemma 4: 1e30) */

/* The run-time's numbers for one kind of layers.  */
typedef struct
{
  rw_geometry g; /* base, d and L of the run-time */
  double F, ext, fast, slow;
  double attention, softmax;
  const double *freqs, *longs, *shorts; /* (d/2,) or NULL: no divisors */
  size_t pairs;
} run;

static double
said (double x, double otherwise)
{
  return isnan (x) ? otherwise : x;
}

static double
first_said (double flag, bool reads, double key, double otherwise)
{
  return !isnan (flag) ? flag : reads && !isnan (key) ? key : otherwise;
}

static bool
has (const rw_llama_rope *r, unsigned flag)
{
  return r->arch->flags & flag;
}

/* ---- tensors ---- */

static bool
loads_lists (const rw_llama_rope *r)
{
  return has (r, RW_LLAMA_LISTS) && (!has (r, RW_LLAMA_FREQS) || r->type == RW_LLAMA_LONGROPE);
}

static bool
loads_freqs (const rw_llama_rope *r)
{
  return has (r, RW_LLAMA_FREQS) && !(has (r, RW_LLAMA_LISTS) && r->type == RW_LLAMA_LONGROPE);
}

static rw_status
check_tensors (const rw_llama_rope *r, const rw_geometry *g, bool sliding, rw_error *err)
{
  const bool lists = r->factors_long || r->factors_short;
  const bool unused = sliding && has (r, RW_LLAMA_PLAIN_SWA);
  const char *name = r->freqs ? "rope_freqs.weight" : "rope_factors_long.weight, _short.weight";
  if (!unused && (r->freqs || lists) && r->pairs != rw_geometry_pairs (g))
    return rw_fail (err, RW_EINVAL, "%s: %zu divisors for %zu pairs (rope.dimension_count / 2)",
                    name, r->pairs, rw_geometry_pairs (g));
  if (has (r, RW_LLAMA_UNKNOWN) || ((!r->freqs || loads_freqs (r)) && (!lists || loads_lists (r))))
    return RW_OK;
  rw_fail (err, RW_EINVAL,
           "%s: llama.cpp's loader of '%s' does not ask for it with rope.scaling.type %s, and "
           "refuses the file (done_getting_tensors: wrong number of tensors)",
           r->freqs && loads_freqs (r) ? "rope_factors_long.weight, _short.weight" : name,
           r->arch->name, r->type ? rw_llama_type_text (r->type) : "missing");
  return rw_hint (err, "keys say default, linear and, with flags for its betas, yarn");
}

/* ---- magnitudes ---- */

static double
log_multiplier (const rw_llama_rope *r)
{
  const double x = has (r, RW_LLAMA_LOG) ? said (r->yarn_log_multiplier, 0) : 0;
  return has (r, RW_LLAMA_TENTH) ? x / TENTH : x;
}

/* On cos and sin of layers that are scaled by F.  The constructor overwrites yarn_attn_factor and
   divides by the factor 1 + 0.1 ln F that the kernel puts back.  */
static double
magnitude (const rw_llama_rope *r, double F, double ext)
{
  const double c = log_multiplier (r), own = said (r->attn_factor, 1);
  const bool same = has (r, RW_LLAMA_SAME_SLOPE) && c != 1;
  if (ext == 0)
    return own * (has (r, RW_LLAMA_BETAS) ? said (r->yarn_attn_factor, 1) : 1);
  if (c == 0)
    return own * rw_mscale (F, 1);
  return own * rw_mscale (F, same ? c : 1) / rw_mscale (F, c);
}

static void
set_factors (const rw_llama_rope *r, bool sliding, double F, run *x)
{
  const double kernel = 1 + TENTH * log (F), a = magnitude (r, F, x->ext);
  const bool plain = sliding && has (r, RW_LLAMA_PLAIN_SWA);
  x->attention = !plain ? a : x->ext != 0 ? a / kernel : a;
  if (plain && strcmp (r->arch->name, "olmo2") == 0)
    x->attention = 1; /* olmo2.cpp hands ones to its sliding layers */
  x->softmax = 1;
  if (has (r, RW_LLAMA_SCORES))
    x->softmax
        = pow ((x->ext != 0 ? a : a * kernel) * (1 + TENTH * log_multiplier (r) * log (F)), 2);
}

static double
sliding_base (const rw_llama_rope *r, double base)
{
  const bool own = has (r, RW_LLAMA_PLAIN_SWA) && strcmp (r->arch->name, "olmo2") != 0;
  return said (r->freq_base_swa, own ? SWA_BASE : base);
}

static void
resolve (const rw_llama_rope *r, const rw_geometry *g, bool sliding, run *x)
{
  const bool betas = has (r, RW_LLAMA_BETAS), plain = sliding && has (r, RW_LLAMA_PLAIN_SWA);
  const double ext = r->yarn_ext_factor < 0 ? NAN : r->yarn_ext_factor; /* -1: not set */
  const double F = r->type == RW_LLAMA_NONE ? 1 : said (r->factor, 1);
  *x = (run){ .g = *g,
              .F = plain ? 1 : F,
              .ext = first_said (r->ext_factor, betas, ext, r->type == RW_LLAMA_YARN),
              .fast = first_said (r->beta_fast, betas, r->yarn_beta_fast, BETA_FAST),
              .slow = first_said (r->beta_slow, betas, r->yarn_beta_slow, BETA_SLOW),
              .pairs = rw_geometry_pairs (g) };
  x->g.rope_theta = said (r->freq_base, RW_LLAMA_BASE);
  if (sliding)
    x->g.rope_theta = sliding_base (r, x->g.rope_theta);
  x->g.original_length = said (r->original_context_length, said (r->context_length, g->max_length));
  set_factors (r, sliding, F, x);
  if (plain)
    return;
  const bool one = r->factors_long && r->factors_short
                   && memcmp (r->factors_long, r->factors_short, r->pairs * sizeof *r->freqs) == 0;
  x->freqs = r->freqs ? r->freqs : one ? r->factors_long : NULL;
  x->longs = x->freqs ? NULL : r->factors_long;
  x->shorts = x->freqs ? NULL : r->factors_short;
}

/* ---- frequencies ---- */

/* What yarn divides pair i by: 1 / ((1 - m) / F + m).  */
static double
yarn_divisor (const run *x, const rw_ramp *range, size_t i)
{
  const double width = fmax (NARROWEST, range->hi - range->lo);
  const double ramp = fmin (1, fmax (0, ((double) i - range->lo) / width));
  return 1 / rw_ramp_mix (1, x->F, (1 - ramp) * x->ext);
}

static rw_ramp
range_of (const run *x)
{
  return rw_ramp_range (&x->g, x->fast, x->slow, true);
}

/* All that pair i's angle is divided by; `list` NULL: ones.  */
static double
divisor (const run *x, const rw_ramp *range, const double *list, size_t i)
{
  return (list ? list[i] : 1) * (x->ext != 0 ? yarn_divisor (x, range, i) : x->F);
}

/* ---- objects ---- */

static rw_status
new_object (const char *name, rw_object **out, rw_error *err)
{
  const rw_module *module = NULL;
  const rw_status s = rw_kind_find (&rw_schedules, name, &module, err);
  return s ? s : rw_object_new (module, out, err);
}

static rw_status
put (rw_object *o, const char *name, double x, rw_error *err)
{
  return rw_object_set (o, name, &RW_NUMBER_VALUE (x), NULL, err);
}

static rw_status
put_list (rw_object *o, const char *name, const double *v, size_t n, rw_error *err)
{
  const rw_value value = { .kind = RW_VALUE_NUMBERS, .numbers = v, .n = n };
  return rw_object_set (o, name, &value, NULL, err);
}

static bool
is_one (double x)
{
  return fabs (x - 1) <= 4 * DBL_EPSILON;
}

/* Divisors as a table; pairs that a huge one stops do not rotate.  */
static rw_status
make_table (const run *x, rw_object *o, rw_error *err)
{
  const rw_ramp range = x->ext != 0 ? range_of (x) : (rw_ramp){ 0, 0 };
  double *v = rw_new (x->pairs, sizeof *v), *f = rw_new (x->pairs, sizeof *f);
  bool still = false;
  rw_status s = v && f ? RW_OK : rw_nomem (err, x->pairs * sizeof *v);
  for (size_t i = 0; i < x->pairs && !s; i++)
    still |= (v[i] = divisor (x, &range, x->freqs, i)) >= STILL;
  if (!s && still)
    rw_geometry_trained (&x->g, f);
  for (size_t i = 0; i < x->pairs && !s && still; i++)
    v[i] = v[i] >= STILL ? 0 : f[i] / v[i];
  if (!s)
    s = put_list (o, still ? "inv_freq" : "factors", v, x->pairs, err);
  if (!s)
    s = put (o, "attention_factor", x->attention, err);
  if (!s)
    s = put (o, "softmax_factor", x->softmax, err);
  rw_free (v);
  rw_free (f);
  return s;
}

/* The lists, with yarn or the factor on top.  n_ctx is a multiple of 256, so the long list begins
   at the last such multiple below the original length.  */
static rw_status
make_longrope (const run *x, rw_object *o, rw_notes *notes, rw_error *err)
{
  const rw_ramp range = x->ext != 0 ? range_of (x) : (rw_ramp){ 0, 0 };
  const double L = x->g.original_length, from = floor (L / CONTEXT_STEP) * CONTEXT_STEP;
  double *v = rw_new (2 * x->pairs, sizeof *v);
  if (!v)
    return rw_nomem (err, 2 * x->pairs * sizeof *v);
  for (size_t i = 0; i < x->pairs; i++)
    {
      v[i] = divisor (x, &range, from > 0 ? x->shorts : x->longs, i);
      v[x->pairs + i] = divisor (x, &range, x->longs, i);
    }
  if (from != L)
    rw_note_add (notes, RW_NOTE_WARNING,
                 "longrope: llama.cpp rounds the context up to a multiple of 256, so the long "
                 "factors begin above %g tokens, not %g (llama_context)",
                 from, L);
  rw_status s = put_list (o, "short_factor", v, x->pairs, err);
  if (!s)
    s = put_list (o, "long_factor", v + x->pairs, x->pairs, err);
  if (!s)
    s = put (o, "attention_factor", x->attention, err);
  if (!s)
    s = put (o, "original_max_position_embeddings", from > 0 ? from : 1, err);
  rw_free (v);
  return s;
}

/* The scores' factor is mscale (F, c)^2 for some c, where F is above 1.  */
static rw_status
put_softmax (const run *x, rw_object *o, rw_error *err)
{
  if (is_one (x->softmax))
    return RW_OK;
  const rw_value yes = { .kind = RW_VALUE_BOOL, .number = 1 };
  rw_status s = put (o, "mscale_all_dim", (sqrt (x->softmax) - 1) / (TENTH * log (x->F)), err);
  return s ? s : rw_object_set (o, "softmax_mscale", &yes, NULL, err);
}

static rw_status
make_yarn (const run *x, rw_object *o, rw_error *err)
{
  rw_status s = put (o, "factor", x->F, err);
  if (!s && x->fast != BETA_FAST)
    s = put (o, "beta_fast", x->fast, err);
  if (!s && x->slow != BETA_SLOW)
    s = put (o, "beta_slow", x->slow, err);
  if (!s && x->ext != 1)
    s = put (o, "extrapolation_factor", x->ext, err);
  if (!s && !is_one (x->attention / rw_mscale (x->F, 1)))
    s = put (o, "attention_factor", x->attention, err);
  return s ? s : put_softmax (x, o, err);
}

static rw_status
make_llama3 (const rw_llama_rope *r, rw_object *o, rw_error *err)
{
  rw_status s = put (o, "factor", r->llama3_factor, err);
  if (!s)
    s = put (o, "low_freq_factor", r->llama3_low, err);
  if (!s)
    s = put (o, "high_freq_factor", r->llama3_high, err);
  return s ? s : put (o, "original_max_position_embeddings", r->llama3_length, err);
}

/* ---- which ---- */

/* yarn's own schedule says it: forwards ramp, nothing below it.  */
static bool
is_yarn (const run *x)
{
  const rw_ramp range = range_of (x);
  const bool factor = is_one (x->softmax) || (x->F > 1 && x->softmax > 1 && isfinite (x->softmax));
  return x->ext != 0 && !x->freqs && range.hi >= range.lo && factor;
}

static const char *
name_of (const rw_llama_rope *r, const run *x)
{
  const bool plain = is_one (x->attention) && is_one (x->softmax);
  if ((x->longs || x->shorts) && is_one (x->softmax))
    return "longrope";
  if (is_yarn (x) && !is_one (x->F))
    return "yarn";
  if (!plain || (x->ext != 0 && !is_one (x->F)))
    return "table";
  if (x->freqs)
    return isnan (r->llama3_factor) || !is_one (x->F) ? "table" : "llama3";
  return is_one (x->F) ? "default" : "linear";
}

static void
note_step (const run *x, rw_notes *notes)
{
  const rw_ramp range = range_of (x);
  if (x->ext != 0 && !is_one (x->F) && range.hi < range.lo)
    rw_note_add (notes, RW_NOTE_WARNING,
                 "yarn: the correction range runs backwards, from pair %g to %g: llama.cpp makes a "
                 "hard step after pair %g, where transformers and vLLM mirror the ramp (ggml's "
                 "rope_yarn_ramp)",
                 range.lo, range.hi, range.lo);
}

static rw_status
put_geometry (const run *x, const rw_geometry *g, rw_object *o, rw_error *err)
{
  const char *name = o->module->name;
  rw_status s = RW_OK;
  if (x->g.rope_theta != g->rope_theta)
    s = put (o, "rope_theta", x->g.rope_theta, err);
  if (!s && strcmp (name, "yarn") == 0 && x->g.original_length != g->original_length)
    s = put (o, "original_max_position_embeddings", x->g.original_length, err);
  return s;
}

rw_status
rw_llama_schedule (const rw_llama_rope *r, const rw_geometry *g, bool sliding, rw_object **out,
                   rw_notes *notes, rw_error *err)
{
  run x;
  rw_object *o = NULL;
  rw_status s = check_tensors (r, g, sliding, err);
  if (s)
    return s;
  resolve (r, g, sliding, &x);
  if (x.ext != 0 && (s = rw_ramp_check (&x.g, err)))
    return s;
  const char *name = name_of (r, &x);
  note_step (&x, notes);
  s = new_object (name, &o, err);
  if (!s && strcmp (name, "linear") == 0)
    s = put (o, "factor", x.F, err);
  else if (!s && strcmp (name, "yarn") == 0)
    s = make_yarn (&x, o, err);
  else if (!s && strcmp (name, "longrope") == 0)
    s = make_longrope (&x, o, notes, err);
  else if (!s && strcmp (name, "llama3") == 0)
    s = make_llama3 (r, o, err);
  else if (!s && strcmp (name, "table") == 0)
    s = make_table (&x, o, err);
  if (!s)
    s = put_geometry (&x, g, o, err);
  if (s)
    rw_object_free (o);
  else
    *out = o;
  return s;
}
