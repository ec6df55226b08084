/* gguf_part: one file of a GGUF model, read and checked by itself.  Private to src/model.

   Values and tensors of a part point into its bytes, which must outlive it.  Freed with
   rw_gguf_part_free.  */
#ifndef RW_MODEL_GGUF_PART_H
#define RW_MODEL_GGUF_PART_H

#include "base/mapping.h"
#include "model/gguf.h"

typedef struct
{
  const char *name; /* begins errors; borrowed */
  const unsigned char *data;
  size_t n; /* bytes */
  uint32_t version;
  rw_gguf_value *value; /* (n_values,) owned, with their texts */
  size_t n_values;
  rw_gguf_tensor *tensor; /* (n_tensors,) owned, in the file's order */
  size_t n_tensors;
  size_t head; /* bytes before the values: header, metadata, tensor table */
} rw_gguf_part;

/* File i of a model; NULL after the last.  */
const rw_gguf_part *rw_gguf_part_at (const rw_gguf *g, size_t i);
/* Its mapping; NULL where the bytes are another's.  */
const rw_mapping *rw_gguf_part_mapping (const rw_gguf *g, size_t i);

/* name, data and n are set; reads the rest.  On failure the part is freed.  */
rw_status rw_gguf_part_read (rw_gguf_part *part, rw_error *err);
void rw_gguf_part_free (rw_gguf_part *part);

/* ---- reading on, with what is left in sight; errors name the file and the byte ---- */

typedef struct
{
  const rw_gguf_part *part;
  size_t at;        /* bytes read */
  const char *what; /* being read, for errors: "the tensor table" */
  rw_error *err;
} rw_gguf_scan;

rw_status rw_gguf_scan_u32 (rw_gguf_scan *s, uint32_t *out);
rw_status rw_gguf_scan_u64 (rw_gguf_scan *s, uint64_t *out);
rw_status rw_gguf_scan_text (rw_gguf_scan *s, rw_gguf_text *out);
/* n items of `size` bytes lie ahead; steps over them.  */
rw_status rw_gguf_scan_items (rw_gguf_scan *s, uint64_t n, size_t size, const void **out);
/* A count of things that take at least `least` bytes each: refused where the rest of the file could
   not hold them.  */
rw_status rw_gguf_scan_count (rw_gguf_scan *s, size_t least, const char *noun, size_t *out);
/* "FILE: byte N: WHAT: ..." */
rw_status rw_gguf_scan_fail (const rw_gguf_scan *s, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

/* The metadata and the tensor table of n entries, of which the scan stands at the first byte.  */
rw_status rw_gguf_scan_values (rw_gguf_scan *s, size_t n, rw_gguf_part *part);
rw_status rw_gguf_scan_tensors (rw_gguf_scan *s, size_t n, rw_gguf_part *part);

/* ---- names ---- */

enum
{
  RW_GGUF_SHOWN = 100 /* bytes of a name in an error */
};

/* The text's beginning with what cannot be printed as '?': for errors.  */
char *rw_gguf_show (rw_gguf_text text, char buf[RW_GGUF_SHOWN + 4]);
bool rw_gguf_equal (rw_gguf_text a, const char *b);

/* Names sorted by bytes, so that one is found in log time whatever a hostile file calls them.  */
typedef struct
{
  rw_gguf_text name;
  size_t at; /* the index of what is called so */
} rw_gguf_entry;

void rw_gguf_sort (rw_gguf_entry *entry, size_t n);
/* The first name that stands there twice, or NULL.  */
const rw_gguf_entry *rw_gguf_twice (const rw_gguf_entry *entry, size_t n);
const rw_gguf_entry *rw_gguf_search (const rw_gguf_entry *entry, size_t n, const char *name);

#endif
