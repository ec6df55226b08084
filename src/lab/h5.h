/* h5: the HDF5 idioms of the lab, and the outline's way into a file and out of it.

   Lab-private, and with the .c files that include it the only place that names HDF5.  Every call
   is quiet (HDF5's own error printing is off while it works, and the caller's setting comes back).
   Files get V18 superblock bounds, tracked creation order, no time stamps inside (two equal runs
   give equal bytes), no HDF5 file locking (the store has its own lock).  */
#ifndef RW_LAB_H5_H
#define RW_LAB_H5_H

#include "lab/h5_disk.h"
#include "lab/outline.h"

#include <hdf5.h>

/* Turns HDF5's error printing off until rw_h5_loud.  */
typedef struct
{
  H5E_auto2_t print;
  void *data;
} rw_h5_voice;
rw_h5_voice rw_h5_quiet (void);
void rw_h5_loud (rw_h5_voice voice);

/* RW_EIO "PATH: doing: why", why being the deepest line of HDF5's error stack.  */
rw_status rw_h5_fail (rw_error *err, const char *path, const char *doing);

/* A new file (an old one is truncated); negative on failure.  *fault must outlive it.  */
hid_t rw_h5_create (const char *path, rw_h5_fault *fault);
/* Closes a file made by rw_h5_create; `status` is how its writing went so far.  What the disk said
   goes before what HDF5 said.  */
rw_status rw_h5_finish (hid_t file, const char *path, rw_h5_fault *fault, rw_status status,
                        rw_error *err);
hid_t rw_h5_open (const char *path); /* read-only; negative on failure */
/* A group whose links and attributes keep the order in which they were made.  */
hid_t rw_h5_group (hid_t where, const char *name);
hid_t rw_h5_text_type (void); /* variable-length UTF-8; the caller closes it */

/* Attributes; each returns negative on failure.  */
herr_t rw_h5_put_text (hid_t object, const char *name, const char *text);
herr_t rw_h5_put_texts (hid_t object, const char *name, size_t n, const char *const *texts);
herr_t rw_h5_put_number (hid_t object, const char *name, hid_t type, const void *value);
herr_t rw_h5_put_numbers (hid_t object, const char *name, hid_t type, size_t n, const void *v);
/* Reading; what is missing or of another type is NULL, `missing` or 0 texts.  Texts go into the
   outline's arena.  */
char *rw_h5_get_text (rw_outline *outline, hid_t object, const char *name);
double rw_h5_get_number (hid_t object, const char *name, double missing);
size_t rw_h5_get_texts (rw_outline *outline, hid_t object, const char *name, size_t most,
                        const char **texts);
size_t rw_h5_get_numbers (hid_t object, const char *name, size_t most, double *v);

/* How a variable's dataset is laid: contiguous where chunk[0] is 0.  */
typedef struct
{
  size_t rank, split; /* dimensions before `split` count 1 in a chunk, those after it in full */
  hsize_t shape[RW_RANK_MAX], chunk[RW_RANK_MAX];
} rw_h5_shape;
void rw_h5_shape_of (const rw_outline *outline, const rw_outline_var *var, bool chunked,
                     rw_h5_shape *out);

/* Writes coordinates, empty variables, figures and attributes: everything but the values.
   chunked: the finished file's storage; else the part file's.  */
rw_status rw_h5_write_outline (hid_t file, const char *path, const rw_outline *outline,
                               bool chunked, rw_error *err);
rw_status rw_h5_write_figures (hid_t file, const char *path, const rw_outline *outline,
                               rw_error *err);
/* Reads a file's outline (a new one; the caller frees it).  */
rw_status rw_h5_read_outline (hid_t file, const char *path, rw_outline **out, rw_error *err);
rw_status rw_h5_read_figures (hid_t file, const char *path, rw_outline *outline, rw_error *err);

#endif
