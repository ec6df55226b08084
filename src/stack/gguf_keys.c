/* gguf_keys: numbers of a GGUF file that make a model, noted as used; see gguf_model.h.  */
#include "stack/gguf_model.h"

#include <stdio.h>

rw_status
rw_gguf_model_refuse (const rw_gguf_source *r, const char *tail, const char *text)
{
  return rw_fail (r->err, RW_EINVAL, "%s: %s.%s: %s", rw_gguf_path (r->g), r->hyper.arch->name,
                  tail, text);
}

rw_status
rw_gguf_model_number (rw_gguf_source *r, const char *tail, double lo, double hi, double *out)
{
  char key[96];
  snprintf (key, sizeof key, "%s.%s", r->hyper.arch->name, tail);
  if (rw_gguf_find (r->g, key))
    rw_note_add (&r->notes, RW_NOTE_USED, "%s", key);
  return rw_gguf_may_number (r->g, key, lo, hi, out, r->err);
}
