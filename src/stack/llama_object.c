/* llama_object: the object "llama.cpp" of a config; see llama.h.

   Hugging Face's config has no words for most of what a GGUF file holds; the object holds it under
   the file's own names, without the architecture: {"llama.cpp": {"rope.scaling.attn_factor": 1.1}}.
   Flags of the command line stand there under the names of llama_context_params.  */
#include "base/mem.h"
#include "stack/llama.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const rw_config *c;
  const rw_geometry *g;
  rw_llama_rope *out;
  rw_notes *notes;
} reader;

static rw_status
fail (const reader *r, const char *key, const char *expected)
{
  return rw_fail (r->c->err, RW_EINVAL, "llama.cpp.%.60s: expected %s", key, expected);
}

static rw_status
read_number (const reader *r, const rw_llama_key *key, const cJSON *item)
{
  const bool whole = key->kind == RW_LLAMA_UINT32;
  const double x = item->valuedouble;
  if (!cJSON_IsNumber (item) || !(x >= key->lo && x <= key->hi) || (whole && x != floor (x)))
    return rw_fail (r->c->err, RW_EINVAL, "llama.cpp.%s: expected a %s from %g to %g", key->tail,
                    whole ? "whole number" : "number", key->lo, key->hi);
  rw_llama_set (r->out, key, x);
  return RW_OK;
}

static size_t
pairs (const reader *r)
{
  const double d = r->out->dimension_count;
  return isnan (d) ? rw_geometry_pairs (r->g) : (size_t) d / 2;
}

static rw_status
read_tensor (const reader *r, const rw_llama_tensor *t, const cJSON *item)
{
  const cJSON *x;
  size_t i = 0;
  if (!cJSON_IsArray (item))
    return fail (r, t->name, "a list of divisors, or an empty list for none");
  const size_t n = (size_t) cJSON_GetArraySize (item);
  if (n && n != pairs (r))
    return rw_fail (r->c->err, RW_EINVAL, "llama.cpp.%s: %zu divisors for %zu pairs", t->name, n,
                    pairs (r));
  r->out->pairs = pairs (r);
  if (t == rw_llama_tensors) /* no longer what llama3 baked */
    r->out->llama3_factor = NAN;
  double *v = rw_llama_divisors_new (r->out, t);
  if (!v)
    return rw_nomem (r->c->err, r->out->pairs * sizeof *v);
  cJSON_ArrayForEach (x, item)
  {
    if (!cJSON_IsNumber (x) || !(x->valuedouble > 0))
      return rw_fail (r->c->err, RW_EINVAL, "llama.cpp.%s[%zu]: expected a number above 0", t->name,
                      i);
    v[i++] = x->valuedouble;
  }
  if (!n)
    rw_llama_divisors_drop (r->out, t);
  return RW_OK;
}

static rw_status
read_type (const reader *r, const cJSON *item)
{
  if (!cJSON_IsString (item))
    return fail (r, item->string, "none, linear, yarn or longrope");
  return rw_within (r->c->err, rw_llama_type_find (item->valuestring, &r->out->type, r->c->err),
                    "llama.cpp.%s", item->string);
}

static rw_status
read_item (const reader *r, const cJSON *item, bool *known)
{
  *known = true;
  if (strcmp (item->string, "rope.scaling.type") == 0)
    return read_type (r, item);
  for (const rw_llama_key *k = rw_llama_keys; k->tail; k++)
    if (strcmp (k->tail, item->string) == 0)
      return read_number (r, k, item);
  for (const rw_llama_tensor *t = rw_llama_tensors; t->name; t++)
    if (strcmp (t->name, item->string) == 0)
      return read_tensor (r, t, item);
  *known = false;
  return RW_OK;
}

static const char *
key_name (size_t i, const void *data)
{
  (void) data;
  size_t n = 0;
  while (rw_llama_keys[n].tail)
    n++;
  return i < n ? rw_llama_keys[i].tail : i - n < 3 ? rw_llama_tensors[i - n].name : NULL;
}

/* dimension_count first: the lists must fit it.  */
rw_status
rw_llama_of_object (const rw_config *c, const rw_geometry *g, const cJSON *object,
                    rw_llama_rope *out, rw_notes *notes)
{
  const reader r = { .c = c, .g = g, .out = out, .notes = notes };
  const cJSON *d = rw_json_get (object, "rope.dimension_count");
  char near[96];
  bool known;
  if (!cJSON_IsObject (object))
    return rw_fail (c->err, RW_EINVAL, "llama.cpp: expected an object, got %s",
                    rw_json_kind (object));
  rw_status s = d && !cJSON_IsNull (d) ? read_item (&r, d, &known) : RW_OK;
  for (const cJSON *item = object->child; item && !s; item = item->next)
    {
      if (cJSON_IsNull (item) || item->string[0] == '_')
        continue;
      s = read_item (&r, item, &known);
      rw_note_add (notes, known ? RW_NOTE_USED : RW_NOTE_IGNORED, "llama.cpp.%s", item->string);
      if (!known)
        rw_note_add (notes, RW_NOTE_WARNING,
                     "llama.cpp.%.60s: not a key of a GGUF file's ropes; names stand without the "
                     "architecture%s",
                     item->string,
                     rw_did_you_mean (near, sizeof near, item->string, key_name, NULL));
    }
  return s;
}
