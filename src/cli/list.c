/* list: what there is: schedules, metrics, sources, rules, models, stacks, formats.  */
#include "config.h"

#include "base/text.h"
#include "cli/door.h"
#include "cli/list_module.h"
#include "rule/rule.h"
#include "schedule/schedule.h"
#include "source/source.h"
#include "stack/stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one section prints, and adds to the object where there is one.  */
typedef rw_status lister (const char *name, bool brief, cJSON *out, rw_error *err);

/* ---- modules ---- */

static void
list_kind (const char *name, const rw_kind *kind, bool brief, cJSON *out)
{
  const rw_module *m;
  cJSON *list = out ? cJSON_AddArrayToObject (out, name) : NULL;
  if (!out && brief)
    printf ("%s\n", name);
  if (!out && !rw_kind_at (kind, 0))
    puts ("  none in this build");
  for (size_t i = 0; (m = rw_kind_at (kind, i)); i++)
    {
      const rw_field *fields
          = kind == &rw_metrics ? ((const rw_metric *) (const void *) m)->fields : NULL;
      if (out)
        cJSON_AddItemToArray (list, list_module_object (m, fields));
      else
        list_module_print (m, fields, brief);
    }
  m = rw_kind_at (kind, 0);
  const rw_param *shared = m && !out && !brief ? m->shared : NULL;
  if (shared)
    printf ("every %s also takes\n", kind->noun);
  for (; shared && shared->name; shared++)
    list_param_print (shared);
}

static rw_status
list_schedules (const char *name, bool brief, cJSON *out, rw_error *err)
{
  (void) err;
  list_kind (name, &rw_schedules, brief, out);
  return RW_OK;
}

static rw_status
list_metrics (const char *name, bool brief, cJSON *out, rw_error *err)
{
  (void) err;
  list_kind (name, &rw_metrics, brief, out);
  return RW_OK;
}

static rw_status
list_sources (const char *name, bool brief, cJSON *out, rw_error *err)
{
  (void) err;
  list_kind (name, &rw_sources, brief, out);
  return RW_OK;
}

/* Query scales and biases stand beside the rules: all change the score, not the table.  */
static rw_status
list_rules (const char *name, bool brief, cJSON *out, rw_error *err)
{
  (void) err;
  list_kind (name, &rw_rules, brief, out);
  if (!out && !brief)
    puts ("\nquery scales");
  list_kind ("query_scales", &rw_query_scales, brief, out);
  if (!out && !brief)
    puts ("\nbiases");
  list_kind ("biases", &rw_biases, brief, out);
  return RW_OK;
}

/* ---- models ---- */

static void
print_model (const char *preset, const rw_model *model, cJSON *list)
{
  const rw_rope *rope = &model->rope[0];
  const rw_geometry *m = &rope->geometry;
  char theta[32], length[32], longest[32];
  if (!list)
    {
      printf ("%-28s %4lld/%-4lld theta %-9s length %-7s max %-8s %s%s\n", preset,
              (long long) m->rotary_dim, (long long) m->head_dim,
              rw_number_text (m->rope_theta, theta), rw_number_text (m->original_length, length),
              rw_number_text (m->max_length, longest), rope->schedule->module->name,
              model->n_ropes > 1 ? ", by layer type" : "");
      return;
    }
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "name", preset);
  cJSON_AddNumberToObject (o, "head_dim", (double) m->head_dim);
  cJSON_AddNumberToObject (o, "rotary_dim", (double) m->rotary_dim);
  cJSON_AddStringToObject (o, "layout", rw_layout_text (m->layout));
  cJSON_AddNumberToObject (o, "rope_theta", m->rope_theta);
  cJSON_AddNumberToObject (o, "original_length", m->original_length);
  cJSON_AddNumberToObject (o, "max_length", m->max_length);
  cJSON_AddStringToObject (o, "rope_type", rope->schedule->module->name);
  cJSON *types = cJSON_AddArrayToObject (o, "layer_types");
  for (size_t r = 0; r < model->n_ropes; r++)
    if (model->rope[r].layer_type[0])
      cJSON_AddItemToArray (types, cJSON_CreateString (model->rope[r].layer_type));
  cJSON_AddItemToArray (list, o);
}

static rw_status
list_models (const char *name, bool brief, cJSON *out, rw_error *err)
{
  char **presets = NULL;
  size_t n = 0;
  const rw_stack *exact;
  rw_status s = rw_stack_presets (&presets, &n, err);
  if (!s)
    s = rw_stack_find ("exact", &exact, err);
  cJSON *list = out && !s ? cJSON_AddArrayToObject (out, name) : NULL;
  if (!s && !out)
    printf ("%s\n", brief
                        ? name
                        : "model                        rotated/channels of a head, base, trained "
                          "length, largest length, schedule");
  for (size_t i = 0; !s && i < n; i++)
    {
      rw_model model = { 0 };
      if (brief && !out)
        {
          printf ("%s%s", i % 4 ? " " : i ? "\n  " : "  ", presets[i]);
          continue;
        }
      s = rw_stack_model (exact, presets[i], NULL, &model, err);
      if (!s)
        print_model (presets[i], &model, list);
      rw_model_free (&model);
    }
  if (!s && !out && brief && n)
    puts ("");
  rw_stack_presets_free (presets, n);
  return s;
}

/* ---- stacks and formats ---- */

static void
add_row (const char *name, const char *text, const char *cite, bool brief, cJSON *list)
{
  if (!list)
    {
      printf ("%s%-14s %s\n", brief ? "  " : "", name, text);
      if (cite && !brief)
        printf ("  %s\n", cite);
      return;
    }
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "name", name);
  cJSON_AddStringToObject (o, "text", text);
  if (cite)
    cJSON_AddStringToObject (o, "cite", cite);
  cJSON_AddItemToArray (list, o);
}

static rw_status
list_stacks (const char *name, bool brief, cJSON *out, rw_error *err)
{
  const rw_stack *stack;
  (void) err;
  cJSON *list = out ? cJSON_AddArrayToObject (out, name) : NULL;
  if (!out && brief)
    printf ("%s\n", name);
  for (size_t i = 0; (stack = rw_stack_at (i)); i++)
    add_row (stack->name, stack->text, stack->cite, brief, list);
  return RW_OK;
}

static rw_status
list_formats (const char *name, bool brief, cJSON *out, rw_error *err)
{
  static const struct
  {
    const char *name, *text;
  } formats[] = {
    { "hf", "export: Hugging Face config.json with rope_parameters (transformers 5)" },
    { "text", "table: one line a pair" },
    { "json", "table: one object" },
    { "csv", "table: one row a pair" },
    { "npy", "table: NumPy's array file" },
    { "c", "table: a C array" },
    { "svg", "plot: pictures for the web" },
    { "pdf", "plot: pictures for papers" },
    { "png", "plot: pictures of points" },
    { 0 },
  };
  (void) err;
  cJSON *list = out ? cJSON_AddArrayToObject (out, name) : NULL;
  if (!out && brief)
    printf ("%s\n", name);
  for (size_t i = 0; formats[i].name; i++)
    add_row (formats[i].name, formats[i].text, NULL, brief, list);
  return RW_OK;
}

static const struct section
{
  const char *name;
  lister *list;
} sections[] = {
  { "schedules", list_schedules }, { "metrics", list_metrics },
  { "sources", list_sources },     { "rules", list_rules },
  { "models", list_models },       { "stacks", list_stacks },
  { "formats", list_formats },     { 0 },
};

static const char *
section_name (size_t i, const void *data)
{
  return ((const struct section *) data)[i].name;
}

typedef struct
{
  door_common common;
  const struct section *only;
} asked;

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  asked *a = state->input;
  char near[96];
  if (key == ARGP_KEY_INIT)
    {
      state->child_inputs[0] = &a->common;
      return 0;
    }
  if (key != ARGP_KEY_ARG)
    return ARGP_ERR_UNKNOWN;
  if (a->only)
    exit (door_usage (state->name, "'%s': one kind or none was expected", arg));
  for (const struct section *s = sections; s->name; s++)
    if (strcmp (s->name, arg) == 0)
      {
        a->only = s;
        return 0;
      }
  exit (door_usage (state->name,
                    "'%s': one of schedules, metrics, sources, rules, models, stacks, formats was "
                    "expected%s",
                    arg, rw_did_you_mean (near, sizeof near, arg, section_name, sections)));
}

static const struct argp argp = {
  .parser = parse,
  .children = door_children,
  .args_doc = "[schedules|metrics|sources|rules|models|stacks|formats]",
  .doc = "Lists what there is; of one kind, with parameters, defaults, ranges and papers.\v"
         "Examples:\n  ropewalk list\n  ropewalk list schedules\n  ropewalk list models --json\n",
};

int
door_list (int argc, char **argv)
{
  asked a = { 0 };
  rw_error err = { 0 };
  rw_status s = RW_OK;
  argp_parse (&argp, argc, argv, 0, NULL, &a);
  cJSON *out = a.common.json ? cJSON_CreateObject () : NULL;
  for (const struct section *x = sections; x->name && !s; x++)
    if (!a.only || a.only == x)
      {
        if (!a.only && x != sections && !out)
          puts ("");
        s = x->list (x->name, !a.only, out, &err);
      }
  char *text = out && !s ? cJSON_Print (out) : NULL;
  if (text)
    puts (text);
  cJSON_free (text);
  cJSON_Delete (out);
  return s ? door_fail (argv[0], &err) : door_close (argv[0], 0);
}
