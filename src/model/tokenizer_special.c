/* tokenizer_special: finds tokens that are written out in a text; see tokenizer_part.h.

   A trie over the bytes of control and user-defined tokens, its edges in one open-addressed table.
   It is walked from every place where such a token may begin, so tokens are held to a length.  */
#include "base/mem.h"
#include "model/tokenizer_part.h"

enum
{
  LONGEST = 1024 /* bytes; the longest known are Gemma's runs of 31 spaces */
};

static bool
is_written (const rw_token *t)
{
  return t->n
         && (t->type == RW_TOKEN_CONTROL || t->type == RW_TOKEN_USER
             || t->type == RW_TOKEN_UNKNOWN);
}

static rw_special_edge *
edge (const rw_specials *s, size_t node, unsigned char byte)
{
  const uint64_t key = (uint64_t) node << 8 | byte;
  /* Fibonacci hashing: Knuth, TAOCP 3, 6.4.  */
  size_t i = (size_t) (key * UINT64_C (0x9e3779b97f4a7c15) >> 32) & (s->edges - 1);
  while (s->edge[i].to && s->edge[i].key != key)
    i = (i + 1) & (s->edges - 1);
  return &s->edge[i];
}

static void
token_add (rw_specials *s, const rw_token *t, int32_t id)
{
  size_t node = 0;
  const unsigned char *p = (const unsigned char *) t->s;
  s->first[p[0] / 32] |= UINT32_C (1) << p[0] % 32;
  for (size_t i = 0; i < t->n; i++)
    {
      rw_special_edge *e = edge (s, node, p[i]);
      if (!e->to)
        {
          s->id[s->nodes] = -1;
          *e = (rw_special_edge){ .key = (uint64_t) node << 8 | p[i], .to = (int32_t) s->nodes++ };
        }
      node = (size_t) e->to;
    }
  if (s->id[node] < 0)
    s->id[node] = id;
}

rw_status
rw_specials_make (const rw_vocabulary *v, rw_specials *out, rw_error *err)
{
  size_t bytes = 0;
  *out = (rw_specials){ 0 };
  for (size_t i = 0; i < v->n; i++)
    if (is_written (&v->token[i]))
      {
        if (v->token[i].n > LONGEST)
          return rw_fail (
              err, RW_EINVAL,
              "tokenizer.ggml.tokens[%zu]: a control or user-defined token of %u bytes; "
              "at most %d",
              i, (unsigned) v->token[i].n, LONGEST);
        bytes += v->token[i].n;
      }
  if (bytes >= INT32_MAX / 4)
    return rw_fail (err, RW_EINVAL,
                    "tokenizer.ggml.tokens: %zu bytes of control and user-defined tokens", bytes);
  for (out->edges = 2; out->edges < 2 * bytes; out->edges *= 2)
    ;
  if (!(out->edge = rw_new (out->edges, sizeof *out->edge))
      || !(out->id = rw_new (bytes + 1, sizeof *out->id)))
    return rw_nomem (err, out->edges * sizeof *out->edge);
  out->nodes = 1;
  out->id[0] = -1;
  for (size_t i = 0; i < v->n; i++)
    if (is_written (&v->token[i]))
      token_add (out, &v->token[i], (int32_t) i);
  return RW_OK;
}

/* The longest token at s that is asked for, or -1.  */
static int32_t
longest (const rw_specials *s, const rw_vocabulary *v, bool control, const char *text, size_t n)
{
  int32_t id = -1;
  size_t node = 0;
  for (size_t i = 0; i < n; i++)
    {
      const rw_special_edge *e = edge (s, node, (unsigned char) text[i]);
      if (!e->to)
        break;
      node = (size_t) e->to;
      const int32_t here = s->id[node];
      if (here >= 0 && (control || v->token[here].type == RW_TOKEN_USER))
        id = here;
    }
  return id;
}

size_t
rw_specials_find (const rw_specials *s, const rw_vocabulary *v, bool control, const char *text,
                  size_t n, size_t from, int32_t *id)
{
  *id = -1;
  for (size_t i = from; i < n && s->nodes > 1; i++)
    {
      const unsigned char c = (unsigned char) text[i];
      if (s->first[c / 32] >> c % 32 & 1 && (*id = longest (s, v, control, text + i, n - i)) >= 0)
        return i;
    }
  return n;
}

void
rw_specials_free (rw_specials *s)
{
  rw_free (s->edge);
  rw_free (s->id);
  *s = (rw_specials){ 0 };
}
