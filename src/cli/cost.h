/* cost: what a sweep would take, estimated before it runs.  */
#ifndef RW_CLI_COST_H
#define RW_CLI_COST_H

#include "lab/inputs.h"

/* Seconds of one core for all points, and the source once a group, or once a point where it sees
   frequencies.  NaN where no metric of the plan says.  */
double cost_sweep (const rw_plan *plan, const rw_inputs *inputs);

/* "0.53 s", "12 min", "3.4 h".  */
char *cost_time (double seconds, char buf[32]);

#endif
