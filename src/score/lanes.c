/* lanes: reading channel pairs; see lanes.h.  */
#include "score/lanes.h"
#include "score/fft.h"

#include <string.h>

static size_t
at_most (size_t n, size_t most)
{
  return n < most ? n : most;
}

rw_lanes
rw_lanes_pairs (const rw_rows *rows, rw_layout layout, size_t pairs, size_t g)
{
  const size_t first = g * RW_LANES, n = at_most (pairs - first, RW_LANES);
  if (layout == RW_INTERLEAVED)
    return (rw_lanes){ .rows = rows, .re = 2 * first, .n_re = n, .n_im = n, .woven = true };
  return (rw_lanes){ .rows = rows, .re = first, .n_re = n, .im = pairs + first, .n_im = n };
}

rw_lanes
rw_lanes_rest (const rw_rows *rows, size_t first, size_t g)
{
  const size_t re = first + g * 2 * RW_LANES, n = at_most (rows->dim - re, 2 * RW_LANES);
  const size_t n_re = at_most (n, RW_LANES);
  return (rw_lanes){ .rows = rows, .re = re, .n_re = n_re, .im = re + n_re, .n_im = n - n_re };
}

/* Values of a token from a channel on.  */
static void
read_run (const rw_lanes *l, size_t token, size_t channel, size_t n, double *out)
{
  const rw_rows *rows = l->rows;
  const ptrdiff_t at = (ptrdiff_t) token * rows->stride + (ptrdiff_t) channel;
  const unsigned char *p
      = (const unsigned char *) rows->data + at * (ptrdiff_t) rw_dtype_size (rows->type);
  float x[RW_LANES];
  if (rows->type != RW_FLOAT32 || n != RW_LANES)
    {
      rw_dtype_read_double (rows->type, p, 1, n, out);
      return;
    }
  memcpy (x, p, sizeof x); /* the usual case, for speed */
  for (size_t i = 0; i < RW_LANES; i++)
    out[i] = (double) x[i];
}

static void
read_token (const rw_lanes *l, size_t token, double *out)
{
  double woven[2 * RW_LANES];
  if (!l->woven)
    {
      read_run (l, token, l->re, l->n_re, out);
      if (l->n_im)
        read_run (l, token, l->im, l->n_im, out + RW_LANES);
      return;
    }
  for (size_t half = 0; half < 2 * l->n_re; half += RW_LANES)
    read_run (l, token, l->re + half, at_most (2 * l->n_re - half, RW_LANES), woven + half);
  for (size_t i = 0; i < l->n_re; i++)
    {
      out[i] = woven[2 * i];
      out[RW_LANES + i] = woven[2 * i + 1];
    }
}

void
rw_lanes_read (const rw_lanes *l, const double *scale, size_t from, size_t n, double *out)
{
  if (l->n_im < RW_LANES)
    memset (out, 0, n * 2 * RW_LANES * sizeof *out);
  for (size_t j = 0; j < n; j++, out += 2 * RW_LANES)
    {
      read_token (l, from + j, out);
      for (size_t i = 0; scale && i < 2 * RW_LANES; i++)
        out[i] *= scale[from + j];
    }
}
