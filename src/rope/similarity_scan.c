/* similarity_scan: counts, first negative and minimum of B(m) over a range of integers; see
   similarity.h.  The reductions do not depend on the order of the pieces, so threads change no
   bit.  */
#include "rope/similarity.h"

#include <math.h>

enum
{
  PIECE = 4096,                   /* values on the stack at once */
  BATCH = 8 * RW_SIMILARITY_BLOCK /* integers between two looks at "found" */
};

typedef struct
{
  int64_t count, first, at; /* first, at: INT64_MAX for none */
  double min;
} part;

static part
scan_piece (const rw_similarity *s, int64_t from, int64_t last)
{
  double b[PIECE];
  const int64_t n = last - from + 1 < PIECE ? last - from + 1 : PIECE;
  const double error = rw_similarity_bound (s);
  part p = { .first = INT64_MAX, .at = INT64_MAX, .min = INFINITY };
  rw_similarity_run (s, from, (size_t) n, b);
  for (int64_t j = 0; j < n; j++)
    {
      if (b[j] < p.min)
        p.min = b[j], p.at = from + j;
      if (b[j] > error || (b[j] >= -error && rw_similarity_at (s, from + j) >= 0))
        continue;
      if (!p.count++)
        p.first = from + j;
    }
  return p;
}

static void
join (part *a, part b)
{
  a->count += b.count;
  a->first = b.first < a->first ? b.first : a->first;
  if (b.min < a->min || (b.min == a->min && b.at < a->at))
    a->min = b.min, a->at = b.at;
}

static part
scan_range (const rw_similarity *s, int64_t from, int64_t last, int threads)
{
  part all = { .first = INT64_MAX, .at = INT64_MAX, .min = INFINITY };
  (void) threads; /* of no use without OpenMP */
  const int64_t pieces = last < from ? 0 : (last - from) / PIECE + 1;
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(dynamic, 1)
  for (int64_t k = 0; k < pieces; k++)
    {
      const part p = scan_piece (s, from + k * PIECE, last);
#pragma omp critical(rw_similarity_join)
      join (&all, p);
    }
  return all;
}

void
rw_similarity_scan (const rw_similarity *s, int64_t from, int64_t last, int threads,
                    rw_similarity_summary *out)
{
  const part p = scan_range (s, from, last, threads);
  const int any = p.at != INT64_MAX;
  *out = (rw_similarity_summary){
    .negative_count = (double) p.count,
    .first_negative = p.count ? (double) p.first : NAN,
    .min = any ? (double) rw_similarity_at (s, p.at) : NAN,
    .min_at = any ? (double) p.at : NAN,
  };
}

double
rw_similarity_first_negative (const rw_similarity *s, int64_t from, int64_t last, int threads)
{
  for (int64_t m = from; m <= last; m += BATCH)
    {
      const part p = scan_range (s, m, last - m < BATCH ? last : m + BATCH - 1, threads);
      if (p.count)
        return (double) p.first;
    }
  return NAN;
}
