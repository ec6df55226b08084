/* content: Gaussian channels; see content.h.

   Threads share blocks of tokens; a block is made by one thread from its edges and its own noise,
   so their number changes no bit.  */
#include "source/content.h"
#include "source/steps.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#ifdef _OPENMP
#  include <omp.h>
#else
#  define omp_get_thread_num() 0
#endif

enum
{
  CHUNK = 32, /* tokens made at a time: what belongs to them stays in the cache */
  SETS = 3,   /* x, y, z */
  PARTS = SETS * RW_PROCESS_PARTS
};
static_assert (RW_STEPS_BLOCK % CHUNK == 0, "a chunk lies in one block");

/* Measured with AVX-512: one normal and its share of the sums.  */
static const double SECONDS_A_NUMBER = 3e-9;

typedef struct
{
  rw_steps steps;
  size_t set;
  double gain; /* root of its weight */
} part;

/* What a thread works in.  */
typedef struct
{
  double *state; /* (n_parts, width) */
  double *noise; /* (CHUNK, width) */
  double *sum;   /* (SETS, CHUNK, width) */
} bench;

typedef struct
{
  size_t tokens, channels, width;
  rw_simd simd;
  size_t n_parts;
  part part[PARTS];
  double mean, own[SETS], shared; /* q = mean + shared x + own[1] y; k, v = mean + own x, z */
  float *q, *k, *v;               /* (tokens, channels); v NULL where not wanted */
} job;

/* ---- rows ---- */

/* out = mean + a x + b y, (n, channels) of (n, width).  */
typedef void kernel (const job *j, size_t n, double a, const double *x, double b, const double *y,
                     float *out);

#define KERNEL(name, bytes, attribute)                                                             \
  attribute static void name (const job *j, size_t n, double a, const double *x, double b,         \
                              const double *y, float *out)                                         \
  {                                                                                                \
    typedef double vector __attribute__ ((vector_size (bytes), aligned (8), may_alias));           \
    typedef float narrow __attribute__ ((vector_size (bytes / 2), aligned (4), may_alias));        \
    const size_t w = bytes / sizeof (double), whole = j->channels / w * w;                         \
    for (; n-- > 0; x += j->width, y += j->width, out += j->channels)                              \
      {                                                                                            \
        for (size_t i = 0; i < whole; i += w)                                                      \
          {                                                                                        \
            const vector sum                                                                       \
                = *(const vector *) (x + i) * a + *(const vector *) (y + i) * b + j->mean;         \
            *(narrow *) (out + i) = __builtin_convertvector(sum, narrow);                          \
          }                                                                                        \
        for (size_t i = whole; i < j->channels; i++)                                               \
          out[i] = (float) (x[i] * a + y[i] * b + j->mean);                                        \
      }                                                                                            \
  }

KERNEL (plain, 16, )
#if defined __x86_64__
KERNEL (avx2, 32, __attribute__ ((target ("avx2"))))
KERNEL (avx512, 64, __attribute__ ((target ("avx512f"))))
static kernel *const kernels[] = { plain, avx2, avx512 };
#else
static kernel *const kernels[] = { plain, plain, plain };
#endif

static void
fill_chunk (const job *j, const bench *b, size_t m, size_t n)
{
  const size_t size = CHUNK * j->width;
  const double *x = b->sum, *y = x + size, *z = y + size;
  memset (b->sum, 0, SETS * size * sizeof *b->sum);
  for (size_t p = 0; p < j->n_parts; p++)
    {
      const part *of = &j->part[p];
      rw_steps_add (&of->steps, of->gain, m, n, j->simd, b->state + p * j->width, b->noise,
                    b->sum + of->set * size);
    }
  kernels[j->simd](j, n, j->own[0], x, 0, y, j->k + m * j->channels);
  kernels[j->simd](j, n, j->shared, x, j->own[1], y, j->q + m * j->channels);
  if (j->v)
    kernels[j->simd](j, n, j->own[2], z, 0, y, j->v + m * j->channels);
}

static void
fill_block (const job *j, const bench *b, size_t block)
{
  const size_t from = block * RW_STEPS_BLOCK, rest = j->tokens - from;
  const size_t end = from + (rest < RW_STEPS_BLOCK ? rest : RW_STEPS_BLOCK);
  for (size_t m = from; m < end; m += CHUNK)
    fill_chunk (j, b, m, end - m < CHUNK ? end - m : CHUNK);
}

/* ---- the job ---- */

static bool
take_process (job *j, const rw_process *p, size_t set, const rw_input *in)
{
  bool taken = true;
  for (size_t k = 0; taken && k < p->n; k++)
    {
      const uint32_t purpose = RW_SOURCE_PURPOSE + 2 * (uint32_t) (set * RW_PROCESS_PARTS + k);
      part *of = &j->part[j->n_parts++];
      of->set = set;
      of->gain = sqrt (p->weight[k]);
      taken = rw_steps_take (in->scratch, p->tau[k], j->width, j->tokens,
                             rw_stream_new (in->seed, in->group, purpose), &of->steps);
    }
  return taken;
}

static bool
take_benches (const job *j, rw_arena *arena, size_t n, bench *out)
{
  bool taken = true;
  for (size_t t = 0; taken && t < n; t++)
    {
      out[t].state = rw_arena_take (arena, j->n_parts, j->width * sizeof (double));
      out[t].noise = rw_arena_take (arena, CHUNK, j->width * sizeof (double));
      out[t].sum = rw_arena_take (arena, SETS * CHUNK, j->width * sizeof (double));
      taken = out[t].state && out[t].noise && out[t].sum;
    }
  return taken;
}

static bool
take_rows (const job *j, rw_rows *rows, void **owned, float **out)
{
  *owned = *out = rw_new (j->tokens, j->channels * sizeof **out);
  *rows = (rw_rows){ .data = *out,
                     .type = RW_FLOAT32,
                     .n = j->tokens,
                     .dim = j->channels,
                     .stride = (ptrdiff_t) j->channels };
  return *out;
}

static bool
take_all (const rw_content *c, const rw_input *in, job *j, rw_qk *out)
{
  const double rest = sqrt (1 - c->correlation * c->correlation);
  j->mean = c->mean;
  j->own[0] = j->own[2] = c->deviation;
  j->shared = c->deviation * c->correlation;
  j->own[1] = c->deviation * rest;
  return take_rows (j, &out->q, &out->owned[0], &j->q)
         && take_rows (j, &out->k, &out->owned[1], &j->k)
         && (!c->values || take_rows (j, &out->v, &out->owned[2], &j->v))
         && take_process (j, &c->shared, 0, in) && (rest == 0 || take_process (j, &c->own, 1, in))
         && (!c->values || take_process (j, &c->shared, 2, in));
}

static size_t
width_of (size_t channels)
{
  return (channels + RW_NORMALS - 1) / RW_NORMALS * RW_NORMALS;
}

rw_status
rw_content_check (const rw_content *c, const rw_input *in, rw_error *err)
{
  const size_t channels = (size_t) in->geometry->head_dim;
  const double most
      = (double) (RW_NORMALS_GROUPS / (width_of (channels) / RW_NORMALS)) - RW_STEPS_BLOCK;
  if (in->length > most)
    return rw_fail (err, RW_EDOMAIN,
                    "length %.0f: random streams reach %.0f tokens of %zu channels", in->length,
                    most, channels);
  if (c->sink != 0 && c->mean == 0)
    {
      rw_fail (err, RW_EDOMAIN, "sink: without a mean no query meets it");
      return rw_hint (err, "give the queries a direction, e.g. \"mean\": 0.5");
    }
  return RW_OK;
}

rw_status
rw_content_fill (const rw_content *c, const rw_input *in, rw_qk *out, rw_error *err)
{
  const size_t threads = in->threads > 1 ? (size_t) in->threads : 1;
  job *j = rw_arena_take (in->scratch, 1, sizeof *j);
  bench *benches = rw_arena_take (in->scratch, threads, sizeof *benches);
  if (!j || !benches)
    return rw_nomem (err, sizeof *j);
  j->tokens = (size_t) in->length;
  j->channels = (size_t) in->geometry->head_dim;
  j->width = width_of (j->channels);
  j->simd = rw_simd_get ();
  if (!take_all (c, in, j, out) || !take_benches (j, in->scratch, threads, benches))
    return rw_nomem (err, 3 * j->tokens * j->channels * sizeof (float));
  const size_t blocks = (j->tokens + RW_STEPS_BLOCK - 1) / RW_STEPS_BLOCK;
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(dynamic, 1)
  for (size_t b = 0; b < blocks; b++)
    fill_block (j, &benches[omp_get_thread_num ()], b);
  for (size_t i = 0; i < j->channels; i++)
    j->k[i] += (float) c->sink;
  return RW_OK;
}

static double
noisy (const rw_process *p)
{
  double n = 0;
  for (size_t k = 0; k < p->n; k++)
    n += !isinf (p->tau[k]);
  return n;
}

double
rw_content_cost (const rw_content *c, const rw_input *in)
{
  const double shared = noisy (&c->shared) * (c->values ? 2 : 1);
  const double own = fabs (c->correlation) < 1 ? noisy (&c->own) : 0;
  return SECONDS_A_NUMBER * in->length * (double) in->geometry->head_dim * (shared + own);
}
