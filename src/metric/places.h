/* places: losses of windows as means by place in the window.  */
#ifndef RW_METRIC_PLACES_H
#define RW_METRIC_PLACES_H

#include "metric/metric.h"
#include "metric/windows.h"

/* `value` holds the losses of all scored places, window after window.  mean is (n,): of place j
   over the windows that score it; binned is (in->n_positions,): over all that is scored from
   position_k up to position_{k+1}, the last entry standing for itself.  What nothing scores is left
   alone.  */
rw_status rw_places_mean (const rw_input *in, const rw_windows *w, const double *value,
                          double *mean, size_t n, double *binned, rw_error *err);

#endif
