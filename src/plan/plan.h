/* plan: a sweep, read whole and checked whole before anything is written.

   A plan is the config's product of axes: points 0 .. n_points-1 in the axes' order (last axis
   fastest), each a cell in which every parameter is a number.  Points are made one at a time, so
   memory does not depend on their number.  The group g of a point is its index with every schedule
   axis removed: what does not depend on the schedule is made once a group.

   The plan is read-only after rw_plan_read and may be used by several threads.  */
#ifndef RW_PLAN_PLAN_H
#define RW_PLAN_PLAN_H

#include "base/module.h"
#include "base/text.h"
#include "metric/metric.h"
#include "rope/model.h"
#include "source/source.h"

enum
{
  RW_AXES_MAX = 16, /* dimensions of a sweep */
  RW_METRICS_MAX = 32,
  RW_DIMS_MAX = 32, /* own dimensions of a file: pair, distance, position, ... */
  RW_FIGURES_MAX = 64
};

/* One coordinate of a dimension of the sweep.  Linked axes share a dimension: the first is its
   coordinate, the others are auxiliary coordinates on it.  */
typedef struct
{
  char *path;     /* the config's word: "schedule", "length", "schedule.factor" */
  char *name;     /* dataset name: "schedule", "length", "factor"; KIND_PARAM on a clash */
  size_t dim;     /* which dimension of the sweep it lies on */
  size_t n;       /* values along it (the dimension's size) */
  double *values; /* (n,) numbers, or NULL */
  char **labels;  /* (n,) texts, or NULL */
  const char *unit;
  char *long_name;
} rw_axis;

/* A figure of the config, resolved: every dimension of its field has one use.  */
typedef struct
{
  char *name; /* file-wide unique */
  size_t metric,
      field;       /* which metric's which field; metric == n_metrics for the per-point fields */
  size_t signal;   /* index into plan->fields */
  char *x;         /* dimension on the x axis */
  char *lines;     /* dimension drawn as lines, or NULL */
  char *panels[2]; /* dimensions drawn as panels, or NULL */
  size_t n_at;
  struct
  {
    size_t dim; /* a dimension of the sweep, or n_dims + place in own */
    size_t index;
  } at[RW_AXES_MAX + RW_FIELD_DIMS]; /* dimensions held fixed */
  char *title;                       /* or NULL */
} rw_figure;

/* A dataset of the file: the per-point fields first (inv_freq [pair], attention_factor,
   softmax_factor), then every wanted field of every metric in order.  */
typedef struct
{
  const rw_field *field;
  size_t metric;             /* index into metrics; n_metrics for per-point fields */
  size_t index;              /* place in the metric's field table */
  size_t n_dims;             /* own dimensions */
  size_t dim[RW_FIELD_DIMS]; /* index into dims */
  size_t size;               /* product of own dimensions: values a point */
  const char *kind;          /* what the metric's parameters make of it, the same in every cell */
} rw_plan_field;

/* The whole sweep.  */
typedef struct
{
  char *name, *stack, *output; /* output NULL where the config has none */
  uint64_t seed;
  size_t n_models;
  rw_model *models; /* (n_models,) every model the axes name */
  size_t n_axes;    /* coordinates, in the config's order */
  rw_axis *axes;
  size_t n_dims; /* dimensions of the sweep, <= RW_AXES_MAX */
  size_t shape[RW_AXES_MAX];
  bool of_schedule[RW_AXES_MAX]; /* dimension is removed to get g */
  size_t n_points, n_groups;
  size_t n_metrics;
  rw_object
      *metrics[RW_METRICS_MAX]; /* as the config has them; a point may vary their parameters */
  unsigned needs;               /* RW_NEEDS_..., RW_ALONE: of any metric in any cell, and of any
                                   source where one is needed */
  size_t n_own;                 /* own dimensions of fields */
  rw_dim own[RW_DIMS_MAX]; /* "pair" (largest count in the plan), "distance", "position", ... */
  size_t n_fields;
  rw_plan_field *fields;
  size_t n_figures;
  rw_figure *figures;
  double trained_length;       /* of the first model: figures draw it dashed */
  char *config;                /* the config's text as written, for the file */
  char *normal;                /* normal form: sorted, defaults filled in, presets expanded */
  char sha256[65];             /* of what changes numbers */
  rw_notes notes;              /* warnings of the reading */
  struct rw_plan_parts *parts; /* private to src/plan */
} rw_plan;

/* Overrides of the command line.  */
typedef struct
{
  const char *const *set; /* (n_set,) "path=value": a config key; a swept path is an error */
  size_t n_set;
  const char *const *axis; /* (n_axis,) "path=v1,v2": adds or replaces an axis */
  size_t n_axis;
  const char *stack;    /* NULL: the config's */
  const uint64_t *seed; /* NULL: the config's */
} rw_plan_edits;

/* Reads a config file ("-" is stdin).  On error nothing is owned.  The caller frees the plan.  */
rw_status rw_plan_read (const char *path, const rw_plan_edits *edits, rw_plan **out, rw_error *err);
/* The same from a text; `name` stands in errors, relative files are looked up in `folder`.  */
rw_status rw_plan_parse (const char *name, const char *text, size_t n, const char *folder,
                         const rw_plan_edits *edits, rw_plan **out, rw_error *err);
void rw_plan_free (rw_plan *plan);

/* Where the array of a source's wish is at a layer: the file, and the name in it, empty where the
   file has no names.  The caller frees both texts.  */
rw_status rw_plan_file (const rw_plan *plan, const rw_source_wish *wish, size_t layer,
                        rw_text *path, rw_text *name, rw_error *err);
/* The files of a corpus, its documents in order: a text or ids in one file, or the *.txt of a
   folder, sorted by name.  A relative path is looked up in the config's folder and, where nothing
   is there, in the folder of what comes with ropewalk (rw_datadir).  The caller frees the list with
   rw_paths_free.  */
typedef struct
{
  size_t n;
  char **path; /* (n,) */
} rw_paths;
rw_status rw_plan_corpus (const rw_plan *plan, const rw_corpus_wish *wish, rw_paths *out,
                          rw_error *err);
void rw_paths_free (rw_paths *paths); /* zeroes it */

/* Whether `path` is one of the files that the plan reads besides configs: arrays, texts, ids,
   weights.  Not where results belong.  */
bool rw_plan_reads (const rw_plan *plan, const char *path);

/* A cell of the sweep.  Made once a thread with rw_point_new and refilled without allocating
   more than its schedule objects.  */
typedef struct
{
  size_t index, group;
  size_t stream;          /* group but for the stack: the same random numbers for every stack */
  size_t at[RW_AXES_MAX]; /* place on every dimension */
  const rw_model *model;
  const rw_rope *rope;
  rw_object *schedule;  /* owned by the point; NULL where its stack refuses the block */
  const char *refusal;  /* then why; else NULL */
  const rw_notes *told; /* what its stack noted of the block; NULL where it read none */
  bool refused;         /* the stack refuses the model: rw_plan_point failed because of it */
  double length;
  size_t layer, head;                                  /* of the axes of these names; else 0 */
  const rw_object *rule, *query_scale, *bias, *source; /* NULL where there is none; the point's */
  rw_object *metrics[RW_METRICS_MAX];                  /* owned by the point */
  struct rw_point_parts *parts;                        /* private to src/plan */
} rw_point;

rw_status rw_point_new (const rw_plan *plan, rw_point **out, rw_error *err);
void rw_point_free (rw_point *point);
/* Fills the point with cell i.  */
rw_status rw_plan_point (const rw_plan *plan, size_t i, rw_point *point, rw_error *err);
/* Index of the k-th cell of group g, k in [0, n_points / n_groups).  */
size_t rw_plan_cell (const rw_plan *plan, size_t g, size_t k);
/* "yarn 8 32768": the labels of cell i, for progress and errors.  */
char *rw_plan_label (const rw_plan *plan, size_t i, char *buf, size_t size);
/* The input every metric of a point sees; scratch, threads and qk are the caller's to set.  */
void rw_point_input (const rw_plan *plan, const rw_point *point, rw_input *in);

/* Walks over the points that have a source; an error of `visit` ends the walk and gets the place on
   the axes in front of its text.  */
typedef rw_status rw_visit (const rw_plan *plan, rw_point *point, void *data, rw_error *err);
/* One point for every source: each combination of the axes that choose or change it.  */
rw_status rw_plan_walk_sources (const rw_plan *plan, rw_visit *visit, void *data, rw_error *err);
/* One for everything that q and k may depend on: source, model, rope, length, layer and head.  Of
   more than a million combinations evenly spread ones stand for all.  */
rw_status rw_plan_walk_inputs (const rw_plan *plan, rw_visit *visit, void *data, rw_error *err);
/* One for everything that metric k may depend on, but schedules: its parameters, model, rope and
   length, whether there is a source or not.  */
rw_status rw_plan_walk_metric (const rw_plan *plan, size_t k, rw_visit *visit, void *data,
                               rw_error *err);

#endif
