/* stack: the table of stacks, and MODEL: a preset, a config.json, a GGUF file, a folder, stdin; see
 * stack.h.  */
#include "base/mem.h"
#include "stack/gguf_model.h"
#include "stack/hf.h"
#include "stack/llama.h"
#include "stack/presets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const rw_stack *const stacks[] = { &rw_stack_exact,    &rw_stack_hf,     &rw_stack_hf_445,
                                          &rw_stack_hf_450,   &rw_stack_hf_456, &rw_stack_vllm,
                                          &rw_stack_vllm_old, &rw_stack_llama,  NULL };

const rw_stack *
rw_stack_at (size_t i)
{
  for (const rw_stack *const *s = stacks; *s; s++)
    if (i-- == 0)
      return *s;
  return NULL;
}

static const char *
stack_name (size_t i, const void *data)
{
  (void) data;
  const rw_stack *s = rw_stack_at (i);
  return s ? s->name : NULL;
}

rw_status
rw_stack_find (const char *name, const rw_stack **out, rw_error *err)
{
  rw_text known = { 0 };
  char near[96];
  for (const rw_stack *const *s = stacks; *s; s++)
    {
      if (strcmp ((*s)->name, name) == 0)
        {
          *out = *s;
          rw_text_free (&known);
          return RW_OK;
        }
      rw_text_addf (&known, "%s%s", known.n ? ", " : "", (*s)->name);
    }
  rw_fail (err, RW_EINVAL, "unknown stack '%.60s'; known: %s%s", name, rw_text_get (&known),
           rw_did_you_mean (near, sizeof near, name, stack_name, NULL));
  rw_text_free (&known);
  return RW_EINVAL;
}

typedef struct
{
  char **name;
  size_t n;
} name_list;

static const char *
list_name (size_t i, const void *data)
{
  const name_list *list = data;
  return i < list->n ? list->name[i] : NULL;
}

/* The near names of an unknown preset: those that begin like it, else the nearest.  */
static rw_status
unknown_model (const char *model, rw_error *err)
{
  enum
  {
    SHOWN = 8
  };
  name_list list = { 0 };
  char near[160];
  rw_text text = { 0 };
  size_t shown = 0;
  if (rw_stack_presets (&list.name, &list.n, NULL))
    list = (name_list){ 0 };
  const size_t head = strcspn (model, "-_.0123456789");
  for (size_t i = 0; i < list.n && shown < SHOWN && head; i++)
    if (strncmp (list.name[i], model, head) == 0)
      rw_text_addf (&text, "%s%s", shown++ ? ", " : "presets that begin so: ", list.name[i]);
  rw_fail (err, RW_EINVAL, "'%.200s' is no preset, file or folder%s", model,
           rw_did_you_mean (near, sizeof near, model, list_name, &list));
  rw_hint (err,
           "%s%s`ropewalk list models` shows all; a path leads to a config.json or a GGUF file",
           rw_text_get (&text), shown ? "; " : "");
  rw_text_free (&text);
  rw_stack_presets_free (list.name, list.n);
  return RW_EINVAL;
}

/* ---- MODEL ---- */

rw_status
rw_stack_file (const char *model, char **path, const char **name, rw_error *err)
{
  struct stat st;
  *name = model;
  if (strcmp (model, "-") == 0)
    {
      *name = "stdin";
      *path = rw_strdup (model);
      return *path ? RW_OK : rw_nomem (err, 2);
    }
  const rw_status s = rw_preset_path (model, path, err);
  if (s || *path)
    return s;
  if (stat (model, &st) != 0)
    {
      if (strchr (model, '/'))
        {
          rw_fail (err, RW_EIO, "%s: %s", model, strerror (errno));
          return rw_hint (err, "names with a / are paths, nothing is fetched: give a config.json, "
                               "a GGUF file or a preset of `ropewalk list models`");
        }
      return unknown_model (model, err);
    }
  *path = S_ISDIR (st.st_mode) ? rw_format ("%s/config.json", model) : rw_strdup (model);
  if (!*path)
    return rw_nomem (err, strlen (model));
  if (S_ISDIR (st.st_mode) && access (*path, F_OK) != 0)
    return rw_fail (err, RW_EIO, "%s: the folder holds no config.json", model);
  return RW_OK;
}

/* The path's last part, without slashes at its end.  */
static char *
last_part (const char *path)
{
  size_t n = strlen (path);
  while (n > 1 && path[n - 1] == '/')
    n--;
  size_t i = n;
  while (i > 0 && path[i - 1] != '/')
    i--;
  return rw_format ("%.*s", (int) (n - i), path + i);
}

static rw_status
open_model (const char *model, rw_origin *out, rw_error *err)
{
  const char *called = NULL;
  rw_status s = rw_stack_file (model, &out->path, &called, err);
  if (s)
    return s;
  const bool gguf = strcmp (out->path, "-") != 0 && rw_gguf_model_is (out->path);
  if (!gguf)
    s = rw_json_read (out->path, &out->config, err);
  if (!s && !(out->name = last_part (called)))
    s = rw_nomem (err, strlen (called));
  return s;
}

rw_status
rw_stack_open (const char *model, rw_origin *out, rw_error *err)
{
  *out = (rw_origin){ 0 };
  const rw_status s = open_model (model, out, err);
  if (s)
    rw_origin_free (out);
  return s;
}

void
rw_origin_free (rw_origin *o)
{
  if (!o)
    return;
  cJSON_Delete (o->config);
  rw_free (o->name);
  rw_free (o->path);
  *o = (rw_origin){ 0 };
}

rw_status
rw_origin_read (const rw_origin *o, const rw_stack *stack, const cJSON *rope, rw_model *out,
                rw_error *err)
{
  const char *file = !o->path ? o->name : strcmp (o->path, "-") == 0 ? "stdin" : o->path;
  *out = (rw_model){ 0 };
  const rw_status s = o->config ? stack->read (file, o->config, rope, out, err)
                                : rw_gguf_model_read (stack, o->path, rope, out, err);
  if (s)
    return s;
  rw_free (out->name);
  if ((out->name = rw_strdup (o->name)))
    return RW_OK;
  rw_model_free (out);
  return rw_nomem (err, strlen (o->name));
}

rw_status
rw_stack_config (const char *model, cJSON **config, char **name, rw_error *err)
{
  rw_origin o;
  const rw_status s = rw_stack_open (model, &o, err);
  *config = o.config;
  *name = o.name;
  rw_free (o.path);
  return s;
}

double
rw_stack_length (const rw_stack *stack, const rw_rope *rope)
{
  return stack->planned ? rope->geometry.max_length : 0;
}

rw_status
rw_stack_model (const rw_stack *stack, const char *model, const char *rope, rw_model *out,
                rw_error *err)
{
  cJSON *block = NULL;
  rw_origin o = { 0 };
  *out = (rw_model){ 0 };
  rw_status s = rope ? rw_json_argument (rope, "--rope", &block, err) : RW_OK;
  if (!s)
    s = rw_stack_open (model, &o, err);
  if (!s)
    s = rw_origin_read (&o, stack, block, out, err);
  rw_origin_free (&o);
  cJSON_Delete (block);
  return s;
}
