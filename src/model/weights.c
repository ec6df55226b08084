/* weights: all tensors of a network; see network_part.h.  */
#include "base/mem.h"
#include "model/gguf_part.h"
#include "model/network_part.h"

#include <string.h>

/* Tensors about positions, which are the schedule's; "blk.3." may stand in front.  */
static bool
is_rope (rw_gguf_text name)
{
  static const char *const ends[] = { "rope_freqs.weight", "rope_factors_long.weight",
                                      "rope_factors_short.weight", "attn_rot_embd.weight", NULL };
  for (const char *const *e = ends; *e; e++)
    {
      const size_t n = strlen (*e);
      if (name.n >= n && memcmp (name.s + name.n - n, *e, n) == 0)
        return true;
    }
  return false;
}

/* The network would not be what the file holds.  */
static rw_status
check_unused (const rw_weights *w)
{
  char shown[RW_GGUF_SHOWN + 4];
  const rw_gguf *g = w->n->gguf;
  for (size_t i = 0; i < rw_gguf_tensors (g); i++)
    {
      const rw_gguf_tensor *t = rw_gguf_tensor_at (g, i);
      if (w->used[i] || is_rope (t->name))
        continue;
      rw_fail (w->err, RW_EINVAL, "%s: tensor '%s': a '%s' network is not known to have it",
               rw_gguf_path (g), rw_gguf_show (t->name, shown), w->n->hyper.arch->name);
      return rw_hint (w->err, "its results would be another network's");
    }
  return RW_OK;
}

static rw_status
find_ends (rw_weights *w)
{
  rw_network *n = w->n;
  const size_t dim = n->hyper.dim, vocab = n->hyper.vocab;
  const bool bias = n->hyper.arch->norm == RW_NORM_LAYER;
  rw_status s = rw_weights_find (w, "token_embd.weight", true, vocab, dim, &n->embed);
  if (!s)
    s = rw_weights_find (w, "output_norm.weight", true, 1, dim, &n->out_norm);
  if (!s)
    s = rw_weights_find (w, "output_norm.bias", bias, 1, dim, &n->out_norm_b);
  n->out = n->embed;
  return s ? s : rw_weights_find (w, "output.weight", false, vocab, dim, &n->out);
}

rw_status
rw_weights_read (rw_network *n, rw_error *err)
{
  const size_t tensors = rw_gguf_tensors (n->gguf);
  rw_weights w = { .n = n, .used = rw_new (tensors, sizeof *w.used), .err = err };
  n->names = rw_arena_new ();
  n->layer = rw_new (n->hyper.layers, sizeof *n->layer);
  rw_status s = RW_OK;
  if (!w.used || !n->names || !n->layer)
    s = rw_nomem (err, n->hyper.layers * sizeof *n->layer);
  if (!s)
    s = find_ends (&w);
  for (size_t l = 0; l < n->hyper.layers && !s; l++)
    s = rw_weights_layer (&w, l);
  if (!s)
    s = check_unused (&w);
  rw_free (w.used);
  return s;
}
