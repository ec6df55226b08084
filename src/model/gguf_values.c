/* gguf_values: the metadata of a GGUF file: keys, types, values; see gguf_part.h.  */
#include "base/mem.h"
#include "model/gguf_part.h"

#include <stdio.h>

enum
{
  KEY_MOST = 65535,           /* bytes of a key: the format's limit */
  LENGTH = 8,                 /* bytes of a text's length */
  VALUE_LEAST = 8 + 1 + 4 + 1 /* a key's length, one letter, a type, one byte */
};

/* Bytes of an item; 0 for texts and arrays, whose size stands in the file.  */
static const size_t sizes[] = {
  [RW_GGUF_UINT8] = 1,   [RW_GGUF_INT8] = 1,  [RW_GGUF_UINT16] = 2,  [RW_GGUF_INT16] = 2,
  [RW_GGUF_UINT32] = 4,  [RW_GGUF_INT32] = 4, [RW_GGUF_FLOAT32] = 4, [RW_GGUF_BOOL] = 1,
  [RW_GGUF_STRING] = 0,  [RW_GGUF_ARRAY] = 0, [RW_GGUF_UINT64] = 8,  [RW_GGUF_INT64] = 8,
  [RW_GGUF_FLOAT64] = 8,
};

static rw_status
scan_type (rw_gguf_scan *s, rw_gguf_type *out)
{
  uint32_t type;
  const size_t begin = s->at;
  const rw_status st = rw_gguf_scan_u32 (s, &type);
  if (st)
    return st;
  if (type >= sizeof sizes / sizeof *sizes)
    {
      s->at = begin;
      return rw_gguf_scan_fail (s, "metadata type %u; expected 0 to 12", type);
    }
  *out = (rw_gguf_type) type;
  return RW_OK;
}

static rw_status
scan_texts (rw_gguf_scan *s, rw_gguf_value *v)
{
  rw_gguf_text *text = rw_new (v->n, sizeof *text);
  if (!text)
    return rw_nomem (s->err, v->n * sizeof *text);
  v->text = text;
  rw_status st = RW_OK;
  for (size_t i = 0; i < v->n && !st; i++)
    st = rw_gguf_scan_text (s, &text[i]);
  return st;
}

static rw_status
scan_value (rw_gguf_scan *s, rw_gguf_value *v)
{
  v->n = 1;
  rw_status st = scan_type (s, &v->type);
  if (!st && v->type == RW_GGUF_ARRAY)
    {
      v->array = true;
      st = scan_type (s, &v->type);
      if (!st && v->type == RW_GGUF_ARRAY)
        return rw_gguf_scan_fail (s, "an array of arrays; expected numbers or texts in an array");
      if (!st)
        st = rw_gguf_scan_count (s, sizes[v->type] ? sizes[v->type] : LENGTH, "items", &v->n);
    }
  if (st)
    return st;
  v->data = s->part->data + s->at;
  return v->type == RW_GGUF_STRING ? scan_texts (s, v)
                                   : rw_gguf_scan_items (s, v->n, sizes[v->type], &v->data);
}

/* Key and value; errors in the value name the key.  */
static rw_status
scan_pair (rw_gguf_scan *s, rw_gguf_value *v)
{
  char name[RW_GGUF_SHOWN + 4], what[RW_GGUF_SHOWN + 32];
  s->what = "a metadata key";
  rw_status st = rw_gguf_scan_text (s, &v->key);
  if (st)
    return st;
  if (v->key.n == 0 || v->key.n > KEY_MOST)
    return rw_gguf_scan_fail (s, "%zu bytes long; expected 1 to %d", v->key.n, KEY_MOST);
  snprintf (what, sizeof what, "key '%s'", rw_gguf_show (v->key, name));
  s->what = what;
  st = scan_value (s, v);
  s->what = "the metadata";
  return st;
}

rw_status
rw_gguf_scan_values (rw_gguf_scan *s, size_t n, rw_gguf_part *part)
{
  rw_status st = RW_OK;
  if (n > (part->n - s->at) / VALUE_LEAST)
    return rw_gguf_scan_fail (s, "%zu keys, for which the file is too short at %zu bytes", n,
                              part->n);
  if (!(part->value = rw_new (n, sizeof *part->value)))
    return rw_nomem (s->err, n * sizeof *part->value);
  while (part->n_values < n && !st)
    st = scan_pair (s, &part->value[part->n_values++]);
  return st;
}
