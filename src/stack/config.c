/* config: typed reading of a Hugging Face config; see config.h.  */
#include "stack/config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where multimodal configs keep their language model.  */
static const char *const text_parts[]
    = { "text_config", "llm_config", "language_config", "thinker_config", NULL };

const cJSON *
rw_config_text (const cJSON *root, char prefix[48])
{
  const cJSON *text = root;
  prefix[0] = 0;
  for (bool deeper = true; deeper;) /* thinker_config holds a text_config */
    {
      deeper = false;
      for (const char *const *part = text_parts; *part && !deeper; part++)
        if (cJSON_IsObject (rw_json_get (text, *part))
            && strlen (prefix) + strlen (*part) + 2 <= 48)
          {
            text = rw_json_get (text, *part);
            strcat (strcat (prefix, *part), ".");
            deeper = true;
          }
    }
  return text;
}

rw_status
rw_config_fail (const rw_config *c, const char *key, const char *format, ...)
{
  char text[768];
  va_list args;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  if (c->file)
    return rw_fail (c->err, RW_EINVAL, "%s: %s%s: %s", c->file, c->prefix, key, text);
  return rw_fail (c->err, RW_EINVAL, "%s%s: %s", c->prefix, key, text);
}

static const char *
model_type_of (const cJSON *part)
{
  const cJSON *type = rw_json_get (part, "model_type");
  return cJSON_IsString (type) ? type->valuestring : NULL;
}

rw_status
rw_config_open (rw_config *c, const char *file, const cJSON *root, char prefix[48], rw_notes *notes,
                rw_error *err)
{
  *c = (rw_config){ .file = file,
                    .prefix = prefix,
                    .root = root,
                    .text = root,
                    .reading = RW_LENIENT,
                    .notes = notes,
                    .err = err };
  if (!cJSON_IsObject (root))
    return rw_fail (err, RW_EINVAL, "%s: expected an object, got %s", file, rw_json_kind (root));
  c->text = rw_config_text (root, prefix);
  const char *type = model_type_of (c->text);
  c->family = rw_family_find (type ? type : model_type_of (root));
  return RW_OK;
}

const char *
rw_config_model_type (const rw_config *c)
{
  const char *type = model_type_of (c->text);
  type = type ? type : model_type_of (c->root);
  return type ? type : "";
}

const cJSON *
rw_config_find (const rw_config *c, const char *const *keys)
{
  for (; *keys; keys++)
    {
      const cJSON *item = rw_json_get (c->text, *keys);
      if (item && !cJSON_IsNull (item))
        return item;
    }
  return NULL;
}

void
rw_config_used (const rw_config *c, const char *key)
{
  rw_note_add (c->notes, RW_NOTE_USED, "%s%s", c->prefix, key);
}

void
rw_config_ignored (const rw_config *c, const char *key, const char *why)
{
  rw_note_add (c->notes, RW_NOTE_IGNORED, "%s%s", c->prefix, key);
  rw_note_add (c->notes, RW_NOTE_WARNING, "%s%s: %s", c->prefix, key, why);
}

/* The other spellings that stand there too: used where they agree, else ignored.  */
static void
note_others (const rw_config *c, const char *const *keys, const cJSON *used)
{
  char why[128];
  snprintf (why, sizeof why, "%.64s is there too and is used", used->string);
  for (; *keys; keys++)
    {
      const cJSON *item = rw_json_get (c->text, *keys);
      if (item == used || !cJSON_IsNumber (item))
        continue;
      if (item->valuedouble == used->valuedouble)
        rw_config_used (c, *keys);
      else
        rw_config_ignored (c, *keys, why);
    }
}

rw_status
rw_config_number (const rw_config *c, const char *const *keys, double lo, double hi, double *out)
{
  const cJSON *item = rw_config_find (c, keys);
  if (!item)
    return RW_OK;
  if (!cJSON_IsNumber (item))
    return rw_config_fail (c, item->string, "expected a number, got %s", rw_json_kind (item));
  if (!(item->valuedouble >= lo && item->valuedouble <= hi))
    return rw_config_fail (c, item->string, "%g is outside its range (from %g to %g)",
                           item->valuedouble, lo, hi);
  *out = item->valuedouble;
  rw_config_used (c, item->string);
  note_others (c, keys, item);
  return RW_OK;
}

rw_status
rw_config_whole (const rw_config *c, const char *const *keys, int64_t lo, int64_t hi, int64_t *out)
{
  double x = NAN;
  rw_status s = rw_config_number (c, keys, (double) lo, (double) hi, &x);
  if (s || isnan (x))
    return s;
  if (x != floor (x))
    return rw_config_fail (c, rw_config_find (c, keys)->string, "%g is not a whole number", x);
  *out = (int64_t) x;
  return RW_OK;
}

rw_status
rw_config_bool (const rw_config *c, const char *key, bool *out)
{
  const cJSON *item = rw_json_get (c->text, key);
  if (!item || cJSON_IsNull (item))
    return RW_OK;
  if (!cJSON_IsBool (item))
    return rw_config_fail (c, key, "expected true or false, got %s", rw_json_kind (item));
  *out = cJSON_IsTrue (item);
  rw_config_used (c, key);
  return RW_OK;
}

static bool
was_noted (const rw_config *c, const char *key)
{
  char path[128];
  snprintf (path, sizeof path, "%s%.64s", c->prefix, key);
  for (size_t i = 0; i < c->notes->n; i++)
    if (c->notes->note[i].kind != RW_NOTE_WARNING && strcmp (c->notes->note[i].text, path) == 0)
      return true;
  return false;
}

/* Why a key about rotation takes no part; NULL where it is not about it, or says nothing.  */
static const char *
why_left_over (const cJSON *item)
{
  static const struct
  {
    const char *key, *why;
  } rows[] = {
    { "use_dynamic_ntk", "Qwen's own stretch at run time is not part of the table" },
    { "use_logn_attn", "a query scale: set query_scale to log_n to have it" },
    { "rope_scaling", NULL }, /* blocks have notes of their own */
    { "rope_parameters", NULL },
    { NULL, NULL },
  };
  const char *key = item->string;
  if (cJSON_IsNull (item) || cJSON_IsFalse (item))
    return NULL;
  for (size_t i = 0; rows[i].key; i++)
    if (strcmp (key, rows[i].key) == 0)
      return rows[i].why;
  const bool about = strncmp (key, "rope_", 5) == 0 || strncmp (key, "rotary_", 7) == 0;
  return about ? "not a key that is read" : NULL;
}

void
rw_config_leftovers (const rw_config *c)
{
  for (const cJSON *item = c->text->child; item; item = item->next)
    if (why_left_over (item) && !was_noted (c, item->string))
      rw_config_ignored (c, item->string, why_left_over (item));
}
