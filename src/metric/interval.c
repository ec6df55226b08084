/* interval: means over windows and their block bootstrap; see interval.h.  */
#include "metric/interval.h"

/* The values of one window.  */
static void
add_window (const rw_window *v, const rw_blocks *blocks, const double *value, const bool *use,
            bool by_window, rw_block_sums *sums)
{
  double sum = 0, count = 0;
  for (size_t j = v->from; j < v->n; j++)
    if (!use || use[j - v->from])
      {
        const size_t block = rw_blocks_at (blocks, v->document, rw_window_target (v, j));
        sum += value[j - v->from];
        count += 1;
        if (!by_window)
          rw_block_sums_add (sums, block, value[j - v->from]);
      }
  if (by_window && count > 0)
    {
      const size_t middle = rw_window_target (v, v->from + (v->n - v->from) / 2);
      rw_block_sums_add (sums, rw_blocks_at (blocks, v->document, middle), sum / count);
    }
}

rw_status
rw_interval_make (const rw_input *in, const rw_windows *w, const double *value, const bool *use,
                  bool by_window, rw_interval *out, rw_error *err)
{
  const rw_blocks blocks = rw_windows_blocks (w, in->corpus);
  rw_block_sums sums;
  rw_status s = rw_block_sums_new (blocks.n, in->scratch, &sums, err);
  if (s)
    return s;
  for (size_t i = 0, at = 0; i < w->n; i++)
    {
      const rw_window *v = &w->window[i];
      add_window (v, &blocks, value + at, use ? use + at : NULL, by_window, &sums);
      at += v->n - v->from;
    }
  out->mean = rw_block_mean (&sums);
  return rw_block_interval (&sums, in->seed, in->scratch, &out->low, &out->high, err);
}

rw_status
rw_interval_change (const rw_input *in, const rw_windows *w, const double *value,
                    const double *from, bool by_window, rw_interval *out, rw_error *err)
{
  double *change = rw_arena_take (in->scratch, w->scored, sizeof *change);
  if (!change)
    return rw_nomem (err, w->scored * sizeof *change);
  for (size_t i = 0; i < w->scored; i++)
    change[i] = value[i] - from[i];
  return rw_interval_make (in, w, change, NULL, by_window, out, err);
}
