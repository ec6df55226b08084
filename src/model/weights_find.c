/* weights_find: a tensor by name and shape; see network_part.h.  */
#include "model/network_part.h"

#include <string.h>

static rw_status
not_there (const rw_weights *w, const char *name, size_t rows, size_t cols)
{
  rw_fail (w->err, RW_EINVAL, "%s: tensor '%s': not in the file; expected %zu rows of %zu values",
           rw_gguf_path (w->n->gguf), name, rows, cols);
  return rw_hint (w->err, "the file does not hold a whole '%s' network", w->n->hyper.arch->name);
}

static rw_status
not_read (const rw_weights *w, const rw_gguf_tensor *t, const char *name)
{
  rw_text known = { 0 };
  for (int i = 0; i < RW_QUANTS; i++)
    rw_text_addf (&known, "%s%s", i ? ", " : "", rw_quant_text ((rw_quant) i));
  rw_fail (w->err, RW_EINVAL, "%s: tensor '%s': type %s is not read; known: %s",
           rw_gguf_path (w->n->gguf), name, rw_quant_ggml_text (t->ggml_type),
           rw_text_get (&known));
  rw_text_free (&known);
  return rw_hint (w->err, "give the model quantised otherwise, as Q4_K_M or Q8_0");
}

static rw_status
check_shape (const rw_weights *w, const rw_gguf_tensor *t, const char *name, size_t rows,
             size_t cols)
{
  if (t->shape[0] == cols && t->shape[1] == rows && t->shape[2] == 1 && t->shape[3] == 1)
    return RW_OK;
  return rw_fail (w->err, RW_EINVAL,
                  "%s: tensor '%s': %zu x %zu x %zu x %zu; expected %zu rows of %zu values",
                  rw_gguf_path (w->n->gguf), name, t->shape[0], t->shape[1], t->shape[2],
                  t->shape[3], rows, cols);
}

rw_status
rw_weights_find (rw_weights *w, const char *name, bool needed, size_t rows, size_t cols,
                 rw_weight *out)
{
  const rw_gguf *g = w->n->gguf;
  const rw_gguf_tensor *t = rw_gguf_tensor_find (g, name);
  if (!t)
    return needed ? not_there (w, name, rows, cols) : RW_OK;
  w->used[t - rw_gguf_tensor_at (g, 0)] = true;
  if (t->type == RW_QUANTS)
    return not_read (w, t, name);
  const rw_status s = check_shape (w, t, name, rows, cols);
  if (s)
    return s;
  char *copy = rw_arena_take (w->n->names, strlen (name) + 1, 1);
  if (!copy)
    return rw_nomem (w->err, strlen (name) + 1);
  strcpy (copy, name);
  *out = (rw_weight){ .data = t->data, .type = t->type, .rows = rows, .cols = cols, .name = copy };
  return RW_OK;
}
