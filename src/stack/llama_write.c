/* llama_write: the words for llama.cpp: flags, and the object "llama.cpp" of a config; see llama.h.

   The patch says every key that the converter might have written, so that nothing of the old config
   is left: numbers, an empty list for a tensor that is not there, null for the rest.  Flags:
   llama.cpp's common/arg.cpp.  */
#include "base/mem.h"
#include "stack/llama.h"

#include <math.h>
#include <string.h>

/* ---- the patch ---- */

static cJSON *
list_of (const double *v, size_t n)
{
  cJSON *list = cJSON_CreateArray ();
  for (size_t i = 0; v && i < n; i++)
    cJSON_AddItemToArray (list, cJSON_CreateNumber (v[i]));
  return list;
}

static cJSON *
patch_of (const rw_llama_rope *r)
{
  cJSON *patch = cJSON_CreateObject (), *o = cJSON_AddObjectToObject (patch, "llama.cpp");
  cJSON_AddStringToObject (o, "rope.scaling.type", rw_llama_type_text (r->type));
  for (const rw_llama_key *k = rw_llama_keys; k->tail; k++)
    {
      const double x = rw_llama_get (r, k);
      cJSON_AddItemToObject (o, k->tail, isnan (x) ? cJSON_CreateNull () : cJSON_CreateNumber (x));
    }
  const bool tensors = r->arch->flags & (RW_LLAMA_FREQS | RW_LLAMA_LISTS);
  for (const rw_llama_tensor *t = rw_llama_tensors; t->name; t++)
    cJSON_AddItemToObject (
        o, t->name, tensors ? list_of (rw_llama_divisors (r, t), r->pairs) : cJSON_CreateNull ());
  return patch;
}

/* ---- the line ---- */

static void
add_number (rw_text *line, const rw_llama_key *k, double x)
{
  char buf[32];
  if (k->kind == RW_LLAMA_UINT32)
    rw_text_addf (line, "%.0f", x);
  else
    rw_text_add (line, rw_number_text (x, buf));
}

/* What the run-time takes without being told.  */
static bool
is_silent (const rw_llama_rope *r, const rw_llama_key *k, double x)
{
  static const struct
  {
    const char *tail;
    double value;
  } rows[] = { { "rope.scaling.attn_factor", 1 },
               { "rope.scaling.yarn_log_multiplier", 0 },
               { NULL, 0 } };
  const bool yarn = r->type == RW_LLAMA_YARN;
  if (isnan (x) || strcmp (k->tail, "context_length") == 0)
    return true;
  if (strcmp (k->tail, "rope.scaling.factor") == 0)
    return r->type == RW_LLAMA_NONE;
  if (strncmp (k->tail, "rope.scaling.yarn_", 18) == 0 && k->flag == NULL
      && strstr (k->tail, "log_multiplier") == NULL)
    return true; /* the flags say it */
  if (strcmp (k->tail, "rope.scaling.original_context_length") == 0)
    return !yarn;
  for (size_t i = 0; rows[i].tail; i++)
    if (strcmp (rows[i].tail, k->tail) == 0)
      return x == rows[i].value;
  return false;
}

static char *
line_of (const rw_llama_rope *r)
{
  rw_text line = { 0 };
  rw_text_addf (&line, "--rope-scaling %s", rw_llama_type_text (r->type));
  for (const rw_llama_key *k = rw_llama_keys; k->tail; k++)
    {
      const double x = rw_llama_get (r, k);
      if (is_silent (r, k, x))
        continue;
      if (k->flag)
        rw_text_addf (&line, " %s ", k->flag);
      else
        rw_text_addf (&line, " --override-kv %s.%s=%s:", r->arch->name, k->tail,
                      k->kind == RW_LLAMA_UINT32 ? "int" : "float");
      add_number (&line, k, x);
    }
  char *text = line.failed ? NULL : rw_strdup (rw_text_get (&line));
  rw_text_free (&line);
  return text;
}

static bool
has_tensors (const rw_llama_rope *r)
{
  return r->freqs || r->factors_long || r->factors_short;
}

rw_status
rw_llama_write (const rw_model *model, rw_words *out, rw_error *err)
{
  rw_llama_rope r;
  *out = (rw_words){ 0 };
  rw_status s = rw_llama_rope_of (model, NULL, true, &r, &out->lost, err);
  if (s)
    {
      rw_words_free (out);
      return s;
    }
  out->patch = patch_of (&r);
  if (!has_tensors (&r) && !(out->line = line_of (&r)))
    s = rw_nomem (err, 0);
  if (out->line && r.arch->flags & RW_LLAMA_UNKNOWN && strstr (out->line, "--override-kv"))
    rw_note_add (&out->lost, RW_NOTE_WARNING,
                 "--override-kv: the architecture is not known here; put the file's "
                 "general.architecture in place of \"llama\"");
  rw_llama_rope_free (&r);
  if (s)
    rw_words_free (out);
  return s;
}
