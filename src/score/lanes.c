/* lanes: reading channel pairs; see lanes.h.  */
#include "score/lanes.h"
#include "score/fft.h"

#include <string.h>

enum
{
  ELEMENT = 2 * RW_LANES,
  PIECE = 32 /* tokens */
};

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

static const unsigned char *
value_at (const rw_rows *rows, size_t token, size_t channel)
{
  const ptrdiff_t at = (ptrdiff_t) token * rows->stride + (ptrdiff_t) channel;
  return (const unsigned char *) rows->data + at * (ptrdiff_t) rw_dtype_size (rows->type);
}

/* Channels (re, im) of two runs beside each other, or of one run woven.  */
#define PLACE(name, type)                                                                          \
  static void name (const rw_lanes *l, const type *run, type *out)                                 \
  {                                                                                                \
    const size_t step = l->woven ? 2 : 1, im = l->woven ? 1 : l->n_re;                             \
    for (size_t i = 0; i < l->n_re; i++)                                                           \
      out[i] = run[i * step];                                                                      \
    for (size_t i = 0; i < l->n_im; i++)                                                           \
      out[RW_LANES + i] = run[im + i * step];                                                      \
  }
PLACE (place, float)
PLACE (place_double, double)

/* Types that float32 holds exactly.  */
static void
read_narrow (const rw_lanes *l, size_t from, size_t n, double *out)
{
  const rw_rows *rows = l->rows;
  rw_dtype_reader *read = rw_dtype_reader_of (rows->type, rw_simd_get ());
  for (size_t j = 0; j < n; j += PIECE, out += PIECE * ELEMENT)
    {
      const size_t some = at_most (n - j, PIECE);
      float x[PIECE * ELEMENT] = { 0 }, run[ELEMENT];
      for (size_t t = 0; t < some; t++)
        {
          const size_t token = from + j + t, first = l->woven ? l->n_re + l->n_im : l->n_re;
          read (value_at (rows, token, l->re), first, run);
          if (!l->woven && l->n_im)
            read (value_at (rows, token, l->im), l->n_im, run + first);
          place (l, run, x + t * ELEMENT);
        }
      rw_fft_widen (x, x + RW_LANES, ELEMENT, some, out);
    }
}

static void
read_wide (const rw_lanes *l, size_t from, size_t n, double *out)
{
  const rw_rows *rows = l->rows;
  double run[ELEMENT];
  memset (out, 0, n * ELEMENT * sizeof *out);
  for (size_t j = 0; j < n; j++, out += ELEMENT)
    {
      const size_t first = l->woven ? l->n_re + l->n_im : l->n_re;
      rw_dtype_read_double (rows->type, value_at (rows, from + j, l->re), 1, first, run);
      if (!l->woven && l->n_im)
        rw_dtype_read_double (rows->type, value_at (rows, from + j, l->im), 1, l->n_im,
                              run + first);
      place_double (l, run, out);
    }
}

/* Eight whole pairs of float32 in half layout go by vectors alone.  */
static bool
is_usual (const rw_lanes *l)
{
  return l->rows->type == RW_FLOAT32 && !l->woven && l->n_re == RW_LANES && l->n_im == RW_LANES;
}

void
rw_lanes_read (const rw_lanes *l, const double *scale, size_t from, size_t n, double *out)
{
  if (is_usual (l))
    rw_fft_widen (value_at (l->rows, from, l->re), value_at (l->rows, from, l->im), l->rows->stride,
                  n, out);
  else
    (l->rows->type == RW_FLOAT64 ? read_wide : read_narrow) (l, from, n, out);
  for (size_t j = 0; scale && j < n; j++, out += ELEMENT)
    for (size_t i = 0; i < ELEMENT; i++)
      out[i] *= scale[from + j];
}
