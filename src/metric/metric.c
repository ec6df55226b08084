/* metric: what holds for any metric; see metric.h.  */
#include "metric/metric.h"

rw_corpus_wish
rw_metric_corpus (const rw_object *metric)
{
  const rw_metric *type = (const rw_metric *) metric->module; /* rw_module is the first member */
  rw_corpus_wish wish = { 0 };
  if (type->corpus)
    type->corpus (metric->self, &wish);
  return wish;
}

unsigned
rw_metric_needs (const rw_object *metric)
{
  const rw_metric *type = (const rw_metric *) metric->module;
  return type->needs | (type->needs_of ? type->needs_of (metric->self) : 0)
         | (rw_metric_corpus (metric).text ? RW_NEEDS_NETWORK : 0);
}
