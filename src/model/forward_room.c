/* forward_room: buffers and norms of the rows of a run; see forward_part.h.  */
#include "base/mem.h"
#include "model/forward_part.h"
#include "model/norm.h"

rw_status
rw_forward_room_need (rw_forward_room *r, size_t rows, size_t cols, rw_error *err)
{
  const size_t n = rw_forward_tiles (rows) * cols;
  if (n <= r->n)
    return RW_OK;
  rw_free (r->v);
  r->n = 0;
  r->v = rw_new (n, sizeof *r->v);
  if (!r->v)
    return rw_nomem (err, n * sizeof *r->v);
  r->n = n;
  return RW_OK;
}

void
rw_forward_norm (rw_forward *f, const float *w, const float *b, size_t rows, const float *x,
                 const size_t *from, float *y)
{
  const rw_norm_ask ask = { .kind = f->h->arch->norm,
                            .n = f->w.dim,
                            .w = w,
                            .b = b,
                            .eps = f->h->norm_eps,
                            .threads = f->ask.threads,
                            .simd = f->simd };
  rw_norm_run (&ask, rows, x, f->w.dim, from, y, f->w.dim);
}
