/* disturbance: how far a schedule moves each pair's angles from those it was trained on.

   P: the angles m f_i mod 2 pi of positions 0 .. L-1; Q: m g_i mod 2 pi of 0 .. L'-1.  Both are
   counted in `bins` equal parts of the turn, p = count / positions + epsilon, and compared by
     forward   sum q ln (q / p)                    (as printed),
     reversed  sum p ln (p / q)                    (the authors' code, and Table 3 on float32),
     js        half of each against (p + q) / 2.
   Wu et al., EMNLP 2024 (arXiv 2410.01490), Eq. 8.  disturbance_w1 is the Wasserstein-1 distance
   between the same two samples on the circle, which needs neither bins nor epsilon.  */
#include "metric/angles.h"
#include "metric/circle.h"
#include "metric/metric.h"
#include "rope/trained.h"

#include <math.h>
#include <string.h>

typedef struct
{
  int64_t bins;
  double epsilon;
  int direction;
  int angle;
  bool w1;
} disturbance;

enum
{
  DISTURBANCE,
  DISTURBANCE_MEAN,
  DISTURBANCE_W1
};

enum
{
  FORWARD,
  REVERSED,
  JS
};

/* The trained angles of every pair, made once a group.  */
typedef struct
{
  size_t n, positions;
  double *inv_freq; /* (n,) */
  uint32_t *count;  /* (n, bins) */
  uint64_t *sorted; /* (n, positions) */
} trained_angles;

/* Room for one thread of a measure.  */
typedef struct
{
  uint32_t *count[2];  /* (bins,) trained (where not prepared), target */
  uint64_t *sorted[2]; /* (positions,) the same */
  double *cell;        /* (2 x the sum of both,) */
  uint64_t *other;     /* the cells' memory, which the sort is done with before there are cells */
} room;

/* Every position has a phase and a cell in memory; 2^24 is 16 times a million-token window.  */
static const double LENGTH_MAX = 16777216;

static size_t
positions_of (double length)
{
  return (size_t) ceil (length);
}

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  const double longest = fmax (in->length, in->geometry->original_length);
  (void) self;
  if (longest > LENGTH_MAX)
    return rw_fail (err, RW_EDOMAIN,
                    "disturbance: length %.0f: it counts every position, up to %.0f of them",
                    longest, LENGTH_MAX);
  return RW_OK;
}

static void
count_and_sort (const disturbance *p, double inv_freq, size_t n, uint32_t *count, uint64_t *sorted,
                uint64_t *other)
{
  const rw_angles_type type = (rw_angles_type) p->angle;
  if (p->w1)
    rw_angles_rising (type, inv_freq, n, sorted, other);
  else
    rw_angles_fill (type, inv_freq, n, sorted);
  rw_angles_count (sorted, n, (size_t) p->bins, rw_angles_guard (type, inv_freq, n), count);
}

static void
release (void *work)
{
  trained_angles *t = work;
  if (!t)
    return;
  rw_free (t->inv_freq);
  rw_free (t->count);
  rw_free (t->sorted);
  rw_free (t);
}

static rw_status
prepare (const void *self, const rw_input *in, void **work, rw_error *err)
{
  const disturbance *p = self;
  const size_t n = rw_geometry_pairs (in->geometry), bins = (size_t) p->bins;
  const size_t positions = positions_of (in->geometry->original_length);
  trained_angles *t = rw_new (1, sizeof *t);
  if (!t)
    return rw_nomem (err, sizeof *t);
  *t = (trained_angles){ .n = n,
                         .positions = positions,
                         .inv_freq = rw_new (n, sizeof *t->inv_freq),
                         .count = rw_new (n * bins, sizeof *t->count),
                         .sorted = rw_new (n * positions, sizeof *t->sorted) };
  uint64_t *other = rw_arena_take (in->scratch, positions, sizeof *other);
  if (!t->inv_freq || !t->count || !t->sorted || !other)
    {
      release (t);
      return rw_nomem (err, n * positions * sizeof *t->sorted);
    }
  rw_trained_fill (in->geometry, n, t->inv_freq);
  for (size_t i = 0; i < n; i++)
    count_and_sort (p, t->inv_freq[i], positions, t->count + i * bins, t->sorted + i * positions,
                    other);
  *work = t;
  return RW_OK;
}

static double
divergence (const disturbance *p, const uint32_t *trained, double n, const uint32_t *target,
            double m)
{
  double sum = 0, lost = 0; /* Kahan: the terms have both signs and cancel */
  for (size_t i = 0; i < (size_t) p->bins; i++)
    {
      const double a = trained[i] / n + p->epsilon, b = target[i] / m + p->epsilon;
      const double half = (a + b) / 2;
      const double term = p->direction == FORWARD ? b * log (b / a)
                          : p->direction == REVERSED
                              ? a * log (a / b)
                              : (a * log (a / half) + b * log (b / half)) / 2;
      const double next = sum + (term - lost);
      lost = (next - sum) - (term - lost);
      sum = next;
    }
  return fmax (sum, 0); /* Gibbs: only rounding is below */
}

static rw_status
room_make (room *r, const rw_input *in, size_t bins, rw_error *err)
{
  const size_t n = positions_of (in->geometry->original_length), m = positions_of (in->length);
  for (int k = 0; k < 2; k++)
    {
      r->count[k] = rw_arena_take (in->scratch, bins, sizeof *r->count[k]);
      r->sorted[k] = rw_arena_take (in->scratch, k ? m : n, sizeof *r->sorted[k]);
    }
  r->cell = rw_arena_take (in->scratch, 2 * (n + m), sizeof *r->cell);
  if (!r->count[0] || !r->count[1] || !r->sorted[0] || !r->sorted[1] || !r->cell)
    return rw_nomem (err, 2 * (n + m) * sizeof *r->cell);
  r->other = (void *) r->cell;
  return RW_OK;
}

/* Pair i: its divergence, and its circular distance in radians.  A table of the model's own pair
   count finds the trained side prepared; another one has it made here.  */
static void
pair (const disturbance *p, const rw_input *in, const trained_angles *t, const rw_freqs *f,
      double trained, size_t i, const room *r, double *kl, double *w1)
{
  const size_t bins = (size_t) p->bins, n = t->positions, m = positions_of (in->length);
  const uint32_t *count = r->count[0];
  const uint64_t *sorted = r->sorted[0];
  if (t->n == f->n)
    {
      count = t->count + i * bins;
      sorted = t->sorted + i * n;
    }
  else
    {
      memset (r->count[0], 0, bins * sizeof *r->count[0]);
      count_and_sort (p, trained, n, r->count[0], r->sorted[0], r->other);
    }
  memset (r->count[1], 0, bins * sizeof *r->count[1]);
  count_and_sort (p, f->inv_freq[i], m, r->count[1], r->sorted[1], r->other);
  *kl = divergence (p, count, (double) n, r->count[1], (double) m);
  if (p->w1)
    *w1 = 2 * M_PI * rw_circle_distance (sorted, n, r->sorted[1], m, r->cell);
}

/* How many rooms a measure of n pairs takes: one a thread, as far as memory is reasonable.  */
static size_t
rooms_of (const rw_input *in, size_t n)
{
  static const double ROOM_A_POSITION = 40, ROOM_MOST = 0x1p31; /* bytes */
  const double bytes = ROOM_A_POSITION * (in->length + in->geometry->original_length);
  const size_t fit = (size_t) (ROOM_MOST / bytes),
               threads = in->threads > 1 ? (size_t) in->threads : 1;
  const size_t rooms = threads < fit ? threads : fit;
  return rooms < 1 || n == 0 ? 1 : rooms < n ? rooms : n;
}

/* kl and w1 of every pair; NaN where there is no trained frequency.  */
static void
pairs (const disturbance *p, const rw_input *in, const trained_angles *t, const rw_freqs *f,
       const double *trained, const room *r, size_t rooms, double *kl, double *w1)
{
#pragma omp parallel for num_threads((int) rooms) if (rooms > 1) schedule(static, 1)
  for (size_t k = 0; k < rooms; k++)
    for (size_t i = k; i < f->n; i += rooms)
      {
        kl[i] = w1[i] = NAN;
        if (!isnan (trained[i]))
          pair (p, in, t, f, trained[i], i, &r[k], &kl[i], &w1[i]);
      }
}

/* The mean of the entries that are there; NaN where none is.  */
static double
mean (const double *x, size_t n)
{
  double sum = 0, known = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan (x[i]))
      sum += x[i], known++;
  return known > 0 ? sum / known : NAN;
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  const disturbance *p = self;
  const size_t n = f->n, rooms = rooms_of (in, n), size = out->size[DISTURBANCE];
  double *trained = rw_arena_take (in->scratch, 3 * n, sizeof *trained);
  room *r = rw_arena_take (in->scratch, rooms, sizeof *r);
  if (!trained || !r)
    return rw_nomem (err, 3 * n * sizeof *trained);
  for (size_t k = 0; k < rooms; k++)
    {
      const rw_status s = room_make (&r[k], in, (size_t) p->bins, err);
      if (s)
        return s;
    }
  double *kl = trained + n, *w1 = kl + n;
  rw_trained_fill (in->geometry, n, trained);
  pairs (p, in, work, f, trained, r, rooms, kl, w1);
  memcpy (out->value[DISTURBANCE], kl, (n < size ? n : size) * sizeof *kl);
  out->value[DISTURBANCE_MEAN][0] = mean (kl, n);
  if (p->w1)
    out->value[DISTURBANCE_W1][0] = mean (w1, n);
  return RW_OK;
}

static double
cost (const void *self, const rw_input *in)
{
  const disturbance *p = self;
  static const double COUNT = 4e-9, CIRCLE = 1e-8, SORT = 2e-8; /* seconds a position */
  const double a_position
      = COUNT + (p->w1 ? CIRCLE + (p->angle == RW_ANGLES_FLOAT32 ? SORT : 0) : 0);
  return (in->length + in->geometry->original_length) * (double) rw_geometry_pairs (in->geometry)
         * a_position;
}

static bool
wants_w1 (const void *self)
{
  const disturbance *p = self;
  return p->w1;
}

static const rw_field fields[] = {
  [DISTURBANCE] = { .name = "disturbance",
                    .dims = { "pair" },
                    .unit = "nats",
                    .kind = "exact",
                    .long_name = "disturbance of the angle distribution",
                    .cite = "Wu et al., arXiv 2410.01490, Eq. 8" },
  [DISTURBANCE_MEAN] = { .name = "disturbance_mean",
                         .unit = "nats",
                         .kind = "exact",
                         .long_name = "mean disturbance of the pairs",
                         .cite = "Wu et al., arXiv 2410.01490, Table 3" },
  [DISTURBANCE_W1]
  = { .name = "disturbance_w1",
      .unit = "radians",
      .kind = "exact",
      .long_name = "mean circular Wasserstein-1 distance of the pairs",
      .cite = "Rabin, Delon and Gousseau 2011, Transportation distances on the circle",
      .wanted = wants_w1 },
  { 0 },
};

static const char *const directions[] = { "forward", "reversed", "js", NULL };
static const char *const angles[] = { "float32", "float64", NULL };

static const rw_param params[] = {
  { .name = "bins",
    .type = RW_INT,
    .at = offsetof (disturbance, bins),
    .value = 360,
    .defined = RW_BETWEEN (1, 16777216),
    .sensible = RW_BETWEEN (8, 65536),
    .text = "equal parts of the turn that angles are counted in" },
  { .name = "epsilon",
    .type = RW_REAL,
    .at = offsetof (disturbance, epsilon),
    .value = 1e-8,
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (1e-15, 1e-3),
    .text = "added to every share, so that an empty part has a logarithm" },
  { .name = "direction",
    .type = RW_CHOICE,
    .at = offsetof (disturbance, direction),
    .value = FORWARD,
    .choices = directions,
    .text = "KL(target || trained), KL(trained || target), or Jensen-Shannon" },
  { .name = "angle",
    .type = RW_CHOICE,
    .at = offsetof (disturbance, angle),
    .value = RW_ANGLES_FLOAT64,
    .choices = angles,
    .text = "arithmetic of the angles" },
  { .name = "w1",
    .type = RW_BOOL,
    .at = offsetof (disturbance, w1),
    .value = 1,
    .text = "also the circular Wasserstein-1 distance (slower)" },
  { 0 },
};

const rw_metric rw_metric_disturbance = {
  .as = { .name = "disturbance",
          .size = sizeof (disturbance),
          .params = params,
          .text = "divergence between the angles of training and those of the target length",
          .cite = "Wu et al., arXiv 2410.01490, Eq. 8" },
  .fields = fields,
  .check = check,
  .prepare = prepare,
  .measure = measure,
  .release = release,
  .cost = cost,
};
