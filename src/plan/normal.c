/* normal: the normal form of a plan and its hash.

   The normal form says everything that the plan means, once: keys sorted, defaults filled in, short
   forms written out, presets replaced by the geometry they name, files by their content.  The hash
   covers what changes numbers or coordinates: not the name, figures, output or the words in which a
   config says it. A long list of numbers stands as its count and the hash of its doubles
   (little-endian).  */
#include "base/text.h"
#include "plan/parts.h"

#include <math.h>
#include <string.h>

enum
{
  LIST_MAX = 1024, /* longer lists stand as a hash */
  NORMAL_VERSION = 1
};

/* Puts an item that may be NULL (out of memory); false where it fails, and the item is freed.  */
static bool
put (cJSON *object, const char *key, cJSON *item)
{
  if (item && object && cJSON_AddItemToObject (object, key, item))
    return true;
  cJSON_Delete (item);
  return false;
}

static bool
push (cJSON *list, cJSON *item)
{
  if (item && list && cJSON_AddItemToArray (list, item))
    return true;
  cJSON_Delete (item);
  return false;
}

static bool
put_number (cJSON *object, const char *key, double x)
{
  return isnan (x) || put (object, key, cJSON_CreateNumber (x));
}

static bool
put_text (cJSON *object, const char *key, const char *text)
{
  return !text || put (object, key, cJSON_CreateString (text));
}

/* Frees a tree that is not whole.  */
static cJSON *
whole (cJSON *tree, bool good)
{
  if (good)
    return tree;
  cJSON_Delete (tree);
  return NULL;
}

static cJSON *
numbers (const double *v, size_t n)
{
  if (n <= LIST_MAX)
    return cJSON_CreateDoubleArray (v, (int) n);
  char hex[65];
  cJSON *digest = cJSON_CreateObject ();
  rw_json_sha256 ((const char *) v, n * sizeof *v, hex);
  return whole (digest,
                put_number (digest, "count", (double) n) && put_text (digest, "sha256", hex));
}

static cJSON *
texts (char *const *v, size_t n)
{
  cJSON *list = cJSON_CreateArray ();
  bool good = list;
  for (size_t i = 0; good && i < n; i++)
    good = push (list, cJSON_CreateString (v[i]));
  return whole (list, good);
}

/* Takes out the parameter that is `path` itself.  */
static void
drop_text (const rw_object *object, const char *path, cJSON *block)
{
  const rw_param *p;
  for (size_t k = 0; path && (p = rw_module_param (object->module, k)); k++)
    if (p->type == RW_TEXT && rw_param_get (p, object->self).text == path)
      cJSON_DeleteItemFromObjectCaseSensitive (block, p->name);
}

/* Where a file lies does not matter: what is in it stands under `files`.  */
static void
drop_paths (const rw_object *object, size_t role, cJSON *block)
{
  rw_source_wish wish[RW_SOURCE_TENSORS];
  rw_corpus_wish corpus = { 0 };
  size_t n = 0;
  if (role == RW_ROLE_SOURCE)
    {
      const rw_source *type = (const rw_source *) object->module;
      n = type->wishes ? type->wishes (object->self, wish) : 0;
      corpus = rw_source_corpus (object);
    }
  else if (role >= RW_ROLE_METRIC)
    corpus = rw_metric_corpus (object);
  for (size_t i = 0; i < n; i++)
    drop_text (object, wish[i].path, block);
  drop_text (object, corpus.text, block);
  drop_text (object, corpus.tokens, block);
}

static cJSON *
block (const rw_object *object, size_t role)
{
  cJSON *b = rw_block_write (object, rw_blocks_kind (role), false);
  drop_paths (object, role, b);
  cJSON_DeleteItemFromObjectCaseSensitive (b,
                                           "label"); /* labels are coordinates, and stand there */
  return b;
}

static cJSON *
blocks (const rw_blocks *from, size_t role)
{
  if (!from->n)
    return cJSON_CreateNull ();
  if (!from->item[0].layer_type)
    return block (from->item[0].object, role);
  cJSON *nested = cJSON_CreateObject ();
  bool good = nested;
  for (size_t i = 0; good && i < from->n; i++)
    good = put (nested, from->item[i].layer_type, block (from->item[i].object, role));
  return whole (nested, good);
}

/* A stack reads a schedule as it is written, with keys that its module does not have.  */
static bool
push_written (cJSON *list, const rw_blocks *from)
{
  bool good = list;
  for (size_t i = 0; good && i < from->n; i++)
    {
      cJSON *copy = cJSON_Duplicate (from->item[i].written, true);
      if (cJSON_IsObject (copy))
        cJSON_DeleteItemFromObjectCaseSensitive (copy, "label");
      good = push (list, copy);
    }
  return good;
}

/* Every schedule as it is written, where a stack other than `exact` reads them.  */
static bool
put_written (const rw_plan *plan, cJSON *core)
{
  if (!rw_models_served (plan))
    return true;
  const rw_axis *axis = rw_axis_of (plan, RW_COLUMN_BLOCK, RW_ROLE_SCHEDULE);
  cJSON *list = cJSON_CreateArray ();
  bool good = push_written (list, &plan->parts->base[RW_ROLE_SCHEDULE]);
  for (size_t k = 0; axis && good && k < axis->n; k++)
    good = push_written (list, &plan->parts->column[axis - plan->axes].blocks[k]);
  return put (core, "written", list) && good;
}

static cJSON *
rope (const rw_rope *r)
{
  const rw_geometry *m = &r->geometry;
  const struct
  {
    const char *key;
    double value;
  } rows[]
      = { { "head_dim", (double) m->head_dim }, { "rotary_dim", (double) m->rotary_dim },
          { "rope_theta", m->rope_theta },      { "original_length", m->original_length },
          { "max_length", m->max_length },      { "logit_scale", m->logit_scale },
          { "layers", (double) m->layers },     { "heads", (double) m->heads },
          { "kv_heads", (double) m->kv_heads }, { "sliding_window", (double) m->sliding_window } };
  cJSON *o = cJSON_CreateObject ();
  bool good = put_text (o, "layer_type", r->layer_type)
              && put_text (o, "layout", rw_layout_text (m->layout))
              && put (o, "schedule", block (r->schedule, RW_ROLE_SCHEDULE));
  for (size_t i = 0; good && i < sizeof rows / sizeof *rows; i++)
    good = put_number (o, rows[i].key, rows[i].value);
  return whole (o, good);
}

/* `weights`: they are run, so the file's content counts.  */
static cJSON *
model (const rw_model *m, bool weights)
{
  cJSON *o = cJSON_CreateObject (), *ropes = cJSON_CreateArray ();
  cJSON *layers = cJSON_CreateArray (), *windows = cJSON_CreateArray ();
  bool good = o && ropes && layers && windows;
  for (size_t i = 0; good && i < m->n_ropes; i++)
    good = push (ropes, rope (&m->rope[i]));
  for (size_t i = 0; good && i < m->n_layers; i++)
    good = push (layers, m->rope_of_layer[i] == RW_NO_ROPE
                             ? cJSON_CreateNull ()
                             : cJSON_CreateNumber (m->rope_of_layer[i]));
  good = put (o, "ropes", ropes) && good;
  for (size_t i = 0; good && i < m->n_layers; i++)
    good = push (windows, cJSON_CreateNumber ((double) m->window_of_layer[i]));
  good = put (o, "rope_of_layer", layers) && good;
  good = put (o, "window_of_layer", windows) && good;
  /* An axis may change the config that another stack than `exact` reads.  */
  return whole (o, good && put_text (o, "stack", m->stack)
                       && ((!weights && strcmp (m->stack, "exact") == 0)
                           || put_text (o, "sha256", m->sha256)));
}

static cJSON *
models (const rw_plan *plan)
{
  cJSON *list = cJSON_CreateArray ();
  bool good = list;
  for (size_t i = 0; good && i < plan->n_models; i++)
    good = push (
        list, model (&plan->models[i], plan->needs & RW_NEEDS_NETWORK && plan->models[i].weights));
  return whole (list, good);
}

/* An axis by its own path, with its dimension: the order of the axes is the order in the file.  */
static cJSON *
axis (const rw_plan *plan, size_t a)
{
  const rw_axis *x = &plan->axes[a];
  const rw_column *c = &plan->parts->column[a];
  cJSON *o = cJSON_CreateObject ();
  bool good = put_text (o, "axis", x->path) && put_number (o, "dimension", (double) x->dim);
  if (good && x->values)
    good = put (o, "values", numbers (x->values, x->n));
  if (good && x->labels)
    good = put (o, "labels", texts (x->labels, x->n));
  if (good && c->is == RW_COLUMN_BLOCK)
    {
      cJSON *list = cJSON_CreateArray ();
      good = list;
      for (size_t k = 0; good && k < x->n; k++)
        good = push (list, blocks (&c->blocks[k], c->role));
      good = put (o, "blocks", list) && good;
    }
  if (good && c->index) /* which of `models` a cell takes */
    {
      cJSON *list = cJSON_CreateArray ();
      good = list;
      for (size_t k = 0; good && k < x->n; k++)
        good = push (list, cJSON_CreateNumber ((double) c->index[k]));
      good = put (o, "index", list) && good;
    }
  return whole (o, good);
}

static cJSON *
axes (const rw_plan *plan)
{
  cJSON *list = cJSON_CreateArray ();
  bool good = list;
  for (size_t a = 0; good && a < plan->n_axes; a++)
    good = push (list, axis (plan, a));
  return whole (list, good);
}

static cJSON *
metrics (const rw_plan *plan)
{
  cJSON *list = cJSON_CreateArray ();
  bool good = list;
  for (size_t k = 0; good && k < plan->n_metrics; k++)
    good = push (list, block (plan->metrics[k], RW_ROLE_METRIC));
  return whole (list, good);
}

static cJSON *
indices (const size_t *v, size_t n)
{
  cJSON *list = cJSON_CreateArray ();
  bool good = list;
  for (size_t i = 0; good && i < n; i++)
    good = push (list, cJSON_CreateNumber ((double) v[i]));
  return whole (list, good);
}

/* Which files each corpus is made of.  */
static bool
put_corpora (const struct rw_plan_parts *p, cJSON *core)
{
  cJSON *list = p->n_corpora ? cJSON_CreateArray () : NULL;
  bool good = list || !p->n_corpora;
  for (size_t i = 0; good && i < p->n_corpora; i++)
    {
      const rw_plan_texts *t = &p->corpus[i];
      cJSON *o = cJSON_CreateObject ();
      good = put (o, t->tokens ? "tokens" : "text", indices (t->file, t->n));
      good = push (list, o) && good;
    }
  return !list ? good : put (core, "corpora", list) && good;
}

/* What sources and metrics read.  Which wish of which source takes which file is said beside them.
 */
static bool
put_files (const struct rw_plan_parts *p, cJSON *core)
{
  cJSON *list = cJSON_CreateArray ();
  bool good = list;
  for (size_t i = 0; good && i < p->n_files; i++)
    {
      cJSON *file = cJSON_CreateObject ();
      good = put_number (file, "bytes", (double) p->file_of[i].bytes)
             && put_text (file, "sha256", p->file_of[i].sha256);
      good = push (list, file) && good;
    }
  good = put (core, "files", list) && good;
  return good && put (core, "file_of_wish", indices (p->use, p->n_uses)) && put_corpora (p, core);
}

/* What changes numbers.  */
static cJSON *
core (const rw_plan *plan)
{
  const struct rw_plan_parts *p = plan->parts;
  cJSON *o = cJSON_CreateObject ();
  bool good = put_number (o, "normal_version", NORMAL_VERSION)
              && put_number (o, "seed", (double) plan->seed) && put (o, "axes", axes (plan))
              && put (o, "models", models (plan)) && put (o, "metrics", metrics (plan))
              && put_number (o, "length", p->length)
              && put (o, "distances", numbers (p->distance, p->n_distances))
              && put (o, "positions", numbers (p->position, p->n_positions));
  /* Biases came later: a config without one keeps its hash.  */
  for (size_t r = 0; good && r < RW_ROLE_METRIC; r++)
    if (r != RW_ROLE_BIAS || p->base[r].n)
      good = put (o, rw_blocks_key (r), blocks (&p->base[r], r));
  if (good && p->n_files)
    good = put_files (p, o);
  good = good && put_written (plan, o);
  return whole (o, good);
}

/* Names, paths, figures and output stand in the normal form beside the core.  */
static bool
put_rest (const rw_plan *plan, cJSON *o)
{
  const cJSON *figures = rw_json_get (plan->parts->root, "figures");
  cJSON *list = cJSON_CreateArray ();
  bool good = list;
  for (size_t i = 0; good && i < plan->n_models; i++)
    good = push (list, cJSON_CreateString (plan->models[i].name ? plan->models[i].name : ""));
  good = put (o, "model_names", list) && good;
  list = cJSON_CreateArray ();
  for (size_t i = 0; good && i < plan->parts->n_files; i++)
    good = push (list, cJSON_CreateString (plan->parts->file_of[i].path));
  if (plan->parts->n_files)
    good = put (o, "file_names", list) && good;
  else
    cJSON_Delete (list);
  return good && put_text (o, "name", plan->name) && put_text (o, "output", plan->output)
         && (!figures || put (o, "figures", cJSON_Duplicate (figures, true)));
}

rw_status
rw_normal_write (rw_plan *plan, rw_error *err)
{
  rw_text text = { 0 };
  cJSON *tree = core (plan);
  bool good = tree;
  if (good)
    {
      rw_json_normal (tree, &text);
      good = !text.failed;
    }
  if (good)
    rw_json_sha256 (text.s, text.n, plan->sha256);
  rw_text_free (&text);
  if (good && (good = put_rest (plan, tree)))
    {
      rw_json_normal (tree, &text);
      good = !text.failed && (plan->normal = rw_strdup (rw_text_get (&text)));
      rw_text_free (&text);
    }
  cJSON_Delete (tree);
  return good ? RW_OK : rw_nomem (err, sizeof (cJSON));
}
