/* tokenizer_vocabulary: the tokens of a file and who has which bytes; see tokenizer_part.h.

   Everything is linear in the file: one block holds the bytes of all tokens, one open-addressed
   table finds them.  Of tokens with the same bytes the one that text can become is found, and of
   several such the first.  */
#include "base/mem.h"
#include "model/gguf_part.h"
#include "model/tokenizer_part.h"

#include <math.h>
#include <string.h>

static const char tokens_key[] = "tokenizer.ggml.tokens";
static const char types_key[] = "tokenizer.ggml.token_type";
static const char scores_key[] = "tokenizer.ggml.scores";

/* Eight bytes at a time, folded by the 128-bit product (wyhash, github.com/wangyi-fudan/wyhash,
   public domain: its idea and two of its constants).  */
uint64_t
rw_token_hash (const char *s, size_t n)
{
  const uint64_t a = UINT64_C (0xa0761d6478bd642f), b = UINT64_C (0xe7037ed1a0b428db);
  uint64_t h = a ^ n;
  for (size_t i = 0; i < n; i += 8)
    {
      uint64_t x = 0;
      if (n - i >= 8)
        memcpy (&x, s + i, 8);
      else
        memcpy (&x, s + i, n - i);
      const unsigned __int128 p = (unsigned __int128) (h ^ x) * b;
      h = (uint64_t) p ^ (uint64_t) (p >> 64) ^ a;
    }
  return h ^ h >> 32;
}

static rw_token_slot *
place (const rw_vocabulary *v, const char *s, size_t n)
{
  const uint64_t hash = rw_token_hash (s, n);
  size_t i = hash & (v->slots - 1);
  for (; v->slot[i].id >= 0; i = (i + 1) & (v->slots - 1))
    if (v->slot[i].hash == (uint32_t) (hash >> 32))
      {
        const rw_token *t = &v->token[v->slot[i].id];
        if (t->n == n && !memcmp (t->s, s, n))
          break;
      }
  return &v->slot[i];
}

int32_t
rw_vocabulary_find (const rw_vocabulary *v, const char *s, size_t n)
{
  return n && n <= v->longest ? place (v, s, n)->id : -1;
}

/* An optional array of numbers, one a token; *out is NULL where the file has none.  */
static rw_status
numbers_find (const rw_gguf *g, const char *key, size_t n, const rw_gguf_value **out, rw_error *err)
{
  double x;
  const rw_gguf_value *v = *out = rw_gguf_find (g, key);
  if (!v)
    return RW_OK;
  if (!v->array || v->n != n || !rw_gguf_number (v, 0, &x))
    return rw_fail (err, RW_EINVAL, "%s: %s: expected an array of %zu numbers, one a token%s",
                    rw_gguf_path (g), key, n,
                    v->array && v->n != n ? "; it has another length" : "");
  return RW_OK;
}

/* "<0x0A>": the byte, or -1.  */
static int
byte_named (const char *s, size_t n)
{
  static const char digits[] = "0123456789ABCDEF";
  if (n != 6 || memcmp (s, "<0x", 3) || s[5] != '>' || !s[3] || !s[4])
    return -1;
  const char *high = strchr (digits, s[3]), *low = strchr (digits, s[4]);
  return high && low ? (int) (16 * (high - digits) + (low - digits)) : -1;
}

/* Appends s with a space for each U+2581.  */
static void
spaces_read (const char *s, size_t n, rw_text *out)
{
  static const char mark[] = { '\xe2', '\x96', '\x81' };
  for (size_t i = 0; i < n;)
    if (n - i >= sizeof mark && !memcmp (s + i, mark, sizeof mark))
      {
        rw_text_add (out, " ");
        i += sizeof mark;
      }
    else
      rw_text_addn (out, s + i++, 1);
}

/* Appends what a token stands for, and says whether text can become it.  */
static rw_status
token_read (rw_gguf_text text, size_t i, bool byte_level, rw_token *t, rw_text *out, rw_error *err)
{
  const size_t from = out->n;
  char shown[RW_GGUF_SHOWN + 4];
  const bool written
      = t->type == RW_TOKEN_CONTROL || t->type == RW_TOKEN_USER || t->type == RW_TOKEN_UNKNOWN;
  t->plain = !written && text.n;
  if (!byte_level && t->type == RW_TOKEN_BYTE)
    {
      const int byte = byte_named (text.s, text.n);
      if (byte < 0)
        return rw_fail (err, RW_EINVAL, "%s[%zu]: '%s' is a byte token; expected <0x00> to <0xFF>",
                        tokens_key, i, rw_gguf_show (text, shown));
      rw_text_addn (out, &(char){ (char) byte }, 1);
      t->plain = false;
    }
  else if (!byte_level)
    {
      t->plain = t->plain && !memchr (text.s, ' ', text.n); /* spaces are never written so */
      spaces_read (text.s, text.n, out);
    }
  else if (written || !rw_byte_text (text.s, text.n, out))
    {
      out->n = from;
      rw_text_addn (out, text.s, text.n);
      t->plain = false;
    }
  if (out->n - from > UINT32_MAX)
    return rw_fail (err, RW_EINVAL, "%s[%zu]: a token of %zu bytes", tokens_key, i, text.n);
  t->n = (uint32_t) (out->n - from);
  return RW_OK;
}

static rw_status
tokens_read (const rw_gguf_value *text, const rw_gguf_value *types, const rw_gguf_value *scores,
             bool byte_level, rw_vocabulary *v, rw_error *err)
{
  rw_text bytes = { 0 };
  rw_status status = RW_OK;
  for (size_t i = 0; i < v->n && !status; i++)
    {
      double type = RW_TOKEN_NORMAL, score = 0;
      if (types)
        rw_gguf_number (types, i, &type);
      if (scores)
        rw_gguf_number (scores, i, &score);
      v->token[i].type = type >= RW_TOKEN_NORMAL && type <= RW_TOKEN_BYTE
                             ? (uint8_t) type
                             : (uint8_t) RW_TOKEN_NORMAL;
      v->token[i].score = (float) score;
      if (isnan (score))
        status = rw_fail (err, RW_EINVAL, "%s[%zu]: not a number", scores_key, i);
      else
        status = token_read (text->text[i], i, byte_level, &v->token[i], &bytes, err);
    }
  if (bytes.failed && !status)
    status = rw_nomem (err, bytes.n);
  v->bytes = bytes.s;
  const char *s = rw_text_get (&bytes);
  for (size_t i = 0; i < v->n && !status; s += v->token[i++].n)
    {
      v->token[i].s = s;
      if (v->token[i].n > v->longest)
        v->longest = v->token[i].n;
    }
  return status;
}

static void
slots_fill (rw_vocabulary *v)
{
  for (size_t i = 0; i < v->slots; i++)
    v->slot[i].id = -1;
  for (int plain = 1; plain >= 0; plain--)
    for (size_t i = 0; i < v->n; i++)
      {
        const rw_token *t = &v->token[i];
        rw_token_slot *slot = t->n && t->plain == plain ? place (v, t->s, t->n) : NULL;
        if (slot && slot->id < 0)
          *slot = (rw_token_slot){ .hash = (uint32_t) (rw_token_hash (t->s, t->n) >> 32),
                                   .id = (int32_t) i };
      }
}

/* A byte's own token; in SentencePiece files the byte token goes before a character.  */
static void
bytes_fill (rw_vocabulary *v, bool byte_level)
{
  for (int b = 0; b < 256; b++)
    {
      const char s = (char) b;
      const int32_t id = rw_vocabulary_find (v, &s, 1);
      v->byte[b] = id >= 0 && v->token[id].plain ? id : -1;
    }
  for (size_t i = v->n; !byte_level && i-- > 0;)
    if (v->token[i].type == RW_TOKEN_BYTE)
      v->byte[(unsigned char) *v->token[i].s] = (int32_t) i;
}

rw_status
rw_vocabulary_read (const rw_gguf *g, bool byte_level, rw_vocabulary *out, rw_error *err)
{
  *out = (rw_vocabulary){ 0 };
  const rw_gguf_value *text = rw_gguf_find (g, tokens_key), *types, *scores;
  if (!text || !text->array || text->type != RW_GGUF_STRING || !text->n || text->n > INT32_MAX / 4)
    return rw_fail (err, RW_EINVAL, "%s: %s: expected an array of strings%s", rw_gguf_path (g),
                    tokens_key, text ? "" : "; it is missing");
  rw_status status = numbers_find (g, types_key, text->n, &types, err);
  if (!status)
    status = numbers_find (g, scores_key, text->n, &scores, err);
  if (status)
    return status;
  out->n = text->n;
  out->scores = scores;
  for (out->slots = 2; out->slots < 2 * out->n; out->slots *= 2)
    ;
  if (!(out->token = rw_new (out->n, sizeof *out->token))
      || !(out->slot = rw_new (out->slots, sizeof *out->slot)))
    return rw_nomem (err, out->n * sizeof *out->token + out->slots * sizeof *out->slot);
  status = tokens_read (text, types, scores, byte_level, out, err);
  if (status)
    return rw_within (err, status, "%s", rw_gguf_path (g));
  slots_fill (out);
  bytes_fill (out, byte_level);
  return RW_OK;
}

void
rw_vocabulary_free (rw_vocabulary *v)
{
  rw_free (v->token);
  rw_free (v->slot);
  rw_free (v->bytes);
  *v = (rw_vocabulary){ 0 };
}
