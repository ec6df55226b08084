/* check: reads a sweep config whole and says what it would run, without running it.  */
#include "config.h"

#include "base/text.h"
#include "cli/check_inputs.h"
#include "cli/cost.h"
#include "cli/door.h"
#include "cli/plan_options.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  SHOWN = 8 /* values of an axis that are printed */
};

typedef struct
{
  door_common common;
  plan_options plan;
  const char *config;
} check;

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  check *c = state->input;
  switch (key)
    {
    case ARGP_KEY_INIT:
      state->child_inputs[0] = &c->plan;
      state->child_inputs[1] = &c->common;
      return 0;
    case ARGP_KEY_ARG:
      if (c->config)
        exit (door_usage (state->name, "one CONFIG was expected, '%s' is another", arg));
      c->config = arg;
      return 0;
    case ARGP_KEY_NO_ARGS:
      exit (door_usage (state->name, "which config? CONFIG is missing"));
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[]
    = { { &plan_options_argp, 0, NULL, 0 }, { &door_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp
    = { .parser = parse,
        .children = children,
        .args_doc = "CONFIG",
        .doc = "Reads a sweep config and prints what it would run: axes, points, fields, size and "
               "cost. Runs nothing, writes nothing.\v"
               "Exit status: 0 the config is good, 2 it is wrong, 3 it cannot be read.\n\n"
               "Examples:\n"
               "  ropewalk check sweep.json\n"
               "  ropewalk check sweep.json --axis length=4096,8192 --set seed=7\n" };

/* ---- estimates ---- */

/* Bytes of the file's numbers before compression.  */
static double
bytes_of (const rw_plan *plan)
{
  double values = 1 + 1.0 / (double) sizeof (double); /* seconds and status */
  for (size_t i = 0; i < plan->n_fields; i++)
    values += (double) plan->fields[i].size;
  double bytes = values * (double) plan->n_points * (double) sizeof (double);
  for (size_t i = 0; i < plan->n_own; i++)
    bytes += (double) plan->own[i].n * (double) sizeof (double);
  return bytes;
}

/* ---- as JSON ---- */

static cJSON *
axis_object (const rw_plan *plan, const rw_axis *axis)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "name", axis->name);
  cJSON_AddStringToObject (o, "path", axis->path);
  cJSON_AddNumberToObject (o, "dimension", (double) axis->dim);
  cJSON_AddNumberToObject (o, "size", (double) axis->n);
  cJSON_AddBoolToObject (o, "of_schedule", plan->of_schedule[axis->dim]);
  cJSON *values = cJSON_AddArrayToObject (o, "values");
  for (size_t k = 0; k < axis->n; k++)
    cJSON_AddItemToArray (values, axis->labels ? cJSON_CreateString (axis->labels[k])
                                               : cJSON_CreateNumber (axis->values[k]));
  return o;
}

static cJSON *
field_object (const rw_plan *plan, const rw_plan_field *f)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "name", f->field->name);
  if (f->metric < plan->n_metrics)
    cJSON_AddStringToObject (o, "metric", plan->metrics[f->metric]->module->name);
  cJSON *dims = cJSON_AddArrayToObject (o, "dims");
  for (size_t d = 0; d < f->n_dims; d++)
    cJSON_AddItemToArray (dims, cJSON_CreateString (plan->own[f->dim[d]].name));
  if (f->kind)
    cJSON_AddStringToObject (o, "kind", f->kind);
  cJSON_AddNumberToObject (o, "size", (double) f->size);
  return o;
}

/* Several stacks read one model, and it is still one.  */
static bool
named_before (const rw_plan *plan, size_t i)
{
  for (size_t j = 0; j < i; j++)
    if (strcmp (plan->models[j].name, plan->models[i].name) == 0
        && strcmp (plan->models[j].stack, plan->models[i].stack) != 0)
      return true;
  return false;
}

static void
add_lists (cJSON *o, const rw_plan *plan)
{
  cJSON *models = cJSON_AddArrayToObject (o, "models");
  for (size_t i = 0; i < plan->n_models; i++)
    if (!named_before (plan, i))
      cJSON_AddItemToArray (models, cJSON_CreateString (plan->models[i].name));
  cJSON *axes = cJSON_AddArrayToObject (o, "axes");
  for (size_t a = 0; a < plan->n_axes; a++)
    cJSON_AddItemToArray (axes, axis_object (plan, &plan->axes[a]));
  cJSON *metrics = cJSON_AddArrayToObject (o, "metrics");
  for (size_t m = 0; m < plan->n_metrics; m++)
    cJSON_AddItemToArray (metrics, cJSON_CreateString (plan->metrics[m]->module->name));
  cJSON *fields = cJSON_AddArrayToObject (o, "fields");
  for (size_t i = 0; i < plan->n_fields; i++)
    cJSON_AddItemToArray (fields, field_object (plan, &plan->fields[i]));
  cJSON *dims = cJSON_AddObjectToObject (o, "dims");
  for (size_t i = 0; i < plan->n_own; i++)
    cJSON_AddNumberToObject (dims, plan->own[i].name, (double) plan->own[i].n);
  cJSON *figures = cJSON_AddArrayToObject (o, "figures");
  for (size_t i = 0; i < plan->n_figures; i++)
    cJSON_AddItemToArray (figures, cJSON_CreateString (plan->figures[i].name));
  cJSON *warnings = cJSON_AddArrayToObject (o, "warnings");
  for (size_t i = 0; i < plan->notes.n; i++)
    if (plan->notes.note[i].kind == RW_NOTE_WARNING)
      cJSON_AddItemToArray (warnings, cJSON_CreateString (plan->notes.note[i].text));
}

static void
print_json (const rw_plan *plan, const rw_inputs *inputs)
{
  cJSON *o = cJSON_CreateObject ();
  const double cost = cost_sweep (plan, inputs);
  cJSON_AddStringToObject (o, "name", plan->name);
  cJSON_AddStringToObject (o, "stack", plan->stack);
  cJSON_AddNumberToObject (o, "seed", (double) plan->seed);
  cJSON_AddNumberToObject (o, "points", (double) plan->n_points);
  cJSON_AddNumberToObject (o, "groups", (double) plan->n_groups);
  cJSON_AddNumberToObject (o, "bytes", bytes_of (plan));
  if (!isnan (cost))
    cJSON_AddNumberToObject (o, "core_seconds", cost);
  cJSON_AddStringToObject (o, "config_sha256", plan->sha256);
  if (plan->output)
    cJSON_AddStringToObject (o, "output", plan->output);
  add_lists (o, plan);
  check_inputs_add (o, plan, inputs);
  char *text = cJSON_Print (o);
  puts (text ? text : "{}");
  cJSON_free (text);
  cJSON_Delete (o);
}

/* ---- for people ---- */

static void
print_axis (const rw_plan *plan, const rw_axis *axis, bool first)
{
  char number[32];
  printf ("%-9s %s%s (%zu)", first ? "axes" : "", axis->name,
          plan->of_schedule[axis->dim] ? "*" : "", axis->n);
  for (size_t k = 0; k < axis->n; k++)
    if (k < SHOWN - 1 || k == axis->n - 1)
      printf ("%s%s", k ? ", " : ": ",
              axis->labels ? axis->labels[k] : rw_number_text (axis->values[k], number));
    else if (k == SHOWN - 1)
      printf (", ...");
  if (axis->unit)
    printf (" %s", axis->unit);
  puts ("");
}

static void
print_fields (const rw_plan *plan)
{
  size_t last = SIZE_MAX;
  for (size_t i = 0; i < plan->n_fields; i++)
    {
      const rw_plan_field *f = &plan->fields[i];
      if (f->metric != last)
        printf ("%s%-9s %s:", i ? "\n" : "", i ? "" : "fields",
                f->metric < plan->n_metrics ? plan->metrics[f->metric]->module->name
                                            : "every point");
      last = f->metric;
      printf (" %s", f->field->name);
      for (size_t d = 0; d < f->n_dims; d++)
        printf ("%s%s%s", d ? "," : "[", plan->own[f->dim[d]].name, d + 1 == f->n_dims ? "]" : "");
    }
  printf ("\n%-9s", "dims");
  for (size_t i = 0; i < plan->n_own; i++)
    printf (" %s %zu", plan->own[i].name, plan->own[i].n);
  puts ("");
}

static void
print_text (const rw_plan *plan, const rw_inputs *inputs)
{
  char buf[32];
  const double cost = cost_sweep (plan, inputs);
  bool several = false;
  for (size_t i = 1; i < plan->n_models; i++)
    several = several || !named_before (plan, i);
  printf ("%-9s %s\n%-9s", "name", plan->name, several ? "models" : "model");
  for (size_t i = 0; i < plan->n_models; i++)
    if (!named_before (plan, i))
      printf ("%s %s", i ? "," : "", plan->models[i].name);
  printf ("\n%-9s %s\n%-9s %llu\n", "stack", plan->stack, "seed", (unsigned long long) plan->seed);
  for (size_t a = 0; a < plan->n_axes; a++)
    print_axis (plan, &plan->axes[a], a == 0);
  check_inputs_print (plan, inputs);
  printf ("%-9s %zu in %zu groups (a group shares what no * axis changes%s)\n", "points",
          plan->n_points, plan->n_groups, plan->needs & RW_NEEDS_FREQS ? ", but not q and k" : "");
  print_fields (plan);
  if (plan->n_figures)
    printf ("%-9s", "figures");
  for (size_t i = 0; i < plan->n_figures; i++)
    printf ("%s %s%s", i ? "," : "", plan->figures[i].name, i + 1 == plan->n_figures ? "\n" : "");
  printf ("%-9s %s before compression\n", "file", check_size_text (bytes_of (plan), buf));
  printf ("%-9s %s%s\n", "cost", isnan (cost) ? "no metric says" : cost_time (cost, buf),
          isnan (cost) ? "" : " on one core");
  printf ("%-9s %s\n", "sha256", plan->sha256);
}

int
door_check (int argc, char **argv)
{
  check c = { 0 };
  rw_plan *plan = NULL;
  rw_inputs inputs = { 0 };
  rw_error err = { 0 };
  argp_parse (&argp, argc, argv, 0, NULL, &c);
  const rw_plan_edits edits = plan_options_edits (&c.plan);
  rw_status s = rw_plan_read (c.config, &edits, &plan, &err);
  plan_options_free (&c.plan);
  if (!s)
    s = rw_inputs_open (plan, &inputs, &err);
  if (s)
    {
      rw_plan_free (plan);
      return door_fail (argv[0], &err);
    }
  door_warn (&c.common, &plan->notes);
  if (c.common.json)
    print_json (plan, &inputs);
  else
    print_text (plan, &inputs);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
  return door_close (argv[0], 0);
}
