/* plan: axes and their forms, points and groups, labels, defaults, blocks by layer type.  */
#include "schedule/schedule.h"
#include "plan_help.h"

static double
real_of (const rw_object *o, const char *name)
{
  const rw_param *p = rw_module_find (o->module, name, NULL);
  return p ? rw_param_get (p, o->self).number : NAN;
}

static void
axis_is (const char *values, const double *want, size_t n, const char *name)
{
  char text[1024];
  snprintf (text, sizeof text, "{" LLAMA ", 'schedule': 'linear', 'axes': {'schedule.factor': %s}}",
            values);
  rw_plan *plan = good_plan (text);
  const rw_axis *axis = axis_called (plan, "factor");
  ok (axis && axis->n == n && plan->n_points == n, "%s: the count", name);
  for (size_t k = 0; axis && k < n && k < axis->n; k++)
    near (axis->values[k], want[k], TOL1, name);
  rw_plan_free (plan);
}

static void
forms_are_inclusive (void)
{
  axis_is ("[2, 4.5, 3]", (double[]){ 2, 4.5, 3 }, 3, "a list keeps its order");
  axis_is ("{'linspace': [1, 3, 5]}", (double[]){ 1, 1.5, 2, 2.5, 3 }, 5, "linspace");
  axis_is ("{'linspace': [2.385, 2.385, 1]}", (double[]){ 2.385 }, 1, "linspace of one");
  axis_is ("{'geom': [2, 32, 5]}", (double[]){ 2, 4, 8, 16, 32 }, 5, "geom");
  axis_is ("{'range': [1, 2, 0.25]}", (double[]){ 1, 1.25, 1.5, 1.75, 2 }, 5, "range");
  axis_is ("{'range': [0.1, 0.3, 0.1]}", (double[]){ 0.1, 0.2, 0.3 }, 3, "range reaches its end");
  axis_is ("{'range': [3, 1, -1]}", (double[]){ 3, 2, 1 }, 3, "range falls");
  axis_is ("{'log2': [-1, 3]}", (double[]){ 0.5, 1, 2, 4, 8 }, 5, "log2");
  axis_is ("{'log2': [0, 1, 2]}", (double[]){ 1, M_SQRT2, 2 }, 3, "log2 with values an octave");
}

static void
lengths_are_whole (void)
{
  rw_plan *plan = good_plan ("{" LLAMA ", 'axes': {'length': {'geom': [1000, 4000, 4]}}}");
  const rw_axis *length = axis_called (plan, "length");
  for (size_t k = 0; k < length->n; k++)
    ok (length->values[k] == nearbyint (1000 * pow (4, (double) k / 3)), "length %zu is rounded",
        k);
  ok (!strcmp (length->unit, "tokens"), "a length is in tokens");
  rw_plan_free (plan);
}

/* The place of every dimension, counted the naive way: an odometer.  */
static void
cells_are_an_odometer (void)
{
  rw_plan *plan
      = good_plan ("{" LLAMA ", 'metrics': ['disturbance'], 'axes': {"
                   "'schedule': ['default', 'linear', 'yarn'], 'disturbance.bins': [90, 180],"
                   "'schedule.factor': [2, 4, 8, 16], 'length': [4096, 8192, 16384, 5]}}");
  const size_t shape[] = { 3, 2, 4, 4 };
  size_t at[4] = { 0 };
  rw_point *point = NULL;
  rw_error err;
  int good = plan->n_points == 96 && plan->n_groups == 8 && !rw_point_new (plan, &point, &err);
  for (size_t i = 0; good && i < plan->n_points; i++)
    {
      good = !rw_plan_point (plan, i, point, &err) && point->index == i
             && !memcmp (at, point->at, sizeof at) && point->group == at[1] * 4 + at[3];
      for (size_t d = 4; d-- && ++at[d] == shape[d];)
        at[d] = 0;
    }
  ok (good, "cells are numbered with the last axis fastest, groups without the schedule's axes");
  char label[64], tight[8];
  rw_plan_label (plan, 95, label, sizeof label);
  ok (!strcmp (label, "yarn 180 16 5"), "the label of a cell names its coordinates: %s", label);
  rw_plan_label (plan, 95, tight, sizeof tight);
  ok (!strcmp (tight, "yarn 18"), "a label is cut to its room");
  rw_point_free (point);
  rw_plan_free (plan);
}

static unsigned
draw (unsigned *state, unsigned n)
{
  *state = *state * 1664525u + 1013904223u;
  return (*state >> 16) % n;
}

/* Any product of axes: every point lies in one group, at one place of it.  */
static void
groups_partition_the_points (void)
{
  static const char *const axes[][2]
      = { { "schedule", "'yarn','linear','ntk'" },      { "schedule.factor", "2,4,8,16" },
          { "schedule.beta_fast", "31,32,33" },         { "length", "64,128,256,512" },
          { "disturbance.bins", "30,60,90" },           { "disturbance.epsilon", "0.001,0.0001" },
          { "rule", "null,{'name':'start','n_hat':4}" } };
  static const unsigned most[] = { 3, 4, 3, 4, 3, 2, 2 };
  unsigned state = 20240817;
  for (int round = 0; round < 40; round++)
    {
      char text[2048] = "{" LLAMA ", 'metrics': ['disturbance'], 'axes': {";
      bool factor = false, first = true;
      for (unsigned tried = 0, used = 0; tried < 5; tried++)
        {
          const unsigned a = draw (&state, 7);
          if (used >> a & 1)
            continue;
          used |= 1u << a;
          factor = factor || a == 1;
          char values[128];
          snprintf (values, sizeof values, "%s", axes[a][1]);
          unsigned keep = 1 + draw (&state, most[a]), depth = 0;
          for (char *c = values; *c; c++)
            {
              depth += (*c == '{') - (*c == '}');
              if (*c == ',' && !depth && --keep == 0)
                *c-- = 0;
            }
          snprintf (text + strlen (text), sizeof text - strlen (text), "%s'%s': [%s]",
                    first ? "" : ", ", axes[a][0], values);
          first = false;
        }
      if (!factor) /* the schedules need one */
        snprintf (text + strlen (text), sizeof text - strlen (text), "%s'schedule.factor': [4]",
                  first ? "" : ", ");
      strcat (text, "}");
      if (!strstr (text, "'schedule':"))
        strcat (text, ", 'schedule': 'yarn'");
      strcat (text, "}");
      rw_plan *plan = good_plan (text);
      rw_point *point = NULL;
      rw_error err;
      unsigned char *seen = calloc (plan->n_points, 1);
      const size_t each = plan->n_points / plan->n_groups;
      int good = !rw_point_new (plan, &point, &err) && each * plan->n_groups == plan->n_points;
      for (size_t g = 0; good && g < plan->n_groups; g++)
        for (size_t k = 0; good && k < each; k++)
          {
            const size_t i = rw_plan_cell (plan, g, k);
            good = i < plan->n_points && !seen[i]++ && !rw_plan_point (plan, i, point, &err)
                   && point->group == g;
          }
      ok (good, "plan %d: each of its %zu cells stands once in its %zu groups", round,
          plan->n_points, plan->n_groups);
      free (seen);
      rw_point_free (point);
      rw_plan_free (plan);
    }
}

static void
a_point_has_the_numbers_of_its_cell (void)
{
  rw_plan *plan
      = good_plan ("{" LLAMA ", 'metrics': ['coverage', {'name': 'disturbance', 'bins': 50}],"
                   "'axes': {'schedule': ['default', 'linear', {'rope_type': 'yarn', "
                   "'beta_fast': 31}], 'schedule.factor': [2, 8], 'disturbance.bins': [90, 7]}}");
  rw_point *point = NULL;
  rw_error err;
  rw_point_new (plan, &point, &err);
  int good = 1;
  for (int pass = 0; pass < 2; pass++) /* forwards and backwards: nothing is left over */
    for (size_t j = 0; good && j < plan->n_points; j++)
      {
        const size_t i = pass ? plan->n_points - 1 - j : j;
        static const char *const names[] = { "default", "linear", "yarn" };
        good = !rw_plan_point (plan, i, point, &err)
               && !strcmp (point->schedule->module->name, names[i / 4]) && point->length == 4096
               && real_of (point->metrics[1], "bins") == (i % 2 ? 7 : 90);
        const double factor = real_of (point->schedule, "factor");
        good = good && (i / 4 ? factor == (i / 2 % 2 ? 8 : 2) : isnan (factor));
        good = good && (i / 4 < 2 || real_of (point->schedule, "beta_fast") == 31);
      }
  ok (good, "a parameter's axis moves it in the schedules that have it, and in no other");
  rw_input in = { 0 };
  rw_point_input (plan, point, &in);
  ok (in.geometry->head_dim == 128 && in.length == 4096 && in.seed == 0 && in.group == 0,
      "the input holds geometry, length, seed and group");
  ok (in.n_distances && in.distance[in.n_distances - 1] == 4096, "and the distances");
  ok (rw_plan_point (plan, plan->n_points, point, &err) == RW_EINVAL, "a cell too far is refused");
  rw_point_free (point);
  rw_plan_free (plan);
}

static void
linked_axes_are_one_dimension (void)
{
  rw_plan *plan = good_plan ("{" LLAMA ", 'schedule': 'linear', 'axes': {"
                             "'schedule.factor, length': [[2, 8192], [4, 16384], [4, 32768]]}}");
  rw_point *point = NULL;
  rw_error err;
  ok (plan->n_dims == 1 && plan->n_axes == 2 && plan->n_points == 3, "one dimension, two columns");
  ok (!plan->of_schedule[0] && plan->n_groups == 3, "which is not the schedule's alone");
  ok (axis_called (plan, "factor") == &plan->axes[0] && axis_called (plan, "length"),
      "named after the first, the other a coordinate on it");
  rw_point_new (plan, &point, &err);
  rw_plan_point (plan, 1, point, &err);
  ok (point->length == 16384 && real_of (point->schedule, "factor") == 4,
      "each inner list is one tuple");
  rw_point_free (point);
  rw_plan_free (plan);
  plan = good_plan ("{" LLAMA ", 'axes': {'schedule,schedule.factor': "
                    "[['linear', 2], ['linear', 4], ['yarn', 4]]}}");
  ok (plan->of_schedule[0] && plan->n_groups == 1,
      "a dimension of schedule columns is the schedule's");
  ok (!strcmp (plan->axes[0].labels[1], "linear factor=4")
          && !strcmp (plan->axes[0].labels[2], "yarn"),
      "a block that stands there twice is told apart by its tuple");
  rw_plan_free (plan);
}

static void
columns_are_tuples_turned (void)
{
  static const char *const pairs[][2]
      = { { "[[2, 8192], [4, 16384], [8, 32768]]", "[[2, 4, 8], [8192, 16384, 32768]]" },
          { "[[2, 8192]]", "[[2], [8192]]" } };
  for (size_t k = 0; k < 2; k++)
    {
      char text[2][256];
      rw_plan *plan[2];
      for (size_t i = 0; i < 2; i++)
        {
          snprintf (text[i], sizeof text[i],
                    "{" LLAMA ", 'schedule': 'linear', 'axes': {'schedule.factor,length': %s}}",
                    pairs[k][i]);
          plan[i] = good_plan (text[i]);
        }
      ok (!strcmp (plan[0]->sha256, plan[1]->sha256), "columns are read as their tuples: %s",
          pairs[k][1]);
      rw_plan_free (plan[0]);
      rw_plan_free (plan[1]);
    }
  rw_plan *plan = good_plan ("{" LLAMA ", 'axes': {'schedule,length': "
                             "[[{'rope_type': 'linear', 'factor': 2}, 'default'], [4096, 8192]]}}");
  ok (plan->axes[1].values[1] == 8192 && !strcmp (plan->axes[0].labels[1], "default"),
      "a square of two types is told by its types");
  rw_plan_free (plan);
}

static void
labels_tell_schedules_apart (void)
{
  rw_plan *plan = good_plan (
      "{" LLAMA ", 'axes': {'schedule': ['default', {'rope_type': 'yarn', 'factor': 4},"
      "{'rope_type': 'yarn', 'factor': 4, 'ramp': 'rotations'},"
      "{'rope_type': 'linear', 'factor': 2, 'label': 'PI'}, {'rope_type': 'pi', 'factor': 4},"
      "{'type': 'linear', 'factor': 8}]}}");
  static const char *const want[]
      = { "default", "yarn", "yarn ramp=rotations", "PI", "linear factor=4", "linear factor=8" };
  for (size_t k = 0; k < 6; k++)
    ok (!strcmp (plan->axes[0].labels[k], want[k]), "label %zu is %s (%s)", k, want[k],
        plan->axes[0].labels[k]);
  rw_plan_free (plan);
}

static void
names_are_short_and_unique (void)
{
  rw_plan *plan = good_plan (
      "{" LLAMA ", 'schedule': {'rope_type': 'yarn', 'factor': 4}, 'metrics': ['disturbance'],"
      "'axes': {'schedule.beta_fast': [30, 31], 'schedule.attention_factor': [1, 1.1],"
      "'disturbance.bins': [4, 5]}}");
  ok (axis_called (plan, "beta_fast") && axis_called (plan, "bins"), "an axis has its last word");
  ok (axis_called (plan, "schedule_attention_factor") != NULL,
      "or both where a field has that name");
  rw_plan_free (plan);
}

static void
left_out_is_the_models (void)
{
  rw_plan *plan = good_plan ("{" GEMMA ", 'axes': {'layer_type': ['full_attention', "
                             "'sliding_attention'], 'schedule.factor': [8, 16]}}");
  rw_point *point = NULL;
  rw_error err;
  rw_point_new (plan, &point, &err);
  rw_plan_point (plan, 1, point, &err);
  ok (!strcmp (plan->name, "config"), "the name is the file's");
  ok (point->length == 32768, "the length is the model's");
  ok (!strcmp (point->schedule->module->name, "linear")
          && real_of (point->schedule, "factor") == 16,
      "the schedule is the model's, and an axis moves it");
  rw_plan_point (plan, 2, point, &err);
  ok (!strcmp (point->schedule->module->name, "default"), "each layer type has its own");
  rw_point_free (point);
  rw_plan_free (plan);
}

static void
flat_blocks_are_for_full_attention (void)
{
  rw_plan *plan = good_plan ("{" GEMMA ", 'axes': {'schedule': [{'rope_type': 'yarn', 'factor': 4},"
                             "{'sliding_attention': {'rope_type': 'ntk', 'factor': 2}}],"
                             "'layer_type': ['full_attention', 'sliding_attention']}}");
  static const char *const want[] = { "yarn", "default", "linear", "ntk" };
  rw_point *point = NULL;
  rw_error err;
  rw_point_new (plan, &point, &err);
  for (size_t i = 0; i < 4; i++)
    {
      rw_plan_point (plan, i, point, &err);
      ok (!strcmp (point->schedule->module->name, want[i]), "cell %zu runs %s", i, want[i]);
    }
  rw_point_free (point);
  rw_plan_free (plan);
  plan
      = good_plan ("{" LLAMA ", 'schedule': {'full_attention': {'rope_type': 'ntk', 'factor': 2}}, "
                   "'axes': {'layer_type': ['full_attention']}}");
  rw_point_new (plan, &point, &err);
  rw_plan_point (plan, 0, point, &err);
  ok (!strcmp (point->schedule->module->name, "ntk"), "a model's only rope is full_attention's");
  rw_point_free (point);
  rw_plan_free (plan);
  plan = good_plan ("{" GEMMA ", 'axes': {'layer': [0, 2]}}");
  rw_point_new (plan, &point, &err);
  rw_plan_point (plan, 1, point, &err);
  ok (point->layer == 2 && !strcmp (point->rope->layer_type, "full_attention"),
      "a layer has the rope of its type");
  rw_point_free (point);
  rw_plan_free (plan);
}

static void
layers_that_do_not_rotate_have_no_schedule (void)
{
  rw_plan *plan = good_plan ("{'model': {'head_dim': 64, 'rope_theta': 10000, 'original_length': "
                             "4096, 'layers': ['full_attention', null]}, 'schedule': {'rope_type': "
                             "'linear', 'factor': 4}, 'axes': {'layer': [0, 1], "
                             "'schedule.factor': [2, 8]}, 'metrics': ['coverage']}");
  rw_point *point = NULL;
  rw_error err;
  rw_freqs f = { 0 };
  rw_point_new (plan, &point, &err);
  ok (!rw_plan_point (plan, 1, point, &err) && real_of (point->schedule, "factor") == 8,
      "a rotating layer has the config's schedule");
  ok (!rw_plan_point (plan, 3, point, &err) && !strcmp (point->schedule->module->name, "none"),
      "a layer without rope has none, whatever the config says");
  ok (!rw_schedule_fill (point->schedule, &point->rope->geometry, 4096, &f, &err) && f.n == 32
          && f.inv_freq[0] == 0,
      "whose table is zero");
  rw_freqs_free (&f);
  rw_point_free (point);
  rw_plan_free (plan);
}

/* What doc/config.md promises of the default distances, made the slow way.  */
static void
distances_thin_out (void)
{
  rw_plan *plan = good_plan ("{" LLAMA ", 'length': 5000}");
  rw_input in = { 0 };
  rw_point *point = NULL;
  rw_error err;
  rw_point_new (plan, &point, &err);
  rw_plan_point (plan, 0, point, &err);
  rw_point_input (plan, point, &in);
  int good = 1;
  for (size_t i = 0; i < 64; i++)
    good = good && in.distance[i] == (double) i;
  for (size_t i = 64; i + 1 < in.n_distances; i++)
    good = good && in.distance[i] == nearbyint (64 * pow (2, (double) (i - 64) / 16));
  ok (good && in.distance[in.n_distances - 1] == 5000 && in.n_distances == 64 + 101 + 1,
      "0 to 63, then 16 an octave, then the largest length");
  rw_point_free (point);
  rw_plan_free (plan);
  plan = good_plan ("{" LLAMA ", 'length': 300, 'metrics': ['decay'], 'distances': 'all'}");
  ok (plan->own[1].n == 301, "all are all, both ends included");
  rw_plan_free (plan);
  plan = good_plan ("{" LLAMA
                    ", 'length': 300, 'metrics': ['decay'], 'distances': {'log2': [0, 9, 2]}}");
  static const double want[] = { 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256 };
  ok (plan->own[1].n == 16 && !memcmp (plan->own[1].values, want, sizeof want),
      "a form is rounded, kept once, and cut at the largest length");
  ok (plan->notes.n == 1, "which is said");
  rw_plan_free (plan);
}

int
main (void)
{
  forms_are_inclusive ();
  lengths_are_whole ();
  cells_are_an_odometer ();
  groups_partition_the_points ();
  a_point_has_the_numbers_of_its_cell ();
  linked_axes_are_one_dimension ();
  columns_are_tuples_turned ();
  labels_tell_schedules_apart ();
  names_are_short_and_unique ();
  left_out_is_the_models ();
  flat_blocks_are_for_full_attention ();
  distances_thin_out ();
  layers_that_do_not_rotate_have_no_schedule ();
  return tap_end ();
}
