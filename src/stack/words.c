/* words: a stack's words as text, and in their place in a config; see stack.h.  */
#include "stack/config.h"
#include "base/mem.h"
#include "stack/words.h"

#include <string.h>

void
rw_words_free (rw_words *words)
{
  if (!words)
    return;
  cJSON_Delete (words->patch);
  rw_free (words->line);
  rw_notes_free (&words->lost);
  *words = (rw_words){ 0 };
}

/* ---- text ---- */

/* Keys whose whole numbers Python must read as floats: vLLM's linear takes an int for a list of
   factors, and transformers warns.  */
static bool
wants_point (const char *key, size_t n)
{
  static const char *const ends[]
      = { "factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", NULL };
  for (const char *const *end = ends; *end; end++)
    if (n >= strlen (*end) && memcmp (key + n - strlen (*end), *end, strlen (*end)) == 0)
      return true;
  return false;
}

/* Bytes of the key that ends at `end`, with its closing quote.  */
static size_t
key_length (const char *text, size_t end)
{
  size_t n = 0;
  while (n < end && text[end - n - 1] != '"')
    n++;
  return n;
}

/* Copies JSON, a point added to the whole numbers of such keys.  */
static void
add_points (const char *text, rw_text *out)
{
  size_t from = 0;
  for (const char *at = text; (at = strstr (at, "\":")); at++)
    {
      const size_t key = (size_t) (at - text), n = key_length (text, key);
      const char *number = at + 2 + strspn (at + 2, " ");
      const size_t digits = strspn (number, "-0123456789");
      if (!digits || !wants_point (at - n, n) || strchr (".eE", number[digits]))
        continue;
      const size_t to = (size_t) (number - text) + digits;
      rw_text_addn (out, text + from, to - from);
      rw_text_add (out, ".0");
      from = to;
    }
  rw_text_add (out, text + from);
}

void
rw_words_print (const cJSON *json, bool indented, rw_text *out)
{
  rw_text plain = { 0 };
  if (indented)
    rw_json_print (json, &plain);
  else
    rw_json_normal (json, &plain);
  add_points (rw_text_get (&plain), out);
  out->failed |= plain.failed;
  rw_text_free (&plain);
}

cJSON *
rw_words_said (const cJSON *patch)
{
  cJSON *copy = cJSON_CreateObject ();
  for (const cJSON *c = patch ? patch->child : NULL; c; c = c->next)
    if (cJSON_IsObject (c))
      cJSON_AddItemToObject (copy, c->string, rw_words_said (c));
    else if (!cJSON_IsNull (c))
      cJSON_AddItemToObject (copy, c->string, cJSON_Duplicate (c, true));
  return copy;
}

/* ---- place ---- */

/* The JSON of a line stands in single quotes: `{...}` becomes `{"part": {...}}`.  */
static rw_status
wrap_line (rw_words *words, const char *part, rw_error *err)
{
  char *open = words->line ? strchr (words->line, '\'') : NULL;
  char *close = open ? strrchr (words->line, '\'') : NULL;
  if (!open || close == open)
    return RW_OK;
  char *line = rw_format ("%.*s{\"%s\":%.*s}%s", (int) (open + 1 - words->line), words->line, part,
                          (int) (close - open - 1), open + 1, close);
  if (!line)
    return rw_nomem (err, strlen (words->line));
  rw_free (words->line);
  words->line = line;
  return RW_OK;
}

static rw_status
wrap (rw_words *words, const char *part, rw_error *err)
{
  cJSON *outer = cJSON_CreateObject ();
  if (!outer || !cJSON_AddItemToObject (outer, part, words->patch))
    {
      cJSON_Delete (outer);
      return rw_nomem (err, sizeof *outer);
    }
  words->patch = outer;
  return wrap_line (words, part, err);
}

rw_status
rw_words_place (rw_words *words, const cJSON *config, rw_error *err)
{
  rw_config c;
  char prefix[48], *end;
  const rw_status opened = rw_config_open (&c, "config", config, prefix, NULL, err);
  if (opened || !words->patch)
    return opened;
  rw_status s = RW_OK;
  while (!s && *prefix) /* "thinker_config.text_config.": the innermost first */
    {
      prefix[strlen (prefix) - 1] = 0;
      end = strrchr (prefix, '.');
      s = wrap (words, end ? end + 1 : prefix, err);
      *(end ? end + 1 : prefix) = 0;
    }
  return s;
}
