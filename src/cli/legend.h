/* legend: where the names of a figure's lines stand so that they cover nothing.

   First placed, which needs the curves and the axes, then written into gnuplot's script once the
   page is laid out.  A value, nothing to free; lengths are centimetres.  */
#ifndef RW_CLI_LEGEND_H
#define RW_CLI_LEGEND_H

#include "cli/drawing.h"

enum
{
  LEGEND_COLUMNS = 6, /* at most */
  LEGEND_TAG = 100    /* arrows and labels of it are numbered from here */
};

typedef struct
{
  bool shown, inside;
  bool right, top; /* inside: which corner */
  size_t columns;
  double column[LEGEND_COLUMNS]; /* (columns,) centimetres */
  double width, height;          /* of the whole, centimetres */
} legend;

/* Inside a corner that no curve enters where the one panel (of width and height, centimetres) has
   such a corner, else above the panels, at most `above` centimetres wide.  */
legend legend_place (const drawing *d, const axis *x, const axis *y, double width, double height,
                     double above);

/* Appends it entry by entry, line type k for line k: gnuplot's own keys do not span panels.  The
   top left corner is (x, y), in centimetres from the page's lower left one.  */
void legend_write (const legend *l, const drawing *d, bool points, double page_width,
                   double page_height, double x, double y, rw_text *out);

#endif
