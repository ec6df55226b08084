/* tokenizer: text to token ids and back; see tokenizer.h.

   The families are a table; here is what they share: special ids, tokens written out in texts, and
   decoding, which is copying bytes.  */
#include "model/tokenizer.h"
#include "base/mem.h"
#include "model/gguf_part.h"
#include "model/tokenizer_part.h"

#include <math.h>
#include <string.h>

static const rw_token_family *const families[] = { &rw_token_bpe, &rw_token_spm, NULL };

static rw_status
family_find (const rw_gguf *g, const rw_token_family **out, rw_error *err)
{
  char *name = NULL, shown[RW_GGUF_SHOWN + 4];
  const rw_status status = rw_gguf_may_text (g, "tokenizer.ggml.model", &name, err);
  if (status)
    return status;
  *out = NULL;
  for (size_t i = 0; name && families[i] && !*out; i++)
    if (!strcmp (families[i]->name, name))
      *out = families[i];
  if (!name)
    rw_fail (err, RW_EINVAL, "%s: tokenizer.ggml.model: missing; the file has no tokenizer",
             rw_gguf_path (g));
  else if (!*out)
    rw_fail (err, RW_EINVAL, "%s: tokenizer.ggml.model: '%s' is not known: %s (%s), %s (%s)",
             rw_gguf_path (g), rw_gguf_show ((rw_gguf_text){ name, strlen (name) }, shown),
             families[0]->name, families[0]->text, families[1]->name, families[1]->text);
  rw_free (name);
  return *out ? RW_OK : RW_EINVAL;
}

/* An id of the vocabulary; 2^32 - 1 is how files write that there is none.  */
static rw_status
id_read (const rw_gguf *g, const char *key, size_t n, int32_t *out, rw_error *err)
{
  double id = *out;
  const rw_status status = rw_gguf_may_number (g, key, -1, UINT32_MAX, &id, err);
  if (status)
    return status;
  if (id == UINT32_MAX)
    id = -1;
  if (id >= (double) n || id != floor (id))
    return rw_fail (err, RW_EINVAL, "%s: %s: %.0f is no token of the vocabulary of %zu",
                    rw_gguf_path (g), key, id, n);
  *out = (int32_t) id;
  return RW_OK;
}

static rw_status
flag_read (const rw_gguf *g, const char *key, bool *out, rw_error *err)
{
  double x = *out;
  const rw_status status = rw_gguf_may_number (g, key, 0, 1, &x, err);
  *out = x != 0;
  return status;
}

/* SentencePiece's own numbers of BOS and EOS, where a file does not give them.  */
static int32_t
id_usual (const rw_tokenizer *t, int32_t id)
{
  return t->family == &rw_token_spm && (size_t) id < t->vocabulary.n
                 && t->vocabulary.token[id].type == RW_TOKEN_CONTROL
             ? id
             : -1;
}

static int32_t
unknown_usual (const rw_vocabulary *v)
{
  for (size_t i = 0; i < v->n; i++)
    if (v->token[i].type == RW_TOKEN_UNKNOWN)
      return (int32_t) i;
  return -1;
}

static rw_status
tokenizer_read (rw_tokenizer *t, const rw_gguf *g, rw_error *err)
{
  rw_vocabulary *v = &t->vocabulary;
  rw_status status = rw_vocabulary_read (g, t->family->byte_level, v, err);
  if (!status)
    status = rw_within (err, rw_specials_make (v, &t->specials, err), "%s", rw_gguf_path (g));
  if (!status)
    status = t->family->read (t, g, err);
  if (status)
    return status;
  t->bos = id_usual (t, 1);
  t->eos = id_usual (t, 2);
  t->unknown = unknown_usual (v);
  if (!(status = id_read (g, "tokenizer.ggml.bos_token_id", v->n, &t->bos, err))
      && !(status = id_read (g, "tokenizer.ggml.eos_token_id", v->n, &t->eos, err))
      && !(status = id_read (g, "tokenizer.ggml.unknown_token_id", v->n, &t->unknown, err))
      && !(status = flag_read (g, "tokenizer.ggml.add_bos_token", &t->add_bos, err))
      && t->family == &rw_token_spm)
    status = flag_read (g, "tokenizer.ggml.add_space_prefix", &t->space_prefix, err);
  t->add_bos = t->add_bos && t->bos >= 0;
  return status;
}

rw_status
rw_tokenizer_new (const rw_gguf *g, rw_tokenizer **out, rw_error *err)
{
  const rw_token_family *family;
  *out = NULL;
  rw_status status = family_find (g, &family, err);
  if (status)
    return status;
  rw_tokenizer *t = rw_new (1, sizeof *t);
  if (!t)
    return rw_nomem (err, sizeof *t);
  t->family = family;
  status = tokenizer_read (t, g, err);
  if (status)
    rw_tokenizer_free (t);
  else
    *out = t;
  return status;
}

void
rw_tokenizer_free (rw_tokenizer *t)
{
  if (!t)
    return;
  rw_vocabulary_free (&t->vocabulary);
  rw_specials_free (&t->specials);
  rw_free (t->merges.merge);
  rw_split_free (t->split);
  rw_free (t->pairs.bit);
  rw_free (t);
}

size_t
rw_tokenizer_size (const rw_tokenizer *t)
{
  return t->vocabulary.n;
}

int32_t
rw_tokenizer_bos (const rw_tokenizer *t)
{
  return t->bos;
}

int32_t
rw_tokenizer_eos (const rw_tokenizer *t)
{
  return t->eos;
}

bool
rw_tokenizer_add_bos (const rw_tokenizer *t)
{
  return t->add_bos;
}

/* Fragments between the tokens written out in the text, and those tokens.  */
static rw_status
fragments_encode (rw_encoding *e, size_t n, bool special, rw_error *err)
{
  const rw_tokenizer *t = e->t;
  rw_status status = RW_OK;
  for (size_t from = 0; from < n && !status;)
    {
      int32_t id;
      const size_t to
          = rw_specials_find (&t->specials, &t->vocabulary, special, e->text, n, from, &id);
      /* A user-defined token is text, and a text's first space comes before it.  */
      const bool text = id >= 0 && t->vocabulary.token[id].type == RW_TOKEN_USER;
      if (to > from || (text && e->prefix))
        status = t->family->encode (e, e->text + from, to - from, err);
      from = to;
      if (id >= 0 && !status)
        {
          status = rw_ids_add (e->out, id, err);
          e->unknown = false;
          from += t->vocabulary.token[id].n;
        }
    }
  return status;
}

rw_status
rw_tokenizer_encode (const rw_tokenizer *t, const char *text, size_t n, bool special, rw_ids *out,
                     rw_error *err)
{
  const size_t before = out->n;
  rw_encoding e = { .t = t, .text = text, .prefix = t->space_prefix, .out = out };
  rw_status status = rw_token_cache_make (n, &e.cache, err);
  if (!status)
    status = fragments_encode (&e, n, special, err);
  if (status)
    out->n = before;
  rw_token_cache_free (&e.cache);
  rw_joiner_free (&e.joiner);
  rw_cutter_free (e.cutter);
  return status;
}

/* SentencePiece's surface of a character that it did not know.  */
static const char unknown_text[] = " \xe2\x81\x87 ";

rw_status
rw_tokenizer_decode (const rw_tokenizer *t, const int32_t *id, size_t n, bool first, rw_text *out,
                     rw_error *err)
{
  const size_t before = out->n;
  first = first && t->space_prefix;
  for (size_t i = 0; i < n; i++)
    {
      if (id[i] < 0 || (size_t) id[i] >= t->vocabulary.n)
        {
          out->n = before;
          return rw_fail (err, RW_EINVAL, "ids[%zu]: %d is no token of the vocabulary of %zu", i,
                          (int) id[i], t->vocabulary.n);
        }
      const rw_token *token = &t->vocabulary.token[id[i]];
      const bool unknown = id[i] == t->unknown && token->type == RW_TOKEN_UNKNOWN;
      if (token->type == RW_TOKEN_CONTROL || (!unknown && !token->n))
        continue;
      const char *s = unknown ? unknown_text : token->s;
      const size_t bytes = unknown ? sizeof unknown_text - 1 : token->n;
      const size_t skipped = first && *s == ' ' && !unknown;
      first = false;
      rw_text_addn (out, s + skipped, bytes - skipped);
    }
  return out->failed ? rw_nomem (err, out->n) : RW_OK;
}
