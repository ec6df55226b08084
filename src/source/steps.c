/* steps: an autoregression between drawn edges; see steps.h.  */
#include "source/steps.h"

#include <math.h>

enum
{
  OF_X,
  OF_Z,
  OF_E,
  COEFS
};

/* x' = a x + b z + c e and sum += gain x', a row of channels.  */
typedef void kernel (const double *coefs, double gain, size_t width, const double *edge,
                     const double *noise, double *x, double *sum);

#define KERNEL(name, bytes, attribute)                                                             \
  attribute static void name (const double *coefs, double gain, size_t width, const double *edge,  \
                              const double *noise, double *x, double *sum)                         \
  {                                                                                                \
    typedef double vector __attribute__ ((vector_size (bytes), aligned (8), may_alias));           \
    const double a = coefs[OF_X], b = coefs[OF_Z], c = coefs[OF_E];                                \
    for (size_t i = 0; i < width; i += bytes / sizeof (double))                                    \
      {                                                                                            \
        const vector y = *(vector *) (x + i) * a + *(const vector *) (edge + i) * b                \
                         + *(const vector *) (noise + i) * c;                                      \
        *(vector *) (x + i) = y;                                                                   \
        *(vector *) (sum + i) += y * gain;                                                         \
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

/* The first token of a block is its edge, the others lie between it and the next.  */
static void
fill_coefs (double tau, double *coefs)
{
  const double one = -expm1 (-2 / tau); /* 1 - a^2 */
  coefs[OF_Z] = 1;
  for (size_t k = 1; k < RW_STEPS_BLOCK; k++)
    {
      const double r = (double) (RW_STEPS_BLOCK - k);
      const double rest = -expm1 (-2 * r / tau), all = -expm1 (-2 * (r + 1) / tau);
      double *c = coefs + k * COEFS;
      c[OF_X] = exp (-1 / tau) * rest / all;
      c[OF_Z] = exp (-r / tau) * one / all;
      c[OF_E] = sqrt (one * rest / all);
    }
}

static void
fill_still (double *coefs, int which)
{
  for (size_t k = 0; k < RW_STEPS_BLOCK; k++)
    coefs[k * COEFS + (size_t) which] = 1;
}

/* The stationary autoregression of the edges, `n` of them.  */
static void
draw_edges (rw_steps *s, double tau, size_t n, rw_stream stream)
{
  const double a = exp (-RW_STEPS_BLOCK / tau), e = sqrt (-expm1 (-2 * RW_STEPS_BLOCK / tau));
  rw_stream_normals (&stream, 0, n * s->width / RW_NORMALS, rw_simd_get (), s->edge);
  for (size_t i = s->width; i < n * s->width; i++)
    s->edge[i] = a * s->edge[i - s->width] + e * s->edge[i];
}

bool
rw_steps_take (rw_arena *arena, double tau, size_t width, size_t tokens, rw_stream stream,
               rw_steps *out)
{
  const bool still = tau == 0 || isinf (tau);
  const size_t edges = still ? 1 : (tokens + RW_STEPS_BLOCK - 1) / RW_STEPS_BLOCK + 1;
  *out = (rw_steps){ .width = width,
                     .stream = stream,
                     .noisy = !isinf (tau),
                     .edge_stride = still ? 0 : width,
                     .edge = rw_arena_take (arena, edges, width * sizeof *out->edge),
                     .coefs = rw_arena_take (arena, RW_STEPS_BLOCK, COEFS * sizeof *out->coefs) };
  if (!out->edge || !out->coefs)
    return false;
  stream.purpose++;
  if (tau > 0)
    draw_edges (out, tau, edges, stream);
  if (still)
    fill_still (out->coefs, tau == 0 ? OF_E : OF_Z);
  else
    fill_coefs (tau, out->coefs);
  return true;
}

void
rw_steps_add (const rw_steps *s, double gain, size_t m, size_t n, rw_simd simd, double *state,
              double *noise, double *sum)
{
  const size_t b = m / RW_STEPS_BLOCK, units = s->width / RW_NORMALS;
  const double *edge = s->edge + b * s->edge_stride;
  if (s->noisy)
    rw_stream_normals (&s->stream, (uint32_t) (m * units), n * units, simd, noise);
  for (size_t i = 0; i < n; i++)
    {
      const size_t k = (m + i) % RW_STEPS_BLOCK;
      kernels[simd](s->coefs + k * COEFS, gain, s->width, k ? edge + s->edge_stride : edge,
                    noise + i * s->width, state, sum + i * s->width);
    }
}
