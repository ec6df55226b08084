/* reduce: one number of many: least, mean, first below a level, slope of a power law, ...

   What is not defined (NaN) is left out.  Private to src/claim.  */
#ifndef RW_CLAIM_REDUCE_H
#define RW_CLAIM_REDUCE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct
{
  size_t n;
  const double *y; /* (n,) */
  const double *x; /* (n,) the coordinate of the one dimension; NULL where it is not asked for */
} rw_series;

typedef struct
{
  const char *name;
  bool level; /* takes one: {"count_below": 0} */
  bool along; /* runs along one dimension, in the order of the file */
  bool place; /* needs that dimension's coordinate */
  double (*of) (const rw_series *series, double level);
  const char *none; /* what a result of NaN means */
} rw_reduction;

const rw_reduction *rw_reduce_find (const char *name); /* NULL where there is none */
/* For did-you-mean and lists; NULL at the end.  */
const char *rw_reduce_name (size_t i, const void *unused);

#endif
