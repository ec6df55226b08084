/* judge: claims held against result files.

   A verdict says what was found, never what was hoped for: a missing field, a value that is not one
   number, a NaN are `differs`, and `note` says why.  */
#ifndef RW_CLAIM_JUDGE_H
#define RW_CLAIM_JUDGE_H

#include "claim/claim.h"
#include "lab/result.h"

typedef struct
{
  rw_verdict verdict;
  double measured;  /* NaN where there is none */
  double right;     /* the slip's own value, NaN where there is none or it was not needed */
  double *reading;  /* (claim->n_readings,) in the arena */
  const char *note; /* why there is no number; "" where there is one */
  bool worse;       /* than the claim expects: the experiment failed */
} rw_judgement;

/* Judges every claim.  `result` is (claims->n_configs,), NULL where a config was not run.  out is
   (claims->n_claims,); its texts and arrays live in `arena`.  Only memory and the disk are errors:
   what a claim asks in vain is its own verdict.  */
rw_status rw_judge (const rw_claims *claims, rw_result *const *result, rw_arena *arena,
                    rw_judgement *out, rw_error *err);

/* Before anything is run: whether every value, slip and reading finds its field and dimensions and
   ends with one number, asked of the outlines of the plans.  `outline` is (claims->n_configs,),
   NULL where a config is not to be run.  RW_EINVAL names the claim and what is wrong.  */
rw_status rw_judge_rehearse (const rw_claims *claims, rw_outline *const *outline, rw_error *err);

#endif
