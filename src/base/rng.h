/* rng: streams of random numbers that are named, not carried along.

   A stream is Philox4x32-10 (Salmon et al., SC 2011; Random123) keyed by the seed, its counter made
   of the group, the purpose and the number of the block.  So every group of a sweep has its own
   numbers, in whatever order, thread or process it is worked on, and all schedules of a group see
   the same.  A stream is a plain value: copy it to read it twice.  It yields 2^34 words and then
   begins again.  */
#ifndef RW_BASE_RNG_H
#define RW_BASE_RNG_H

#include "base/simd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct
{
  uint64_t seed, group;
  uint32_t purpose, block; /* block: the next one to be made */
  uint32_t word[4];        /* of the block before; word[4 - left ...] are not used yet */
  int left;
  double spare; /* the second normal of a pair */
  bool has_spare;
} rw_stream;

/* What a stream is for tells apart streams of one group; each user takes a number of its own.  */
rw_stream rw_stream_new (uint64_t seed, uint64_t group, uint32_t purpose);

uint32_t rw_stream_word (rw_stream *s);
double rw_stream_uniform (rw_stream *s); /* [0, 1), 53 bits */
double rw_stream_normal (rw_stream *s);  /* mean 0, variance 1 */

enum
{
  RW_NORMALS = 32 /* normals a group */
};
#define RW_NORMALS_GROUPS ((size_t) 1 << 29) /* groups before a stream begins again */

/* Groups from .. from + n - 1 of the stream, RW_NORMALS normals each, whatever was read of it
   before: group j is made of words 32 j .. 32 j + 31.  The bits do not depend on `simd`.  `out` is
   (n, RW_NORMALS).  */
void rw_stream_normals (const rw_stream *s, uint32_t from, size_t n, rw_simd simd, double *out);

#endif
