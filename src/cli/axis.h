/* axis: the scale of a figure's axis and the ticks a reader can read.

   Tokens stand on a log2 axis with ticks 4k, 32k, 1M (k is 1024); what is positive and spans a
   decade and a half on a log10 axis; names on a text axis; everything else on a linear one.  */
#ifndef RW_CLI_AXIS_H
#define RW_CLI_AXIS_H

#include "base/text.h"

typedef enum
{
  AXIS_LINEAR,
  AXIS_LOG2,
  AXIS_LOG10,
  AXIS_TEXT
} axis_scale;

typedef struct
{
  axis_scale scale;
  double lo, hi; /* drawn range */
  size_t n;
  const char *const *text; /* (n,) names of a text axis, which stand at 0, 1, ... */
} axis;

/* An axis along which values stand (an x axis): a range that ends with the data.  `unit` may be
   NULL; text is (n,) or NULL.  */
axis axis_along (const double *value, const char *const *text, size_t n, const char *unit);
/* An axis of measured values (a y axis): NaN left out, a little room at both ends.  */
axis axis_over (const double *value, size_t n);

/* Where a value stands: 0 at lo, 1 at hi; NaN where a log axis has no place for it.  */
double axis_place (const axis *a, double value);

/* Appends "('4k' 4096, ...)", at most `most` ticks of a number axis; a text axis shows all.  Bare
   ticks have no labels.  */
void axis_ticks (const axis *a, size_t most, bool bare, rw_text *out);
/* Characters of the longest of these labels: what a margin must hold.  */
size_t axis_tick_length (const axis *a, size_t most);

/* 4096 as "4k", 0.1 as "0.1": a number of tokens where k or M says it shorter.  */
char *axis_tokens (double value, char buf[32]);

#endif
