/* places: sums by place, and what is made of them; see places.h.  */
#include "metric/places.h"

#include <math.h>

static void
by_bin (const rw_input *in, const double *sum, const double *count, size_t n, double *binned)
{
  for (size_t k = 0; k < in->n_positions; k++)
    {
      const double first = ceil (in->position[k]);
      const double next = k + 1 < in->n_positions ? in->position[k + 1] : first + 1;
      double all = 0, scored = 0;
      for (double j = first; j < next && j < (double) n; j++)
        {
          all += sum[(size_t) j];
          scored += count[(size_t) j];
        }
      if (scored > 0)
        binned[k] = all / scored;
    }
}

rw_status
rw_places_mean (const rw_input *in, const rw_windows *w, const double *value, double *mean,
                size_t n, double *binned, rw_error *err)
{
  double *sum = rw_arena_take (in->scratch, w->longest, sizeof *sum);
  double *count = rw_arena_take (in->scratch, w->longest, sizeof *count);
  if (!sum || !count)
    return rw_nomem (err, w->longest * sizeof *sum);
  for (size_t i = 0; i < w->n; i++)
    for (size_t j = w->window[i].from; j < w->window[i].n; j++)
      {
        sum[j] += *value++;
        count[j] += 1;
      }
  for (size_t j = 0; j < w->longest && j < n; j++)
    if (count[j] > 0)
      mean[j] = sum[j] / count[j];
  by_bin (in, sum, count, w->longest, binned);
  return RW_OK;
}
