/* measure: one number out of result files: select, combine, times, reduce.  Private to src/claim.
 */
#ifndef RW_CLAIM_MEASURE_H
#define RW_CLAIM_MEASURE_H

#include "claim/claim.h"
#include "lab/result.h"

typedef struct
{
  double value;     /* NaN where there is none */
  const char *note; /* then why, in the arena; else "" */
} rw_measured;

/* The first config that the measure reads and that has no result; claims->n_configs: none.  */
size_t rw_measure_missing (const rw_measure *measure, rw_result *const *result, size_t n_configs);

/* Every config of it must have a result.  Only memory and the disk are errors.  */
rw_status rw_measure_take (const rw_measure *measure, rw_result *const *result, rw_arena *arena,
                           rw_measured *out, rw_error *err);

/* Whether the measure finds its fields and dimensions and ends with one number, as far as outlines
   say: RW_EINVAL with what is wrong.  A config without a result is not asked.  */
rw_status rw_measure_check (const rw_measure *measure, rw_result *const *result, size_t n_configs,
                            rw_error *err);

#endif
