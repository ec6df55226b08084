/* gguf_scan: the bytes of a GGUF file, one after the other, never beyond its end; see gguf_part.h.

   Numbers are little-endian; a text is its length (8 bytes) and its bytes:
   https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.  */
#include "model/gguf_part.h"

#include <stdio.h>
#include <string.h>

rw_status
rw_gguf_scan_fail (const rw_gguf_scan *s, const char *format, ...)
{
  char text[512];
  va_list args;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  return rw_fail (s->err, RW_EINVAL, "%s: byte %zu: %s: %s", s->part->name, s->at, s->what, text);
}

static rw_status
cut (const rw_gguf_scan *s, uint64_t want)
{
  rw_gguf_scan_fail (s, "%llu bytes expected, %zu are left: the file is cut or damaged",
                     (unsigned long long) want, s->part->n - s->at);
  return rw_hint (s->err, "fetch or copy the file again, and compare its size with the original's");
}

rw_status
rw_gguf_scan_items (rw_gguf_scan *s, uint64_t n, size_t size, const void **out)
{
  const size_t rest = s->part->n - s->at;
  uint64_t bytes;
  if (__builtin_mul_overflow (n, (uint64_t) size, &bytes))
    bytes = UINT64_MAX;
  if (bytes > rest)
    return cut (s, bytes);
  *out = s->part->data + s->at;
  s->at += (size_t) bytes;
  return RW_OK;
}

static rw_status
number (rw_gguf_scan *s, size_t size, void *out)
{
  const void *from;
  const rw_status st = rw_gguf_scan_items (s, 1, size, &from);
  if (!st)
    memcpy (out, from, size);
  return st;
}

rw_status
rw_gguf_scan_u32 (rw_gguf_scan *s, uint32_t *out)
{
  return number (s, sizeof *out, out);
}

rw_status
rw_gguf_scan_u64 (rw_gguf_scan *s, uint64_t *out)
{
  return number (s, sizeof *out, out);
}

rw_status
rw_gguf_scan_text (rw_gguf_scan *s, rw_gguf_text *out)
{
  uint64_t n;
  const void *from;
  rw_status st = rw_gguf_scan_u64 (s, &n);
  if (!st)
    st = rw_gguf_scan_items (s, n, 1, &from);
  if (!st)
    *out = (rw_gguf_text){ .s = from, .n = (size_t) n };
  return st;
}

rw_status
rw_gguf_scan_count (rw_gguf_scan *s, size_t least, const char *noun, size_t *out)
{
  uint64_t n;
  const rw_status st = rw_gguf_scan_u64 (s, &n);
  if (st)
    return st;
  if (n > (s->part->n - s->at) / least)
    return rw_gguf_scan_fail (s, "%llu %s, for which the file is too short at %zu bytes",
                              (unsigned long long) n, noun, s->part->n);
  *out = (size_t) n;
  return RW_OK;
}
