/* rotate_plain: the naive reference of rotate.c: a value at a time, in double; see rotate.h.  */
#include "rope/rotate.h"

static double
get (rw_dtype type, const char *p, size_t channel)
{
  double x;
  rw_dtype_read_double (type, p + channel * rw_dtype_size (type), 1, 1, &x);
  return x;
}

static void
put (rw_dtype type, char *p, size_t channel, double x)
{
  rw_dtype_write (type, &x, 1, p + channel * rw_dtype_size (type));
}

/* One head of one token.  */
static void
turn_head (const rw_rotation *r, const rw_trig *table, size_t row, double scale, const char *x,
           char *y)
{
  const float *cos = (const float *) table->cos + (ptrdiff_t) row * table->row;
  const float *sin = (const float *) table->sin + (ptrdiff_t) row * table->row;
  for (size_t i = 0; i < table->pairs; i++)
    {
      const size_t a = r->layout == RW_HALF ? i : 2 * i;
      const size_t b = r->layout == RW_HALF ? i + table->pairs : 2 * i + 1;
      const double re = get (r->type, x, a), im = get (r->type, x, b);
      const double square = r->undo ? (double) cos[i] * cos[i] + (double) sin[i] * sin[i] : 1;
      const double c = cos[i], s = r->undo ? -(double) sin[i] : sin[i];
      put (r->type, y, a, scale * (re * c - im * s) / square);
      put (r->type, y, b, scale * (re * s + im * c) / square);
    }
  for (size_t i = 2 * table->pairs; i < r->dim; i++)
    put (r->type, y, i, scale * get (r->type, x, i));
}

void
rw_rotate_plain (const rw_rotation *r, const rw_trig *table, const void *x, void *y)
{
  const ptrdiff_t size = (ptrdiff_t) rw_dtype_size (r->type);
  for (size_t t = 0; t < r->tokens; t++)
    for (size_t h = 0; h < r->heads; h++)
      {
        const size_t row = r->row_of ? (size_t) r->row_of[t] : t;
        const double scale = (double) r->scale * (r->token_scale ? (double) r->token_scale[t] : 1);
        const ptrdiff_t from = (ptrdiff_t) t * r->from_token + (ptrdiff_t) h * r->from_head;
        const ptrdiff_t to = (ptrdiff_t) t * r->to_token + (ptrdiff_t) h * r->to_head;
        turn_head (r, table, row, r->undo ? 1 / scale : scale, (const char *) x + from * size,
                   (char *) y + to * size);
      }
}
