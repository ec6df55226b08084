/* legend: tries the corners, then goes above; see legend.h.  */
#include "config.h"

#include "cli/legend.h"
#include "cli/gnuplot.h"

#include <math.h>

/* Centimetres: the piece of line beside a name, the gap after it, the rim of the whole.  */
static const double sample = 0.85, gap = 0.15, rim = 0.1;

static const double largest = 0.6; /* share of the panel's width and height that it may take */

enum
{
  STEPS = 16 /* places looked at between two values of a curve */
};

typedef struct
{
  double x0, x1, y0, y1; /* in the panel: 0 to 1 */
} box;

/* Names row by row in so many columns, each as wide as its longest name.  */
static void
set_columns (const drawing *d, size_t columns, legend *l)
{
  *l = (legend){ .shown = true, .columns = columns };
  for (size_t k = 0; k < d->n_lines; k++)
    {
      const double wide = sample + gap + drawing_width (d->line_text[k]) + 2 * rim;
      l->column[k % columns] = fmax (l->column[k % columns], wide);
    }
  for (size_t c = 0; c < columns; c++)
    l->width += l->column[c];
  const size_t rows = (d->n_lines + columns - 1) / columns;
  l->height = ((double) rows + (d->lines_label != NULL)) * LINE_CM + 2 * rim;
}

static bool
inside (const box *b, double x, double y)
{
  return x >= b->x0 && x <= b->x1 && y >= b->y0 && y <= b->y1;
}

static double
x_place (const drawing *d, const axis *x, size_t i)
{
  return axis_place (x, d->x ? d->x[i] : (double) i);
}

/* A curve enters the box, by its values and the straight lines between them.  */
static bool
enters (const drawing *d, const axis *x, const axis *y, const double *value, const box *b)
{
  double u0 = NAN, v0 = NAN;
  for (size_t i = 0; i < d->n_x; i++)
    {
      const double u = x_place (d, x, i), v = axis_place (y, value[i]);
      if (inside (b, u, v))
        return true;
      for (int s = 1; s < STEPS; s++)
        if (inside (b, u0 + (u - u0) * s / STEPS, v0 + (v - v0) * s / STEPS))
          return true;
      u0 = u;
      v0 = v;
    }
  return false;
}

static bool
is_free (const drawing *d, const axis *x, const axis *y, const box *b)
{
  const double mark = axis_place (x, d->mark);
  if (mark > 0 && mark < 1 && b->x0 <= mark && b->x1 >= mark)
    return false;
  for (size_t k = 0; k < d->n_lines; k++)
    if (enters (d, x, y, d->y + k * d->n_x, b))
      return false;
  return true;
}

/* As many columns as fit, in rows of even length.  */
static void
go_above (const drawing *d, double width, legend *l)
{
  size_t columns = d->n_lines < LEGEND_COLUMNS ? d->n_lines : LEGEND_COLUMNS;
  for (; columns > 1; columns--)
    {
      set_columns (d, columns, l);
      if (l->width <= width)
        break;
    }
  const size_t rows = (d->n_lines + columns - 1) / columns;
  set_columns (d, (d->n_lines + rows - 1) / rows, l);
}

legend
legend_place (const drawing *d, const axis *x, const axis *y, double width, double height,
              double above)
{
  static const struct
  {
    bool right, top;
  } corners[] = { { true, true }, { false, true }, { false, false }, { true, false } };
  legend l = { 0 };
  if (!d->line_text)
    return l;
  set_columns (d, 1, &l);
  const double u = l.width / width, v = l.height / height;
  for (size_t k = 0; k < sizeof corners / sizeof *corners && d->n_panels == 1; k++)
    {
      const bool r = corners[k].right, t = corners[k].top;
      const box b = { .x0 = r ? 1 - u : 0, .x1 = r ? 1 : u, .y0 = t ? 1 - v : 0, .y1 = t ? 1 : v };
      if (u < largest && v < largest && is_free (d, x, y, &b))
        {
          l.inside = true;
          l.right = r;
          l.top = t;
          return l;
        }
    }
  go_above (d, above, &l);
  return l;
}

typedef struct
{
  double page_width, page_height;
  rw_text *out;
} page;

static void
write_name (const page *p, int tag, const char *name, double x, double y)
{
  rw_text_addf (p->out, "set label %d ", tag);
  gnuplot_quote (p->out, name);
  rw_text_addf (p->out, " at screen %.6f, %.6f left front tc rgb '#222222'\n", x / p->page_width,
                y / p->page_height);
}

static void
write_sample (const page *p, size_t k, bool points, double x, double y)
{
  const int tag = LEGEND_TAG + 2 + 2 * (int) k;
  const double v = y / p->page_height;
  rw_text_addf (p->out,
                "set arrow %d from screen %.6f, %.6f to screen %.6f, %.6f nohead front lt %zu\n",
                tag, x / p->page_width, v, (x + sample) / p->page_width, v, k + 1);
  if (points)
    rw_text_addf (p->out, "set label %d '' at screen %.6f, %.6f front point lt %zu\n", tag + 1,
                  (x + sample / 2) / p->page_width, v, k + 1);
}

void
legend_write (const legend *l, const drawing *d, bool points, double page_width, double page_height,
              double x, double y, rw_text *out)
{
  const page p = { page_width, page_height, out };
  if (l->inside)
    rw_text_addf (out,
                  "set object 1 rectangle from screen %.6f, %.6f to screen %.6f, %.6f"
                  " fillcolor rgb '#ffffff' fillstyle solid noborder front\n",
                  x / page_width, y / page_height, (x + l->width) / page_width,
                  (y - l->height) / page_height);
  double row = y - rim - LINE_CM / 2;
  if (d->lines_label)
    {
      write_name (&p, LEGEND_TAG, d->lines_label, x + rim, row);
      row -= LINE_CM;
    }
  for (size_t k = 0; k < d->n_lines; k++)
    {
      double at = x + rim;
      for (size_t c = 0; c < k % l->columns; c++)
        at += l->column[c];
      const double high = row - (double) (k / l->columns) * LINE_CM;
      write_sample (&p, k, points, at, high);
      write_name (&p, LEGEND_TAG + 2 + 2 * (int) (d->n_lines + k), d->line_text[k],
                  at + sample + gap, high);
    }
}
