/* parts: what a plan keeps to itself while and after its config is read.  Private.

   A reading goes: the tree (edits.c on it), the top-level keys (config.c), the axes (axes.c: first
   which dimensions there are, then their values, stacks before models before blocks before
   parameters), what is stored (fields.c) and how it is called (names.c), the checks of every cell
   (valid.c), the figures, the normal form.  Everything belongs to the plan, is freed by
   rw_plan_free, and is read-only once rw_plan_read has returned.  */
#ifndef RW_PLAN_PARTS_H
#define RW_PLAN_PARTS_H

#include "json/block.h"
#include "plan/plan.h"
#include "stack/stack.h"

enum
{
  RW_AXIS_VALUES_MAX = 1 << 24, /* values an axis: a billion is a slip, and would not fit */
  RW_WARNINGS_MAX = 64,         /* warnings kept of one reading */
  RW_PATH_TEXT = 256            /* bytes of a config path in an error */
};
#define RW_POINTS_MAX ((size_t) 1 << 40)

/* The parts that module objects play in a point; metric k is RW_ROLE_METRIC + k.  */
enum
{
  RW_ROLE_SCHEDULE,
  RW_ROLE_SOURCE,
  RW_ROLE_RULE,
  RW_ROLE_QUERY_SCALE,
  RW_ROLE_BIAS,
  RW_ROLE_METRIC,
  RW_ROLES = RW_ROLE_METRIC + RW_METRICS_MAX
};

/* One object of a config's block, for the ropes of one layer type.  */
typedef struct
{
  char *layer_type; /* owned; NULL: the first rope, or not a schedule */
  rw_object *object;
  const cJSON *written; /* as the config has it; borrowed from the tree */
} rw_blocks_item;

/* One block of a config.  A schedule may be nested by layer type; everything else has one object
   and no layer type.  n = 0: nothing was said.  */
typedef struct
{
  size_t n;
  rw_blocks_item *item; /* (n,) owned */
} rw_blocks;

/* What an axis sets, in the order in which the values are read.  */
typedef enum
{
  RW_COLUMN_STACK,
  RW_COLUMN_MODEL,
  RW_COLUMN_BLOCK, /* whole blocks of a role: schedule, source, rule, query_scale, bias */
  RW_COLUMN_LAYER_TYPE,
  RW_COLUMN_LAYER,
  RW_COLUMN_HEAD,
  RW_COLUMN_LENGTH,
  RW_COLUMN_PARAM, /* KIND.PARAM */
  RW_COLUMNS
} rw_column_is;

/* The private side of plan->axes[i].  */
typedef struct
{
  rw_column_is is;
  size_t role;       /* of BLOCK and PARAM */
  const char *param; /* PARAM: the word after the point, inside the axis's path */
  const cJSON *list; /* the values as the config has them; borrowed from the tree */
  const char *whole; /* path of the axis as written, "a,b" for linked ones; from the tree */
  bool linked;       /* each item of list is a tuple, ours is number `place` of it */
  size_t place;
  bool truth;        /* labels are "true" and "false" of a boolean parameter */
  rw_blocks *blocks; /* BLOCK: (n,) owned */
  size_t *index;     /* STACK, MODEL: (n,) which of parts->stack, parts->model; owned */
} rw_column;

/* A file that sources and metrics read.  */
typedef struct
{
  char *path;      /* where it is; owned */
  uint64_t bytes;  /* its size ... */
  char sha256[65]; /* ... and content (base/digest.h) */
} rw_plan_content;

/* What a corpus is made of.  */
typedef struct
{
  bool tokens; /* ids; else texts */
  size_t n;
  size_t *file; /* (n,) which file each document is; owned */
} rw_plan_texts;

/* The private side of a plan.  */
struct rw_plan_parts
{
  cJSON *root;                    /* the config's tree after the edits */
  char *folder;                   /* relative files are looked up here */
  char *file;                     /* the config's name in errors */
  rw_column *column;              /* (n_axes,) */
  rw_blocks base[RW_ROLE_METRIC]; /* of the top-level keys */
  double length;                  /* top-level; NaN: each rope's own original_length */
  double longest;                 /* largest length of the sweep */
  size_t n_stacks, n_sources;
  const rw_stack **stack;      /* (n_stacks,) distinct */
  const cJSON **source;        /* (n_sources,) distinct `model` values */
  size_t *model;               /* (n_sources, n_stacks) index into plan->models, or SIZE_MAX */
  rw_origin *origin;           /* (n_sources,) what the stacks read; owned */
  char **refusal;              /* (n_sources, n_stacks) why a stack refuses a model; owned */
  bool of_stream[RW_AXES_MAX]; /* the dimension changes the random numbers */
  rw_rope **layer;             /* beside plan->models: the rope of every layer, with the window of
                                  the layer; schedules and notes are the model's or still's */
  rw_rope *still;              /* beside plan->models: the rope of layers that do not rotate, with
                                  schedule `none`; schedule NULL where every layer rotates */
  double *distance, *position; /* (n_,) owned */
  size_t n_distances, n_positions;
  size_t n_files, n_uses, room_uses;
  rw_plan_content *file_of; /* (n_files,) distinct; owned */
  size_t *use;              /* (n_uses,) which file each wish of each source takes; owned */
  size_t n_corpora;
  rw_plan_texts *corpus; /* (n_corpora,) of each source and metric that asks for one; owned */
  rw_arena *keep; /* arrays of the metrics' own dimensions; owned; NULL where there are none */
};

/* From here on in the order of who may call whom: each part calls only parts above it.  */

/* ---- warning.c ---- */
/* Appends the warnings of `from`, each behind "where: " (where may be ""), up to RW_WARNINGS_MAX.
 */
void rw_warning_add (rw_plan *plan, const char *where, const rw_notes *from);

/* ---- form.c, grid.c: lists of numbers and their short forms ---- */
bool rw_form_is (const cJSON *value); /* {"linspace": ...} and its like */
/* Numbers of a list or a form.  `whole` rounds what a form makes to integers and refuses other
   numbers in a list.  The caller frees *out.  */
rw_status rw_form_read (const cJSON *value, bool whole, const char *path, double **out, size_t *n,
                        rw_error *err);
rw_status rw_form_count (const cJSON *value, const char *path, size_t *n, rw_error *err);
rw_status rw_grid_read (rw_plan *plan, const cJSON *value, const char *path, double **out,
                        size_t *n, rw_error *err);

/* ---- axis.c: one axis, looked up ---- */
/* Whether `path` is one of the names of the axis key "a,b".  */
bool rw_axis_names (const char *key, const char *path);
/* First axis on dimension `dim`.  */
const rw_axis *rw_axis_first (const rw_plan *plan, size_t dim);
/* The axis that sets `is` (and, for blocks, the role), or NULL.  */
const rw_axis *rw_axis_of (const rw_plan *plan, rw_column_is is, size_t role);
/* "axes.length[2]" into buf.  */
char *rw_axis_path (const rw_plan *plan, size_t axis, size_t k, char buf[RW_PATH_TEXT]);
/* "8", "yarn": value k of an axis as text.  */
const char *rw_axis_text (const rw_axis *axis, size_t k, char buf[32]);
/* The items of a column one after the other: start with *at NULL; NULL at the end.  */
const cJSON *rw_column_next (const rw_column *column, const cJSON **at);

/* ---- coordinate.c: the values along dimension `dim`, numbered as in rw_figure.at ---- */
rw_dim rw_coordinate_of (const rw_plan *plan, size_t dim);
rw_status rw_coordinate_find (const rw_dim *c, const cJSON *value, size_t *index, rw_error *err);

/* ---- edits.c: overrides of the command line, on the tree ---- */
rw_status rw_edits_apply (cJSON *root, const rw_plan_edits *edits, rw_error *err);
/* linked.c: linked axes written by columns become tuples.  */
rw_status rw_linked_turn (cJSON *root, rw_error *err);

/* ---- models.c ---- */
/* Adds a `model` value to parts->source, once; its place in *index.  */
rw_status rw_models_add (struct rw_plan_parts *parts, const cJSON *value, size_t *index,
                         rw_error *err);
rw_status rw_models_read (rw_plan *plan, rw_error *err); /* reads every model needed */
/* Which source and which stack stand in the cell at `at`.  */
void rw_models_place (const rw_plan *plan, const size_t *at, size_t *source, size_t *stack);
/* Whether blocks mean their own formulas: under the stack `exact`.  */
bool rw_models_exact (const rw_stack *stack);
/* Whether some cell is of another stack than `exact`.  */
bool rw_models_served (const rw_plan *plan);
/* The rope of a layer type, NULL for the first.  */
rw_status rw_models_rope_of (const rw_model *model, const char *layer_type, const rw_rope **rope,
                             rw_error *err);
/* Which model and rope stand in the cell at `at`; a layer that does not rotate has a rope of the
   model's geometry and schedule `none`, which no block of the config replaces.  */
rw_status rw_models_rope (const rw_plan *plan, const size_t *at, const rw_model **model,
                          const rw_rope **rope, rw_error *err);

/* ---- blocks.c: the module objects of a config ---- */
const char *rw_blocks_key (size_t role); /* its key in a config; of roles below RW_ROLE_METRIC */
const rw_kind *rw_blocks_kind (size_t role);
rw_status rw_blocks_read (rw_plan *plan, const cJSON *value, size_t role, const char *path,
                          rw_blocks *out, rw_error *err);
/* The blocks of the top-level keys, after the models, whose layer types a schedule may name.  */
rw_status rw_blocks_base (rw_plan *plan, rw_error *err);
void rw_blocks_free (rw_blocks *blocks);

/* ---- column.c, knob.c: the values of an axis ---- */
rw_status rw_column_read (rw_plan *plan, size_t axis, rw_error *err);
rw_status rw_knob_read (rw_plan *plan, size_t axis, rw_error *err); /* KIND.PARAM */

/* ---- label.c: labels of blocks ---- */
rw_status rw_label_blocks (rw_plan *plan, rw_error *err);           /* of all axes of blocks */
rw_status rw_label_unique (char **labels, size_t n, rw_error *err); /* " #2" where they repeat */

/* ---- distinct.c: no value twice on an axis ---- */
rw_status rw_distinct_check (const rw_plan *plan, rw_error *err);

/* ---- axes.c, config.c: the top-level keys, and "axes" among them ---- */
rw_status rw_axes_read (rw_plan *plan, const cJSON *axes, rw_error *err);
rw_status rw_config_read (rw_plan *plan, rw_error *err);

/* ---- walk.c: over distinct cells; the points are of point.c, see plan.h ---- */
enum
{
  RW_WALK_MAX
  = 1 << 20 /* combinations a check visits: beyond it evenly spread ones stand for all */
};
/* Visits the cells that differ on the dimensions with mask[d], the others at 0; where there are
   more than `most`, evenly spread ones and the last.  */
rw_status rw_walk_cells (const rw_plan *plan, const bool *mask, size_t most, rw_visit *visit,
                         void *data, rw_error *err);
/* Marks the dimensions that decide what `role` is in a cell.  */
void rw_walk_mask (const rw_plan *plan, size_t role, bool *mask);
/* Marks the dimensions that choose a model and a rope.  */
void rw_walk_mask_rope (const rw_plan *plan, bool *mask);
/* Marks the dimension that sets `is`, where there is one.  */
void rw_walk_mask_axis (const rw_plan *plan, rw_column_is is, bool *mask);

/* ---- sources.c: sources, and what metrics ask of them and of the model ---- */
/* Every source on all it may depend on; every metric that needs q and k has a source, and whatever
   runs the model has its weights.  */
rw_status rw_sources_valid (rw_plan *plan, rw_error *err);

/* ---- corpus.c: where it is stands in plan.h ---- */
rw_status rw_corpus_check (const rw_corpus_wish *wish, rw_error *err); /* not both */

/* ---- files.c: what sources and metrics read; where it is stands in plan.h ---- */
rw_status rw_files_read (rw_plan *plan, rw_error *err);
void rw_files_free (struct rw_plan_parts *parts);

/* ---- fields.c, names.c: what is stored, and under which names ---- */
rw_status rw_fields_read (rw_plan *plan, rw_error *err);
/* Gives every field its size, once the largest table has been seen.  */
rw_status rw_fields_size (rw_plan *plan, size_t pairs, rw_error *err);
rw_status rw_names_give (rw_plan *plan, rw_error *err);

/* ---- valid.c: the checks of every cell ---- */
rw_status rw_valid_check (rw_plan *plan, rw_error *err);

/* ---- figures.c, normal.c ---- */
rw_status rw_figures_read (rw_plan *plan, const cJSON *list, rw_error *err);
rw_status rw_normal_write (rw_plan *plan, rw_error *err);

#endif
