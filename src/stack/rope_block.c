/* rope_block: the block of one rope as a schedule object; see rope_block.h.

   transformers reads some keys for each rope_type and passes over the rest; what it passes over is
   noted as ignored and left out, the rest is read as any schedule block.  */
#include "stack/rope_block.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool
in_list (const char *key, const char *const *list, size_t n)
{
  for (size_t i = 0; i < n && list[i]; i++)
    if (strcmp (list[i], key) == 0)
      return true;
  return false;
}

static void
ignore (const rw_rope_maker *m, const char *key, const char *why)
{
  rw_note_add (&m->out->notes, RW_NOTE_IGNORED, "%s.%s", m->path, key);
  if (why)
    rw_note_add (&m->out->notes, RW_NOTE_WARNING, "%s.%s: %s", m->path, key, why);
}

/* ---- the type ---- */

static const rw_hf_type *
types_of (const rw_rope_maker *m)
{
  return m->c->rules->types ? m->c->rules->types : rw_hf_types;
}

static rw_status
unknown_type (const rw_rope_maker *m, const char *name)
{
  rw_text known = { 0 };
  for (const rw_hf_type *t = types_of (m); t->name; t++)
    if (t == types_of (m)
        || strcmp (t->name, t[-1].name) != 0) /* rows of one name are neighbours */
      rw_text_addf (&known, "%s%s", known.n ? ", " : "", t->name);
  rw_fail (m->c->err, RW_EINVAL, "%s.rope_type: %s has no rope type '%.60s'; known: %s", m->path,
           m->c->rules->who, name, rw_text_get (&known));
  rw_text_free (&known);
  return rw_hint (m->c->err, "--stack exact reads ropewalk's own schedules too");
}

/* By the stack's own table.  */
static rw_status
listed_type (rw_rope_maker *m, const char *name)
{
  m->type = rw_hf_type_find (m->c->rules->types, name, m->block, m->c->family);
  if (!m->type)
    return unknown_type (m, name);
  const char *schedule = m->type->schedule ? m->type->schedule : m->type->name;
  return rw_kind_find (&rw_schedules, schedule, &m->module, m->c->err);
}

/* HunYuanDenseV1RotaryEmbedding: base alpha^(d/(d-2)), whatever the length; factor is unused.  */
static bool
is_alpha (const rw_rope_maker *m)
{
  return m->c->family->flags & RW_ALPHA && strcmp (m->module->name, "dynamic") == 0
         && cJSON_IsNumber (rw_json_get (m->block, "alpha"));
}

/* By the table of transformers 5, or by ropewalk's.  */
/* configuration_phi3.py, validate_rope (transformers 5.23).  */
static bool
is_of_phi3 (const char *type)
{
  return strcmp (type, "default") == 0 || strcmp (type, "longrope") == 0;
}

static rw_status
known_type (rw_rope_maker *m, const char *name)
{
  rw_status s = rw_kind_find (&rw_schedules, name, &m->module, m->c->err);
  if (s)
    return rw_within (m->c->err, s, "%s.rope_type", m->path);
  m->type = rw_hf_type_find (rw_hf_types, m->module->name, m->block, m->c->family);
  /* Of the other names transformers means to take "su" (Phi3Config turns it into longrope; 5.23
     stops where its length stands at the top level), and no other family's class does.  */
  const char *family = m->c->family->model_type;
  const bool su = strcmp (name, "su") == 0 && (!*family || strcmp (family, "phi3") == 0);
  const bool other_name = strcmp (name, m->module->name) != 0 && !su;
  if (m->c->rules->hf_types_only && strcmp (family, "phi3") == 0 && !is_of_phi3 (m->module->name))
    return rw_fail (m->c->err, RW_EINVAL,
                    "%s.rope_type: transformers' Phi3Config takes default and longrope only, and "
                    "takes yarn for longrope; got '%s'",
                    m->path, m->module->name);
  return m->c->rules->hf_types_only && (!m->type || other_name) ? unknown_type (m, name) : RW_OK;
}

rw_status
rw_rope_block_type (rw_rope_maker *m)
{
  static const char *const keys[] = { "rope_type", "type", NULL };
  const char *name = m->block && m->c->rules->top_level ? NULL : "default";
  for (const char *const *k = keys; m->block && *k; k++)
    {
      const cJSON *item = rw_json_get (m->block, *k);
      if (!item)
        continue;
      if (!cJSON_IsString (item))
        return rw_fail (m->c->err, RW_EINVAL, "%s.%s: expected a text, got %s", m->path, *k,
                        rw_json_kind (item));
      name = item->valuestring;
      break;
    }
  if (!name)
    return rw_fail (m->c->err, RW_EINVAL,
                    "%s.rope_type: not there; transformers before 5 stops with a KeyError",
                    m->path);
  if (strcmp (name, "mrope") == 0)
    name = "default";
  const rw_status s = m->c->rules->types ? listed_type (m, name) : known_type (m, name);
  if (s || !is_alpha (m))
    return s;
  m->alpha = true;
  m->type = NULL;
  return rw_kind_find (&rw_schedules, "ntk", &m->module, m->c->err);
}

/* ---- the keys ---- */

static bool
is_taken_out (const rw_rope_maker *m, const char *key)
{
  if (!m->own || m->c->rules->top_level)
    return false;
  if (strcmp (key, "partial_rotary_factor") == 0)
    return strcmp (m->module->name, "proportional") != 0;
  return strcmp (key, "rope_theta") == 0 || strcmp (key, "original_max_position_embeddings") == 0;
}

static const char *
find_why (const rw_key_why *rows, const char *key)
{
  for (size_t i = 0; rows && rows[i].key; i++)
    if (strcmp (key, rows[i].key) == 0)
      return rows[i].why;
  return NULL;
}

/* Keys that every type has; transformers before 5 has the last one for some types only.  */
static bool
is_common (const rw_rope_maker *m, const char *key)
{
  static const char *const keys[] = { "rope_type", "label", "rope_theta", "partial_rotary_factor",
                                      "original_max_position_embeddings" };
  return in_list (key, keys, m->c->rules->top_level ? 2 : 5);
}

/* A table of the stack's own holds for inline models too.  */
static bool
takes_all (const rw_rope_maker *m)
{
  return !m->type || (m->c->reading == RW_STRICT && !m->c->rules->types);
}

/* Why a key of the block takes no part; NULL where it does.  */
static const char *
why_ignored (const rw_rope_maker *m, const char *key)
{
  static const rw_key_why rows[] = {
    { "mrope_section", "M-RoPE: text positions rotate as plain RoPE, image axes are left out" },
    { "mrope_interleaved", "M-RoPE: text positions rotate as plain RoPE" },
    { "attn_factor", "transformers reads attention_factor, not attn_factor" },
    { "finetuned", "no effect in transformers" },
    { "llama_4_scaling_beta", "a query scale: set query_scale to ministral3 to have it" },
    { NULL, NULL },
  };
  if (m->c->rules->truncate_flat_only && m->nested && strcmp (key, "truncate") == 0)
    return "transformers reads truncate from the outer block only: lost here";
  if (m->alpha && strcmp (key, "alpha") != 0)
    return "HunYuan's code reads alpha only";
  if (takes_all (m) || is_common (m, key) || rw_hf_type_reads (m->type, key)
      || (!m->c->rules->hf_types_only && in_list (key, m->type->own, 3)))
    return NULL;
  const char *why = find_why (m->c->rules->whys, key);
  why = why ? why : find_why (rows, key);
  if (why)
    return why;
  return rw_block_is_hf_key (key) ? "a key of another rope type" : m->c->rules->unknown;
}

/* A copy with only what the schedule is to see.  */
static cJSON *
filter (const rw_rope_maker *m)
{
  cJSON *copy = cJSON_CreateObject ();
  cJSON_AddStringToObject (copy, "rope_type", m->module->name);
  for (const cJSON *item = m->block ? m->block->child : NULL; item; item = item->next)
    {
      const char *key = item->string;
      if (strcmp (key, "rope_type") == 0 || strcmp (key, "type") == 0 || is_taken_out (m, key)
          || (key[0] == '_' && m->c->reading == RW_LENIENT))
        continue;
      const char *why = why_ignored (m, key);
      if (why)
        ignore (m, key, why);
      else if (m->type && in_list (key, m->type->also, 4))
        rw_note_add (&m->out->notes, RW_NOTE_USED, "%s.%s", m->path, key);
      else
        cJSON_AddItemToObject (copy, key, cJSON_Duplicate (item, true));
    }
  return copy;
}

/* The i-th key of the block that no rope type knows: a candidate for a required one, misspelt.  */
static const char *
stray_key (size_t i, const void *data)
{
  const cJSON *block = data;
  for (const cJSON *item = block ? block->child : NULL; item; item = item->next)
    if (!rw_block_is_hf_key (item->string) && i-- == 0)
      return item->string;
  return NULL;
}

static rw_status
missing (const rw_rope_maker *m, const char *key)
{
  const char *slip = rw_nearest (key, stray_key, m->block);
  rw_fail (m->c->err, RW_EINVAL, "%s.%s: '%s' needs it%s%.100s%s", m->path, key, m->type->name,
           slip ? "; is '" : "", slip ? slip : "", slip ? "' meant to be it?" : "");
  return rw_hint (m->c->err, "%s stops with a KeyError; add \"%s\"", m->c->rules->who, key);
}

static rw_status
check_required (const rw_rope_maker *m)
{
  const bool own = m->c->rules->types;
  for (size_t i = 0; m->type && i < 4 && m->type->must[i]; i++)
    {
      const char *key = m->type->must[i];
      const cJSON *item = rw_json_get (m->block, key);
      if (!item && (own || m->c->reading == RW_LENIENT))
        return missing (m, key);
      if (own && cJSON_IsNull (item) && !m->type->null_factor)
        return rw_fail (m->c->err, RW_EINVAL, "%s.%s: null; %s computes with it, and stops",
                        m->path, key, m->c->rules->who);
    }
  return RW_OK;
}

/* Both spellings of the name: rope_type wins.  */
static void
note_type (const rw_rope_maker *m)
{
  const cJSON *a = rw_json_get (m->block, "rope_type"), *b = rw_json_get (m->block, "type");
  if (a || b)
    rw_note_add (&m->out->notes, RW_NOTE_USED, "%s.%s", m->path, a ? "rope_type" : "type");
  if (a && b)
    ignore (m, "type",
            cJSON_IsString (b) && strcmp (a->valuestring, b->valuestring) == 0
                ? NULL
                : "rope_type is there too and is used");
  const cJSON *name = a ? a : b;
  if (cJSON_IsString (name) && strcmp (name->valuestring, "mrope") == 0)
    rw_note_add (&m->out->notes, RW_NOTE_WARNING,
                 "%s: mrope is read as default: text positions rotate as plain RoPE", m->path);
}

/* rw_block_read notes rope_type as used where filter put it: that note is made by note_type.  */
static void
drop_type_note (rw_notes *notes, const char *path)
{
  char text[160];
  snprintf (text, sizeof text, "%s.rope_type", path);
  for (size_t i = 0; i < notes->n; i++)
    if (notes->note[i].kind == RW_NOTE_USED && strcmp (notes->note[i].text, text) == 0)
      notes->note[i].text[0] = 0;
}

rw_status
rw_rope_block_read (const rw_rope_maker *m)
{
  note_type (m);
  rw_status s = check_required (m);
  cJSON *copy = s ? NULL : filter (m);
  rw_notes notes = { 0 };
  if (!s)
    s = rw_block_read (copy, &rw_schedules, m->c->reading, m->path, NULL, &notes, &m->out->schedule,
                       m->c->err);
  drop_type_note (&notes, m->path);
  for (size_t i = 0; i < notes.n; i++)
    if (notes.note[i].text[0])
      rw_note_add (&m->out->notes, notes.note[i].kind, "%s", notes.note[i].text);
  rw_notes_free (&notes);
  cJSON_Delete (copy);
  return s;
}

/* ---- for `settle` ---- */

double
rw_rope_block_number (const rw_rope_maker *m, const char *key)
{
  const cJSON *item = rw_json_get (m->block, key);
  return cJSON_IsNumber (item) ? item->valuedouble : NAN;
}

double
rw_rope_number (const rw_rope_maker *m, const char *name)
{
  const rw_param *p = rw_module_find (m->module, name, NULL);
  const rw_value v = p ? rw_param_get (p, m->out->schedule->self) : (rw_value){ 0 };
  return v.kind == RW_VALUE_NUMBER ? v.number : NAN;
}

rw_status
rw_rope_set (const rw_rope_maker *m, const char *name, double x)
{
  return rw_object_set (m->out->schedule, name, &RW_NUMBER_VALUE (x), NULL, m->c->err);
}

void
rw_rope_warn (const rw_rope_maker *m, const char *key, const char *format, ...)
{
  char text[512];
  va_list args;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  rw_note_add (&m->out->notes, RW_NOTE_WARNING, "%s%s%s: %s", m->path, *key ? "." : "", key, text);
}
