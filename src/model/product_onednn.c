/* product: by a matmul primitive of oneDNN; see product.h.

   A primitive is made for the fixed tile, with the panel's layout left to the library and its
   scratch memory ours, so that running it allocates nothing.  */
#include "config.h"

#include "base/mem.h"
#include "model/gemm.h"
#include "model/product.h"

#ifdef RW_ONEDNN
#  include <oneapi/dnnl/dnnl.h>
#  include <stdio.h>
#  ifdef _OPENMP
#    include <omp.h>
#  else
#    define omp_get_max_threads() 1
#    define omp_set_num_threads(n) (void) (n)
#  endif

struct rw_product
{
  rw_product_shape shape;
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  dnnl_primitive_t product, reorder;
  dnnl_memory_t x, panel, y, scratch; /* of the product */
  dnnl_memory_t w;                    /* of the reorder: (cols, k) float32 */
  void *scratch_bytes;
  size_t panel_bytes;
};

void
rw_product_free (rw_product *p)
{
  if (!p)
    return;
  dnnl_memory_t *const memory[] = { &p->x, &p->panel, &p->y, &p->scratch, &p->w };
  for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
    if (*memory[i])
      dnnl_memory_destroy (*memory[i]);
  if (p->product)
    dnnl_primitive_destroy (p->product);
  if (p->reorder)
    dnnl_primitive_destroy (p->reorder);
  if (p->stream)
    dnnl_stream_destroy (p->stream);
  if (p->engine)
    dnnl_engine_destroy (p->engine);
  rw_free (p->scratch_bytes);
  rw_free (p);
}

/* A matrix whose rows lie `stride` values apart; transposed: columns.  */
static dnnl_status_t
matrix (dnnl_memory_desc_t *d, size_t rows, size_t cols, dnnl_data_type_t type, size_t by_row,
        size_t by_col)
{
  const dnnl_dims_t size = { (dnnl_dim_t) rows, (dnnl_dim_t) cols };
  const dnnl_dims_t strides = { (dnnl_dim_t) by_row, (dnnl_dim_t) by_col };
  return dnnl_memory_desc_init_by_strides (d, 2, size, type, strides);
}

static dnnl_status_t
describe (const rw_product *p, dnnl_primitive_desc_t *out)
{
  const rw_product_shape *s = &p->shape;
  const dnnl_data_type_t type = s->bfloat16 ? dnnl_bf16 : dnnl_f32;
  const dnnl_dims_t size = { (dnnl_dim_t) s->k, (dnnl_dim_t) s->cols };
  dnnl_memory_desc_t x, w, y;
  dnnl_matmul_desc_t matmul;
  dnnl_primitive_attr_t attr = NULL;
  dnnl_status_t e = matrix (&x, RW_PRODUCT_ROWS, s->k, type, s->k, 1);
  e = e ? e : matrix (&y, RW_PRODUCT_ROWS, s->cols, dnnl_f32, s->cols, 1);
  e = e ? e : dnnl_memory_desc_init_by_tag (&w, 2, size, type, dnnl_format_tag_any);
  e = e ? e : dnnl_matmul_desc_init (&matmul, &x, &w, NULL, &y);
  e = e ? e : dnnl_primitive_attr_create (&attr);
  e = e ? e : dnnl_primitive_attr_set_scratchpad_mode (attr, dnnl_scratchpad_mode_user);
  e = e ? e : dnnl_primitive_desc_create (out, &matmul, attr, p->engine, NULL);
  if (attr)
    dnnl_primitive_attr_destroy (attr);
  return e;
}

/* The memory objects of a primitive, their places given later.  */
static dnnl_status_t
memories (rw_product *p, const_dnnl_primitive_desc_t d)
{
  const dnnl_memory_desc_t *panel = dnnl_primitive_desc_query_md (d, dnnl_query_weights_md, 0);
  const dnnl_memory_desc_t *scratch = dnnl_primitive_desc_query_md (d, dnnl_query_scratchpad_md, 0);
  const dnnl_memory_desc_t *x = dnnl_primitive_desc_query_md (d, dnnl_query_src_md, 0);
  const dnnl_memory_desc_t *y = dnnl_primitive_desc_query_md (d, dnnl_query_dst_md, 0);
  p->panel_bytes = dnnl_memory_desc_get_size (panel);
  p->scratch_bytes = rw_new (dnnl_memory_desc_get_size (scratch), 1);
  if (!p->scratch_bytes)
    return dnnl_out_of_memory;
  dnnl_status_t e = dnnl_memory_create (&p->x, x, p->engine, NULL);
  e = e ? e : dnnl_memory_create (&p->y, y, p->engine, NULL);
  e = e ? e : dnnl_memory_create (&p->panel, panel, p->engine, NULL);
  return e ? e : dnnl_memory_create (&p->scratch, scratch, p->engine, p->scratch_bytes);
}

/* W as it lies in the file, row after row, to the panel's layout and type.  */
static dnnl_status_t
packing (rw_product *p, const_dnnl_primitive_desc_t d)
{
  const dnnl_memory_desc_t *panel = dnnl_primitive_desc_query_md (d, dnnl_query_weights_md, 0);
  dnnl_primitive_desc_t reorder = NULL;
  dnnl_memory_desc_t w;
  dnnl_status_t e = matrix (&w, p->shape.k, p->shape.cols, dnnl_f32, 1, p->shape.k);
  e = e ? e : dnnl_memory_create (&p->w, &w, p->engine, NULL);
  e = e ? e : dnnl_reorder_primitive_desc_create (&reorder, &w, p->engine, panel, p->engine, NULL);
  e = e ? e : dnnl_primitive_create (&p->reorder, reorder);
  if (reorder)
    dnnl_primitive_desc_destroy (reorder);
  return e;
}

static dnnl_status_t
build (rw_product *p)
{
  dnnl_primitive_desc_t d = NULL;
  dnnl_status_t e = dnnl_engine_create (&p->engine, dnnl_cpu, 0);
  e = e ? e : dnnl_stream_create (&p->stream, p->engine, dnnl_stream_default_flags);
  e = e ? e : describe (p, &d);
  e = e ? e : dnnl_primitive_create (&p->product, d);
  e = e ? e : memories (p, d);
  e = e ? e : packing (p, d);
  if (d)
    dnnl_primitive_desc_destroy (d);
  return e;
}

rw_status
rw_product_new (const rw_product_shape *shape, rw_product **out, rw_error *err)
{
  rw_product *p = *out = rw_new (1, sizeof *p);
  if (!p)
    return rw_nomem (err, sizeof *p);
  p->shape = *shape;
  const int threads = omp_get_max_threads ();
  omp_set_num_threads (1); /* a primitive is made for the threads that it sees */
  const dnnl_status_t e = build (p);
  omp_set_num_threads (threads);
  if (!e)
    return RW_OK;
  rw_product_free (p);
  *out = NULL;
  if (e == dnnl_out_of_memory)
    return rw_fail (err, RW_ENOMEM, "out of memory: oneDNN's product of %zu x %zu", shape->k,
                    shape->cols);
  return rw_fail (err, RW_EINVAL, "oneDNN has no product of %zu x %zu (its status %d)", shape->k,
                  shape->cols, (int) e);
}

size_t
rw_product_bytes (const rw_product *p)
{
  return p->panel_bytes;
}

bool
rw_product_pack (rw_product *p, const float *w, void *panel)
{
  const dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, p->w }, { DNNL_ARG_TO, p->panel } };
  union
  {
    const float *from;
    void *to;
  } place = { .from = w }; /* the library only reads it */
  return !dnnl_memory_set_data_handle (p->w, place.to)
         && !dnnl_memory_set_data_handle (p->panel, panel)
         && !dnnl_primitive_execute (p->reorder, p->stream, 2, args);
}

bool
rw_product_run (rw_product *p, const void *x, const void *panel, float *y)
{
  const dnnl_exec_arg_t args[] = { { DNNL_ARG_SRC, p->x },
                                   { DNNL_ARG_WEIGHTS, p->panel },
                                   { DNNL_ARG_DST, p->y },
                                   { DNNL_ARG_SCRATCHPAD, p->scratch } };
  union
  {
    const void *from;
    void *to;
  } place = { .from = x }; /* the library only reads it */
  (void) panel;            /* where rw_product_pack put it */
  return !dnnl_memory_set_data_handle (p->x, place.to) && !dnnl_memory_set_data_handle (p->y, y)
         && !dnnl_primitive_execute (p->product, p->stream, 4, args);
}

rw_status
rw_product_bfloat16 (rw_error *err)
{
  const unsigned want = dnnl_cpu_isa_avx512_core_bf16;
  if (((unsigned) dnnl_get_effective_cpu_isa () & want) == want)
    return RW_OK;
  rw_fail (err, RW_EINVAL, "products in bfloat16 need a processor with AVX-512 BF16");
  return rw_hint (err, "leave them out: products are then float32");
}

const char *
rw_gemm_library (void)
{
#  define TEXT(x) #  x
#  define NAMED(a, b, c) "oneDNN " TEXT (a) "." TEXT (b) "." TEXT (c)
  return NAMED (DNNL_VERSION_MAJOR, DNNL_VERSION_MINOR, DNNL_VERSION_PATCH);
}

#else
typedef int product_onednn_is_not_here; /* a file is never empty */
#endif
