/* safetensors: Hugging Face's file of named arrays: the header read, the values left in place.

   Strict, as the format demands: a JSON header without repeated keys; every array's offsets inside
   the file and as large as its shape says; together they cover the rest of the file without
   overlaps or holes.  Arrays of types that are no floating point numbers of 16 to 64 bits may stand
   in the file, but are refused when asked for.  The texts of __metadata__ become the notes of every
   array.  */
#ifndef RW_JSON_SAFETENSORS_H
#define RW_JSON_SAFETENSORS_H

#include "base/tensor.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

typedef struct rw_safetensors rw_safetensors;

/* `bytes` (n of them) is the whole file, which must live as long as *out; `name` begins the errors.
   The caller frees *out with rw_safetensors_free.  */
rw_status rw_safetensors_open (const char *name, const void *bytes, size_t n, rw_safetensors **out,
                               rw_error *err);
void rw_safetensors_free (rw_safetensors *file); /* NULL-safe */

/* An array by its name; an unknown one lists the known.  NULL is the only one of the file.  The
   tensor is valid as long as `file`.  */
rw_status rw_safetensors_get (const rw_safetensors *file, const char *name, rw_tensor *out,
                              rw_error *err);

/* ---- writing ---- */

typedef struct
{
  const char *name;
  const double *x; /* (n,) finite */
  size_t n;
  bool single; /* F32, else F64 */
} rw_safetensors_vector;

/* Appends the bytes of a file of n vectors; metadata is NULL or an object of texts.  A value that
   is not finite is RW_EDOMAIN.  */
rw_status rw_safetensors_write (const rw_safetensors_vector *vector, size_t n,
                                const cJSON *metadata, rw_text *out, rw_error *err);

#endif
