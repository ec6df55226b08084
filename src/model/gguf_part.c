/* gguf_part: one GGUF file: header, metadata, tensor table; see gguf_part.h.

   The header: "GGUF", version (4 bytes), tensors (8), keys (8).  */
#include "model/gguf_part.h"
#include "base/mem.h"

#include <string.h>

enum
{
  MAGIC = 4,
  VERSION_FIRST = 2,
  VERSION_LAST = 3
};

static rw_status
not_gguf (const rw_gguf_part *part, rw_error *err)
{
  char shown[RW_GGUF_SHOWN + 4];
  const size_t n = part->n < MAGIC ? part->n : MAGIC;
  rw_fail (err, RW_EINVAL, "%s: not a GGUF file: it begins with '%s'; expected 'GGUF'", part->name,
           rw_gguf_show ((rw_gguf_text){ (const char *) part->data, n }, shown));
  if (n == MAGIC && memcmp (part->data, "vers", MAGIC) == 0)
    return rw_hint (err, "a pointer of Git LFS? fetch the file itself: `git lfs pull`");
  if (n == MAGIC && memcmp (part->data, "FUGG", MAGIC) == 0)
    return rw_hint (err, "a big-endian file: make it on a little-endian machine");
  return RW_EINVAL;
}

static rw_status
check_version (const rw_gguf_part *part, rw_error *err)
{
  if (part->version >= VERSION_FIRST && part->version <= VERSION_LAST)
    return RW_OK;
  if (__builtin_bswap32 (part->version) <= VERSION_LAST)
    {
      rw_fail (err, RW_EINVAL, "%s: a big-endian GGUF file; little-endian ones are read",
               part->name);
      return rw_hint (err, "make it again with the little-endian option of the converter");
    }
  rw_fail (err, RW_EINVAL, "%s: GGUF version %u; expected %d or %d", part->name, part->version,
           VERSION_FIRST, VERSION_LAST);
  return rw_hint (err, "convert the model again with llama.cpp's convert_hf_to_gguf.py");
}

static rw_status
read_all (rw_gguf_part *part, rw_gguf_scan *s)
{
  if (part->n < MAGIC || memcmp (part->data, "GGUF", MAGIC) != 0)
    return not_gguf (part, s->err);
  s->at = MAGIC;
  rw_status st = rw_gguf_scan_u32 (s, &part->version);
  size_t tensors, values;
  if (!st)
    st = check_version (part, s->err);
  if (!st)
    st = rw_gguf_scan_count (s, 1, "tensors", &tensors);
  if (!st)
    st = rw_gguf_scan_count (s, 1, "keys", &values);
  s->what = "the metadata";
  if (!st)
    st = rw_gguf_scan_values (s, values, part);
  s->what = "the tensor table";
  return st ? st : rw_gguf_scan_tensors (s, tensors, part);
}

rw_status
rw_gguf_part_read (rw_gguf_part *part, rw_error *err)
{
  rw_gguf_scan s = { .part = part, .what = "the header", .err = err };
  const rw_status st = read_all (part, &s);
  part->head = s.at;
  if (st)
    rw_gguf_part_free (part);
  return st;
}

void
rw_gguf_part_free (rw_gguf_part *part)
{
  for (size_t i = 0; part->value && i < part->n_values; i++)
    rw_free ((void *) part->value[i].text);
  rw_free (part->value);
  rw_free (part->tensor);
  *part = (rw_gguf_part){ 0 };
}
