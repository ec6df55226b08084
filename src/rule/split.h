/* split: the spans of rules that treat near and far keys differently.  */
#ifndef RW_RULE_SPLIT_H
#define RW_RULE_SPLIT_H

#include "rule/rule.h"

/* Keys n with m - n >= window, a whole number, are `far`, the others `near`; the borders are filled
   in.  Writes one span or two to `out`, returns how many.  */
size_t rw_split (double m, double window, rw_span far, rw_span near, rw_span *out);

#endif
