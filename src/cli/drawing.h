/* drawing: one figure, ready to be drawn: axes, curves in panels, legend; and its gnuplot script.

   The sizes are a paper's: one column of 8.5 cm, or 17 cm where there are panels; 8 pt; colours of
   Okabe and Ito that colour-blind readers tell apart, each with its own dashes so that a black and
   white print does too.  */
#ifndef RW_CLI_DRAWING_H
#define RW_CLI_DRAWING_H

#include "base/status.h"
#include "cli/axis.h"

#include <stddef.h>

typedef enum
{
  FORMAT_SVG,
  FORMAT_PDF,
  FORMAT_PNG
} drawing_format;

/* Everything is borrowed.  */
typedef struct
{
  const char *title;             /* or NULL */
  const char *x_label, *y_label; /* with units */
  const char *lines_label;       /* what the legend lists, or NULL */
  size_t n_x, n_lines, n_panels; /* each at least 1 */
  size_t n_columns;              /* of panels; 0: what suits */
  const double *x;               /* (n_x,) or NULL for a text axis */
  const char *const *x_text;     /* (n_x,) or NULL */
  const char *x_unit;            /* or NULL */
  const char *const *line_text;  /* (n_lines,) or NULL where there is one line only */
  const char *const *panel_text; /* (n_panels,) or NULL where there is one panel only */
  bool lines_rise;               /* lines are numbers in order: colours may show it */
  const double *y;               /* (n_panels, n_lines, n_x); NaN is a gap */
  bool is_map;                   /* a map of colours: the panels are its rows, one line each */
  const double *rows;            /* (n_panels,) of a map, or NULL for a text axis */
  const char *const *rows_text;  /* (n_panels,) or NULL */
  const char *rows_label, *rows_unit;
  double mark; /* trained length, dashed on the x axis; NaN for none */
} drawing;

/* Appends the script that draws it to stdout; a text out of memory says so itself.  */
void drawing_script (const drawing *d, drawing_format format, rw_text *out);

void map_script (const drawing *d, drawing_format format, rw_text *out); /* map.c, for the above */

/* ---- page.c: what stands around the curves ---- */
/* viridis (van der Walt and Smith 2015) from violet to yellow, red, green and blue of 255 each.  */
enum
{
  VIRIDIS = 6
};
extern const unsigned char drawing_viridis[VIRIDIS][3];

enum
{
  FONT_POINTS = 8
};
#define CHARACTER_CM 0.17 /* mean advance of 8 pt text in a wide sans-serif, DejaVu: 0.6 em */
#define LINE_CM 0.36      /* from one line of 8 pt text to the next */

/* "set terminal ..." for a page of so many centimetres, and the looks of axes and grid.  */
void drawing_page (drawing_format format, double width, double height, rw_text *out);
double drawing_font (drawing_format format); /* 8 pt in the terminal's unit */
/* Margins of a panel whose lower left corner and size are in centimetres.  */
void drawing_margins (double page_width, double page_height, double x, double y, double width,
                      double height, rw_text *out);
/* "set xrange ...; set xtics ..." for which = 'x' or 'y'; bare ticks have no labels.  */
void drawing_axis (char which, const axis *a, double centimetres, bool bare, rw_text *out);
/* Ticks an axis so long has room for.  */
size_t drawing_ticks (char which, double centimetres);
/* Whether the names on a text axis so long are too wide to stand level.  */
bool drawing_turned (const axis *a, double centimetres);
/* The dashed line at the trained length, where the x axis holds it.  */
void drawing_mark (const axis *x, double mark, double centimetres, rw_text *out);
/* Text centimetres, by the mean advance.  */
double drawing_width (const char *text);

#endif
