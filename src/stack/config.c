/* config: typed reading of a Hugging Face config; see config.h.  */
#include "stack/config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where multimodal configs keep their language model.  */
static const char *const text_parts[]
    = { "text_config", "llm_config", "language_config", "thinker_config", NULL };

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
  prefix[0] = 0;
  *c = (rw_config){ .file = file,
                    .prefix = prefix,
                    .root = root,
                    .text = root,
                    .reading = RW_LENIENT,
                    .notes = notes,
                    .err = err };
  if (!cJSON_IsObject (root))
    return rw_fail (err, RW_EINVAL, "%s: expected an object, got %s", file, rw_json_kind (root));
  for (bool deeper = true; deeper;) /* thinker_config holds a text_config */
    {
      deeper = false;
      for (const char *const *part = text_parts; *part && !deeper; part++)
        if (cJSON_IsObject (rw_json_get (c->text, *part))
            && strlen (prefix) + strlen (*part) + 2 <= 48)
          {
            c->text = rw_json_get (c->text, *part);
            strcat (strcat (prefix, *part), ".");
            deeper = true;
          }
    }
  const char *type = model_type_of (c->text);
  c->family = rw_family_find (type ? type : model_type_of (root));
  return RW_OK;
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
