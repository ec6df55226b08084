/* map: any table of effective distances.
   R (D) is linear between the entries, D = m - n; beyond the last entry its value is held.  Between
   entries j and j + 1 of slope s_j: R = e_j + (D - d_j) s_j, so frame j gives key n the position
   s_j n, and the query stands at e_j + (m - d_j) s_j.  */
#include "rule/rule.h"

#include <math.h>

typedef struct
{
  rw_reals distances, effective;
} map;

/* Of the piece that begins at entry j; the last one is level.  */
static double
slope (const map *p, size_t j)
{
  const double *d = p->distances.v, *e = p->effective.v;
  return j + 1 < p->distances.n ? (e[j + 1] - e[j]) / (d[j + 1] - d[j]) : 0;
}

static rw_status
check (const void *self, const rw_geometry *m, double length, rw_error *err)
{
  const map *p = self;
  const double *d = p->distances.v;
  (void) m, (void) length;
  if (p->distances.n != p->effective.n)
    return rw_fail (err, RW_EINVAL, "effective: %zu numbers for %zu distances", p->effective.n,
                    p->distances.n);
  if (p->distances.n == 0 || d[0] != 0)
    return rw_fail (err, RW_EINVAL, "distances: must begin at 0");
  for (size_t j = 1; j < p->distances.n; j++)
    if (!(d[j] > d[j - 1]))
      return rw_fail (err, RW_EINVAL, "distances[%zu]: %.17g is not above the one before, %.17g", j,
                      d[j], d[j - 1]);
  return RW_OK;
}

static size_t
frames (const void *self, size_t *spans)
{
  const map *p = self;
  return *spans = p->distances.n;
}

static double
key (const void *self, double length, size_t frame, double n, bool *trained)
{
  (void) length, (void) trained;
  return slope (self, frame) * n;
}

/* From the farthest keys, those of the last piece that the query reaches, to the nearest.  */
static size_t
spans (const void *self, double length, double m, rw_span *out)
{
  const map *p = self;
  size_t n = 0;
  double from = 0;
  (void) length;
  for (size_t j = p->distances.n; j--;)
    {
      const double at = m - p->distances.v[j], to = floor (at) + 1;
      if (to <= from)
        continue;
      out[n++] = (rw_span){
        .from = from, .to = to, .frame = j, .position = p->effective.v[j] + slope (p, j) * at
      };
      from = to;
    }
  return n;
}

static double
distance (const void *self, double length, double delta)
{
  const map *p = self;
  size_t lo = 0, hi = p->distances.n; /* the entry at or below delta is in lo .. hi - 1 */
  (void) length;
  while (hi - lo > 1)
    {
      const size_t j = lo + (hi - lo) / 2;
      *(p->distances.v[j] <= delta ? &lo : &hi) = j;
    }
  return p->effective.v[lo] + (delta - p->distances.v[lo]) * slope (p, lo);
}

static const rw_param params[] = {
  { .name = "distances",
    .type = RW_REALS,
    .at = offsetof (map, distances),
    .required = true,
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "rising from 0" },
  { .name = "effective",
    .type = RW_REALS,
    .at = offsetof (map, effective),
    .required = true,
    .defined = RW_BETWEEN (0, RW_LENGTH_MAX),
    .unit = "tokens",
    .text = "what each becomes; linear between them, the last one is held beyond" },
  { 0 },
};

const rw_rule rw_rule_map = {
  .as = { .name = "map",
          .size = sizeof (map),
          .params = params,
          .text = "distances by a table of effective ones",
          .cite = "ropewalk's own" },
  .check = check,
  .frames = frames,
  .key = key,
  .spans = spans,
  .distance = distance,
};
