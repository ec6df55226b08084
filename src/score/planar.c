/* planar: rows of real parts, imaginary parts and the rest; see planar.h.  */
#include "score/planar.h"

#include <string.h>

enum
{
  PIECE = 64 /* rows read at once */
};

static size_t
whole (size_t n)
{
  return (n + RW_PLANAR_STEP - 1) / RW_PLANAR_STEP * RW_PLANAR_STEP;
}

static bool
in_place (const rw_planar_ask *ask, const rw_planar *p)
{
  const rw_rows *rows = ask->rows;
  return rows->type == RW_FLOAT32 && ask->layout == RW_HALF && !ask->scale && !ask->token
         && rows->dim == 2 * p->pairs + p->rest && p->pairs == ask->pairs
         && (uintptr_t) rows->data % _Alignof(float) == 0;
}

/* One row of `dim` channels as read, to one row of out.  */
static void
arrange (const rw_planar_ask *ask, const rw_planar *p, const float *x, double scale, float *out)
{
  const size_t k = ask->pairs, half = ask->layout == RW_HALF;
  const size_t step = half ? 1 : 2, other = half ? k : 1;
  for (size_t i = 0; i < k; i++)
    {
      out[i] = x[step * i];
      out[p->pairs + i] = x[step * i + other];
    }
  memcpy (out + 2 * p->pairs, x + 2 * k, (ask->rows->dim - 2 * k) * sizeof *out);
  if (ask->scale) /* rounded once more: 6e-8 of the value, as every product of the kernels */
    for (size_t c = 0; c < 2 * p->pairs + p->rest; c++)
      out[c] = (float) (scale * (double) out[c]);
}

static void
copy (const rw_planar_ask *ask, const rw_planar *p, size_t from, size_t n, float *piece, float *out)
{
  if (!ask->token)
    rw_rows_read (ask->rows, from, n, piece);
  for (size_t j = 0; j < n; j++)
    {
      const size_t token = ask->token ? (size_t) ask->token[from + j] : from + j;
      float *x = piece + (ask->token ? 0 : j * ask->rows->dim);
      if (ask->token)
        rw_rows_read (ask->rows, token, 1, x);
      arrange (ask, p, x, ask->scale ? ask->scale[token] : 1,
               out + (from + j) * (size_t) p->stride);
    }
}

rw_status
rw_planar_make (const rw_planar_ask *ask, rw_planar *out, rw_error *err)
{
  const size_t dim = ask->rows->dim, n = ask->n;
  rw_planar p = { .n = n, .pairs = whole (ask->pairs), .rest = whole (dim - 2 * ask->pairs) };
  if (in_place (ask, &p))
    {
      p.data = ask->rows->data;
      p.stride = ask->rows->stride;
      *out = p;
      return RW_OK;
    }
  const size_t width = 2 * p.pairs + p.rest, threads = ask->threads > 1 ? (size_t) ask->threads : 1;
  float *piece = rw_new (threads * PIECE, dim * sizeof *piece);
  float *data = rw_new (n, width * sizeof *data);
  if (!piece || !data)
    {
      rw_free (piece);
      rw_free (data);
      return rw_nomem (err, n * width * sizeof *data);
    }
  p.data = p.owned = data;
  p.stride = (ptrdiff_t) width;
#pragma omp parallel for num_threads((int) threads) schedule(static)
  for (size_t t = 0; t < threads; t++)
    for (size_t i = t * PIECE; i < n; i += threads * PIECE)
      copy (ask, &p, i, n - i < PIECE ? n - i : PIECE, piece + t * PIECE * dim, data);
  rw_free (piece);
  *out = p;
  return RW_OK;
}

void
rw_planar_free (rw_planar *p)
{
  if (p)
    {
      rw_free (p->owned);
      *p = (rw_planar){ 0 };
    }
}
