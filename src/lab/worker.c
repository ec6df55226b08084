/* worker: one thread's share of a run; see worker.h.  */
#include "lab/worker.h"
#include "rule/rule.h"
#include "schedule/schedule.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* What a source keeps.  */
typedef struct
{
  const rw_source *type;
  void *memo;
} keeping;

struct rw_worker
{
  const rw_plan *plan;
  const rw_inputs *inputs; /* may be NULL */
  const volatile sig_atomic_t *stop;
  size_t n_kept;
  keeping *kept; /* (n_kept,) one a source module */
  rw_point *point;
  size_t cell;       /* that the point is filled with; n_points for none */
  rw_freqs freqs;    /* with the point's rule, query scale and bias */
  rw_arena *scratch; /* reset before every call of a metric */
  rw_fields *fields; /* (n_metrics,) views into block */
  double **value;    /* (n_fields,) the same by the plan's order */
  double *block;     /* (n_block,) every value of a point */
  size_t n_block;
};

static double
now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static const rw_metric *
metric_at (const rw_plan *plan, size_t k)
{
  return (const rw_metric *) plan->metrics[k]->module; /* rw_module is the first member */
}

/* The values of a point stand in one block, field after field; fields and value point into it.  */
static void
lay_out (rw_worker *w)
{
  const rw_plan *plan = w->plan;
  for (size_t k = 0; k < plan->n_metrics; k++)
    while (metric_at (plan, k)->fields[w->fields[k].n].name)
      w->fields[k].n++;
  double *next = w->block;
  for (size_t k = 0; k < plan->n_fields; k++)
    {
      const rw_plan_field *f = &plan->fields[k];
      w->value[k] = next;
      next += f->size;
      if (f->metric < plan->n_metrics)
        {
          w->fields[f->metric].value[f->index] = w->value[k];
          w->fields[f->metric].size[f->index] = f->size;
        }
    }
}

rw_status
rw_worker_new (const rw_plan *plan, const rw_inputs *inputs, const volatile sig_atomic_t *stop,
               rw_worker **out, rw_error *err)
{
  *out = NULL;
  size_t n_block = 0;
  for (size_t k = 0; k < plan->n_fields; k++)
    n_block += plan->fields[k].size;
  rw_worker *w = rw_new (1, sizeof *w);
  if (!w)
    return rw_nomem (err, sizeof *w);
  w->plan = plan;
  w->inputs = inputs;
  w->stop = stop;
  w->cell = plan->n_points;
  w->n_block = n_block;
  w->scratch = rw_arena_new ();
  w->fields = rw_new (plan->n_metrics, sizeof *w->fields);
  w->value = rw_new (plan->n_fields, sizeof *w->value);
  w->block = rw_new (n_block, sizeof *w->block);
  rw_status s = RW_OK;
  if (!w->scratch || !w->fields || !w->value || !w->block)
    s = rw_nomem (err, n_block * sizeof *w->block);
  if (!s)
    s = rw_point_new (plan, &w->point, err);
  if (s)
    {
      rw_worker_free (w);
      return s;
    }
  lay_out (w);
  *out = w;
  return RW_OK;
}

void
rw_worker_free (rw_worker *w)
{
  if (!w)
    return;
  for (size_t i = 0; i < w->n_kept; i++)
    if (w->kept[i].memo && w->kept[i].type->forget)
      w->kept[i].type->forget (w->kept[i].memo);
  rw_free (w->kept);
  rw_point_free (w->point);
  rw_freqs_free (&w->freqs);
  rw_arena_free (w->scratch);
  rw_free (w->fields);
  rw_free (w->value);
  rw_free (w->block);
  rw_free (w);
}

static rw_status
point_at (rw_worker *w, size_t cell, rw_error *err)
{
  if (w->cell == cell)
    return RW_OK;
  w->cell = w->plan->n_points;
  const rw_status s = rw_plan_point (w->plan, cell, w->point, err);
  if (!s)
    w->cell = cell;
  return s;
}

/* The input of the next call: warm scratch, empty.  */
static rw_input
input_at (rw_worker *w, int threads)
{
  rw_arena_reset (w->scratch);
  return (rw_input){ .scratch = w->scratch, .threads = threads, .stop = w->stop };
}

static rw_input
metric_input (rw_worker *w, size_t k, int threads, const rw_bench *bench)
{
  rw_input in = input_at (w, threads);
  rw_inputs_of_metric (w->inputs, w->plan, w->point, k, &in);
  in.qk = bench->sourced ? &bench->qk : NULL;
  return in;
}

/* Where the point's source keeps what it keeps; the place holds until the next call.  */
static rw_status
memo_of (rw_worker *w, void ***out, rw_error *err)
{
  const rw_source *type = (const rw_source *) w->point->source->module;
  size_t i = 0;
  while (i < w->n_kept && w->kept[i].type != type)
    i++;
  const rw_status s
      = i < w->n_kept ? RW_OK : rw_grow ((void **) &w->kept, i, i + 1, sizeof *w->kept, err);
  if (s)
    return s;
  w->n_kept += i == w->n_kept;
  w->kept[i].type = type;
  *out = &w->kept[i].memo;
  return RW_OK;
}

/* A metric's parameters are the same in all cells of a group.  */
static bool
needs_qk (const rw_worker *w)
{
  for (size_t k = 0; k < w->plan->n_metrics; k++)
    if (rw_metric_needs (w->point->metrics[k]) & RW_NEEDS_QK)
      return true;
  return false;
}

static rw_status
fill_freqs (rw_worker *w, rw_error *err)
{
  const rw_point *p = w->point;
  w->freqs.rule = p->rule;
  w->freqs.query_scale = p->query_scale;
  w->freqs.bias = p->bias;
  w->freqs.head = p->head;
  if (!p->schedule)
    return rw_fail (err, RW_EINVAL, "schedule: %s", p->refusal);
  return rw_schedule_fill (p->schedule, &p->rope->geometry, p->length, &w->freqs, err);
}

static rw_status
make_qk (rw_worker *w, int threads, rw_bench *bench)
{
  if (!w->point->source || !needs_qk (w))
    return RW_OK;
  rw_input in = input_at (w, threads);
  rw_status s = memo_of (w, &in.memo, &bench->err);
  rw_inputs_of_source (w->inputs, w->plan, w->point, &in);
  if (!s && rw_source_needs (w->point->source) & RW_NEEDS_FREQS)
    {
      s = fill_freqs (w, &bench->err);
      in.freqs = &w->freqs;
    }
  if (!s)
    s = rw_inputs_fill (w->point, &in, w->inputs, &bench->qk, &bench->err);
  bench->sourced = !s;
  return s;
}

void
rw_worker_prepare (rw_worker *w, size_t cell, int threads, rw_bench *bench)
{
  const double start = now ();
  *bench = (rw_bench){ 0 };
  bench->status = point_at (w, cell, &bench->err);
  if (!bench->status)
    bench->status = make_qk (w, threads, bench);
  for (size_t k = 0; !bench->status && k < w->plan->n_metrics; k++)
    {
      const rw_metric *metric = metric_at (w->plan, k);
      const rw_input in = metric_input (w, k, threads, bench);
      if (metric->prepare)
        bench->status
            = metric->prepare (w->point->metrics[k]->self, &in, &bench->work[k], &bench->err);
      rw_within (&bench->err, bench->status, "metric '%s'", metric->as.name);
      bench->made = k + 1;
    }
  bench->seconds = now () - start;
}

void
rw_bench_free (const rw_plan *plan, rw_bench *bench)
{
  for (size_t k = bench->made; k-- > 0;)
    if (bench->work[k] && metric_at (plan, k)->release)
      metric_at (plan, k)->release (bench->work[k]);
  rw_qk_free (&bench->qk);
  bench->sourced = false;
  bench->made = 0;
}

/* The frequency table of the point and the fields that are nobody's metric.  */
static rw_status
fill_table (rw_worker *w, rw_error *err)
{
  rw_status s = fill_freqs (w, err);
  if (s)
    return s;
  const double own[] = { 0, w->freqs.attention_factor, w->freqs.softmax_factor };
  for (size_t k = 0; k < w->plan->n_fields; k++)
    {
      const rw_plan_field *f = &w->plan->fields[k];
      if (f->metric < w->plan->n_metrics)
        continue;
      if (f->index > 0)
        *w->value[k] = own[f->index];
      else if (w->freqs.n <= f->size)
        memcpy (w->value[k], w->freqs.inv_freq, w->freqs.n * sizeof (double));
      else
        s = rw_fail (err, RW_EDOMAIN, "schedule '%s': %zu pairs where the file has room for %zu",
                     w->point->schedule->module->name, w->freqs.n, f->size);
    }
  return s;
}

rw_status
rw_worker_measure (rw_worker *w, size_t cell, int threads, const rw_bench *bench,
                   double *const **value, double *seconds, rw_error *err)
{
  const double start = now ();
  for (size_t i = 0; i < w->n_block; i++)
    w->block[i] = NAN;
  rw_status s = point_at (w, cell, err);
  if (!s)
    s = fill_table (w, err);
  for (size_t k = 0; !s && k < w->plan->n_metrics; k++)
    {
      const rw_metric *metric = metric_at (w->plan, k);
      const rw_input in = metric_input (w, k, threads, bench);
      s = metric->measure (w->point->metrics[k]->self, &in, bench->work[k], &w->freqs,
                           &w->fields[k], err);
      rw_within (err, s, "metric '%s'", metric->as.name);
    }
  *value = w->value;
  *seconds = now () - start;
  return s;
}
