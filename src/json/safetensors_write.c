/* safetensors_write: named vectors as a file of Hugging Face's format; see safetensors.h.

   8 bytes: the header's length; the header, JSON, padded with spaces to 8 bytes; the values,
   little- endian: https://github.com/huggingface/safetensors, "Format".  */
#include "json/json.h"
#include "json/safetensors.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum
{
  ALIGNMENT = 8
};

static size_t
size_of (const rw_safetensors_vector *v)
{
  return v->single ? sizeof (float) : sizeof (double);
}

static rw_status
check (const rw_safetensors_vector *v, rw_error *err)
{
  for (size_t i = 0; i < v->n; i++)
    if (!isfinite (v->single ? (double) (float) v->x[i] : v->x[i]))
      return rw_fail (err, RW_EDOMAIN, "%s: value %zu is %g, not finite", v->name, i, v->x[i]);
  return RW_OK;
}

/* "NAME": {"dtype": "F64", "shape": [n], "data_offsets": [begin, end]}; returns the end.  */
static size_t
describe (const rw_safetensors_vector *v, size_t begin, cJSON *header)
{
  const size_t end = begin + v->n * size_of (v);
  cJSON *entry = cJSON_AddObjectToObject (header, v->name);
  cJSON *shape, *offsets;
  cJSON_AddStringToObject (entry, "dtype", v->single ? "F32" : "F64");
  shape = cJSON_AddArrayToObject (entry, "shape");
  cJSON_AddItemToArray (shape, cJSON_CreateNumber ((double) v->n));
  offsets = cJSON_AddArrayToObject (entry, "data_offsets");
  cJSON_AddItemToArray (offsets, cJSON_CreateNumber ((double) begin));
  cJSON_AddItemToArray (offsets, cJSON_CreateNumber ((double) end));
  return end;
}

static void
add_values (const rw_safetensors_vector *v, rw_text *out)
{
  for (size_t i = 0; i < v->n; i++)
    {
      const float single = (float) v->x[i]; /* what the caller asked for */
      if (v->single)
        rw_text_addn (out, (const char *) &single, sizeof single);
      else
        rw_text_addn (out, (const char *) &v->x[i], sizeof v->x[i]);
    }
}

rw_status
rw_safetensors_write (const rw_safetensors_vector *vector, size_t n, const cJSON *metadata,
                      rw_text *out, rw_error *err)
{
  rw_text text = { 0 };
  cJSON *header = cJSON_CreateObject ();
  size_t at = 0;
  rw_status s = RW_OK;
  if (metadata)
    cJSON_AddItemToObject (header, "__metadata__", cJSON_Duplicate (metadata, true));
  for (size_t i = 0; i < n && !s; i++)
    {
      s = check (&vector[i], err);
      at = describe (&vector[i], at, header);
    }
  rw_json_normal (header, &text);
  cJSON_Delete (header);
  while (text.n % ALIGNMENT)
    rw_text_add (&text, " ");
  const uint64_t length = text.n;
  rw_text_addn (out, (const char *) &length, sizeof length);
  rw_text_addn (out, rw_text_get (&text), text.n);
  for (size_t i = 0; i < n && !s; i++)
    add_values (&vector[i], out);
  out->failed |= text.failed;
  rw_text_free (&text);
  return s;
}
