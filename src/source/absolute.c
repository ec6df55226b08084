/* absolute: queries and keys that carry where they stand, as before RoPE.

   q_m = content + p_m, k_m = content + p_m, v_m = content: the same p_m on both sides, content as
   gauss makes it with mean 0 (content.h).  With A = amplitude and h = head_dim,
     sinusoidal  p_m = A (sin m w_0, cos m w_0, sin m w_1, ...), w_i = base^(-2i/h), i < h/2
                 (Vaswani et al., arXiv 1706.03762, section 3.5), so that
                 E q_m . k_n = h deviation^2 rho r(|m - n|) + A^2 sum_i cos ((m - n) w_i);
     learned     p_m of independent normal channels of variance A^2 / 2, one row for each trained
                 position and none beyond: A^2 h/2 [m = n] in the sum's place.
   A model projects content and position before they meet; here positions meet as they are.  */
#include "base/rng.h"
#include "rope/trig.h"
#include "source/content.h"

#include <math.h>

typedef struct
{
  int positions;
  double amplitude, base, deviation, correlation, length_scale;
  bool values;
} absolute;

enum
{
  SINUSOIDAL,
  LEARNED
};

enum
{
  BLOCK = 1024,                                                 /* positions made at a time */
  PURPOSE = RW_SOURCE_PURPOSE + 2 * 3 * (int) RW_PROCESS_PARTS, /* content's end before it */
  PAIR = 2                                                      /* sine and cosine */
};

static rw_content
content_of (const absolute *p)
{
  const rw_process r = rw_process_exponential (p->length_scale);
  return (rw_content){ .deviation = p->deviation,
                       .correlation = p->correlation,
                       .shared = r,
                       .own = r,
                       .values = p->values };
}

static rw_status
check (const void *self, const rw_input *in, const rw_tensor *tensors, rw_error *err)
{
  const absolute *p = self;
  const rw_geometry *m = in->geometry;
  const rw_content c = content_of (p);
  (void) tensors;
  if (p->positions == LEARNED && in->length > m->original_length)
    {
      rw_fail (err, RW_EDOMAIN,
               "length %.0f: a learned table has a row for each of the %.0f trained positions and "
               "none beyond",
               in->length, m->original_length);
      return rw_hint (err, "\"positions\": \"sinusoidal\" goes on");
    }
  if (p->positions == SINUSOIDAL && m->head_dim % 2)
    return rw_fail (err, RW_EDOMAIN, "head_dim %lld: sines and cosines come in pairs",
                    (long long) m->head_dim);
  return rw_content_check (&c, in, err);
}

/* Both sides of token m get `position` (dim,), whose numbers lie `step` apart from `first` on.  */
static void
add (rw_qk *qk, size_t m, size_t dim, size_t first, size_t step, double gain,
     const double *position)
{
  float *q = (float *) qk->owned[0] + m * dim, *k = (float *) qk->owned[1] + m * dim;
  for (size_t c = first, i = 0; c < dim; c += step, i++)
    {
      q[c] = (float) (q[c] + gain * position[i]);
      k[c] = (float) (k[c] + gain * position[i]);
    }
}

/* Whole blocks of the table always, so that a longer sequence begins like a shorter one.  */
static rw_status
add_sinusoidal (const absolute *p, const rw_input *in, rw_freqs *f, rw_arena *scratch, rw_qk *qk,
                rw_error *err)
{
  const size_t dim = qk->q.dim, n = qk->q.n, pairs = dim / PAIR;
  rw_status s = scratch ? rw_freqs_size (f, pairs, err) : rw_nomem (err, sizeof *f);
  for (size_t i = 0; !s && i < pairs; i++)
    f->inv_freq[i] = pow (p->base, -2.0 * (double) i / (double) dim);
  f->attention_factor = p->amplitude; /* on sine and cosine both */
  for (size_t from = 0; !s && from < n; from += BLOCK)
    {
      rw_arena_reset (scratch);
      double *room = rw_arena_take (scratch, PAIR * BLOCK * pairs, sizeof *room);
      if (!room)
        return rw_nomem (err, PAIR * BLOCK * pairs * sizeof *room);
      rw_trig t = { .type = RW_FLOAT64,
                    .n = BLOCK,
                    .pairs = pairs,
                    .row = (ptrdiff_t) pairs,
                    .cos = room,
                    .sin = room + BLOCK * pairs };
      const rw_positions at = { .n = BLOCK, .from = (double) from, .step = 1 };
      s = rw_trig_fill (f, &at, RW_TRIG_EXACT, in->threads, scratch, &t, err);
      for (size_t m = from; !s && m < n && m < from + BLOCK; m++)
        {
          add (qk, m, dim, 0, PAIR, 1, (double *) t.sin + (m - from) * pairs);
          add (qk, m, dim, 1, PAIR, 1, (double *) t.cos + (m - from) * pairs);
        }
    }
  return s;
}

static rw_status
add_learned (const absolute *p, const rw_input *in, rw_qk *qk, rw_error *err)
{
  const size_t dim = qk->q.dim, n = qk->q.n, groups = (dim + RW_NORMALS - 1) / RW_NORMALS;
  const rw_stream stream = rw_stream_new (in->seed, in->group, PURPOSE);
  double *row = rw_arena_take (in->scratch, groups * RW_NORMALS, sizeof *row);
  if (!row)
    return rw_nomem (err, groups * RW_NORMALS * sizeof *row);
  for (size_t m = 0; m < n; m++)
    {
      rw_stream_normals (&stream, (uint32_t) (m * groups), groups, rw_simd_get (), row);
      add (qk, m, dim, 0, 1, p->amplitude * M_SQRT1_2, row);
    }
  return RW_OK;
}

static rw_status
fill (const void *self, const rw_input *in, const rw_tensor *tensors, rw_qk *out, rw_error *err)
{
  const absolute *p = self;
  const rw_content c = content_of (p);
  (void) tensors;
  rw_status s = rw_content_fill (&c, in, out, err);
  if (!s && p->positions == LEARNED)
    s = add_learned (p, in, out, err);
  else if (!s)
    {
      rw_freqs f = { 0 };
      rw_arena *tables = rw_arena_new (); /* used anew for each block */
      s = add_sinusoidal (p, in, &f, tables, out, err);
      rw_freqs_free (&f);
      rw_arena_free (tables);
    }
  return s;
}

static double
cost (const void *self, const rw_input *in)
{
  static const double SECONDS_A_NUMBER = 3e-9; /* of a position, made and added to both */
  const rw_content c = content_of (self);
  return rw_content_cost (&c, in) + SECONDS_A_NUMBER * in->length * (double) in->geometry->head_dim;
}

static const char *const kinds[] = { "sinusoidal", "learned", NULL };

static const rw_param params[] = {
  { .name = "positions",
    .type = RW_CHOICE,
    .at = offsetof (absolute, positions),
    .choices = kinds,
    .text = "sines and cosines of the position, or a table of a row for each trained position" },
  { .name = "amplitude",
    .type = RW_REAL,
    .at = offsetof (absolute, amplitude),
    .value = 1,
    .defined = RW_BETWEEN (0, RW_CONTENT_MAX),
    .text = "of the sines and cosines; a learned row is as long" },
  { .name = "base",
    .type = RW_REAL,
    .at = offsetof (absolute, base),
    .value = 10000,
    .defined = RW_BETWEEN (1, 1e30),
    .text = "of the sinusoidal frequencies base^(-2i/head_dim)" },
  { .name = "deviation",
    .type = RW_REAL,
    .at = offsetof (absolute, deviation),
    .value = 1,
    .defined = RW_BETWEEN (0, RW_CONTENT_MAX),
    .text = "standard deviation of every channel of the content; 0: positions alone" },
  { .name = "correlation",
    .type = RW_REAL,
    .at = offsetof (absolute, correlation),
    .defined = RW_BETWEEN (-1, 1),
    .text = "between the content of a channel of q and of k, at one token" },
  { .name = "length_scale",
    .type = RW_REAL,
    .at = offsetof (absolute, length_scale),
    .defined = RW_FROM (0),
    .unit = "tokens",
    .text = "tokens over which the content's autocovariance falls to 1/e; 0: white noise" },
  { .name = "values",
    .type = RW_BOOL,
    .at = offsetof (absolute, values),
    .text = "also makes v, content alone" },
  { 0 },
};

const rw_source rw_source_absolute = {
  .as
  = { .name = "absolute",
      .size = sizeof (absolute),
      .params = params,
      .text = "Gaussian content on absolute positions, sinusoidal or learned: for schedule none",
      .cite = "Vaswani et al., arXiv 1706.03762, section 3.5" },
  .check = check,
  .fill = fill,
  .cost = cost,
};
