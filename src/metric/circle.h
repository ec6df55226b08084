/* circle: the Wasserstein-1 distance between two samples on a circle.  */
#ifndef RW_METRIC_CIRCLE_H
#define RW_METRIC_CIRCLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct
{
  double gap;    /* length of an interval, turns */
  double excess; /* F - G on it */
} rw_circle_cell;

/* In turns, 0 to 1/2.  a (n,) and b (m,) are phases (2^64 a turn) in rising order; cell is room
   for n + m.  n, m >= 1.  */
double rw_circle_distance (const uint64_t *a, size_t n, const uint64_t *b, size_t m,
                           rw_circle_cell *cell);

#endif
