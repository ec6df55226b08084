/* rng: Philox4x32-10 streams; see rng.h.  */
#include "base/rng.h"

#include <Random123/philox.h>
#include <math.h>

rw_stream
rw_stream_new (uint64_t seed, uint64_t group, uint32_t purpose)
{
  return (rw_stream){ .seed = seed, .group = group, .purpose = purpose };
}

static void
refill (rw_stream *s)
{
  const philox4x32_ctr_t counter
      = { { s->block++, s->purpose, (uint32_t) s->group, (uint32_t) (s->group >> 32) } };
  const philox4x32_key_t key = { { (uint32_t) s->seed, (uint32_t) (s->seed >> 32) } };
  const philox4x32_ctr_t made = philox4x32_R (10, counter, key);
  for (int i = 0; i < 4; i++)
    s->word[i] = made.v[i];
  s->left = 4;
}

uint32_t
rw_stream_word (rw_stream *s)
{
  if (!s->left)
    refill (s);
  return s->word[4 - s->left--];
}

double
rw_stream_uniform (rw_stream *s)
{
  const uint64_t high = rw_stream_word (s), low = rw_stream_word (s);
  return (double) ((high << 32 | low) >> 11) * 0x1p-53;
}

/* Box and Muller, 1958; 1 - u keeps the logarithm off zero.  */
double
rw_stream_normal (rw_stream *s)
{
  if (s->has_spare)
    {
      s->has_spare = false;
      return s->spare;
    }
  const double r = sqrt (-2 * log (1 - rw_stream_uniform (s)));
  const double angle = 2 * M_PI * rw_stream_uniform (s);
  s->spare = r * sin (angle);
  s->has_spare = true;
  return r * cos (angle);
}
