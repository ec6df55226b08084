/* tokenizer_bpe: byte-pair tokenizers; see tokenizer_part.h.

   The text is cut by patterns; a piece begins as its bytes, which are merged by rank.
   Radford et al. 2019 (GPT-2), after Sennrich et al. 2016, arXiv:1508.07909.  */
#include "base/mem.h"
#include "model/tokenizer_part.h"

static rw_status
bpe_read (rw_tokenizer *t, const rw_gguf *g, rw_error *err)
{
  char *pre = NULL;
  rw_status status = rw_gguf_may_text (g, "tokenizer.ggml.pre", &pre, err);
  if (!status)
    status = rw_within (err, rw_split_new (pre ? pre : "default", &t->split, err), "%s",
                        rw_gguf_path (g));
  rw_free (pre);
  if (!status)
    status = rw_merges_read (g, &t->vocabulary, &t->merges, err);
  t->add_bos = !status && rw_split_begins (t->split);
  return status;
}

static bool
by_rank (const void *data, const rw_symbol *l, const rw_symbol *r, uint32_t *order, int32_t *id)
{
  const rw_merge *merge = rw_merges_find (data, l->id, r->id);
  if (!merge)
    return false;
  *order = merge->rank;
  *id = merge->id;
  return true;
}

static rw_status
bpe_piece (rw_encoding *e, const char *s, size_t n, size_t at, rw_error *err)
{
  const rw_vocabulary *v = &e->t->vocabulary;
  const int32_t whole = rw_split_whole (e->t->split) ? rw_vocabulary_find (v, s, n) : -1;
  if (whole >= 0 && v->token[whole].plain)
    return rw_ids_add (e->out, whole, err);
  if (n == 1 || !e->t->merges.slots)
    return rw_piece_bytes (e, s, n, at, err);
  rw_status status = rw_joiner_begin (&e->joiner, n, err);
  for (size_t i = 0; i < n && !status; i++)
    {
      const int32_t id = v->byte[(unsigned char) s[i]];
      if (id < 0)
        return rw_piece_bytes (e, s + i, 1, at + i, err);
      rw_joiner_add (&e->joiner, 1, id);
    }
  if (!status)
    status = rw_joiner_run (&e->joiner, by_rank, &e->t->merges, err);
  for (size_t i = 0; i < n && !status; i++)
    if (e->joiner.symbol[i].n)
      status = rw_ids_add (e->out, e->joiner.symbol[i].id, err);
  return status;
}

/* A run of UTF-8 whose pieces are asked for.  */
typedef struct
{
  rw_encoding *e;
  const char *s;
} run;

static rw_status
run_piece (void *data, size_t from, size_t to, rw_error *err)
{
  const run *r = data;
  return rw_piece_encode (r->e, bpe_piece, r->s + from, to - from, err);
}

static rw_status
bpe_encode (rw_encoding *e, const char *s, size_t n, rw_error *err)
{
  rw_status status = e->cutter ? RW_OK : rw_cutter_new (e->t->split, &e->cutter, err);
  for (const char *end = s + n; s < end && !status;)
    {
      const size_t good = rw_utf8_run (s, (size_t) (end - s));
      if (good)
        status = rw_cutter_run (e->cutter, s, good, run_piece, &(run){ e, s }, err);
      s += good;
      for (; s < end && !status && !rw_utf8_read (s, (size_t) (end - s), NULL); s++)
        status = rw_piece_bytes (e, s, 1, (size_t) (s - e->text), err);
    }
  return status;
}

const rw_token_family rw_token_bpe = {
  .name = "gpt2",
  .text = "byte-pair merges",
  .byte_level = true,
  .read = bpe_read,
  .encode = bpe_encode,
};
