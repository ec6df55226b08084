/* gguf_copy: a new GGUF file from an open one, with some metadata and some vectors changed and all
   else kept byte for byte: metadata in its order, weights in theirs.

   The weights are streamed by the kernel (copy_file_range; where the file systems cannot, written
   out of the mapping), so that memory holds the metadata only.  The file gets a temporary name in
   the folder of its own, is synced, checked by the caller's `check` and then renamed: it is there
   whole or not at all, whatever fails, and the file that is read may be the one that is replaced.
   A model of several files becomes one file.  */
#ifndef RW_MODEL_GGUF_COPY_H
#define RW_MODEL_GGUF_COPY_H

#include "model/gguf.h"

#include <signal.h>

/* One key that is to be another, or gone; keys that the file does not have yet come last.  */
typedef struct
{
  const char *key;
  bool gone;
  rw_gguf_type type; /* RW_GGUF_UINT32, RW_GGUF_FLOAT32, RW_GGUF_STRING or RW_GGUF_BOOL; where the
                        key has a wider type of the same kind in the file, it keeps that */
  double number;
  const char *text; /* of RW_GGUF_STRING */
} rw_gguf_change;

/* A tensor of float32 values, in place of the file's if that has one of this name.  */
typedef struct
{
  const char *name;
  const double *x; /* (n,) finite also as float32 */
  size_t n;        /* 0: the file is to have no such tensor */
} rw_gguf_vector;

typedef struct
{
  const rw_gguf_change *change; /* (n_changes,) */
  size_t n_changes;
  const rw_gguf_vector *vector; /* (n_vectors,) */
  size_t n_vectors;
  bool replace; /* an existing file of this name; else RW_EEXIST */
  /* OPTIONAL: looks at the whole file under its temporary name; its error is the copy's.  */
  rw_status (*check) (const char *path, void *data, rw_error *err);
  void *data;
  const volatile sig_atomic_t *stop; /* OPTIONAL: not 0 ends the copy with RW_EINTR */
} rw_gguf_edit;

rw_status rw_gguf_copy (const rw_gguf *g, const char *path, const rw_gguf_edit *edit,
                        rw_error *err);

#endif
