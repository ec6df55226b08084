/* product: one tile of a matrix product by the library: y (rows, cols) = x (rows, k) W^T; private.

   Tiles have a fixed number of rows: whoever has fewer fills up, so that the library always sees
   the same shape and a value does not depend on how many rows are computed together.  A panel of W
   is packed once into the library's own order and meets all rows.  */
#ifndef RW_MODEL_PRODUCT_H
#define RW_MODEL_PRODUCT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum
{
  RW_PRODUCT_ROWS = 32 /* of a tile; smallest with the full rate of oneDNN's kernels */
};

typedef struct
{
  size_t k, cols; /* values of a row of x and of W; rows of W in the panel */
  bool bfloat16;  /* x and the panel are bfloat16 */
} rw_product_shape;

typedef struct rw_product rw_product; /* of one thread */

rw_status rw_product_new (const rw_product_shape *shape, rw_product **out, rw_error *err);
void rw_product_free (rw_product *p);          /* NULL-safe */
size_t rw_product_bytes (const rw_product *p); /* of a packed panel */

/* Both are called with OpenMP told to use one thread.  False where the library fails.  */
bool rw_product_pack (rw_product *p, const float *w, void *panel); /* w (cols, k) */
/* x and y have no gaps between rows: oneDNN's fastest kernels want it so.  */
bool rw_product_run (rw_product *p, const void *x, const void *panel, float *y);

/* RW_EINVAL where products in bfloat16 are not to be had here.  */
rw_status rw_product_bfloat16 (rw_error *err);

#endif
