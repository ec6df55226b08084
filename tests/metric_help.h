/* metric_help: calls one metric by hand: the object, its input, its fields.

     bench b;
     bench_open (&b, "coverage");          Llama-2's geometry, its trained length, one thread
     b.geometry.rope_theta = 5e5;
     b.in.length = 8192;
     b.in.distance = d;                    borrowed
     b.in.n_distances = n;
     bench_set (&b, "novelty", RW_TRUE_VALUE);
     table (&b, "linear", 4, &f);          or any rw_freqs
     if (!bench_run (&b, &f, &err))         check, prepare, measure, release
       ... bench_field (&b, "coverage")[i], bench_size (&b, "coverage")
     bench_close (&b);

   Fields are preset to NaN before every run; one that is not wanted is NULL.  A dimension has the
   size of the input (distance, position), b.pairs (pair; 0: the table's own), or what bench_dim
   was told.  A bench points into itself: do not copy it.  */
#ifndef RW_TESTS_METRIC_HELP_H
#define RW_TESTS_METRIC_HELP_H

#include "metric/metric.h"
#include "schedule/schedule.h"
#include "tap.h"

#define RW_TRUE_VALUE ((rw_value){ .kind = RW_VALUE_BOOL, .number = 1 })
#define RW_FALSE_VALUE ((rw_value){ .kind = RW_VALUE_BOOL, .number = 0 })

enum
{
  BENCH_DIMS = 8 /* further dimensions a bench can be told */
};

typedef struct
{
  const rw_metric *metric;
  rw_object *object;
  rw_geometry geometry; /* in.geometry points here */
  rw_input in;
  rw_fields fields;
  size_t pairs; /* size of `pair`; 0: f->n */
  size_t n_dims;
  struct
  {
    const char *name;
    size_t n;
  } dim[BENCH_DIMS];
} bench;

/* Exits the test program where the metric is not there: nothing after it would mean anything.  */
__attribute__ ((unused)) static void
bench_open (bench *b, const char *name)
{
  rw_error err = { 0 };
  const rw_module *module = NULL;
  *b = (bench){ .geometry = { .head_dim = 128,
                              .rotary_dim = 128,
                              .rope_theta = 1e4,
                              .original_length = 4096,
                              .max_length = 4096,
                              .layers = 32,
                              .heads = 32,
                              .kv_heads = 32 } };
  if (rw_kind_find (&rw_metrics, name, &module, &err) || rw_object_new (module, &b->object, &err)
      || !(b->in.scratch = rw_arena_new ()))
    {
      printf ("Bail out! %s\n", err.text);
      exit (1);
    }
  b->metric = (const rw_metric *) (const void *) module;
  b->in.geometry = &b->geometry;
  b->in.length = 4096;
  b->in.threads = 1;
}

__attribute__ ((unused)) static rw_status
bench_set (bench *b, const char *param, rw_value value)
{
  rw_error err = { 0 };
  const rw_status s = rw_object_set (b->object, param, &value, NULL, &err);
  if (s)
    printf ("# %s\n", err.text);
  return s;
}

__attribute__ ((unused)) static void
bench_dim (bench *b, const char *name, size_t n)
{
  if (b->n_dims == BENCH_DIMS)
    abort ();
  b->dim[b->n_dims].name = name;
  b->dim[b->n_dims++].n = n;
}

static size_t
bench_dim_size (const bench *b, const char *name, size_t pairs)
{
  if (strcmp (name, "pair") == 0)
    return b->pairs ? b->pairs : pairs;
  if (strcmp (name, "distance") == 0)
    return b->in.n_distances;
  if (strcmp (name, "position") == 0)
    return b->in.n_positions;
  for (size_t i = 0; i < b->n_dims; i++)
    if (strcmp (name, b->dim[i].name) == 0)
      return b->dim[i].n;
  printf ("Bail out! dimension '%s' has no size: bench_dim\n", name);
  exit (1);
}

static void
bench_clear (bench *b)
{
  for (size_t i = 0; i < b->fields.n; i++)
    rw_free (b->fields.value[i]);
  b->fields = (rw_fields){ 0 };
}

static void
bench_fields (bench *b, size_t pairs)
{
  bench_clear (b);
  for (const rw_field *f = b->metric->fields; f->name; f++)
    {
      const size_t i = b->fields.n++;
      size_t n = 1;
      for (size_t k = 0; k < RW_FIELD_DIMS && f->dims[k]; k++)
        n *= bench_dim_size (b, f->dims[k], pairs);
      b->fields.size[i] = n;
      if (f->wanted && !f->wanted (b->object->self))
        continue;
      if (!(b->fields.value[i] = rw_new (n, sizeof (double))))
        {
          printf ("Bail out! no memory for a field\n");
          exit (1);
        }
      for (size_t k = 0; k < n; k++)
        b->fields.value[i][k] = NAN;
    }
}

__attribute__ ((unused)) static rw_status
bench_run (bench *b, const rw_freqs *f, rw_error *err)
{
  const rw_metric *m = b->metric;
  const void *self = b->object->self;
  void *work = NULL;
  bench_fields (b, f->n);
  rw_status s = rw_object_check (b->object, "", err);
  rw_arena_reset (b->in.scratch);
  if (!s && m->check)
    s = m->check (self, &b->in, err);
  if (!s && m->prepare)
    s = m->prepare (self, &b->in, &work, err);
  rw_arena_reset (b->in.scratch);
  if (!s)
    s = m->measure (self, &b->in, work, f, &b->fields, err);
  if (m->release)
    m->release (work);
  return s;
}

static size_t
bench_index (const bench *b, const char *field)
{
  size_t i = 0;
  while (b->metric->fields[i].name && strcmp (b->metric->fields[i].name, field) != 0)
    i++;
  if (i >= b->fields.n)
    {
      printf ("Bail out! no field '%s', or nothing was run\n", field);
      exit (1);
    }
  return i;
}

__attribute__ ((unused)) static double *
bench_field (const bench *b, const char *field)
{
  return b->fields.value[bench_index (b, field)];
}

__attribute__ ((unused)) static size_t
bench_size (const bench *b, const char *field)
{
  return b->fields.size[bench_index (b, field)];
}

__attribute__ ((unused)) static void
bench_close (bench *b)
{
  bench_clear (b);
  rw_object_free (b->object);
  rw_arena_free (b->in.scratch);
}

/* Fills f by a schedule on the bench's geometry and length; `factor` NaN: the schedule has none.
   A zeroed f is a valid start; rw_freqs_free it.  */
__attribute__ ((unused)) static void
table (const bench *b, const char *rope_type, double factor, rw_freqs *f)
{
  rw_error err = { 0 };
  const rw_module *module = NULL;
  rw_object *o = NULL;
  rw_status s = rw_kind_find (&rw_schedules, rope_type, &module, &err);
  if (!s)
    s = rw_object_new (module, &o, &err);
  if (!s && !isnan (factor))
    s = rw_object_set (o, "factor", &RW_NUMBER_VALUE (factor), NULL, &err);
  if (!s)
    s = rw_schedule_fill (o, &b->geometry, b->in.length, f, &err);
  rw_object_free (o);
  if (s)
    {
      printf ("Bail out! %s\n", err.text);
      exit (1);
    }
}

/* Numbers in [lo, hi) from a small generator of its own: the same in every run.  */
__attribute__ ((unused)) static double
uniform (uint64_t *state, double lo, double hi)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
  return lo + (hi - lo) * (double) (*state >> 11) * 0x1p-53;
}

#endif
