/* bench_linear: the linear layers of a model alone, beside the library's own rate.  */
#ifndef RW_CLI_BENCH_LINEAR_H
#define RW_CLI_BENCH_LINEAR_H

#include "cli/bench.h"
#include "model/network.h"

/* Every matrix of every layer once, n rows of x each, unpacking included.  `rate` is one thread's
   on a tile in the caches, in operations a second, with float32 products.  */
rw_status bench_linear (bench *b, const rw_network *net, const char *name, size_t n, int threads,
                        bool bfloat16, double rate, rw_error *err);

#endif
