/* attention_queries: positions, samples and their means; see attention_queries.h.  */
#include "metric/attention_queries.h"

#include "base/rng.h"

#include <math.h>

enum
{
  PURPOSE = 9, /* of the stream; sources begin at 16 */
  BLOCKS = 20
};

/* The integers that entry k stands for: first .. end - 1.  */
static void
extent (rw_queries_kind kind, const rw_input *in, size_t k, double *first, double *end)
{
  const double at = in->position[k], length = floor (in->length);
  const bool alone = kind == RW_QUERIES_POSITION || k + 1 == in->n_positions;
  *first = ceil (at);
  *end = alone ? (at == *first ? at + 1 : *first) : ceil (in->position[k + 1]);
  *end = fmin (*end, length);
}

static double
wanted (rw_queries_kind kind, int64_t samples, double size)
{
  if (size <= 0)
    return 0;
  return kind == RW_QUERIES_SAMPLE ? fmin (size, (double) samples) : size;
}

static void
fill (rw_queries *q, size_t k, double first, double size, size_t n, rw_stream *stream)
{
  int64_t *out = q->query + q->band[k];
  q->least[k] = (int64_t) first;
  for (size_t j = 0; j < n; j++)
    {
      const double low = floor ((double) j * size / (double) n);
      const double high = floor ((double) (j + 1) * size / (double) n);
      const double step = high - low > 1 ? floor (rw_stream_uniform (stream) * (high - low)) : 0;
      out[j] = (int64_t) (first + low + step);
    }
}

rw_status
rw_queries_make (rw_queries_kind kind, int64_t samples, const rw_input *in, rw_queries *out,
                 rw_error *err)
{
  rw_stream stream = rw_stream_new (in->seed, in->group, PURPOSE);
  double first, end, total = 0;
  for (size_t k = 0; k < in->n_positions; k++)
    {
      extent (kind, in, k, &first, &end);
      total += wanted (kind, samples, end - first);
    }
  *out = (rw_queries){ .n_bands = in->n_positions, .n = (size_t) total };
  out->query = rw_arena_take (in->scratch, out->n, sizeof *out->query);
  out->band = rw_arena_take (in->scratch, out->n_bands + 1, sizeof *out->band);
  out->least = rw_arena_take (in->scratch, out->n_bands, sizeof *out->least);
  if (!out->query || !out->band || !out->least)
    return rw_nomem (err, out->n * sizeof *out->query);
  for (size_t k = 0; k < in->n_positions; k++)
    {
      extent (kind, in, k, &first, &end);
      const size_t n = (size_t) wanted (kind, samples, end - first);
      fill (out, k, first, end - first, n, &stream);
      out->band[k + 1] = out->band[k] + n;
    }
  return RW_OK;
}

double
rw_queries_pairs (rw_queries_kind kind, int64_t samples, const rw_input *in)
{
  double pairs = 0, first, end;
  for (size_t k = 0; k < in->n_positions; k++)
    {
      extent (kind, in, k, &first, &end);
      pairs += wanted (kind, samples, end - first) * (first + end + 1) / 2;
    }
  return pairs;
}

/* Standard error of the mean of n > 1 values from the means of consecutive blocks, weighted by
   their sizes.  */
static double
block_error (const double *value, size_t n, double mean)
{
  const size_t blocks = n < BLOCKS ? n : BLOCKS;
  double sum = 0;
  for (size_t b = 0; b < blocks; b++)
    {
      const size_t from = b * n / blocks, to = (b + 1) * n / blocks;
      double off = 0;
      for (size_t j = from; j < to; j++)
        off += (value[j] - mean) / (double) n;
      sum += off * off;
    }
  return sqrt (sum * (double) blocks / (double) (blocks - 1));
}

void
rw_queries_mean (const rw_queries *q, const double *value, double *mean, double *error)
{
  for (size_t k = 0; k < q->n_bands; k++)
    {
      const double *v = value + q->band[k];
      const size_t n = q->band[k + 1] - q->band[k];
      double sum = 0;
      for (size_t j = 0; j < n; j++)
        sum += v[j];
      if (n)
        mean[k] = sum / (double) n;
      if (error && n > 1)
        error[k] = block_error (v, n, mean[k]);
    }
}
