/* metric: what holds for any metric; see metric.h.  */
#include "metric/metric.h"

unsigned
rw_metric_needs (const rw_object *metric)
{
  const rw_metric *type = (const rw_metric *) metric->module; /* rw_module is the first member */
  return type->needs | (type->needs_of ? type->needs_of (metric->self) : 0);
}
