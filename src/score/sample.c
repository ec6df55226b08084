/* sample: the jittered sample of queries; see sample.h.  */
#include "score/sample.h"
#include "base/rng.h"

enum
{
  PURPOSE = 8 /* of the stream; sources begin at 16 */
};

size_t
rw_sample_size (size_t n, size_t every)
{
  return n / every + (n % every > 0);
}

void
rw_sample_draw (uint64_t seed, uint64_t group, size_t n, size_t every, int64_t *query)
{
  rw_stream stream = rw_stream_new (seed, group, PURPOSE);
  for (size_t j = 0; j < rw_sample_size (n, every); j++)
    {
      const size_t from = j * every, room = n - from < every ? n - from : every;
      query[j] = (int64_t) (from + (size_t) (rw_stream_uniform (&stream) * (double) room));
    }
}
