/* outline: what stands in a result file: dimensions, coordinates, variables, figures, attributes.

   Made from a plan (before a run) or read from a file (afterwards); written by the same function
   into the part file and into the finished one, so that they cannot differ.  Everything is
   borrowed: from the plan, or from the outline's own arena.  No HDF5 here; see h5.h.  */
#ifndef RW_LAB_OUTLINE_H
#define RW_LAB_OUTLINE_H

#include "plan/plan.h"

enum
{
  RW_RANK_MAX = RW_AXES_MAX + RW_FIELD_DIMS, /* dimensions of a variable */
  RW_SHARED_VARS = 2,                        /* status and seconds, before the plan's fields */
  RW_SCHEMA_VERSION = 1                      /* of doc/format.md; raised when a reader must know */
};

typedef struct
{
  const char *name;
  size_t n;
  bool swept; /* a dimension of the sweep; else an own dimension of fields */
} rw_outline_dim;

/* Numbers or labels along one dimension.  */
typedef struct
{
  const char *name;
  size_t dim;                /* index into dims */
  bool scale;                /* the dimension's own coordinate; else one that is linked to it */
  const double *values;      /* (dims[dim].n,) or NULL */
  const char *const *labels; /* (dims[dim].n,) or NULL */
  const char *unit, *long_name;
} rw_outline_coord;

/* A dataset with a value (or own dimensions of values) for every point.  */
typedef struct
{
  const char *name;
  bool bytes; /* uint8 (status); else float64 */
  size_t n_dims, dim[RW_RANK_MAX];
  size_t size;  /* values a point: the product of the own dimensions */
  size_t total; /* values: size * points */
  const char *unit, *long_name, *kind, *cite;
  const char *metric; /* who made it; "" for what every point has */
} rw_outline_var;

typedef struct
{
  const char *name, *title; /* title never NULL */
  size_t signal;            /* index into vars */
  const char *x;            /* name of a dimension */
  const char *lines;        /* or NULL */
  const char *panels[2];    /* or NULL */
  size_t n_at;
  struct
  {
    size_t dim, index;
  } at[RW_AXES_MAX];
} rw_outline_figure;

typedef struct
{
  const char *name, *text;
} rw_outline_note;

enum
{
  RW_OUTLINE_NOTES = 24
};

typedef struct
{
  size_t n_dims, n_swept; /* swept ones first, in the sweep's order */
  rw_outline_dim *dims;
  size_t n_coords;
  rw_outline_coord *coords; /* scales of the sweep, of own dimensions, then linked ones */
  size_t n_vars;
  rw_outline_var *vars; /* status, seconds, then the plan's fields in order */
  size_t n_figures;
  rw_outline_figure *figures;
  size_t n_points;
  uint64_t seed;
  double trained_length; /* NaN where unknown */
  size_t n_notes;
  rw_outline_note notes[RW_OUTLINE_NOTES]; /* text attributes of / : config, build_id, ... */
  rw_arena *arena;
} rw_outline;

/* The outline of a plan, which must outlive it.  The caller frees it.  */
rw_status rw_outline_new (const rw_plan *plan, rw_outline **out, rw_error *err);
void rw_outline_free (rw_outline *outline); /* NULL-safe */

/* Adds or replaces a text attribute of / (copied into the arena).  */
rw_status rw_outline_set (rw_outline *outline, const char *name, const char *text, rw_error *err);
const char *rw_outline_get (const rw_outline *outline,
                            const char *name); /* "" where there is none */

/* A text in the outline's arena; NULL when out of memory or for NULL.  */
char *rw_outline_text (rw_outline *outline, const char *text);

/* Index by name, or the count (n_dims, n_vars) where there is none.  */
size_t rw_outline_dim_find (const rw_outline *outline, const char *name);
size_t rw_outline_var_find (const rw_outline *outline, const char *name);
size_t rw_outline_shape (const rw_outline *outline, const rw_outline_var *var,
                         size_t shape[RW_RANK_MAX]); /* returns the rank */

#endif
