/* bench: the kernels beside the machine's own limits.

   The limits are measured first, in the same run: what counts is the ratio, for absolute numbers
   drift between machines and hours.  A time is the median of several runs, each long enough for
   the clock.  Timings never decide a test.  */
#ifndef RW_CLI_BENCH_H
#define RW_CLI_BENCH_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Of one thread and of all, in the second place.  */
typedef struct
{
  double read[2], scale[2];  /* bytes a second: reading; scaling in place (read and written) */
  double fma64[2], fma32[2]; /* operations a second: a multiplication and an addition are two */
} bench_limits;

typedef struct
{
  const char *name;  /* "similarity fast" */
  char size[64];     /* "1048577 x 64" */
  double seconds;    /* median */
  double rate;       /* in unit */
  const char *unit;  /* "GB/s", "GFLOP/s", "tables/s" */
  double share;      /* of the limit; NaN where there is none */
  const char *limit; /* which: "FMA peak"; NULL where there is none */
} bench_row;

typedef struct bench
{
  bool quick; /* smallest sizes, one run: to see that it works */
  int threads;
  bench_limits limits;
  void (*emit) (struct bench *b, const bench_row *row);
  void *data; /* of emit */
} bench;

double bench_now (void); /* seconds of a clock that only rises */

/* Median time of one work (data), repeated within a run until the clock can tell.  */
rw_status bench_time (const bench *b, rw_status (*work) (void *data, rw_error *err), void *data,
                      double *seconds, rw_error *err);

/* One a name of `ropewalk bench NAME`; machine comes first, for its limits.  */
rw_status bench_machine (bench *b, rw_error *err);
rw_status bench_schedule (bench *b, rw_error *err);
rw_status bench_similarity (bench *b, rw_error *err);
rw_status bench_base_bound (bench *b, rw_error *err);
rw_status bench_table (bench *b, rw_error *err);
rw_status bench_rotate (bench *b, rw_error *err);
rw_status bench_source (bench *b, rw_error *err);
rw_status bench_attention (bench *b, rw_error *err);
rw_status bench_attend (bench *b, rw_error *err);
rw_status bench_model (bench *b, rw_error *err);
rw_status bench_profile (bench *b, rw_error *err);
rw_status bench_moments (bench *b, rw_error *err);
rw_status bench_direct (bench *b, rw_error *err);
rw_status bench_store (bench *b, rw_error *err);
rw_status bench_sweep (bench *b, rw_error *err);

#endif
