/* sheet: an expected.json while it is read: members of the right kind, and errors that name the
   place; see sheet.h.  */
#include "claim/sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- errors ---- */

rw_status
rw_sheet_fail (const rw_sheet *sheet, const cJSON *item, const char *path, const char *format, ...)
{
  char place[512], text[768];
  va_list args;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  rw_json_place (sheet->file, rw_text_get (&sheet->text), sheet->text.n, sheet->root, item, place,
                 sizeof place);
  return rw_fail (sheet->err, RW_EINVAL, "%s: %s%s%s", place, path, *path ? ": " : "", text);
}

const char *
rw_sheet_path (char buf[RW_SHEET_PATH], const char *path, const char *key)
{
  snprintf (buf, RW_SHEET_PATH, "%.200s%s%.40s", path, *path ? "." : "", key);
  return buf;
}

static const char *
key_name (size_t i, const void *data)
{
  const char *const *known = data;
  return known[i];
}

rw_status
rw_sheet_keys (const rw_sheet *sheet, const cJSON *item, const char *path, const char *const *known)
{
  if (!cJSON_IsObject (item))
    return rw_sheet_fail (sheet, item, path, "expected an object, got %s", rw_json_kind (item));
  for (const cJSON *c = item->child; c; c = c->next)
    {
      size_t i = 0;
      while (known[i] && strcmp (known[i], c->string) != 0)
        i++;
      if (known[i])
        continue;
      char near[96], list[256] = "";
      for (i = 0; known[i]; i++)
        snprintf (list + strlen (list), sizeof list - strlen (list), "%s%s", i ? ", " : "",
                  known[i]);
      return rw_sheet_fail (sheet, c, path, "unknown key \"%.80s\"; known: %s%s", c->string, list,
                            rw_did_you_mean (near, sizeof near, c->string, key_name, known));
    }
  return RW_OK;
}

/* ---- texts ---- */

char *
rw_sheet_copy (const rw_sheet *sheet, const char *text, size_t n)
{
  char *copy = rw_arena_take (sheet->claims->arena, n + 1, 1);
  if (copy)
    memcpy (copy, text, n);
  return copy;
}

/* C0, delete, and C1, which is c2 80 to c2 9f in UTF-8: what a terminal would obey.  */
static bool
has_control (const char *text)
{
  for (const unsigned char *s = (const unsigned char *) text; *s; s++)
    if (*s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f))
      return true;
  return false;
}

/* `text` is the item's own, or its key.  */
static rw_status
take (const rw_sheet *sheet, const cJSON *item, const char *text, const char *path, size_t most,
      const char **out)
{
  const size_t n = rw_characters (text);
  if (!n)
    return rw_sheet_fail (sheet, item, path, "an empty text");
  if (n > most)
    return rw_sheet_fail (sheet, item, path, "%zu characters; at most %zu", n, most);
  if (has_control (text))
    return rw_sheet_fail (sheet, item, path, "a control character in a text");
  *out = rw_sheet_copy (sheet, text, strlen (text));
  return *out ? RW_OK : rw_nomem (sheet->err, n);
}

rw_status
rw_sheet_word (const rw_sheet *sheet, const cJSON *item, const char *path, size_t most,
               const char **out)
{
  if (!cJSON_IsString (item))
    return rw_sheet_fail (sheet, item, path, "expected a text, got %s", rw_json_kind (item));
  return take (sheet, item, item->valuestring, path, most, out);
}

rw_status
rw_sheet_key (const rw_sheet *sheet, const cJSON *item, const char *path, const char **out)
{
  return take (sheet, item, item->string, path, RW_SHEET_TEXT, out);
}

rw_status
rw_sheet_text (const rw_sheet *sheet, const cJSON *object, const char *path, const char *key,
               size_t most, bool needed, const char **out)
{
  char where[RW_SHEET_PATH];
  const cJSON *item = rw_json_get (object, key);
  *out = "";
  if (item)
    return rw_sheet_word (sheet, item, rw_sheet_path (where, path, key), most, out);
  return needed ? rw_sheet_fail (sheet, object, path, "needs \"%s\", a text", key) : RW_OK;
}

/* ---- numbers ---- */

rw_status
rw_sheet_number (const rw_sheet *sheet, const cJSON *object, const char *path, const char *key,
                 double *out)
{
  char where[RW_SHEET_PATH];
  const cJSON *item = rw_json_get (object, key);
  if (!item)
    return rw_sheet_fail (sheet, object, path, "needs \"%s\", a number", key);
  if (!cJSON_IsNumber (item))
    return rw_sheet_fail (sheet, item, rw_sheet_path (where, path, key),
                          "expected a number, got %s", rw_json_kind (item));
  *out = item->valuedouble;
  return RW_OK;
}

rw_status
rw_sheet_digits (const rw_sheet *sheet, const cJSON *item, const char **out)
{
  const char *text = rw_text_get (&sheet->text);
  const size_t at = rw_json_offset (text, sheet->text.n, sheet->root, item);
  const size_t n = strspn (text + at, "+-.0123456789eE");
  *out = rw_sheet_copy (sheet, text + at, n);
  return *out ? RW_OK : rw_nomem (sheet->err, n);
}

/* ---- configs ---- */

/* A file beside expected.json, which is none itself.  */
static bool
is_config (const char *name)
{
  static const char end[] = ".json";
  const size_t n = strlen (name), tail = strlen (end);
  return n > tail && n < RW_SHEET_PATH && strcmp (name + n - tail, end) == 0 && name[0] != '.'
         && name[0] != '-' && !strchr (name, '/') && strcmp (name, "expected.json") != 0;
}

rw_status
rw_sheet_config (const rw_sheet *sheet, const cJSON *item, const char *path, size_t *index)
{
  rw_claims *c = sheet->claims;
  const char *name;
  *index = 0;
  const rw_status s = rw_sheet_word (sheet, item, path, RW_SHEET_TEXT, &name);
  if (s)
    return s;
  if (!is_config (name))
    {
      rw_sheet_fail (sheet, item, path,
                     "'%.80s' is not the name of a config of this folder: a file name that ends "
                     "in .json",
                     name);
      return rw_hint (sheet->err, "a config lies beside expected.json; write its name alone");
    }
  for (; *index < c->n_configs; ++*index)
    if (strcmp (c->config[*index], name) == 0)
      return RW_OK;
  if (c->n_configs == RW_SHEET_CONFIGS)
    return rw_sheet_fail (sheet, item, path, "more than %d configs", RW_SHEET_CONFIGS);
  c->config[c->n_configs++] = name;
  return RW_OK;
}
