/* select: the values of a field at what a measure holds and cuts.  Private to src/claim.  */
#ifndef RW_CLAIM_SELECT_H
#define RW_CLAIM_SELECT_H

#include "claim/claim.h"
#include "lab/result.h"

enum
{
  RW_SELECT_MAX = 1 << 26 /* values of one selection: half a GiB */
};

typedef struct
{
  const char *name; /* of the outline */
  size_t n;
  double *x; /* (n,) owned; NULL where the dimension has labels */
} rw_selected;

/* Values with the dimensions of more than one place that are left; or, where there are none, with
   the one that a range was given for.  */
typedef struct
{
  size_t n;
  double *y; /* (n,) owned, last dimension fastest; NULL where only the shape was asked for */
  size_t n_dims;
  rw_selected dim[RW_RANK_MAX];
} rw_selection;

/* RW_EINVAL where the file has no such field, dimension or place; RW_EIO, RW_ENOMEM.  On error
   nothing is owned.  The caller frees.  */
rw_status rw_select_read (const rw_result *result, const rw_measure *measure, rw_selection *out,
                          rw_error *err);
/* The same without values: of the result only its outline is asked.  */
rw_status rw_select_shape (const rw_result *result, const rw_measure *measure, rw_selection *out,
                           rw_error *err);
void rw_select_free (rw_selection *selection); /* zeroes it */

#endif
