/* result: a result file, finished or part, opened for reading: what `show`, `plot` and `merge` see.

   A rw_result is its outline (dimensions, coordinates with values or labels, variables with dims,
   unit, long_name and kind, figures as declared, text attributes; see outline.h) and a handle from
   which variables are read, whole or by a selection of their dimensions.  Example, all distances of
   one cell:

     rw_result *r;
     rw_result_open ("run.h5", &r, err);
     const size_t k = rw_outline_var_find (r->outline, "similarity");    (n_vars: no such variable)
     rw_span span[RW_RANK_MAX];
     rw_result_whole (r, k, span);                                     (every dimension in full)
     span[0] = (rw_span){ .first = 2, .count = 1 };
     double *y = rw_new (rw_span_size (span, r->outline->vars[k].n_dims), sizeof *y);
     rw_result_read (r, k, span, y, err);

   r->outline->vars[k].dim[j] says which dimension span[j] is of.  Status reads as 0, 1, 2.
   The caller of open closes; everything in the outline lives until then.  HDF5 is not thread-safe:
   one thread at a time may be in these functions.  */
#ifndef RW_LAB_RESULT_H
#define RW_LAB_RESULT_H

#include "lab/outline.h"

#include <stdint.h>

typedef struct
{
  size_t first, count;
} rw_span;

typedef struct
{
  char *path;
  rw_outline *outline;
  int64_t file, *set; /* lab-private: handles of the file and (n_vars,) of variables read so far */
} rw_result;

/* RW_EIO where the file is missing, is not a result file or is damaged.  */
rw_status rw_result_open (const char *path, rw_result **out, rw_error *err);
void rw_result_close (rw_result *result); /* NULL-safe */

/* The coordinate of a dimension (its own, not a linked one).  */
const rw_outline_coord *rw_result_scale (const rw_result *result, size_t dim);
/* The text of value i of a coordinate: its label, or the shortest decimal.  */
const char *rw_coord_text (const rw_outline_coord *coord, size_t i, char buf[32]);
/* Finds a value on a coordinate: a label exactly or by a prefix that only one has, a number
   exactly; else RW_EINVAL with the values there are.  */
rw_status rw_coord_find (const rw_result *result, const rw_outline_coord *coord, const char *text,
                         size_t *index, rw_error *err);

void rw_result_whole (const rw_result *result, size_t var, rw_span span[RW_RANK_MAX]);
size_t rw_span_size (const rw_span *span, size_t n); /* product of the counts */

/* Reads variable `var`; span is (n_dims,) or NULL for everything; out has the product of the
   counts, last dimension fastest.  */
rw_status rw_result_read (const rw_result *result, size_t var, const rw_span *span, double *out,
                          rw_error *err);

#endif
