/* bins: which integer distances an entry of the distance axis stands for.

   A field over `distance` is the value at exactly that distance; with the metric's `bin: true` it
   is the mean over the integers of [distance_k, distance_{k+1}).  The last entry has no next one
   and stands for itself.  Nothing beyond the sequence's length is counted: an entry without a
   distance in 0..length is NaN.  */
#ifndef RW_METRIC_BINS_H
#define RW_METRIC_BINS_H

#include "metric/metric.h"

typedef struct
{
  double first; /* distances first, first + 1, ... */
  size_t n;     /* so many; 0 where there is none */
} rw_bin;

rw_bin rw_bins_at (const rw_input *in, bool bin, size_t k);

#endif
