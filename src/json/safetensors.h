/* safetensors: Hugging Face's file of named arrays: the header read, the values left in place.

   Strict, as the format demands: a JSON header without repeated keys; every array's offsets inside
   the file and as large as its shape says; together they cover the rest of the file without
   overlaps or holes.  Arrays of types that are no floating point numbers of 16 to 64 bits may stand
   in the file, but are refused when asked for.  The texts of __metadata__ become the notes of every
   array.  */
#ifndef RW_JSON_SAFETENSORS_H
#define RW_JSON_SAFETENSORS_H

#include "base/tensor.h"

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

#endif
