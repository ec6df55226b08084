/* golden_schedules: our tables beside the numbers that the peers' own code computed.

   tests/golden/frequencies.json and further.json name, for every case, whose code ran.  Each case
   is built from its `params` alone, as a schedule block and a geometry; cases of other stacks' own
   readings are those of golden_stacks.  */
#include "golden_help.h"
#include "schedule/schedule.h"

/* Tables: float32 originals against our double; measured worst 6.6e-7 (their rounding).  */
static const double TABLE = 1e-6;
/* Attention factors are double in the originals, through another order of operations.  */
static const double FACTOR = 1e-12;

typedef struct
{
  const char *method, *rope_type;
  const char *key, *value; /* a parameter the method implies, or NULL; value NULL is true */
} reading;

static const reading readings[] = {
  { .method = "default", .rope_type = "default" },
  { .method = "linear", .rope_type = "linear" },
  { .method = "dynamic", .rope_type = "dynamic" },
  { .method = "llama3", .rope_type = "llama3" },
  { .method = "yarn", .rope_type = "yarn" },
  { .method = "longrope", .rope_type = "longrope" },
  { .method = "proportional", .rope_type = "proportional" },
  { .method = "yarnrepo_linear", .rope_type = "linear" },
  { .method = "yarnrepo_ntk", .rope_type = "ntk" },
  { .method = "yarnrepo_dynamic_ntk", .rope_type = "dynamic" },
  { .method = "yarnrepo_part_ntk", .rope_type = "ntk_by_parts" },
  { .method = "yarnrepo_dynamic_part_ntk", .rope_type = "ntk_by_parts", .key = "dynamic" },
  { .method = "yarnrepo_yarn", .rope_type = "yarn" },
  { .method = "yarnrepo_dynamic_yarn", .rope_type = "dynamic_yarn" },
  { .method = "longrope_repo", .rope_type = "longrope" },
  { .method = "longrope_repo_dynamic", .rope_type = "longrope", .key = "interpolate" },
  { .method = "longrope_dynamic", .rope_type = "longrope", .key = "interpolate" },
  { .method = "power", .rope_type = "power" },
  { .method = "truncated", .rope_type = "truncated" },
  { .method = "resonance", .rope_type = "resonance" },
  { .method = "ntk_fixed", .rope_type = "ntk_fixed" },
  { .method = "ntk_mixed", .rope_type = "ntk_mixed" },
  { .method = "mrrope", .rope_type = "mrrope" },
  { .method = "cope", .rope_type = "cope" },
  { .method = "clip", .rope_type = "cope", .key = "taper", .value = "hard" },
  { .method = "hope", .rope_type = "clip" },
  { .method = "fope_floor", .rope_type = "clip" },
  { 0 },
};

/* Methods that are not here, by prefix, and why; NULL: a stack's own reading, of golden_stacks.  */
static const struct
{
  const char *prefix, *why;
} elsewhere[] = {
  { "yarn_v4", NULL },
  { "vllm_", NULL },
  { "jet_long_freq",
    "a variant of Jet-Long with frequencies of its own for far keys: no rule here" },
  { NULL, NULL },
};

/* The repositories' words for our parameters; NULL drops the key.  */
static const char *const renamed[][2] = {
  { "scale", "factor" }, { "ntk", "factor" },           { "rescale_factors", "long_factor" },
  { "rope_type", NULL }, { "seq_len_is_tensor", NULL }, { NULL, NULL },
};

static rw_status make_block (const cJSON *params, const char *rope_type, rw_geometry *m,
                             double *length, rw_object **out, rw_error *err);

static rw_status
set_numbers (rw_object *o, const char *name, const cJSON *list, rw_error *err)
{
  double v[256];
  size_t n = 0;
  const cJSON *item;
  cJSON_ArrayForEach (item, list) if (n < sizeof v / sizeof *v) v[n++] = item->valuedouble;
  const rw_value value = { .kind = RW_VALUE_NUMBERS, .numbers = v, .n = n };
  return rw_object_set (o, name, &value, NULL, err);
}

static rw_status
set_block (rw_object *o, const char *name, const cJSON *block, rw_geometry *m, rw_error *err)
{
  rw_object *inner = NULL;
  double none = 0;
  rw_status s = make_block (block, text_of (block, "rope_type"), m, &none, &inner, err);
  const rw_value value = { .kind = RW_VALUE_OBJECT, .object = inner };
  if (!s)
    s = rw_object_set (o, name, &value, NULL, err);
  rw_object_free (inner);
  return s;
}

/* The LongRoPE repository's policy: a name, or the number itself.  */
static rw_status
set_policy (rw_object *o, const char *policy, rw_error *err)
{
  char *end;
  const double x = strtod (policy, &end);
  const rw_value value = *end ? RW_TEXT_VALUE (policy) : RW_NUMBER_VALUE (x);
  return rw_object_set (o, *end ? "magnitude" : "attention_factor", &value, NULL, err);
}

static rw_status
set_param (rw_object *o, const cJSON *p, rw_geometry *m, rw_error *err)
{
  const char *name = p->string;
  for (size_t i = 0; renamed[i][0]; i++)
    if (!strcmp (p->string, renamed[i][0]))
      name = renamed[i][1];
  if (!name)
    return RW_OK;
  if (!strcmp (name, "magnitude_scaling_policy"))
    return set_policy (o, p->valuestring, err);
  if (!strcmp (p->string, "rescale_factors")) /* one list, used at every length */
    set_numbers (o, "short_factor", p, err);
  if (cJSON_IsArray (p))
    return set_numbers (o, name, p, err);
  if (cJSON_IsObject (p))
    return set_block (o, name, p, m, err);
  rw_value value = RW_NUMBER_VALUE (p->valuedouble);
  if (cJSON_IsNull (p))
    value.kind = RW_VALUE_NULL;
  else if (cJSON_IsBool (p))
    value = (rw_value){ .kind = RW_VALUE_BOOL, .number = cJSON_IsTrue (p) };
  else if (cJSON_IsString (p))
    value = RW_TEXT_VALUE (p->valuestring);
  return rw_object_set (o, name, &value, NULL, err);
}

/* True where the key is geometry, now set.  */
static bool
is_geometry (const cJSON *p, rw_geometry *m, double *length)
{
  const double x = p->valuedouble;
  if (!strcmp (p->string, "dim"))
    m->head_dim = m->rotary_dim = (int64_t) x;
  else if (!strcmp (p->string, "head_dim"))
    m->head_dim = (int64_t) x;
  else if (!strcmp (p->string, "rotary_dim"))
    m->rotary_dim = (int64_t) x;
  else if (!strcmp (p->string, "rope_theta") || !strcmp (p->string, "base"))
    m->rope_theta = x;
  else if (!strcmp (p->string, "max_position_embeddings"))
    m->max_length = x;
  else if (!strcmp (p->string, "seq_len") || !strcmp (p->string, "length"))
    *length = x;
  else
    return false;
  return true;
}

/* Fills *out and *m even on error, so that the caller frees in one way.  */
static rw_status
make_block (const cJSON *params, const char *rope_type, rw_geometry *m, double *length,
            rw_object **out, rw_error *err)
{
  const rw_module *module;
  rw_status s = rw_kind_find (&rw_schedules, rope_type, &module, err);
  if (!s)
    s = rw_object_new (module, out, err);
  const cJSON *p;
  cJSON_ArrayForEach (p, params) if (!s && !is_geometry (p, m, length)) s
      = set_param (*out, p, m, err);
  return s;
}

static void
complete (rw_geometry *m)
{
  if (!m->head_dim)
    m->head_dim = m->rotary_dim;
  if (!m->rotary_dim)
    m->rotary_dim = m->head_dim;
  if (m->max_length == 0)
    m->max_length = 4096; /* not used by the cases without one */
  m->original_length = m->max_length;
}

static const reading *
reading_of (const char *method)
{
  const reading *r = readings;
  while (r->method && strcmp (r->method, method))
    r++;
  return r->method ? r : NULL;
}

static rw_status
compute (const cJSON *c, rw_freqs *f, rw_error *err)
{
  const reading *r = reading_of (cJSON_GetObjectItem (c, "method")->valuestring);
  rw_geometry m = { 0 };
  double length = 0;
  rw_object *o = NULL;
  rw_status s = make_block (cJSON_GetObjectItem (c, "params"), r->rope_type, &m, &length, &o, err);
  complete (&m);
  const rw_value implied
      = r->value ? RW_TEXT_VALUE (r->value) : (rw_value){ .kind = RW_VALUE_BOOL, .number = 1 };
  if (!s && r->key)
    s = rw_object_set (o, r->key, &implied, NULL, err);
  if (!s)
    s = rw_schedule_fill (o, &m, length, f, err);
  rw_object_free (o);
  return s;
}

static double
number_or (const cJSON *c, const char *key, double otherwise)
{
  const cJSON *p = cJSON_GetObjectItem (c, key);
  return cJSON_IsNumber (p) ? p->valuedouble : otherwise;
}

static void
compare_table (const char *id, const cJSON *c, const rw_freqs *f)
{
  const cJSON *want = cJSON_GetObjectItem (c, "inv_freq");
  /* Some peers leave the frequencies and scale the positions.  */
  const double position_scale = number_or (c, "position_scale", 1);
  const double tolerance = number_or (c, "tolerance", TABLE);
  double worst = 0;
  size_t i = 0;
  const cJSON *p;
  cJSON_ArrayForEach (p, want)
  {
    const double w = p->valuedouble * position_scale;
    const double got = i < f->n ? f->inv_freq[i] : NAN;
    const double off = got == w ? 0 : fabs (got - w) / fabs (w);
    worst = off <= worst ? worst : off; /* NaN stays */
    i++;
  }
  ok (f->n == i && worst <= tolerance, "%s: %zu frequencies, worst %.2g within %.2g", id, i, worst,
      tolerance);
}

static void
compare_companions (const char *id, const cJSON *c, const rw_freqs *f)
{
  const double a = number_or (c, "attention_factor", NAN);
  ok (fabs (f->attention_factor - a) <= FACTOR * a, "%s: attention factor %.12g", id, a);
  const cJSON *range = cJSON_GetObjectItem (c, "correction_range");
  for (int k = 0; range && k < 2; k++)
    {
      const double want = cJSON_GetArrayItem (range, k)->valuedouble;
      ok (fabs (f->ramp[k] - want) <= TOL2 * fabs (want), /* two logarithms and a quotient */
          "%s: correction range ends at %.9g", id, want);
    }
  const cJSON *waves = cJSON_GetObjectItem (c, "wavelengths");
  double worst = 0;
  for (size_t i = 0; waves && i < f->n; i++)
    {
      const double w = cJSON_GetArrayItem (waves, (int) i)->valuedouble;
      worst = fmax (worst, fabs (2 * M_PI / f->inv_freq[i] - w) / w);
    }
  if (waves) /* the originals round a float32 wavelength: from 2^22 tokens on, to a neighbour */
    ok (worst <= 0x1p-22, "%s: whole wavelengths, worst %.2g", id, worst);
}

static void
refuse (const char *id, const cJSON *c)
{
  static const char *const named[][2] = {
    { "hf-error-dynamic-hd2", "rotary_dim" },
    { "hf-error-yarn-theta1", "rope_theta" },
    { "hf-error-yarn-missing-factor", "factor" },
    { "hf-error-longrope-length", "short_factor: 31 numbers for 32 pairs" },
  };
  rw_freqs f = { 0 };
  rw_error e = { 0 };
  ok (compute (c, &f, &e) != RW_OK, "%s: is refused", id);
  for (size_t i = 0; i < sizeof named / sizeof *named; i++)
    if (!strcmp (id, named[i][0]))
      has (e.text, named[i][1], "and the error says why");
  rw_freqs_free (&f);
}

static bool
is_elsewhere (const char *method, const char **why)
{
  for (size_t i = 0; elsewhere[i].prefix; i++)
    if (!strncmp (method, elsewhere[i].prefix, strlen (elsewhere[i].prefix)))
      {
        *why = elsewhere[i].why;
        return true;
      }
  return false;
}

static void
judge (const cJSON *c)
{
  const char *id = cJSON_GetObjectItem (c, "id")->valuestring;
  const char *method = text_of (c, "method");
  const char *why = NULL;
  if (is_elsewhere (method, &why))
    {
      if (why)
        skip (why, id);
      return;
    }
  if (!ok (reading_of (method) != NULL, "%s: method %s has a schedule", id, method))
    return;
  if (cJSON_IsTrue (cJSON_GetObjectItem (c, "expect_error")))
    {
      refuse (id, c);
      return;
    }
  rw_freqs f = { 0 };
  rw_error e = { 0 };
  if (ok (!compute (c, &f, &e), "%s: fills %s", id, e.text))
    {
      compare_table (id, c, &f);
      compare_companions (id, c, &f);
    }
  rw_freqs_free (&f);
}

/* Judges every case of the two kinds; `want` guards against cases lost on the way.  */
static void
judge_file (const char *name, int want)
{
  cJSON *file = read_golden (name);
  int n = 0;
  const cJSON *c;
  cJSON_ArrayForEach (c, cJSON_GetObjectItem (file, "cases"))
  {
    const char *kind = text_of (c, "kind");
    if (kind && (!strcmp (kind, "inv_freq") || !strcmp (kind, "error")))
      {
        judge (c);
        n++;
      }
  }
  ok (n == want, "%s: %d cases judged, of %d", name, n, want);
  cJSON_Delete (file);
}

int
main (void)
{
  judge_file ("frequencies.json", 100);
  judge_file ("further.json", 47);
  return tap_end ();
}
