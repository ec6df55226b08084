/* product: by a CBLAS, where oneDNN is not to be had; see product.h.  The panel stays row after
   row.  */
#include "config.h"

#include "base/mem.h"
#include "model/gemm.h"
#include "model/product.h"

#ifndef RW_ONEDNN
#  include <gsl/gsl_cblas.h>
#  include <string.h>

/* OpenBLAS has threads of its own, which would share the tile.  */
extern void openblas_set_num_threads (int n) __attribute__ ((weak));
extern char *openblas_get_config (void) __attribute__ ((weak));

struct rw_product
{
  rw_product_shape shape;
};

rw_status
rw_product_new (const rw_product_shape *shape, rw_product **out, rw_error *err)
{
  rw_product *p = *out = rw_new (1, sizeof *p);
  if (!p)
    return rw_nomem (err, sizeof *p);
  p->shape = *shape;
  if (openblas_set_num_threads)
    openblas_set_num_threads (1);
  return RW_OK;
}

void
rw_product_free (rw_product *p)
{
  rw_free (p);
}

size_t
rw_product_bytes (const rw_product *p)
{
  return p->shape.cols * p->shape.k * sizeof (float);
}

bool
rw_product_pack (rw_product *p, const float *w, void *panel)
{
  memcpy (panel, w, rw_product_bytes (p));
  return true;
}

bool
rw_product_run (rw_product *p, const void *x, const void *panel, float *y)
{
  const rw_product_shape *s = &p->shape;
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, RW_PRODUCT_ROWS, (int) s->cols, (int) s->k,
               1, x, (int) s->k, panel, (int) s->k, 0, y, (int) s->cols);
  return true;
}

rw_status
rw_product_bfloat16 (rw_error *err)
{
  rw_fail (err, RW_EINVAL, "products in bfloat16 need oneDNN, and this build has %s",
           rw_gemm_library ());
  return rw_hint (err, "install libdnnl-dev and configure again");
}

const char *
rw_gemm_library (void)
{
  return openblas_get_config ? "OpenBLAS" : "CBLAS";
}

#else
typedef int product_cblas_is_not_here; /* a file is never empty */
#endif
