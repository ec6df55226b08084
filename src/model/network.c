/* network: opening a trained model; see network.h.  */
#include "model/network.h"
#include "model/network_part.h"

/* A network without one that is known may still be given ids.  */
static rw_status
find_tokenizer (rw_network *n, rw_error *err)
{
  const rw_status s = rw_tokenizer_new (n->gguf, &n->tokenizer, &n->tokenizer_err);
  if (!s && rw_tokenizer_size (n->tokenizer) > n->hyper.vocab)
    {
      rw_fail (&n->tokenizer_err, RW_EINVAL,
               "%s: tokenizer.ggml.tokens: %zu tokens, but token_embd.weight has rows for %zu",
               rw_gguf_path (n->gguf), rw_tokenizer_size (n->tokenizer), n->hyper.vocab);
      rw_tokenizer_free (n->tokenizer);
      n->tokenizer = NULL;
    }
  if (s != RW_ENOMEM)
    return RW_OK;
  if (err)
    *err = n->tokenizer_err;
  return s;
}

rw_status
rw_network_open (const char *path, rw_network **out, rw_error *err)
{
  rw_network *n = *out = rw_new (1, sizeof *n);
  if (!n)
    return rw_nomem (err, sizeof *n);
  rw_status s = rw_gguf_open (path, &n->gguf, err);
  if (!s)
    s = rw_hyper_read (n->gguf, &n->hyper, err);
  if (!s)
    s = rw_weights_read (n, err);
  if (!s)
    s = find_tokenizer (n, err);
  if (s)
    {
      rw_network_close (n);
      *out = NULL;
    }
  return s;
}

void
rw_network_close (rw_network *n)
{
  if (!n)
    return;
  rw_tokenizer_free (n->tokenizer);
  rw_gguf_close (n->gguf);
  rw_arena_free (n->names);
  rw_free (n->layer);
  rw_free (n);
}

rw_status
rw_network_tokenizer (const rw_network *n, const rw_tokenizer **out, rw_error *err)
{
  *out = n->tokenizer;
  if (n->tokenizer)
    return RW_OK;
  if (err)
    *err = n->tokenizer_err;
  return rw_hint (err, "give token ids instead of text: `tokens`, an NPY file or a JSON list");
}
