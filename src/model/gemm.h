/* gemm: products of float32 activations with weights as they lie in the file.

   y (m, n) = x (m, k) W^T, W (n, k).  Panels of W are unpacked to float32 (bfloat16 on request)
   once and meet all rows of x; the products themselves are a library's: oneDNN's, else a CBLAS's,
   called on one thread with tiles of fixed shape, so that results depend neither on the number of
   threads nor on how many rows are computed together.  */
#ifndef RW_MODEL_GEMM_H
#define RW_MODEL_GEMM_H

#include "model/network.h"

typedef struct rw_gemm rw_gemm; /* warm panels, one a thread */

rw_status rw_gemm_new (int threads, bool bfloat16, rw_gemm **out, rw_error *err);
void rw_gemm_free (rw_gemm *g);
const char *rw_gemm_library (void); /* "oneDNN 2.6.3", "OpenBLAS", ...: for about and the file */

/* x is (m, cols of w), rows `xs` values apart; y (m, rows of w), `ys` apart.  `bias` may have no
   data. add: y += instead of y =.  */
rw_status rw_gemm_run (rw_gemm *g, const rw_weight *w, const rw_weight *bias, size_t m,
                       const float *x, size_t xs, float *y, size_t ys, bool add, rw_error *err);

#endif
