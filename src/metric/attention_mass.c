/* attention_mass: attention by distance beside uniform attention; see attention_mass.h.  */
#include "metric/attention_mass.h"

#include <math.h>

/* Entries that are not whole, and the last bin's end: an entry stands for itself where there is no
   next one.  */
static void
choose (const rw_input *in, rw_reach *r)
{
  for (size_t k = 0; k < in->n_distances; k++)
    {
      const double at = in->distance[k];
      if (!r->bin && at != floor (at))
        continue;
      r->distance[r->n] = (int64_t) ceil (at);
      r->entry[r->n++] = k;
    }
  if (r->bin && r->n)
    r->distance[r->n]
        = r->distance[r->n - 1] + (in->distance[r->n - 1] == floor (in->distance[r->n - 1]));
}

rw_status
rw_reach_make (bool bin, int64_t window, const rw_input *in, const rw_queries *q, rw_reach *r,
               rw_error *err)
{
  *r = (rw_reach){ .bin = bin, .queries = q };
  r->distance = rw_arena_take (in->scratch, in->n_distances + 1, sizeof *r->distance);
  r->entry = rw_arena_take (in->scratch, in->n_distances, sizeof *r->entry);
  r->mass = rw_arena_take (in->scratch, in->n_distances, sizeof *r->mass);
  r->visible = rw_arena_take (in->scratch, q->n, sizeof *r->visible);
  r->inverse = rw_arena_take (in->scratch, q->n + 1, sizeof *r->inverse);
  if (!r->distance || !r->entry || !r->mass || !r->visible || !r->inverse)
    return rw_nomem (err, (in->n_distances + q->n) * sizeof (double));
  choose (in, r);
  for (size_t k = q->n; k-- > 0;)
    {
      const int64_t keys = q->query[k] + 1;
      r->visible[k] = window > 0 && keys > window ? window : keys;
      r->inverse[k] = r->inverse[k + 1] + 1 / (double) r->visible[k];
    }
  return RW_OK;
}

/* The first query that sees more than so many keys.  */
static size_t
first_beyond (const rw_reach *r, int64_t keys)
{
  size_t low = 0, high = r->queries->n;
  while (low < high)
    {
      const size_t middle = low + (high - low) / 2;
      if (r->visible[middle] > keys)
        high = middle;
      else
        low = middle + 1;
    }
  return low;
}

/* What uniform attention gives: distances a .. b - 1, summed over the queries.  */
static double
uniform_mass (const rw_reach *r, int64_t a, int64_t b)
{
  if (b <= a)
    return 0;
  const size_t some = first_beyond (r, a), all = first_beyond (r, b - 1);
  const double partly = (double) (all - some) - (double) a * (r->inverse[some] - r->inverse[all]);
  return partly + (double) (b - a) * r->inverse[all];
}

void
rw_reach_put (const rw_reach *r, double *out)
{
  for (size_t k = 0; k < r->n; k++)
    {
      const int64_t a = r->distance[k];
      const double by = r->bin ? uniform_mass (r, a, r->distance[k + 1])
                               : (double) (r->queries->n - first_beyond (r, a));
      if (by > 0)
        out[r->entry[k]] = r->mass[k] / by;
    }
}
