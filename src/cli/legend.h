/* legend: where the names of a figure's lines stand so that they cover nothing.  */
#ifndef RW_CLI_LEGEND_H
#define RW_CLI_LEGEND_H

#include "cli/drawing.h"

typedef struct
{
  bool shown, inside;
  bool right, top; /* inside: which corner */
  size_t columns;  /* outside, above the panels */
  double entry;    /* centimetres from one column to the next */
  double height;   /* centimetres that it takes above the panels; 0 inside */
} legend;

/* Inside a corner that no curve enters where the one panel has such a corner, else above.  */
legend legend_place (const drawing *d, const axis *x, const axis *y, double width, double height);

/* Appends it entry by entry, line type k for line k: gnuplot's own keys do not span panels.  The
   legend's area begins at (x, y), its top left corner, in centimetres from the page's lower left
   one, and is `width` wide.  Arrows and labels are numbered from LEGEND_TAG.  */
enum
{
  LEGEND_TAG = 100
};
void legend_write (const legend *l, const drawing *d, bool points, double page_width,
                   double page_height, double x, double y, double width, rw_text *out);

#endif
