/* plan: from a config's text to a plan that is whole and checked; see plan.h.  */
#include "base/text.h"
#include "plan/parts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
free_axis (rw_axis *axis, rw_column *column)
{
  for (size_t k = 0; axis->labels && k < axis->n; k++)
    rw_free (axis->labels[k]);
  for (size_t k = 0; column && column->blocks && k < axis->n; k++)
    rw_blocks_free (&column->blocks[k]);
  rw_free (axis->path);
  rw_free (axis->name);
  rw_free (axis->values);
  rw_free (axis->labels);
  rw_free (axis->long_name);
  if (column)
    {
      rw_free (column->blocks);
      rw_free (column->index);
    }
}

static void
free_figure (rw_figure *f)
{
  rw_free (f->name);
  rw_free (f->x);
  rw_free (f->lines);
  rw_free (f->panels[0]);
  rw_free (f->panels[1]);
  rw_free (f->title);
}

static void
free_parts (struct rw_plan_parts *parts)
{
  if (!parts)
    return;
  for (size_t r = 0; r < RW_ROLE_METRIC; r++)
    rw_blocks_free (&parts->base[r]);
  rw_free (parts->folder);
  rw_free (parts->file);
  rw_free (parts->column);
  rw_free (parts->stack);
  rw_free (parts->source);
  rw_free (parts->model);
  for (size_t i = 0; parts->origin && i < parts->n_sources; i++)
    rw_origin_free (&parts->origin[i]);
  for (size_t i = 0; parts->refusal && i < parts->n_sources * parts->n_stacks; i++)
    rw_free (parts->refusal[i]);
  rw_free (parts->origin);
  rw_free (parts->refusal);
  rw_free (parts->still);
  rw_free (parts->layer);
  rw_free (parts->distance);
  rw_free (parts->position);
  rw_files_free (parts);
  rw_arena_free (parts->keep);
  cJSON_Delete (parts->root);
  rw_free (parts);
}

void
rw_plan_free (rw_plan *plan)
{
  if (!plan)
    return;
  for (size_t a = 0; a < plan->n_axes; a++)
    free_axis (&plan->axes[a], plan->parts ? &plan->parts->column[a] : NULL);
  for (size_t i = 0; i < plan->n_models; i++)
    {
      rw_model_free (&plan->models[i]);
      rw_object_free (plan->parts->still[i].schedule);
      rw_free (plan->parts->layer[i]);
    }
  for (size_t k = 0; k < plan->n_metrics; k++)
    rw_object_free (plan->metrics[k]);
  for (size_t i = 0; i < plan->n_figures; i++)
    free_figure (&plan->figures[i]);
  rw_free (plan->name);
  rw_free (plan->stack);
  rw_free (plan->output);
  rw_free (plan->models);
  rw_free (plan->axes);
  rw_free (plan->fields);
  rw_free (plan->figures);
  rw_free (plan->config);
  rw_free (plan->normal);
  rw_notes_free (&plan->notes);
  free_parts (plan->parts);
  rw_free (plan);
}

/* The text as written; where the command line changed it, the changed tree, so that the file alone
   says what was run.  */
static rw_status
keep_config (rw_plan *plan, const char *text, size_t n, const rw_plan_edits *edits, rw_error *err)
{
  const bool edited = edits && (edits->n_set || edits->n_axis || edits->stack || edits->seed);
  if (!edited)
    plan->config = rw_format ("%.*s", (int) n, text);
  else
    {
      char *printed = cJSON_Print (plan->parts->root);
      plan->config = rw_strdup (printed);
      cJSON_free (printed);
    }
  return plan->config ? RW_OK : rw_nomem (err, n);
}

/* "exact,hf" where the stack is an axis.  */
static rw_status
name_stacks (rw_plan *plan, rw_error *err)
{
  rw_text t = { 0 };
  for (size_t i = 0; i < plan->parts->n_stacks; i++)
    rw_text_addf (&t, "%s%s", i ? "," : "", plan->parts->stack[i]->name);
  rw_free (plan->stack);
  plan->stack = t.failed ? NULL : rw_strdup (rw_text_get (&t));
  rw_text_free (&t);
  return plan->stack ? RW_OK : rw_nomem (err, 16);
}

static rw_status
read_tree (rw_plan *plan, rw_error *err)
{
  rw_status s = rw_config_read (plan, err);
  if (!s)
    s = name_stacks (plan, err);
  if (!s)
    s = rw_fields_read (plan, err);
  if (!s)
    s = rw_names_give (plan, err);
  if (!s)
    s = rw_valid_check (plan, err);
  if (!s)
    s = rw_figures_read (plan, rw_json_get (plan->parts->root, "figures"), err);
  if (!s)
    s = rw_files_read (plan, err);
  if (!s)
    s = rw_normal_write (plan, err);
  if (!s)
    plan->trained_length = plan->models[0].rope[0].geometry.original_length;
  return s;
}

static rw_status
new_plan (const char *name, const char *folder, rw_plan **out, rw_error *err)
{
  rw_plan *plan = *out = rw_new (1, sizeof *plan);
  if (plan && (plan->parts = rw_new (1, sizeof *plan->parts))
      && (plan->parts->file = rw_strdup (name))
      && (plan->parts->folder = rw_strdup (folder ? folder : ".")))
    return RW_OK;
  return rw_nomem (err, sizeof *plan);
}

rw_status
rw_plan_parse (const char *name, const char *text, size_t n, const char *folder,
               const rw_plan_edits *edits, rw_plan **out, rw_error *err)
{
  rw_plan *plan = NULL;
  *out = NULL;
  rw_status s = new_plan (name, folder, &plan, err);
  if (!s)
    s = rw_json_parse (name, text, n, &plan->parts->root, err); /* names the file itself */
  if (!s)
    {
      s = rw_edits_apply (plan->parts->root, edits, err);
      if (!s)
        {
          s = keep_config (plan, text, n, edits, err);
          if (!s)
            s = rw_linked_turn (plan->parts->root, err);
          if (!s)
            s = read_tree (plan, err);
          s = rw_within (err, s, "%s", name);
        }
    }
  if (s && err && !err->hint[0])
    rw_hint (err, "doc/config.md explains every key; `ropewalk schema` prints them for an editor");
  if (s)
    rw_plan_free (plan);
  else
    *out = plan;
  return s;
}

/* ---- reading files ---- */

rw_status
rw_plan_read (const char *path, const rw_plan_edits *edits, rw_plan **out, rw_error *err)
{
  const bool standard = strcmp (path, "-") == 0;
  const char *slash = strrchr (path, '/');
  rw_text text = { 0 };
  *out = NULL;
  char *folder
      = rw_format ("%.*s", slash ? (int) (slash - path) + (slash == path) : 1, slash ? path : ".");
  rw_status s = folder ? rw_json_text (path, &text, err) : rw_nomem (err, strlen (path));
  if (s == RW_EIO && !standard && access (path, R_OK) != 0)
    rw_hint (err, "the configs that come with ropewalk are experiments/*/config.json");
  if (!s)
    s = rw_plan_parse (standard ? "stdin" : path, rw_text_get (&text), text.n, folder, edits, out,
                       err);
  rw_text_free (&text);
  rw_free (folder);
  return s;
}
