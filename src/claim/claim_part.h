/* claim_part: the two blocks of a claim: what is measured, and what it is held against.  Private to
   src/claim.  */
#ifndef RW_CLAIM_CLAIM_PART_H
#define RW_CLAIM_CLAIM_PART_H

#include "claim/sheet.h"

/* The member `key` of an object, a value block, which must be there.  */
rw_status rw_claim_measure (const rw_sheet *sheet, const cJSON *object, const char *path,
                            const char *key, rw_measure *out);

/* A number under `key` with its tolerance under "within", or a relation.  */
rw_status rw_claim_bound (const rw_sheet *sheet, const cJSON *object, const char *path,
                          const char *key, rw_bound *out);

#endif
