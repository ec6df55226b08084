/* sample: every s-th query, with a random jitter.

   Of the queries j s .. j s + s - 1 one is drawn, for each j (the last group may hold fewer), so
   that a period of the text cannot fall in step with the sample.  The same queries for every
   distance and in every statistic of a group.  */
#ifndef RW_SCORE_SAMPLE_H
#define RW_SCORE_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

size_t rw_sample_size (size_t n, size_t every); /* queries drawn out of n; every >= 1 */
/* query is (rw_sample_size,), rising.  */
void rw_sample_draw (uint64_t seed, uint64_t group, size_t n, size_t every, int64_t *query);

#endif
