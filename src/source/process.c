/* process: sums of autoregressions; see process.h.

   The power law is a mixture of exponentials (Beylkin and Monzon, Appl. Comput. Harmon. Anal. 28
   (2010) 131, section 2):
     (1 + t)^-c = 1 / Gamma (c) int e^{c u - e^u} e^{-e^u t} du,
   taken by the trapezoidal rule with one exponential an octave of the rate e^u.  The rule's
   relative error is about 2 |Gamma (c + i y)| / Gamma (c) with y = 2 pi / ln 2: 1e-6 at c = 1/2,
   1e-4 at 2. Rates too slow to change within the sequence are one constant.  */
#include "source/process.h"

#include <math.h>

/* Fastest rate kept: e^-16 of the rest, and less where c is small.  */
static const double FASTEST = 16;
/* Time constants above this many lengths are infinite: that errs by 1/512 of their share.  */
static const double LENGTHS = 512;

rw_process
rw_process_exponential (double tau)
{
  return (rw_process){ .n = 1, .weight = { 1 }, .tau = { tau } };
}

rw_process
rw_process_power (double scale, double exponent, double longest)
{
  rw_process p = { 0 };
  const double slowest = scale / (LENGTHS * longest);
  double sum = 0, rate = FASTEST;
  for (; p.n < RW_PROCESS_PARTS - 1 && rate > slowest; rate /= 2)
    {
      p.tau[p.n] = scale / rate;
      p.weight[p.n] = pow (rate, exponent) * exp (-rate);
      sum += p.weight[p.n++];
    }
  /* What is left of the geometric series sum_k (rate 2^-k)^c.  */
  p.tau[p.n] = INFINITY;
  p.weight[p.n] = pow (rate, exponent) / -expm1 (-exponent * M_LN2);
  sum += p.weight[p.n++];
  for (size_t j = 0; j < p.n; j++)
    p.weight[j] /= sum;
  return p;
}

double
rw_process_covariance (const rw_process *p, double distance)
{
  double r = 0;
  for (size_t j = 0; j < p->n; j++)
    if (p->tau[j] > 0)
      r += p->weight[j] * exp (-distance / p->tau[j]);
    else
      r += distance == 0 ? p->weight[j] : 0;
  return r;
}
