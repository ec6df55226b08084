/* tokenizer_piece: one piece of a text to ids; see tokenizer_part.h.  */
#include "model/tokenizer_part.h"

rw_status
rw_piece_encode (rw_encoding *e, rw_piece_rule *rule, const char *s, size_t n, rw_error *err)
{
  rw_ids *out = e->out;
  rw_cached *slot = rw_token_cache_at (&e->cache, s, n);
  rw_status status = RW_OK;
  if (slot && rw_cached_is (slot, s, n))
    {
      for (size_t i = 0; i < slot->ids && !status; i++)
        status = rw_ids_add (out, out->id[slot->first + i], err);
      e->unknown = false;
      return status;
    }
  const size_t first = out->n;
  e->fresh = false;
  status = rule (e, s, n, (size_t) (s - e->text), err);
  if (slot && !e->fresh && !status)
    *slot = (rw_cached){
      .s = s, .n = (uint32_t) n, .first = first, .ids = (uint32_t) (out->n - first)
    };
  return status;
}

rw_status
rw_piece_bytes (rw_encoding *e, const char *s, size_t n, size_t at, rw_error *err)
{
  rw_status status = RW_OK;
  for (size_t i = 0; i < n && !status; i++)
    {
      const unsigned char byte = (unsigned char) s[i];
      const int32_t id = e->t->vocabulary.byte[byte];
      if (id < 0)
        return rw_fail (err, RW_EINVAL, "text, byte %zu: 0x%02X has no token in this vocabulary",
                        at + i, byte);
      status = rw_ids_add (e->out, id, err);
    }
  e->unknown = false;
  return status;
}
