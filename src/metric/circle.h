/* circle: the Wasserstein-1 distance between two samples on a circle: how far, on average, the
   points of one must move along it to become the other.  Exact, without bins; the caller gives the
   room, so that nothing can fail.  */
#ifndef RW_METRIC_CIRCLE_H
#define RW_METRIC_CIRCLE_H

#include <stddef.h>
#include <stdint.h>

/* In turns, 0 to 1/2.  a (n,) and b (m,) are phases (2^64 a turn) in rising order; room is
   (2 (n + m),).  1 <= n, m <= 2^24.  */
double rw_circle_distance (const uint64_t *a, size_t n, const uint64_t *b, size_t m, double *room);

#endif
