/* process: a stationary Gaussian process with mean 0 and variance 1, as a sum of independent first
   order autoregressions.

   Its autocovariance is r(delta) = sum_j weight_j e^{-delta / tau_j}, exactly: each part is x_m = a
   x_{m-1} + sqrt (1 - a^2) e_m with a = e^{-1 / tau}.  Private to src/source.  */
#ifndef RW_SOURCE_PROCESS_H
#define RW_SOURCE_PROCESS_H

#include <stddef.h>

enum
{
  RW_PROCESS_PARTS = 64
};

typedef struct
{
  size_t n;                        /* parts; 0: the process is 0 */
  double weight[RW_PROCESS_PARTS]; /* variances, sum 1 */
  double tau[RW_PROCESS_PARTS];    /* tokens; 0: white noise; INFINITY: one number for all tokens */
} rw_process;

/* r(delta) = e^{-delta / tau}: white noise where tau is 0.  */
rw_process rw_process_exponential (double tau);

/* r(delta) = (1 + delta / scale)^-exponent within 2e-4 of its value while delta < longest, for
   exponents up to 2.  */
rw_process rw_process_power (double scale, double exponent, double longest);

double rw_process_covariance (const rw_process *p, double distance); /* r(distance) */

#endif
