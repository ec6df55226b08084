/* angle_gap: both sides' angles in rising order, walked together; see angle_gap.h.

   Angles are 64-bit phases (metric/angles.h), so that differences wrap by themselves, and the
   nearest trained angle is one of the two neighbours on the circle.  */
#include "metric/angle_gap.h"
#include "metric/angles.h"

#include <math.h>

/* Room for one thread.  */
typedef struct
{
  uint64_t *seen, *asked; /* (positions,) of training, of the target, rising */
  uint64_t *other;        /* (the larger of both,) what sorting needs */
} room;

static size_t
positions_of (double length)
{
  return (size_t) ceil (length);
}

/* One thread a room, as far as memory is reasonable.  */
static size_t
rooms_of (const rw_input *in, size_t pairs)
{
  static const double ROOM_MOST = 0x1p31; /* bytes */
  const double bytes = 16 * (in->length + in->geometry->original_length);
  const size_t fit = (size_t) (ROOM_MOST / bytes),
               threads = in->threads > 1 ? (size_t) in->threads : 1;
  const size_t rooms = threads < fit ? threads : fit;
  return rooms < 1 || pairs == 0 ? 1 : rooms < pairs ? rooms : pairs;
}

static rw_status
rooms_make (room *r, size_t rooms, size_t n, size_t m, rw_arena *scratch, rw_error *err)
{
  const size_t all = n + m + (n > m ? n : m);
  for (size_t k = 0; k < rooms; k++)
    {
      if (!(r[k].seen = rw_arena_take (scratch, all, sizeof *r[k].seen)))
        return rw_nomem (err, all * sizeof *r[k].seen);
      r[k].asked = r[k].seen + n;
      r[k].other = r[k].asked + m;
    }
  return RW_OK;
}

/* The largest distance of one of asked (m,) from the nearest of seen (n,), both rising; n >= 1.  */
static uint64_t
widest (const uint64_t *seen, size_t n, const uint64_t *asked, size_t m)
{
  uint64_t most = 0;
  size_t i = 0; /* the first seen angle above the asked one */
  for (size_t j = 0; j < m; j++)
    {
      while (i < n && seen[i] <= asked[j])
        i++;
      const uint64_t below = asked[j] - seen[i ? i - 1 : n - 1];
      const uint64_t above = seen[i < n ? i : 0] - asked[j];
      const uint64_t gap = below < above ? below : above;
      most = gap > most ? gap : most;
    }
  return most;
}

rw_status
rw_angle_gap_find (const rw_input *in, const double *trained, const rw_freqs *f, double *gap,
                   rw_error *err)
{
  const size_t n = positions_of (in->geometry->original_length), m = positions_of (in->length);
  const size_t rooms = rooms_of (in, f->n);
  room *r = rw_arena_take (in->scratch, rooms, sizeof *r);
  if (!r)
    return rw_nomem (err, rooms * sizeof *r);
  const rw_status s = rooms_make (r, rooms, n, m, in->scratch, err);
  if (s)
    return s;
#pragma omp parallel for num_threads((int) rooms) if (rooms > 1) schedule(static, 1)
  for (size_t k = 0; k < rooms; k++)
    for (size_t i = k; i < f->n; i += rooms)
      if (isnan (trained[i]))
        gap[i] = NAN;
      else
        {
          rw_angles_rising (RW_ANGLES_FLOAT64, trained[i], n, r[k].seen, r[k].other);
          rw_angles_rising (RW_ANGLES_FLOAT64, f->inv_freq[i], m, r[k].asked, r[k].other);
          gap[i] = 2 * M_PI * ((double) widest (r[k].seen, n, r[k].asked, m) * 0x1p-64);
        }
  return RW_OK;
}
