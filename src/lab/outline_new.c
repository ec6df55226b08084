/* outline_new: a plan's dimensions, coordinates, variables and figures as a file has them; see
   outline.h.  */
#include "config.h"

#include "base/simd.h"
#include "base/text.h"
#include "lab/build_id.h"
#include "lab/outline.h"
#include "lab/provenance.h"

#include <string.h>

static rw_status
room (rw_outline *outline, const rw_plan *plan, rw_error *err)
{
  outline->dims = rw_arena_take (outline->arena, plan->n_dims + plan->n_own, sizeof *outline->dims);
  outline->coords
      = rw_arena_take (outline->arena, plan->n_axes + plan->n_own, sizeof *outline->coords);
  outline->vars
      = rw_arena_take (outline->arena, plan->n_fields + RW_SHARED_VARS, sizeof *outline->vars);
  outline->figures = rw_arena_take (outline->arena, plan->n_figures, sizeof *outline->figures);
  if (!outline->dims || !outline->coords || !outline->vars || !outline->figures)
    return rw_nomem (err, plan->n_fields * sizeof *outline->vars);
  return RW_OK;
}

/* 0, 1, 2, ...: the coordinate of a dimension that has none of its own.  */
static const double *
count_up (rw_outline *outline, size_t n)
{
  double *v = rw_arena_take (outline->arena, n, sizeof *v);
  for (size_t i = 0; v && i < n; i++)
    v[i] = (double) i;
  return v;
}

/* The coordinates of the sweep's axes: each dimension's own (the first axis that lies on it), or
   the linked ones.  */
static void
take_axes (rw_outline *outline, const rw_plan *plan, bool linked)
{
  bool seen[RW_AXES_MAX] = { false };
  for (size_t i = 0; i < plan->n_axes; i++)
    {
      const rw_axis *axis = &plan->axes[i];
      const bool first = !seen[axis->dim];
      seen[axis->dim] = true;
      if (first == linked)
        continue;
      if (first)
        outline->dims[axis->dim] = (rw_outline_dim){ axis->name, axis->n, true };
      outline->coords[outline->n_coords++]
          = (rw_outline_coord){ .name = axis->name,
                                .dim = axis->dim,
                                .scale = first,
                                .values = axis->values,
                                .labels = (const char *const *) axis->labels,
                                .unit = axis->unit,
                                .long_name = axis->long_name };
    }
}

static rw_status
take_own (rw_outline *outline, const rw_plan *plan, rw_error *err)
{
  for (size_t i = 0; i < plan->n_own; i++)
    {
      const rw_dim *own = &plan->own[i];
      const double *values = own->values;
      if (!values && !own->labels && !(values = count_up (outline, own->n)))
        return rw_nomem (err, own->n * sizeof *values);
      outline->coords[outline->n_coords++] = (rw_outline_coord){ .name = own->name,
                                                                 .dim = outline->n_dims,
                                                                 .scale = true,
                                                                 .values = values,
                                                                 .labels = own->labels,
                                                                 .unit = own->unit,
                                                                 .long_name = own->long_name };
      outline->dims[outline->n_dims++] = (rw_outline_dim){ own->name, own->n, false };
    }
  return RW_OK;
}

static void
add_var (rw_outline *outline, rw_outline_var var)
{
  var.n_dims = outline->n_swept;
  for (size_t d = 0; d < outline->n_swept; d++)
    var.dim[d] = d;
  var.size = 1;
  var.total = outline->n_points;
  outline->vars[outline->n_vars++] = var;
}

static void
take_vars (rw_outline *outline, const rw_plan *plan)
{
  static const char ours[] = "ropewalk";
  add_var (outline, (rw_outline_var){ .name = "status",
                                      .bytes = true,
                                      .long_name = "0 to do, 1 done, 2 failed",
                                      .kind = "record",
                                      .cite = ours,
                                      .metric = "" });
  add_var (outline, (rw_outline_var){ .name = "seconds",
                                      .unit = "s",
                                      .long_name = "time spent on the point",
                                      .kind = "record",
                                      .cite = ours,
                                      .metric = "" });
  for (size_t k = 0; k < plan->n_fields; k++)
    {
      const rw_plan_field *f = &plan->fields[k];
      add_var (outline, (rw_outline_var){ .name = f->field->name,
                                          .unit = f->field->unit,
                                          .long_name = f->field->long_name,
                                          .kind = f->kind,
                                          .cite = f->field->cite });
      rw_outline_var *var = &outline->vars[outline->n_vars - 1];
      var->metric = f->metric < plan->n_metrics ? plan->metrics[f->metric]->module->name : "";
      for (size_t d = 0; d < f->n_dims; d++)
        var->dim[var->n_dims++] = plan->n_dims + f->dim[d];
      var->size = f->size;
      var->total = f->size * outline->n_points;
    }
}

static void
take_figures (rw_outline *outline, const rw_plan *plan)
{
  for (size_t i = 0; i < plan->n_figures; i++)
    {
      const rw_figure *from = &plan->figures[i];
      rw_outline_figure *to = &outline->figures[outline->n_figures++];
      *to = (rw_outline_figure){ .name = from->name,
                                 .title = from->title ? from->title : from->name,
                                 .signal = RW_SHARED_VARS + from->signal,
                                 .x = from->x,
                                 .lines = from->lines,
                                 .panels = { from->panels[0], from->panels[1] },
                                 .n_at = from->n_at };
      for (size_t k = 0; k < from->n_at; k++)
        {
          to->at[k].dim = from->at[k].dim;
          to->at[k].index = from->at[k].index;
        }
    }
}

/* An earlier model of the plan has the same weights: another stack reads its config.  */
static bool
is_again (const rw_plan *plan, size_t i)
{
  for (size_t j = 0; j < i; j++)
    if (plan->models[j].weights && strcmp (plan->models[j].weights, plan->models[i].weights) == 0)
      return true;
  return false;
}

/* "pocket.gguf 3f2a...": the weights that are run; empty where none are.  */
static void
write_weights (const rw_plan *plan, rw_text *out)
{
  for (size_t i = 0; plan->needs & RW_NEEDS_NETWORK && i < plan->n_models; i++)
    if (plan->models[i].weights && !is_again (plan, i))
      rw_text_addf (out, "%s%s %s", out->n ? ", " : "", plan->models[i].name,
                    plan->models[i].sha256);
}

static rw_status
take_notes (rw_outline *outline, const rw_plan *plan, rw_error *err)
{
  rw_text libraries = { 0 }, weights = { 0 };
  rw_fact facts[RW_FACTS];
  rw_provenance (facts);
  for (size_t i = 0; i < RW_FACTS; i++)
    if (strcmp (facts[i].key, "hdf5") == 0 || strcmp (facts[i].key, "gsl") == 0
        || strcmp (facts[i].key, "cjson") == 0 || strcmp (facts[i].key, "gemm") == 0)
      rw_text_addf (&libraries, "%s%s %s", libraries.n ? ", " : "", facts[i].key, facts[i].value);
  write_weights (plan, &weights);
  const rw_outline_note notes[] = { { "name", plan->name },
                                    { "config", plan->config },
                                    { "config_normal", plan->normal },
                                    { "config_sha256", plan->sha256 },
                                    { "stack", plan->stack },
                                    { "ropewalk_version", PACKAGE_VERSION },
                                    { "build_id", RW_BUILD_ID },
                                    { "kernels", rw_simd_text (rw_simd_get ()) },
                                    { "libraries", rw_text_get (&libraries) } };
  rw_status s = libraries.failed || weights.failed ? rw_nomem (err, libraries.n) : RW_OK;
  for (size_t i = 0; i < sizeof notes / sizeof *notes && !s; i++)
    s = rw_outline_set (outline, notes[i].name, notes[i].text, err);
  if (!s && weights.n)
    s = rw_outline_set (outline, "weights", rw_text_get (&weights), err);
  rw_text_free (&libraries);
  rw_text_free (&weights);
  return s;
}

rw_status
rw_outline_new (const rw_plan *plan, rw_outline **out, rw_error *err)
{
  *out = NULL;
  rw_outline *outline = rw_new (1, sizeof *outline);
  if (!outline || !(outline->arena = rw_arena_new ()))
    {
      rw_outline_free (outline);
      return rw_nomem (err, sizeof *outline);
    }
  outline->n_points = plan->n_points;
  outline->seed = plan->seed;
  outline->trained_length = plan->trained_length;
  rw_status s = room (outline, plan, err);
  if (!s)
    {
      take_axes (outline, plan, false);
      outline->n_dims = outline->n_swept = plan->n_dims;
      s = take_own (outline, plan, err);
    }
  if (!s)
    {
      take_axes (outline, plan, true);
      take_vars (outline, plan);
      take_figures (outline, plan);
      s = take_notes (outline, plan, err);
    }
  if (s)
    rw_outline_free (outline);
  else
    *out = outline;
  return s;
}
