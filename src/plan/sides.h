/* sides: the dimensions of a figure's field, and what each is used for: x, lines, a panel, or held
   at one value.  A side has one use; using it twice is an error.  Names and places go into the
   figure, which owns them; the rest is borrowed.  Private to src/plan.  */
#ifndef RW_PLAN_SIDES_H
#define RW_PLAN_SIDES_H

#include "plan/parts.h"

/* One dimension of the field.  */
typedef struct
{
  const char *name, *path; /* path: the config's word for it, where it is another */
  size_t dim;              /* as rw_figure.at has it */
  size_t n;
  bool used;
} rw_side;

/* All of them, the sweep's first, then the field's own.  */
typedef struct
{
  rw_plan *plan;
  char path[RW_PATH_TEXT]; /* "figures[0]", in errors */
  rw_figure *out;          /* its signal is set first */
  rw_side side[RW_AXES_MAX + RW_FIELD_DIMS];
  size_t n;
  size_t n_panels;
} rw_sides;

/* Lays out the sides of the figure's signal.  */
void rw_sides_of (rw_sides *d);
/* Takes the side that `word` names for x, lines or a panel; `key` is for errors.  */
rw_status rw_sides_take (rw_sides *d, const char *key, const cJSON *word, char **out,
                         rw_error *err);
/* One key of `at`: holds a dimension, or the one that a linked coordinate lies on.  */
rw_status rw_sides_hold (rw_sides *d, const cJSON *value, rw_error *err);
/* What nobody named: held where it has one value, else a panel, else an error.  */
rw_status rw_sides_rest (rw_sides *d, rw_error *err);

#endif
