/* metric: what is measured on one point of a sweep.

   A metric declares its fields beforehand (names, own dimensions, units, kind, citation); the
   store makes one dataset of each.  For every group g (all cells that differ only in their
   schedule) the runner calls `prepare` once, `measure` for every schedule, and `release`; prepare
   never sees frequencies, so no result can depend on the grouping.  measure may be called from
   several threads at once with the same `work`, each with its own rw_input (own scratch).

   Adding one: a file in this folder that defines rw_metric_NAME, its name in modules.am.  */
#ifndef RW_METRIC_METRIC_H
#define RW_METRIC_METRIC_H

#include "base/mem.h"
#include "base/module.h"
#include "model/corpus.h"
#include "rope/freqs.h"
#include "rope/geometry.h"
#include "rope/qk.h"

/* A dimension of the result file.  */
typedef struct
{
  const char *name; /* "pair", "distance", "position", ... */
  size_t n;
  const double *values;      /* (n,) numeric coordinate, or NULL */
  const char *const *labels; /* (n,) text coordinate, or NULL */
  const char *unit;          /* of the values; NULL for none */
  const char *long_name;
} rw_dim;

enum
{
  RW_FIELD_DIMS = 3, /* own dimensions a field */
  RW_FIELDS_MAX = 32 /* fields a metric */
};

/* A static table of these, ended by a NULL name, declares what a metric writes.  */
typedef struct
{
  const char *name;                /* dataset name, a promise of doc/format.md */
  const char *dims[RW_FIELD_DIMS]; /* own dimensions, outermost first; NULL after the last */
  const char *unit;                /* NULL for a pure number */
  const char *long_name;           /* axis label of a figure */
  const char *kind;                /* "exact", "certified", "sampled", "estimate" */
  const char *cite;
  bool (*wanted) (const void *self);         /* OPTIONAL: false leaves the field out of the file */
  const char *(*kind_of) (const void *self); /* OPTIONAL: the kind where parameters decide it; a
                                                sweep over such a parameter keeps `kind` */
} rw_field;

/* Where a metric writes: one array a declared field, in the order of the table.  */
typedef struct
{
  size_t n;
  double *value[RW_FIELDS_MAX]; /* (size,) preset to NaN; NULL where the field is not wanted */
  size_t size[RW_FIELDS_MAX];
} rw_fields;

typedef struct
{
  rw_module as;
  unsigned needs;         /* RW_NEEDS_QK | RW_ALONE | RW_NEEDS_NETWORK of rope/qk.h */
  const rw_field *fields; /* ends with a NULL name */
  /* OPTIONAL: what the parameters add to `needs`.  */
  unsigned (*needs_of) (const void *self);
  /* OPTIONAL: where the text is that it measures on: in->corpus.  The lab reads it, once a file and
     model.  A metric that can do without gives neither path; one that cannot refuses that in
     `check`.  */
  void (*corpus) (const void *self, rw_corpus_wish *out);
  /* OPTIONAL: refuses points for which the metric is not defined, before anything runs.  Called
     while the config is read, when in->network and in->corpus are NULL, and, where it needs a
     network or asks for a corpus, again with them when the lab has opened them.  */
  rw_status (*check) (const void *self, const rw_input *in, rw_error *err);
  /* OPTIONAL: schedule-free work, made once a group.  *work is owned by the runner, freed by
     release.  */
  rw_status (*prepare) (const void *self, const rw_input *in, void **work, rw_error *err);
  /* REQUIRED */
  rw_status (*measure) (const void *self, const rw_input *in, const void *work, const rw_freqs *f,
                        rw_fields *out, rw_error *err);
  void (*release) (void *work);
  /* OPTIONAL: describes an own dimension other than pair, distance and position (dtype, depth, ...)
     for a sweep whose largest length is `longest`.  Arrays it makes come from `keep`, which lives
     as long as the plan.  RW_EINVAL where there is no such dimension.  */
  rw_status (*dim) (const void *self, double longest, const char *name, rw_arena *keep, rw_dim *out,
                    rw_error *err);
  /* OPTIONAL: rough cost of one measure in seconds, for `check` and the ETA.  */
  double (*cost) (const void *self, const rw_input *in);
} rw_metric;

extern rw_kind rw_metrics; /* "name" */

/* What a metric with its parameters needs, all in all: a text needs the network's tokenizer.  */
unsigned rw_metric_needs (const rw_object *metric);
/* Where its corpus is; both paths NULL where it asks for none.  Borrowed from the object.  */
rw_corpus_wish rw_metric_corpus (const rw_object *metric);

#endif
