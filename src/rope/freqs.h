/* freqs: a frequency table and its companions: what a schedule makes and everything reads.

   Angle of pair i at position m: phi = m inv_freq[i] (a position rule may change it).  Score:
   S = c * softmax_factor * query_scale(m) * [ attention_factor^2 * rotated part + unrotated part ]
       + bias(m - n).  */
#ifndef RW_ROPE_FREQS_H
#define RW_ROPE_FREQS_H

#include "base/module.h"
#include "base/status.h"

#include <stddef.h>

typedef struct
{
  size_t n;                /* rotary pairs in use */
  size_t room;             /* allocated */
  double *inv_freq;        /* (n,) radians per token; owned; 0 means this pair does not rotate */
  double attention_factor; /* on cos and sin both, so squared in the score's rotated part */
  double softmax_factor;   /* on the whole score */
  double ramp[2];        /* first and last pair index of a by-parts ramp; NaN where there is none */
  const rw_object *rule; /* position rule, borrowed; NULL: phi = m g - n g */
  const rw_object *query_scale; /* borrowed; NULL: 1 */
  const rw_object *bias;        /* borrowed; NULL: 0.  Of scores that are measured: a network's own
                                   attention has none */
  size_t head;                  /* whose bias it is */
} rw_freqs;

/* Makes room for n pairs, zeroed, factors 1, no ramp; keeps rule, query_scale, bias and head.  A
   zeroed rw_freqs is a valid start; the caller frees it with rw_freqs_free.  */
rw_status rw_freqs_size (rw_freqs *f, size_t n, rw_error *err);
void rw_freqs_free (rw_freqs *f);

#endif
