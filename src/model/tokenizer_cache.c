/* tokenizer_cache: the ids of pieces that the text had before; see tokenizer_part.h.

   Words come again: of an English book's pieces nineteen in twenty were joined before.  Nothing is
   copied: a piece stays where the text has it, its ids where they were written.  */
#include "base/mem.h"
#include "model/tokenizer_part.h"

#include <string.h>

enum
{
  PIECE_MAX = 64, /* bytes: longer pieces do not come again */
  SLOTS_MIN = 64,
  SLOTS_MAX = 32768 /* 1 MB: the second cache */
};

rw_status
rw_token_cache_make (size_t text, rw_token_cache *out, rw_error *err)
{
  size_t slots = SLOTS_MIN;
  while (slots < SLOTS_MAX && slots < text / 8)
    slots *= 2;
  if (!(out->slot = rw_new (slots, sizeof *out->slot)))
    return rw_nomem (err, slots * sizeof *out->slot);
  out->slots = slots;
  return RW_OK;
}

void
rw_token_cache_free (rw_token_cache *c)
{
  rw_free (c->slot);
  *c = (rw_token_cache){ 0 };
}

rw_cached *
rw_token_cache_at (const rw_token_cache *c, const char *s, size_t n)
{
  return n > PIECE_MAX ? NULL : &c->slot[rw_token_hash (s, n) & (c->slots - 1)];
}

bool
rw_cached_is (const rw_cached *slot, const char *s, size_t n)
{
  return slot->s && slot->n == n && !memcmp (slot->s, s, n);
}
