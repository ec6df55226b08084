/* h5_arrays: the datasets of an HDF5 file as tensors.

   Contiguous, unfiltered datasets are views into the mapped file; chunked, compressed and empty
   ones are unpacked on demand, a box at a time (rw_tensor.load).  Little-endian float16, float32
   and float64; HDF5 has no bfloat16.  Hard links only: what a file says lies in another file is
   not followed.  The notes of every tensor are the texts and numbers that / has as attributes under
   the keys that a source asks for.

   A file is opened first in a child process (rehearse.h); HDF5 is called by one thread at a time.
   Private to the lab.  */
#ifndef RW_LAB_H5_ARRAYS_H
#define RW_LAB_H5_ARRAYS_H

#include "base/mapping.h"
#include "base/tensor.h"

typedef struct rw_h5_arrays rw_h5_arrays;

/* `mapping` is the same file, and must live as long.  The caller frees *out.  */
rw_status rw_h5_arrays_open (const char *path, const rw_mapping *mapping, rw_h5_arrays **out,
                             rw_error *err);
void rw_h5_arrays_free (rw_h5_arrays *file); /* NULL-safe */

/* A dataset by its name, with or without a slash in front; an unknown one lists the known.  NULL is
   the only one of the file.  */
rw_status rw_h5_arrays_get (const rw_h5_arrays *file, const char *name, rw_tensor *out,
                            rw_error *err);

#endif
