/* attend_part: what the files of rw_attend share.  Private.  */
#ifndef RW_MODEL_ATTEND_PART_H
#define RW_MODEL_ATTEND_PART_H

#include "model/attend.h"
#include "rope/trig.h"
#include "rule/rule.h"

/* ---- attend_turns.c ---- */

struct rw_attend_turns
{
  size_t n, pairs, frames, spans;
  rw_trig key[RW_SPANS_FEW];      /* (frames,) */
  rw_trig query[RW_SPANS_FEW];    /* (spans,); rows of spans that a query does not need are 0 */
  bool by_distance;               /* a rule of many spans: key[0] has a row for every distance, with
                                     the factors of both sides, and query[0] does not turn */
  float *owned[2 * RW_SPANS_FEW]; /* what the tables lie in */
};

/* ---- attend_check.c ---- */

/* What does not fit together is refused.  */
rw_status rw_attend_check (const rw_attention *a, rw_error *err);

#endif
