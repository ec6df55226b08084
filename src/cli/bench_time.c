/* bench_time: the clock of the measurements; see bench.h.  */
#include "cli/bench.h"

#include <stdlib.h>
#include <time.h>

enum
{
  RUNS = 5,
  QUICK_RUNS = 1
};
static const double least_run = 0.05; /* seconds: shorter works are repeated within a run */
static const double long_run = 1.5;   /* longer works are run LONG_RUNS times only */
enum
{
  LONG_RUNS = 3
};

double
bench_now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static int
rising (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

rw_status
bench_time (const bench *b, rw_status (*work) (void *data, rw_error *err), void *data,
            double *seconds, rw_error *err)
{
  double run[RUNS];
  size_t times = 1, runs = b->quick ? QUICK_RUNS : RUNS;
  for (size_t k = 0; k < runs;)
    {
      const double start = bench_now ();
      rw_status s = RW_OK;
      for (size_t i = 0; !s && i < times; i++)
        s = work (data, err);
      if (s)
        return s;
      const double took = bench_now () - start;
      if (!b->quick && k == 0 && took < least_run) /* the first runs also warm up */
        {
          times *= took < least_run / 8 ? 8 : 2;
          continue;
        }
      if (took > long_run && runs > LONG_RUNS)
        runs = LONG_RUNS;
      run[k++] = took / (double) times;
    }
  qsort (run, runs, sizeof *run, rising);
  *seconds = run[runs / 2];
  return RW_OK;
}
