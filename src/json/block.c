/* block: module objects from JSON blocks; see block.h.  */
#include "json/block.h"
#include "base/mem.h"
#include "json/list_file.h"

#include <string.h>

/* transformers 5, modeling_rope_utils: the keys of all rope types, required and optional.  */
static const char *const hf_keys[] = {
  "rope_type",    "type",           "rope_theta",      "partial_rotary_factor",
  "factor",       "beta_fast",      "beta_slow",       "attention_factor",
  "mscale",       "mscale_all_dim", "truncate",        "original_max_position_embeddings",
  "short_factor", "long_factor",    "low_freq_factor", "high_freq_factor",
  NULL,
};

bool
rw_block_is_hf_key (const char *key)
{
  for (const char *const *k = hf_keys; *k; k++)
    if (strcmp (*k, key) == 0)
      return true;
  return false;
}

/* What the reading of one block carries along.  */
typedef struct
{
  const rw_kind *kind;
  rw_reading reading;
  const char *path, *folder;
  rw_notes *notes;
  rw_error *err;
} reader;

static rw_status
read_numbers (const cJSON *item, const char *path, rw_value *out, double **numbers, rw_error *err)
{
  size_t n = 0;
  for (const cJSON *c = item->child; c; c = c->next, n++)
    if (!cJSON_IsNumber (c))
      return rw_fail (err, RW_EINVAL, "%s[%zu]: expected a number, got %s", path, n,
                      rw_json_kind (c));
  double *v = rw_new (n, sizeof *v);
  if (!v)
    return rw_nomem (err, n * sizeof *v);
  size_t i = 0;
  for (const cJSON *c = item->child; c; c = c->next)
    v[i++] = c->valuedouble;
  *numbers = v;
  *out = (rw_value){ .kind = RW_VALUE_NUMBERS, .numbers = v, .n = n };
  return RW_OK;
}

rw_status
rw_block_value (const cJSON *item, const char *path, rw_value *out, double **numbers, rw_error *err)
{
  *numbers = NULL;
  *out = (rw_value){ 0 };
  if (cJSON_IsArray (item))
    return read_numbers (item, path, out, numbers, err);
  if (cJSON_IsObject (item))
    return rw_fail (err, RW_EINVAL, "%s: expected a number, a text or a list, got an object", path);
  if (cJSON_IsNumber (item))
    *out = RW_NUMBER_VALUE (item->valuedouble);
  else if (cJSON_IsString (item))
    *out = RW_TEXT_VALUE (item->valuestring);
  else if (cJSON_IsBool (item))
    *out = (rw_value){ .kind = RW_VALUE_BOOL, .number = cJSON_IsTrue (item) };
  return RW_OK;
}

/* "PATH." in front of an error that a parameter's name begins; keeps the hint.  */
static rw_status
within (const reader *r, rw_status s)
{
  if (!s || !r->err)
    return s;
  char text[sizeof r->err->text], hint[sizeof r->err->hint];
  memcpy (text, r->err->text, sizeof text);
  memcpy (hint, r->err->hint, sizeof hint);
  rw_fail (r->err, s, "%s.%s", r->path, text);
  if (hint[0])
    rw_hint (r->err, "%s", hint);
  return s;
}

static bool
is_schedule (const reader *r)
{
  return strcmp (r->kind->key, "rope_type") == 0;
}

/* The text that names the module, or an error.  *key is where it stands.  */
static rw_status
find_name (const reader *r, const cJSON *block, const char **name, const char **key)
{
  const cJSON *item = rw_json_get (block, r->kind->key);
  *key = r->kind->key;
  if (!item && is_schedule (r) && (item = rw_json_get (block, "type")))
    *key = "type"; /* transformers before 4.43 */
  if (!item && is_schedule (r) && r->reading == RW_LENIENT)
    {
      *name = "default";
      *key = NULL;
      return RW_OK;
    }
  if (!item)
    {
      rw_fail (r->err, RW_EINVAL, "%s: needs the key \"%s\", which names the %s", r->path,
               r->kind->key, r->kind->noun);
      return rw_hint (r->err, "e.g. {\"%s\": \"%s\"}", r->kind->key,
                      rw_kind_at (r->kind, 0) ? rw_kind_at (r->kind, 0)->name : "...");
    }
  if (!cJSON_IsString (item))
    return rw_fail (r->err, RW_EINVAL, "%s.%s: expected a text, got %s", r->path, *key,
                    rw_json_kind (item));
  *name = item->valuestring;
  return RW_OK;
}

/* A sweep config may leave a key of another rope type in place: a warning.  In a strange config
   every unknown key is.  A typo in a sweep config is an error.  */
static rw_status
unknown_key (const reader *r, rw_object *object, const cJSON *item)
{
  if (r->reading == RW_STRICT && !(is_schedule (r) && rw_block_is_hf_key (item->string)))
    return within (r, rw_object_set (object, item->string, &RW_NUMBER_VALUE (0), NULL, r->err));
  rw_note_add (r->notes, RW_NOTE_IGNORED, "%s.%s", r->path, item->string);
  rw_note_add (r->notes, RW_NOTE_WARNING, "%s.%s: '%s' does not have this key; ignored", r->path,
               item->string, object->module->name);
  return RW_OK;
}

static rw_status
set_value (const reader *r, rw_object *object, const char *key, const rw_value *value)
{
  rw_notes notes = { 0 };
  rw_status s = rw_object_set (object, key, value, &notes, r->err);
  for (size_t i = 0; i < notes.n; i++)
    rw_note_add (r->notes, notes.note[i].kind, "%s.%s", r->path, notes.note[i].text);
  rw_notes_free (&notes);
  return within (r, s);
}

static rw_status
set_nested (const reader *r, rw_object *object, const rw_param *p, const cJSON *item)
{
  rw_object *nested = NULL;
  char *path = rw_format ("%s.%s", r->path, item->string);
  if (!path)
    return rw_nomem (r->err, 0);
  rw_status s
      = rw_block_read (item, p->kind, r->reading, path, r->folder, r->notes, &nested, r->err);
  if (!s)
    {
      const rw_value value = { .kind = RW_VALUE_OBJECT, .object = nested };
      s = set_value (r, object, item->string, &value);
    }
  rw_object_free (nested);
  rw_free (path);
  return s;
}

/* The `file` of the table schedule: its numbers become inv_freq.  */
static rw_status
set_file (const reader *r, rw_object *object, const cJSON *item)
{
  rw_reals list = { 0 };
  if (!cJSON_IsString (item))
    return rw_fail (r->err, RW_EINVAL, "%s.file: expected a file name, got %s", r->path,
                    rw_json_kind (item));
  rw_status s = rw_list_read (item->valuestring, r->folder, &list, r->err);
  s = rw_within (r->err, s, "%s.file", r->path);
  if (!s)
    {
      const rw_value value = { .kind = RW_VALUE_NUMBERS, .numbers = list.v, .n = list.n };
      s = set_value (r, object, "inv_freq", &value);
    }
  rw_free (list.v);
  return s;
}

static rw_status
set_plain (const reader *r, rw_object *object, const rw_param *p, const cJSON *item)
{
  rw_value value;
  double *numbers = NULL;
  char *path = rw_format ("%s.%s", r->path, item->string);
  if (!path)
    return rw_nomem (r->err, 0);
  rw_status s = rw_block_value (item, path, &value, &numbers, r->err);
  if (!s && (s = set_value (r, object, item->string, &value)) && r->err && !r->err->hint[0])
    rw_hint (r->err, "%s is %s: %s", p->name, rw_type_text (p->type), p->text);
  rw_free (numbers);
  rw_free (path);
  return s;
}

static rw_status
set_label (const reader *r, rw_object *object, const cJSON *item)
{
  if (!cJSON_IsString (item))
    return rw_fail (r->err, RW_EINVAL, "%s.label: expected a text, got %s", r->path,
                    rw_json_kind (item));
  if (!item->valuestring[strspn (item->valuestring, " ")])
    {
      rw_fail (r->err, RW_EINVAL, "%s.label: is empty", r->path);
      return rw_hint (r->err, "leave it out: the label is then the module's name");
    }
  object->label = rw_strdup (item->valuestring);
  return object->label ? RW_OK : rw_nomem (r->err, strlen (item->valuestring));
}

static rw_status
read_key (const reader *r, rw_object *object, const cJSON *item)
{
  const char *key = item->string;
  const rw_param *p = rw_module_find (object->module, key, NULL);
  rw_status s;
  if (strcmp (key, "label") == 0)
    return set_label (r, object, item);
  if (r->reading == RW_LENIENT && key[0] == '_')
    return RW_OK; /* a note */
  if (is_schedule (r) && strcmp (key, "file") == 0
      && rw_module_find (object->module, "inv_freq", NULL))
    s = set_file (r, object, item);
  else if (!p)
    return unknown_key (r, object, item);
  else if (p->type == RW_BLOCK && !cJSON_IsNull (item))
    s = set_nested (r, object, p, item);
  else
    s = set_plain (r, object, p, item);
  if (!s)
    rw_note_add (r->notes, RW_NOTE_USED, "%s.%s", r->path, key);
  return s;
}

/* Both spellings of the name stand there in many published files; rope_type wins.  */
static void
note_name (const reader *r, const cJSON *block, const char *key)
{
  const cJSON *a = rw_json_get (block, "rope_type"), *b = rw_json_get (block, "type");
  if (key)
    rw_note_add (r->notes, RW_NOTE_USED, "%s.%s", r->path, key);
  if (!is_schedule (r) || !a || !b)
    return;
  rw_note_add (r->notes, RW_NOTE_IGNORED, "%s.type", r->path);
  if (cJSON_IsString (a) && !(cJSON_IsString (b) && strcmp (a->valuestring, b->valuestring) == 0))
    rw_note_add (r->notes, RW_NOTE_WARNING,
                 "%s: \"rope_type\" and the older \"type\" differ; rope_type is used", r->path);
}

static bool
is_name_key (const reader *r, const char *key)
{
  return strcmp (key, r->kind->key) == 0 || (is_schedule (r) && strcmp (key, "type") == 0);
}

rw_status
rw_block_read (const cJSON *block, const rw_kind *kind, rw_reading reading, const char *path,
               const char *folder, rw_notes *notes, rw_object **out, rw_error *err)
{
  const reader r = { kind, reading, path, folder, notes, err };
  const char *name = NULL, *key = NULL;
  const rw_module *module = NULL;
  rw_object *object = NULL;
  *out = NULL;
  if (!cJSON_IsObject (block) && !cJSON_IsString (block))
    return rw_fail (err, RW_EINVAL, "%s: expected the name of a %s or a block, got %s", path,
                    kind->noun, rw_json_kind (block));
  rw_status s = RW_OK;
  if (cJSON_IsString (block))
    name = block->valuestring;
  else
    s = find_name (&r, block, &name, &key);
  if (!s && (s = rw_kind_find (kind, name, &module, err)))
    s = key ? rw_within (err, s, "%s.%s", path, key) : rw_within (err, s, "%s", path);
  if (!s)
    s = rw_object_new (module, &object, err);
  if (!s && cJSON_IsObject (block))
    note_name (&r, block, key);
  for (const cJSON *c = s || !cJSON_IsObject (block) ? NULL : block->child; c && !s; c = c->next)
    if (!is_name_key (&r, c->string))
      s = read_key (&r, object, c);
  if (s)
    rw_object_free (object);
  else
    *out = object;
  return s;
}
