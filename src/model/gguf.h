/* gguf: a model file in the GGUF format, versions 2 and 3, mapped: metadata and tensors, checked
   whole when it is opened, so that whoever reads it afterwards need not doubt it.

   Every count, length, offset and shape is checked against the file's size before anything is
   allocated for it; a file that lies is refused with its place.  Tensors are views into the mapping
   and nothing is copied.  A file that was split (`split.count`; NAME-00001-of-00003.gguf) is opened
   with its brothers and looks like one.

   The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md  */
#ifndef RW_MODEL_GGUF_H
#define RW_MODEL_GGUF_H

#include "base/status.h"
#include "model/quant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Metadata types, numbered as in the file.  */
typedef enum
{
  RW_GGUF_UINT8,
  RW_GGUF_INT8,
  RW_GGUF_UINT16,
  RW_GGUF_INT16,
  RW_GGUF_UINT32,
  RW_GGUF_INT32,
  RW_GGUF_FLOAT32,
  RW_GGUF_BOOL,
  RW_GGUF_STRING,
  RW_GGUF_ARRAY,
  RW_GGUF_UINT64,
  RW_GGUF_INT64,
  RW_GGUF_FLOAT64
} rw_gguf_type;

/* Text in the mapping: not terminated, any bytes.  */
typedef struct
{
  const char *s;
  size_t n;
} rw_gguf_text;

typedef struct
{
  rw_gguf_text key;
  rw_gguf_type type; /* of the value, or of the items of an array */
  bool array;
  size_t n;         /* items; 1 where it is no array */
  const void *data; /* the items side by side in the mapping, unaligned; strings: see below */
  const rw_gguf_text *text; /* (n,) where the type is RW_GGUF_STRING */
} rw_gguf_value;

typedef struct
{
  rw_gguf_text name;
  uint32_t ggml_type; /* the file's number of the type */
  rw_quant type;      /* RW_QUANTS: a type whose values are not read here ("IQ2_XS", "I32") */
  size_t rank;
  size_t shape[4];  /* GGUF's order: shape[0] is the fastest, the length of a row; 1 beyond rank */
  const void *data; /* in the mapping; every byte of it lies in the file */
  size_t bytes;
} rw_gguf_tensor;

typedef struct rw_gguf rw_gguf;

/* The caller closes it with rw_gguf_close.  */
rw_status rw_gguf_open (const char *path, rw_gguf **out, rw_error *err);
/* The same of bytes in memory, which must outlive it: for tests and fuzzing.  `name` stands in
   errors.  */
rw_status rw_gguf_parse (const char *name, const void *data, size_t n, rw_gguf **out,
                         rw_error *err);
void rw_gguf_close (rw_gguf *g); /* NULL-safe */

const char *rw_gguf_path (const rw_gguf *g);
uint32_t rw_gguf_version (const rw_gguf *g);
size_t rw_gguf_values (const rw_gguf *g);
const rw_gguf_value *rw_gguf_value_at (const rw_gguf *g, size_t i);
size_t rw_gguf_tensors (const rw_gguf *g);
const rw_gguf_tensor *rw_gguf_tensor_at (const rw_gguf *g, size_t i);
/* NULL where there is none.  */
const rw_gguf_value *rw_gguf_find (const rw_gguf *g, const char *key);
const rw_gguf_tensor *rw_gguf_tensor_find (const rw_gguf *g, const char *name);

/* Hex SHA-256 of the metadata, the tensor table and the values; where those are more than 256 MB,
   of the first 64 KB of each tensor instead.  A change behind those is not seen.  */
void rw_gguf_digest (const rw_gguf *g, char hex[65]);

/* Item i as a number: any of the number types and bool.  False where it is none, or i >= n.  */
bool rw_gguf_number (const rw_gguf_value *v, size_t i, double *out);

/* What metadata must or may be there: RW_EINVAL with the file and the key where it is missing, of
   another type, or out of [lo, hi].  */
rw_status rw_gguf_need_number (const rw_gguf *g, const char *key, double lo, double hi, double *out,
                               rw_error *err);
/* The same, but *out is left alone where the key is missing.  */
rw_status rw_gguf_may_number (const rw_gguf *g, const char *key, double lo, double hi, double *out,
                              rw_error *err);
/* NULL where the key is missing; terminated, from rw_new: the caller frees it.  */
rw_status rw_gguf_may_text (const rw_gguf *g, const char *key, char **out, rw_error *err);

#endif
