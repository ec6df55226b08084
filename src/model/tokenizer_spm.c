/* tokenizer_spm: SentencePiece's byte-pair tokenizers; see tokenizer_part.h.

   A piece begins as its characters; of all two side by side that make a token, those whose token
   has the highest score are joined.  Characters without a token become byte tokens, or, where the
   file has none, the unknown token, once for all that follow each other. Kudo & Richardson 2018,
   arXiv:1808.06226; bpe_model.cc of github.com/google/sentencepiece.  */
#include "base/mem.h"
#include "model/tokenizer_part.h"

#include <string.h>

static rw_status
spm_read (rw_tokenizer *t, const rw_gguf *g, rw_error *err)
{
  if (!t->vocabulary.scores)
    return rw_fail (err, RW_EINVAL, "%s: tokenizer.ggml.scores: missing; expected one a token",
                    rw_gguf_path (g));
  t->add_bos = t->space_prefix = true;
  return rw_pairs_seen_make (&t->vocabulary, &t->pairs, err);
}

typedef struct
{
  const rw_vocabulary *v;
  const char *s; /* the piece */
} joining;

/* Bits of a float rise with it if the sign is flipped, and all bits of negative ones; the highest
   score goes first.  */
static uint32_t
order_of (float score)
{
  uint32_t bits;
  score += 0.0f; /* -0 is 0 */
  memcpy (&bits, &score, sizeof bits);
  return ~(bits >> 31 ? ~bits : bits | UINT32_C (1) << 31);
}

static bool
by_score (const void *data, const rw_symbol *l, const rw_symbol *r, uint32_t *order, int32_t *id)
{
  const joining *j = data;
  *id = rw_vocabulary_find (j->v, j->s + l->at, (size_t) l->n + r->n);
  if (*id < 0 || !j->v->token[*id].plain)
    return false;
  *order = order_of (j->v->token[*id].score);
  return true;
}

/* A character that is no token.  */
static rw_status
character_add (rw_encoding *e, const char *s, size_t n, size_t at, rw_error *err)
{
  const int32_t *byte = e->t->vocabulary.byte;
  bool known = true;
  for (size_t i = 0; i < n; i++)
    known = known && byte[(unsigned char) s[i]] >= 0;
  if (known || e->t->unknown < 0 || !rw_utf8_read (s, n, NULL))
    return rw_piece_bytes (e, s, n, at, err);
  const bool again = e->unknown;
  e->fresh = e->unknown = true;
  return again ? RW_OK : rw_ids_add (e->out, e->t->unknown, err);
}

static rw_status
spm_piece (rw_encoding *e, const char *s, size_t n, size_t at, rw_error *err)
{
  const rw_vocabulary *v = &e->t->vocabulary;
  rw_status status = rw_joiner_begin (&e->joiner, n, err);
  if (status)
    return status;
  for (size_t i = 0, step; i < n; i += step)
    {
      step = rw_utf8_read (s + i, n - i, NULL);
      step += !step;
      const int32_t id = rw_vocabulary_find (v, s + i, step);
      rw_joiner_add (&e->joiner, step, id >= 0 && v->token[id].plain ? id : -1);
    }
  status = rw_joiner_run (&e->joiner, by_score, &(joining){ v, s }, err);
  for (size_t i = 0; i < e->joiner.n && !status; i++)
    {
      const rw_symbol *x = &e->joiner.symbol[i];
      if (x->n && x->id >= 0)
        {
          status = rw_ids_add (e->out, x->id, err);
          e->unknown = false;
        }
      else if (x->n)
        status = character_add (e, s + x->at, x->n, at + x->at, err);
    }
  return status;
}

/* The first piece with a space in front.  */
static rw_status
prefix_encode (rw_encoding *e, const char *s, size_t n, rw_error *err)
{
  char *copy = rw_new (n + 1, 1);
  rw_status status = RW_OK;
  if (!copy)
    return rw_nomem (err, n + 1);
  copy[0] = ' ';
  if (n)
    memcpy (copy + 1, s, n);
  const size_t at = (size_t) (s - e->text);
  for (size_t i = 0, piece; i <= n && !status; i += piece)
    {
      piece = rw_pairs_piece (&e->t->pairs, copy + i, n + 1 - i);
      status = spm_piece (e, copy + i, piece, i ? at + i - 1 : at, err);
    }
  rw_free (copy);
  return status;
}

static rw_status
spm_encode (rw_encoding *e, const char *s, size_t n, rw_error *err)
{
  rw_status status = RW_OK;
  size_t piece = rw_pairs_piece (&e->t->pairs, s, n);
  if (e->prefix)
    {
      status = prefix_encode (e, s, piece, err);
      e->prefix = false;
      s += piece;
      n -= piece;
    }
  for (; n && !status; s += piece, n -= piece)
    {
      piece = rw_pairs_piece (&e->t->pairs, s, n);
      status = rw_piece_encode (e, spm_piece, s, piece, err);
    }
  return status;
}

const rw_token_family rw_token_spm = {
  .name = "llama",
  .text = "SentencePiece",
  .byte_level = false,
  .read = spm_read,
  .encode = spm_encode,
};
