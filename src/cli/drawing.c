/* drawing: the script of curves in panels; see drawing.h.  */
#include "config.h"

#include "cli/drawing.h"
#include "cli/gnuplot.h"
#include "cli/legend.h"

#include <math.h>

/* Centimetres.  */
static const double one_column = 8.5, two_columns = 17;
static const double right = 0.45, below = 1.1, above = 0.25;
static const double y_label_room = 0.85; /* left of the tick labels: the axis label, and the tick */
static const double title_height = 0.5, gap_x = 0.75, gap_y = 0.65;
static const double shape = 0.68, least_height = 2.6; /* of a panel: by its width, at least */

enum
{
  MANY_VALUES = 24, /* from here on a curve is drawn without its single points */
  MANY_LINES = 7,   /* from here on colours repeat, so that rising lines take a scale */
  BUCKETS = 1200    /* places along x of a long curve: its least and largest value each */
};

/* Okabe and Ito (2008), the faint yellow left out.  */
static const char *const colours[]
    = { "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000" };
static const char *const dashes[]
    = { "solid", "(8,3)", "(2,2)", "(8,3,2,3)", "(14,4)", "(8,3,2,3,2,3)", "(4,2)" };
static const int points[] = { 7, 5, 9, 13, 11, 6, 4 };

typedef struct
{
  const drawing *d;
  axis x, y;
  legend key;
  size_t columns, rows;
  double page_width, page_height, panel_width, panel_height, left, foot;
  double font; /* size of the terminal's text, in its own unit */
} layout;

/* The x axis, of those values only that some curve has: points shorter than the longest in the
   file leave the rest of it empty.  */
static axis
axis_used (const drawing *d)
{
  size_t first = d->n_x, last = 0;
  for (size_t k = 0; k < d->n_panels * d->n_lines; k++)
    for (size_t i = 0; i < d->n_x; i++)
      if (isfinite (d->y[k * d->n_x + i]))
        {
          first = i < first ? i : first;
          last = i > last ? i : last;
        }
  if (d->x_text || first > last)
    return axis_along (d->x, d->x_text, d->n_x, d->x_unit);
  return axis_along (d->x + first, NULL, last - first + 1, d->x_unit);
}

static layout
lay_out (const drawing *d)
{
  layout l = { .d = d };
  l.x = axis_used (d);
  l.y = axis_over (d->y, d->n_panels * d->n_lines * d->n_x);
  l.columns = d->n_columns                           ? d->n_columns
              : d->n_panels <= 4                     ? d->n_panels
              : d->n_panels <= 6 || d->n_panels == 9 ? 3
                                                     : 4;
  l.rows = (d->n_panels + l.columns - 1) / l.columns;
  l.page_width = d->n_panels > 1 ? two_columns : one_column;
  const double gaps = (double) (l.columns - 1) * gap_x;
  l.left = y_label_room;
  for (int round = 0; round < 2; round++) /* ticks depend on the height, which depends on them */
    {
      l.panel_width = (l.page_width - l.left - right - gaps) / (double) l.columns;
      l.panel_height = fmax (least_height, shape * l.panel_width);
      l.left
          = y_label_room
            + CHARACTER_CM * (double) axis_tick_length (&l.y, drawing_ticks ('y', l.panel_height));
    }
  l.foot = below;
  if (drawing_turned (&l.x, l.panel_width))
    for (size_t i = 0; i < d->n_x; i++) /* sin 35 degrees, the angle they are turned by */
      l.foot = fmax (l.foot, below + 0.574 * drawing_width (d->x_text[i]));
  l.key = legend_place (d, &l.x, &l.y, l.panel_width, l.panel_height, l.page_width - 2 * right);
  l.page_height = l.foot + above + (d->title ? title_height : 0) + (l.key.inside ? 0 : l.key.height)
                  + (double) l.rows * (l.panel_height + (d->panel_text ? gap_y : 0));
  return l;
}

static double
x_at (const drawing *d, size_t i)
{
  return d->x ? d->x[i] : (double) i;
}

/* A long curve as the least and largest value of each piece of the axis, in their order: at the
   size of a page nothing is lost.  */
static void
thin (const layout *l, const double *value, rw_text *out)
{
  const drawing *d = l->d;
  size_t i = 0;
  while (i < d->n_x)
    {
      const double bucket = floor (axis_place (&l->x, d->x[i]) * BUCKETS);
      size_t least = i, most = i, next = i;
      for (; next < d->n_x; next++)
        {
          const double at = floor (axis_place (&l->x, d->x[next]) * BUCKETS);
          if (at != bucket && next > i)
            break;
          least = !(value[least] <= value[next]) ? next : least;
          most = !(value[most] >= value[next]) ? next : most;
        }
      const size_t first = least < most ? least : most, last = least < most ? most : least;
      rw_text_addf (out, "%.9g %.9g\n", d->x[first], value[first]);
      if (last != first)
        rw_text_addf (out, "%.9g %.9g\n", d->x[last], value[last]);
      i = next;
    }
}

static void
write_curve (const layout *l, size_t panel, size_t line, rw_text *out)
{
  const drawing *d = l->d;
  const double *value = d->y + (panel * d->n_lines + line) * d->n_x;
  const double step = 0.6 / (double) d->n_lines; /* names: points of several lines side by side */
  const double aside = d->x_text ? ((double) line - (double) (d->n_lines - 1) / 2) * step : 0;
  rw_text_addf (out, "$c%zu << EOD\n", line);
  if (d->x && d->n_x > 2 * BUCKETS)
    thin (l, value, out);
  else
    for (size_t i = 0; i < d->n_x; i++)
      if (!isnan (axis_place (&l->x, x_at (d, i))))
        rw_text_addf (out, "%.17g %.17g\n", x_at (d, i) + aside, value[i]);
  rw_text_add (out, "EOD\n");
}

/* viridis up to its green: the yellow end is too pale for a line.  */
static void
rising_colour (size_t k, size_t n, rw_text *out)
{
  const size_t last = VIRIDIS - 2;
  const double at = (double) k / (double) (n - 1) * (double) last;
  const size_t i = at >= (double) last ? last - 1 : (size_t) at;
  const double t = at - (double) i;
  rw_text_add (out, "#");
  for (size_t c = 0; c < 3; c++)
    rw_text_addf (out, "%02x",
                  (unsigned) (drawing_viridis[i][c] * (1 - t) + drawing_viridis[i + 1][c] * t));
}

static void
write_styles (const drawing *d, rw_text *out)
{
  const size_t n = sizeof colours / sizeof *colours;
  for (size_t k = 0; k < d->n_lines; k++)
    {
      /* a second round pairs colours and dashes anew, so that seven times seven lines differ */
      rw_text_addf (out, "set linetype %zu lw 1.6 dt %s pt %d ps 0.4 lc rgb '", k + 1,
                    dashes[(k + k / n) % n], points[(k + k / n) % n]);
      if (d->lines_rise && d->n_lines > MANY_LINES)
        rising_colour (k, d->n_lines, out);
      else
        rw_text_add (out, colours[k % n]);
      rw_text_add (out, "'\n");
    }
}

/* Inside the one panel, or above all of them.  */
static void
write_legend (const layout *l, bool points_shown, rw_text *out)
{
  const double room = 0.08; /* centimetres to the frame */
  const double top = l->page_height - (l->d->title ? title_height : 0) - above / 2;
  if (!l->key.shown)
    return;
  if (!l->key.inside)
    {
      const double panels = l->page_width - l->left - right, wide = l->key.width;
      const double x = wide < panels ? l->left + (panels - wide) / 2 : (l->page_width - wide) / 2;
      legend_write (&l->key, l->d, points_shown, l->page_width, l->page_height, x, top, out);
      return;
    }
  const double x = l->key.right ? l->page_width - right - l->key.width : l->left + room;
  const double y = l->key.top ? l->foot + l->panel_height : l->foot + l->key.height + room;
  legend_write (&l->key, l->d, points_shown, l->page_width, l->page_height, x, y, out);
}

/* A label longer than its place is set smaller, down to what can still be read.  */
static void
write_size (const layout *l, const char *text, double place, rw_text *out)
{
  const double least = 0.7, share = fmax (least, fmin (1, place / drawing_width (text)));
  rw_text_add (out, " tc rgb '#222222'");
  if (share < 1)
    rw_text_addf (out, " font ',%g'", l->font * share);
}

/* One label for the y axes of all rows, in the middle of them where it is short enough.  */
static void
write_y_label (const layout *l, rw_text *out)
{
  const double edge = 0.26; /* centimetres from the page's left */
  const double rows = (double) l->rows;
  const double tall = rows * l->panel_height + (rows - 1) * (l->d->panel_text ? gap_y : 0);
  const bool fits = drawing_width (l->d->y_label) <= tall;
  rw_text_add (out, "set label 8 ");
  gnuplot_quote (out, l->d->y_label);
  rw_text_addf (out, " at screen %.6f, %.6f center rotate by 90 front", edge / l->page_width,
                fits ? (l->foot + tall / 2) / l->page_height : 0.5);
  write_size (l, l->d->y_label, l->page_height - 2 * CHARACTER_CM, out);
  rw_text_add (out, "\n");
}

static void
write_x_label (const layout *l, bool shown, rw_text *out)
{
  rw_text_add (out, "set xlabel ");
  gnuplot_quote (out, shown ? l->d->x_label : "");
  rw_text_add (out, " offset 0,0.6");
  write_size (l, l->d->x_label, l->panel_width + gap_x, out);
  rw_text_add (out, "\n");
}

static void
write_panel (const layout *l, size_t panel, rw_text *out)
{
  const drawing *d = l->d;
  const size_t column = panel % l->columns, row = panel / l->columns;
  const bool first = column == 0, last = panel + l->columns >= d->n_panels;
  const double step_y = l->panel_height + (d->panel_text ? gap_y : 0);
  for (size_t k = 0; k < d->n_lines; k++)
    write_curve (l, panel, k, out);
  drawing_margins (
      l->page_width, l->page_height, l->left + (double) column * (l->panel_width + gap_x),
      l->foot + (double) (l->rows - 1 - row) * step_y, l->panel_width, l->panel_height, out);
  write_x_label (l, last, out);
  drawing_axis ('x', &l->x, l->panel_width, !last, out);
  drawing_axis ('y', &l->y, l->panel_height, !first, out);
  rw_text_add (out, "unset title\n");
  if (d->panel_text)
    {
      rw_text_add (out, "set title ");
      gnuplot_quote (out, d->panel_text[panel]);
      rw_text_add (out, " offset 0,-0.7 tc rgb '#222222'\n");
    }
  drawing_mark (&l->x, d->mark, l->panel_width, out);
  if (l->y.scale == AXIS_LINEAR && l->y.lo < 0 && l->y.hi > 0)
    rw_text_add (out, "set arrow 2 from graph 0, first 0 to graph 1, first 0 nohead back lw 0.7"
                      " lc rgb '#999999'\n");
  const bool apart = d->x_text || d->n_x == 1;
  const char *with = apart ? "points ps 0.7" : d->n_x < MANY_VALUES ? "linespoints" : "lines";
  if (panel == 0)
    {
      write_y_label (l, out);
      write_legend (l, d->n_x < MANY_VALUES, out);
    }
  for (size_t k = 0; k < d->n_lines; k++)
    rw_text_addf (out, "%s $c%zu using 1:2 with %s lt %zu notitle", k ? "," : "plot", k, with,
                  k + 1);
  rw_text_add (out, "\nunset label\nunset arrow\nunset object\n");
}

void
drawing_script (const drawing *d, drawing_format format, rw_text *out)
{
  if (d->is_map)
    {
      map_script (d, format, out);
      return;
    }
  layout l = lay_out (d);
  l.font = drawing_font (format);
  drawing_page (format, l.page_width, l.page_height, out);
  write_styles (d, out);
  rw_text_add (out, "unset key\nset multiplot\n");
  if (d->title)
    {
      rw_text_add (out, "set label 9 ");
      gnuplot_quote (out, d->title);
      rw_text_addf (out, " at screen 0.5, %.6f center", 1 - title_height / 2 / l.page_height);
      write_size (&l, d->title, l.page_width - 2 * CHARACTER_CM, out);
      rw_text_add (out, "\n");
    }
  for (size_t p = 0; p < d->n_panels; p++)
    write_panel (&l, p, out);
  rw_text_add (out, "unset multiplot\n");
}
