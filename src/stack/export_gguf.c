/* export_gguf: a GGUF file whose metadata and divisors say a model's ropes; see export.h.

   The keys are the rows of rw_llama_keys, the tensors those of rw_llama_tensors: what the ropes do
   not need must not stand in the file.  */
#include "base/mem.h"
#include "model/gguf_copy.h"
#include "stack/export.h"
#include "stack/gguf_model.h"
#include "stack/llama.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum
{
  KEYS_MOST = 24, /* rows of rw_llama_keys and two more */
  TENSORS_MOST = 8,
  KEY_BYTES = 128
};

typedef struct
{
  const rw_model *model;
  const rw_gguf *g;
  char *arch; /* general.architecture; owned */
  rw_llama_rope rope;
  char key[KEYS_MOST][KEY_BYTES];
  rw_gguf_change change[KEYS_MOST];
  size_t n_changes;
  rw_gguf_vector vector[TENSORS_MOST];
  size_t n_vectors;
  rw_notes *lost;
} work;

static rw_gguf_change *
add_change (work *w, const char *tail)
{
  char *key = w->key[w->n_changes];
  rw_gguf_change *c = &w->change[w->n_changes++];
  snprintf (key, KEY_BYTES, "%.60s.%s", w->arch, tail);
  c->key = key;
  return c;
}

static void
add_keys (work *w)
{
  rw_gguf_change *c = add_change (w, "rope.scaling.type");
  c->type = RW_GGUF_STRING;
  c->text = rw_llama_type_text (w->rope.type);
  c->gone = !c->text;
  add_change (w, "rope.scale_linear")->gone = true; /* the factor's name of 2023 */
  for (const rw_llama_key *k = rw_llama_keys; k->tail && w->n_changes < KEYS_MOST; k++)
    {
      const double x = rw_llama_get (&w->rope, k);
      if (k->kind == RW_LLAMA_FLAG)
        continue;
      c = add_change (w, k->tail);
      c->type = k->kind == RW_LLAMA_UINT32 ? RW_GGUF_UINT32 : RW_GGUF_FLOAT32;
      c->number = x;
      c->gone = isnan (x);
    }
  for (const rw_llama_tensor *t = rw_llama_tensors; t->name && w->n_vectors < TENSORS_MOST; t++)
    {
      const double *x = rw_llama_divisors (&w->rope, t);
      w->vector[w->n_vectors++] = (rw_gguf_vector){ t->name, x, x ? w->rope.pairs : 0 };
    }
}

/* ---- reading back ---- */

/* The weights lie where they should: the first bytes of each tensor are the model's.  */
static rw_status
check_weights (const work *w, const rw_gguf *made, rw_error *err)
{
  enum
  {
    LOOKED_AT = 64 << 10
  };
  for (size_t i = 0; i < rw_gguf_tensors (w->g); i++)
    {
      const rw_gguf_tensor *t = rw_gguf_tensor_at (w->g, i), *m = NULL;
      char *name = rw_format ("%.*s", (int) t->name.n, t->name.s);
      bool ours = false;
      for (size_t v = 0; v < w->n_vectors; v++)
        ours |= name && strcmp (name, w->vector[v].name) == 0;
      m = name ? rw_gguf_tensor_find (made, name) : NULL;
      rw_free (name);
      const size_t n = t->bytes < LOOKED_AT ? t->bytes : LOOKED_AT;
      if (!ours && (!m || m->bytes != t->bytes || memcmp (m->data, t->data, n) != 0))
        return rw_fail (err, RW_EIO, "%s: read back, the tensor '%.*s' is not the model's",
                        rw_gguf_path (w->g), (int) (t->name.n < 80 ? t->name.n : 80), t->name.s);
    }
  return RW_OK;
}

/* Nothing was lost, and yet it is not what was asked for.  */
static rw_status
refuse (const rw_notes *left, rw_error *err)
{
  rw_fail (err, RW_EINVAL, "the file would not make llama.cpp compute this: %s",
           left->note[0].text);
  return rw_hint (err, "`ropewalk diff MODEL --stack exact,llama.cpp --rope ...` shows all of it");
}

static rw_status
check_file (const char *path, void *data, rw_error *err)
{
  const work *w = data;
  rw_gguf *made = NULL;
  rw_model got = { 0 };
  rw_notes left = { 0 };
  rw_status s = rw_gguf_open (path, &made, err);
  if (!s)
    s = check_weights (w, made, err);
  if (!s)
    s = rw_gguf_model_read (&rw_stack_llama, path, NULL, &got, err);
  if (!s)
    s = rw_export_check (w->model, &got, w->model->rope[0].geometry.max_length, &left, err);
  if (!s && left.n && !(w->lost && w->lost->n))
    s = refuse (&left, err);
  else if (!s)
    rw_notes_copy (w->lost, &left);
  rw_notes_free (&left);
  rw_model_free (&got);
  rw_gguf_close (made);
  return s;
}

/* ---- writing ---- */

static rw_status
write_copy (work *w, const rw_export_file *file, rw_error *err)
{
  rw_status s = rw_gguf_may_text (w->g, "general.architecture", &w->arch, err);
  if (!s && !w->arch)
    s = rw_fail (err, RW_EINVAL, "%s: general.architecture: not in the metadata",
                 rw_gguf_path (w->g));
  if (!s)
    s = rw_llama_rope_of (w->model, rw_llama_arch_find (w->arch), false, &w->rope, w->lost, err);
  if (s)
    return s;
  add_keys (w);
  const rw_gguf_edit edit = { .change = w->change,
                              .n_changes = w->n_changes,
                              .vector = w->vector,
                              .n_vectors = w->n_vectors,
                              .replace = file->replace,
                              .check = check_file,
                              .data = w,
                              .stop = file->stop };
  return rw_gguf_copy (w->g, file->path, &edit, err);
}

rw_status
rw_export_gguf (const rw_model *model, const rw_export_file *file, rw_notes *lost, rw_error *err)
{
  rw_gguf *g = NULL;
  if (!model->weights)
    {
      rw_fail (err, RW_EINVAL, "--to gguf: %s is no GGUF file, so it has no weights to copy",
               model->name);
      return rw_hint (err, "give the GGUF file as MODEL; --to llama.cpp prints flags");
    }
  rw_status s = rw_gguf_open (model->weights, &g, err);
  if (s)
    return s;
  work *w = rw_new (1, sizeof *w);
  if (w)
    {
      w->model = model;
      w->g = g;
      w->lost = lost;
      s = write_copy (w, file, err);
      rw_llama_rope_free (&w->rope);
      rw_free (w->arch);
    }
  else
    s = rw_nomem (err, sizeof *w);
  rw_free (w);
  rw_gguf_close (g);
  return s;
}
