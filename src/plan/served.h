/* served: the schedule of a cell as the cell's stack computes it.  Private to src/plan.  */
#ifndef RW_PLAN_SERVED_H
#define RW_PLAN_SERVED_H

#include "plan/parts.h"

typedef struct rw_served rw_served; /* what a point keeps of it */

/* Sets the point's schedule, refusal and told; item is the config's block for the point's rope, or
   NULL for the model's own.  *served is made at the first call and freed by rw_served_free.  */
rw_status rw_served_schedule (const rw_plan *plan, rw_point *point, const rw_blocks_item *item,
                              rw_served **served, rw_error *err);
void rw_served_free (rw_served *served); /* NULL-safe */

#endif
