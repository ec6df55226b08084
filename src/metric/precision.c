/* precision: what the number formats of positions, tables and products do to the rotation.

   For each type T (float32, bfloat16, float16), position m and pair i, in radians:
     phase_error_position  |T(m) - m| g_i                    positions kept in T
     phase_error_table     the angle between (T(a cos), T(a sin)) and the exact turn
     phase_error_product   |T(m T(g_i)) - m g_i|             frequencies and the product in T
   The first and the last grow with m without end, the second never passes half a unit in the last
   place of 1: 2^-24, 2^-8, 2^-11.
   distinct_positions: how many of the integers 0 .. m-1 are still different numbers in T.
   shift_error: what positions in T do to a score; see shift.h.  Wang et al., arXiv 2411.13476.  */
#include "metric/metric.h"
#include "metric/shift.h"
#include "rope/turn.h"

#include <math.h>
#include <string.h>

typedef struct
{
  int64_t shifts, vectors;
  int content;
} precision;

enum
{
  POSITION,
  TABLE,
  PRODUCT,
  SHIFT,
  DISTINCT
};

enum
{
  RANDOM,
  SOURCE
};

static const rw_dtype types[] = { RW_FLOAT32, RW_BFLOAT16, RW_FLOAT16 };
static const int digits[] = { 24, 8, 11 }; /* bits, IEEE 754 and bfloat16 */
static const char *const labels[] = { "float32", "bfloat16", "float16" };

enum
{
  TYPES = sizeof types / sizeof *types
};

/* NaN where the type cannot hold it.  */
static double
held (rw_dtype type, double x)
{
  const double y = rw_dtype_round (type, x);
  return isfinite (y) ? y : NAN;
}

static double
table_error (rw_dtype type, rw_turn exact, double a)
{
  const rw_turn t = { held (type, a * exact.c), held (type, a * exact.s) };
  if (t.c == 0 && t.s == 0)
    return NAN; /* a factor so small that nothing is left */
  return fabs (atan2 (t.s * exact.c - t.c * exact.s, t.c * exact.c + t.s * exact.s));
}

/* The product of a whole m below 2^29 and a float32 is exact in double, so it is rounded once.  */
static double
product_error (rw_dtype type, double m, double g)
{
  const double high = m * g, low = fma (m, g, -high);
  return fabs (held (type, m * rw_dtype_round (type, g)) - high - low);
}

/* How many different values T takes on the integers 0 .. n-1: T rises and leaves every value of its
   own where it is, so they are its whole values up to n-1, and the one above where n-1 goes up.
   Those are all integers up to 2^p, then 2^(p-1) an octave.  */
static double
distinct (int t, double n)
{
  const int p = digits[t];
  const double last = n - 1, top = held (types[t], last);
  if (isnan (top) || n < 1)
    return n < 1 ? 0 : NAN;
  if (last < ldexp (1, p))
    return n;
  const int octave = ilogb (last);
  return ldexp (1, p) + (octave - p) * ldexp (1, p - 1)
         + floor (ldexp (last - ldexp (1, octave), p - 1 - octave)) + 1 + (top > last);
}

/* One position: rows of `out`, each `pairs` long, of every type.  */
static void
phases (const rw_freqs *f, const rw_input *in, size_t k, size_t pairs, rw_fields *out)
{
  const double m = in->position[k];
  for (size_t i = 0; i < f->n && i < pairs; i++)
    {
      const double g = f->inv_freq[i];
      const rw_turn exact = rw_turn_of (m, g);
      for (size_t t = 0; t < TYPES; t++)
        {
          const size_t at = (t * in->n_positions + k) * pairs + i;
          out->value[POSITION][at] = fabs ((held (types[t], m) - m) * g);
          out->value[TABLE][at] = table_error (types[t], exact, f->attention_factor);
          out->value[PRODUCT][at] = product_error (types[t], m, g);
        }
    }
}

static rw_status
prepare (const void *self, const rw_input *in, void **work, rw_error *err)
{
  const precision *p = self;
  rw_shift_vectors *v = NULL;
  const rw_status s = rw_shift_vectors_new (in, (size_t) p->vectors, p->content == SOURCE, &v, err);
  *work = v;
  return s;
}

static void
release (void *work)
{
  rw_shift_vectors_free (work);
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  const precision *p = self;
  const size_t n = in->n_positions, pairs = n ? out->size[POSITION] / (TYPES * n) : 0;
  rw_status s = RW_OK;
#pragma omp parallel for num_threads(in->threads > 1 ? in->threads : 1) if (in->threads > 1)
  for (size_t k = 0; k < n; k++)
    if (in->position[k] <= in->length)
      phases (f, in, k, pairs, out);
  for (size_t t = 0; t < TYPES; t++)
    for (size_t k = 0; k < n; k++)
      if (in->position[k] <= in->length)
        out->value[DISTINCT][t * n + k] = distinct ((int) t, ceil (in->position[k]));
  for (size_t t = 0; !s && t < TYPES; t++)
    s = rw_shift_errors (f, in, work, (size_t) p->shifts, types[t],
                         out->value[SHIFT] + t * in->n_distances, err);
  return s;
}

static rw_status
dim (const void *self, double longest, const char *name, rw_arena *keep, rw_dim *out, rw_error *err)
{
  (void) self, (void) longest, (void) keep;
  if (strcmp (name, "dtype") != 0)
    return rw_fail (err, RW_EINVAL, "precision has no dimension '%s'", name);
  *out = (rw_dim){ .name = "dtype", .n = TYPES, .labels = labels, .long_name = "number format" };
  return RW_OK;
}

static unsigned
needs_of (const void *self)
{
  const precision *p = self;
  return p->content == SOURCE ? RW_NEEDS_QK : 0;
}

static double
cost (const void *self, const rw_input *in)
{
  static const double PHASE = 1.2e-7, TURN = 8e-8, TERM = 1e-9; /* seconds a pair */
  const precision *p = self;
  const double scores = TYPES * (double) in->n_distances * (double) p->shifts;
  return (double) rw_geometry_pairs (in->geometry)
         * (TYPES * (double) in->n_positions * PHASE
            + scores * (TURN + (double) p->vectors * TERM));
}

#define WANG "Wang et al., arXiv 2411.13476"
#define PHASE_FIELD(field, text, source)                                                           \
  {                                                                                                \
    .name = field, .dims = { "dtype", "position", "pair" }, .unit = "radians", .kind = "exact",    \
    .long_name = text, .cite = source                                                              \
  }
static const rw_field fields[] = {
  [POSITION] = PHASE_FIELD ("phase_error_position", "phase error of a rounded position", WANG),
  [TABLE] = PHASE_FIELD ("phase_error_table", "phase error of a rounded table", "IEEE 754"),
  [PRODUCT] = PHASE_FIELD ("phase_error_product", "phase error of a rounded product", "IEEE 754"),
  [SHIFT] = { .name = "shift_error",
              .dims = { "dtype", "distance" },
              .kind = "sampled",
              .long_name = "largest change of a score under a common shift",
              .cite = WANG },
  [DISTINCT] = { .name = "distinct_positions",
                 .dims = { "dtype", "position" },
                 .kind = "exact",
                 .long_name = "positions that rounding keeps apart",
                 .cite = WANG },
  { 0 },
};

static const char *const contents[] = { "random", "source", NULL };

static const rw_param params[] = {
  { .name = "shifts",
    .type = RW_INT,
    .at = offsetof (precision, shifts),
    .value = 32,
    .defined = RW_BETWEEN (1, 1048576),
    .sensible = RW_BETWEEN (4, 4096),
    .text = "common shifts of query and key tried at every distance" },
  { .name = "vectors",
    .type = RW_INT,
    .at = offsetof (precision, vectors),
    .value = 16,
    .defined = RW_BETWEEN (1, 65536),
    .sensible = RW_BETWEEN (1, 1024),
    .text = "pairs of a query and a key, of which the worst counts" },
  { .name = "content",
    .type = RW_CHOICE,
    .at = offsetof (precision, content),
    .value = RANDOM,
    .choices = contents,
    .text = "queries and keys: random directions, or rows of the source" },
  { 0 },
};

const rw_metric rw_metric_precision = {
  .as = { .name = "precision",
          .size = sizeof (precision),
          .params = params,
          .text = "what float32, bfloat16 and float16 do to positions, tables, products and scores",
          .cite = WANG },
  .fields = fields,
  .needs_of = needs_of,
  .prepare = prepare,
  .measure = measure,
  .release = release,
  .dim = dim,
  .cost = cost,
};
