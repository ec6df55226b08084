/* interval: a mean over the scored places of windows, and where it lies with 95 % confidence.

   Blocks of the bootstrap are documents, or the twentieths of one (rw_windows_blocks).  */
#ifndef RW_METRIC_INTERVAL_H
#define RW_METRIC_INTERVAL_H

#include "metric/bootstrap.h"
#include "metric/windows.h"
#include "rope/qk.h"

typedef struct
{
  double mean, low, high;
} rw_interval;

/* `value` and `use` are (w->scored,), window after window; use NULL: all count.  by_window: the
   mean is that of the windows' means.  Uses in->corpus, seed and scratch.  */
rw_status rw_interval_make (const rw_input *in, const rw_windows *w, const double *value,
                            const bool *use, bool by_window, rw_interval *out, rw_error *err);
/* The same of the paired differences value - from.  */
rw_status rw_interval_change (const rw_input *in, const rw_windows *w, const double *value,
                              const double *from, bool by_window, rw_interval *out, rw_error *err);

#endif
