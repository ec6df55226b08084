/* map: a field over two axes as colours, one box a value; see drawing.h.  */
#include "config.h"

#include "cli/drawing.h"
#include "cli/gnuplot.h"

#include <math.h>

/* Centimetres.  */
static const double page_width = 8.5, left = 1.65, right = 2.15, below = 1.1, above = 0.4;
static const double title_height = 0.5, height = 4.6, bar_gap = 0.2, bar_width = 0.28;

static double
at (const double *value, size_t i)
{
  return value ? value[i] : (double) i;
}

/* The borders of box i of n: half way to its neighbours, on the axis as it is drawn.  */
static void
borders (const axis *a, const double *value, size_t n, size_t i, double *lo, double *hi)
{
  const bool ratio = a->scale == AXIS_LOG2;
  const double x = at (value, i);
  const double before = i ? at (value, i - 1) : NAN, after = i + 1 < n ? at (value, i + 1) : NAN;
  *lo = ratio ? sqrt (x * before) : (x + before) / 2;
  *hi = ratio ? sqrt (x * after) : (x + after) / 2;
  if (!(i > 0 && (before > 0 || !ratio)))
    *lo = isnan (after) ? a->lo : ratio ? x * x / *hi : 2 * x - *hi;
  if (i + 1 >= n)
    *hi = isnan (*lo) ? a->hi : ratio ? x * x / *lo : 2 * x - *lo;
}

/* The axis with room for whole boxes at its ends.  */
static axis
axis_of_boxes (const double *value, const char *const *text, size_t n, const char *unit)
{
  axis a = axis_along (value, text, n, unit);
  size_t first = 0;
  double ignored;
  while (first + 1 < n && isnan (axis_place (&a, at (value, first))))
    first++;
  if (text || n < 2)
    return a;
  borders (&a, value + first, n - first, 0, &a.lo, &ignored);
  borders (&a, value + first, n - first, n - first - 1, &ignored, &a.hi);
  return a;
}

/* A little further along the axis: boxes that only touch show pale seams; the next one covers what
   is too much.  */
static double
beyond (const axis *a, double value)
{
  const double seam = 0.004;
  return a->scale == AXIS_LOG2 ? value * pow (a->hi / a->lo, seam) : value + seam * (a->hi - a->lo);
}

/* The trained length: a line over the colours, its name above them.  */
static void
write_mark (const axis *x, double mark, rw_text *out)
{
  const double place = axis_place (x, mark);
  if (!(place > 0 && place < 1))
    return;
  rw_text_addf (out,
                "set arrow 1 from first %.17g, graph 0 to first %.17g, graph 1 nohead front"
                " lw 1.2 dt (6,4) lc rgb '#ffffff'\n"
                "set label 1 'trained' at first %.17g, graph 1 center offset 0,0.5"
                " tc rgb '#777777'\n",
                mark, mark, mark);
}

static void
write_boxes (const drawing *d, const axis *x, const axis *y, rw_text *out)
{
  rw_text_add (out, "$z << EOD\n");
  for (size_t j = 0; j < d->n_panels; j++)
    for (size_t i = 0; i < d->n_x; i++)
      {
        const double u = at (d->x, i), v = at (d->rows, j), z = d->y[j * d->n_x + i];
        double x0, x1, y0, y1;
        if (!isfinite (z) || isnan (axis_place (x, u)) || isnan (axis_place (y, v)))
          continue;
        borders (x, d->x, d->n_x, i, &x0, &x1);
        borders (y, d->rows, d->n_panels, j, &y0, &y1);
        x1 = beyond (x, x1);
        y1 = beyond (y, y1);
        rw_text_addf (out, "%.9g %.9g %.9g %.9g %.9g %.9g %.9g\n", u, v, x0, x1, y0, y1, z);
      }
  rw_text_add (out, "EOD\n");
}

static void
write_colours (const axis *z, double x, double y, double page_height, rw_text *out)
{
  rw_text_add (out, "set palette defined (");
  for (size_t k = 0; k < VIRIDIS; k++)
    rw_text_addf (out, "%s%zu '#%02x%02x%02x'", k ? ", " : "", k, drawing_viridis[k][0],
                  drawing_viridis[k][1], drawing_viridis[k][2]);
  rw_text_addf (out,
                ")\n%s logscale cb\nset cbrange [%.17g:%.17g]\n"
                "set colorbox user origin screen %.6f, %.6f size screen %.6f, %.6f noborder\n"
                "set cbtics scale 0.4 offset -0.6,0 ",
                z->scale == AXIS_LOG10 ? "set" : "unset", z->lo, z->hi, x / page_width,
                y / page_height, bar_width / page_width, height / page_height);
  const double tick_room = 0.6;
  axis_ticks (z, (size_t) (height / tick_room), false, out);
  rw_text_add (out, "\n");
}

static void
write_text (int tag, const char *text, double x, double y, double page_height, bool upright,
            rw_text *out)
{
  rw_text_addf (out, "set label %d ", tag);
  gnuplot_quote (out, text);
  rw_text_addf (out, " at screen %.6f, %.6f center%s tc rgb '#222222' front\n", x / page_width,
                y / page_height, upright ? " rotate by 90" : "");
}

void
map_script (const drawing *d, drawing_format format, rw_text *out)
{
  const double edge = 0.26, width = page_width - left - right;
  const axis x = axis_of_boxes (d->x, d->x_text, d->n_x, d->x_unit);
  const axis y = axis_of_boxes (d->rows, d->rows_text, d->n_panels, d->rows_unit);
  const axis z = axis_over (d->y, d->n_panels * d->n_x);
  double foot = below;
  if (drawing_turned (&x, width))
    for (size_t i = 0; i < d->n_x; i++) /* sin 35 degrees, the angle they are turned by */
      foot = fmax (foot, below + 0.574 * drawing_width (d->x_text[i]));
  const double page_height = foot + height + above + (d->title ? title_height : 0);
  const double middle = foot + height / 2;
  drawing_page (format, page_width, page_height, out);
  rw_text_add (out, "unset key\nunset grid\n");
  write_boxes (d, &x, &y, out);
  drawing_margins (page_width, page_height, left, foot, width, height, out);
  drawing_axis ('x', &x, width, false, out);
  drawing_axis ('y', &y, height, false, out);
  write_colours (&z, left + width + bar_gap, foot, page_height, out);
  rw_text_add (out, "set xlabel ");
  gnuplot_quote (out, d->x_label);
  rw_text_add (out, " offset 0,0.6 tc rgb '#222222'\n");
  write_text (8, d->rows_label, edge, middle, page_height, true, out);
  write_text (7, d->y_label, page_width - edge, middle, page_height, true, out);
  if (d->title)
    write_text (9, d->title, left + width / 2, page_height - title_height / 2, page_height, false,
                out);
  write_mark (&x, d->mark, out);
  rw_text_add (out, "plot $z using 1:2:3:4:5:6:7 with boxxyerror fillcolor palette"
                    " fillstyle solid noborder\n");
}
