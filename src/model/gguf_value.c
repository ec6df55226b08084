/* gguf_value: metadata as numbers and texts, and what must be there; see gguf.h.  */
#include "base/mem.h"
#include "base/text.h"
#include "model/gguf_part.h"

#include <string.h>

static const char *
kind_of (const rw_gguf_value *v)
{
  static const char *const kinds[2][2] = { { "a number", "numbers" }, { "a text", "texts" } };
  return kinds[v->type == RW_GGUF_STRING][v->array];
}

rw_status
rw_gguf_may_number (const rw_gguf *g, const char *key, double lo, double hi, double *out,
                    rw_error *err)
{
  const rw_gguf_value *v = rw_gguf_find (g, key);
  double x;
  char a[32], b[32], c[32];
  if (!v)
    return RW_OK;
  if (v->array || !rw_gguf_number (v, 0, &x))
    return rw_fail (err, RW_EINVAL, "%s: %s: expected a number, got %s", rw_gguf_path (g), key,
                    kind_of (v));
  if (!(x >= lo && x <= hi))
    return rw_fail (err, RW_EINVAL, "%s: %s: %s; expected %s to %s", rw_gguf_path (g), key,
                    rw_number_text (x, a), rw_number_text (lo, b), rw_number_text (hi, c));
  *out = x;
  return RW_OK;
}

rw_status
rw_gguf_need_number (const rw_gguf *g, const char *key, double lo, double hi, double *out,
                     rw_error *err)
{
  if (rw_gguf_find (g, key))
    return rw_gguf_may_number (g, key, lo, hi, out, err);
  return rw_fail (err, RW_EINVAL, "%s: %s: not in the metadata; expected a number",
                  rw_gguf_path (g), key);
}

rw_status
rw_gguf_may_text (const rw_gguf *g, const char *key, char **out, rw_error *err)
{
  const rw_gguf_value *v = rw_gguf_find (g, key);
  *out = NULL;
  if (!v)
    return RW_OK;
  if (v->array || v->type != RW_GGUF_STRING)
    return rw_fail (err, RW_EINVAL, "%s: %s: expected a text, got %s", rw_gguf_path (g), key,
                    kind_of (v));
  if (memchr (v->text->s, 0, v->text->n))
    return rw_fail (err, RW_EINVAL, "%s: %s: a text with a zero byte in it", rw_gguf_path (g), key);
  char *text = rw_new (v->text->n + 1, 1);
  if (!text)
    return rw_nomem (err, v->text->n + 1);
  memcpy (text, v->text->s, v->text->n);
  *out = text;
  return RW_OK;
}
