/* store_help: a plan made by hand, without config or modules, for the tests of the store.

   schedule (3 labels) x factor (4 numbers, with a linked text `note`) x length (2), own dimensions
   pair (5), distance (6) and dtype (2 labels); fields of every rank.  Values are a formula of the
   place, so that any reader can check any cell.  */
#ifndef RW_TESTS_STORE_HELP_H
#define RW_TESTS_STORE_HELP_H

#include "base/mem.h"
#include "plan/plan.h"

#include <math.h>
#include <string.h>

enum
{
  PAIRS = 5,
  DISTANCES = 6,
  DTYPES = 2,
  FIELDS = 7
};

static const rw_field point_fields[] = {
  { .name = "inv_freq",
    .dims = { "pair" },
    .unit = "radians per token",
    .kind = "exact",
    .long_name = "frequency of the pair",
    .cite = "RoFormer, arXiv 2104.09864" },
  { .name = "attention_factor", .kind = "exact", .long_name = "factor on cos and sin" },
  { .name = "softmax_factor", .kind = "exact", .long_name = "factor on the score" },
  { 0 },
};
static const rw_field toy_fields[] = {
  { .name = "similarity",
    .dims = { "distance" },
    .kind = "exact",
    .long_name = "sum of cosines",
    .cite = "Men et al., arXiv 2405.14591" },
  { .name = "similarity_min", .kind = "exact", .long_name = "least value" },
  { .name = "shift_error",
    .dims = { "dtype", "distance" },
    .kind = "sampled",
    .long_name = "worst change under a shift" },
  { .name = "tokens", .unit = "tokens", .kind = "exact", .long_name = "tokens counted" },
  { 0 },
};
static const rw_metric toy_metric
    = { .as = { .name = "toy", .text = "numbers for a test", .cite = "none" },
        .fields = toy_fields };
static rw_object toy_object = { .module = &toy_metric.as };

static double toy_factors[] = { 1, 2.385, 4, 8 };
static double toy_lengths[] = { 4096, 32768 };
static double toy_pairs[] = { 0, 1, 2, 3, 4 };
static double toy_distances[] = { 0, 1, 2, 7, 19, 300 };
static char *toy_schedules[] = { "default", "yarn", "yarn ramp=rotations" };
static char *toy_remarks[] = { "none", "half \xc2\xbd", "four", "eight" };
static const char *const toy_dtypes[] = { "float32", "bfloat16" };

static rw_axis toy_axes[] = {
  { "schedule", "schedule", 0, 3, NULL, toy_schedules, NULL, "schedule" },
  { "schedule.factor", "factor", 1, 4, toy_factors, NULL, NULL, "stretch" },
  { "remark", "remark", 1, 4, NULL, toy_remarks, NULL, "remark" },
  { "length", "length", 2, 2, toy_lengths, NULL, "tokens", "sequence length" },
};
static rw_plan_field toy_plan_fields[FIELDS] = {
  { &point_fields[0], 1, 0, 1, { 0 }, PAIRS, "exact" },
  { &point_fields[1], 1, 1, 0, { 0 }, 1, "exact" },
  { &point_fields[2], 1, 2, 0, { 0 }, 1, "exact" },
  { &toy_fields[0], 0, 0, 1, { 1 }, DISTANCES, "exact" },
  { &toy_fields[1], 0, 1, 0, { 0 }, 1, "exact" },
  { &toy_fields[2], 0, 2, 2, { 2, 1 }, DTYPES *DISTANCES, "sampled" },
  { &toy_fields[3], 0, 3, 0, { 0 }, 1, "exact" },
};
static rw_figure toy_figures[] = {
  { .name = "similarity",
    .signal = 3,
    .x = "distance",
    .lines = "schedule",
    .panels = { "factor", NULL },
    .n_at = 1,
    .at = { { 2, 1 } },
    .title = "similarity by distance" },
  { .name = "least", .signal = 4, .x = "length", .lines = "schedule", .panels = { "factor" } },
};

/* The plan; all of it static but for what the caller changes.  */
__attribute__ ((unused)) static rw_plan
toy_plan (void)
{
  rw_plan plan = { .name = "toy",
                   .stack = "exact",
                   .seed = 0xfedcba9876543210u,
                   .n_axes = 4,
                   .axes = toy_axes,
                   .n_dims = 3,
                   .shape = { 3, 4, 2 },
                   .of_schedule = { true, true, false },
                   .n_points = 24,
                   .n_groups = 2,
                   .n_metrics = 1,
                   .metrics = { &toy_object },
                   .n_own = 3,
                   .own = { { "pair", PAIRS, toy_pairs, NULL, NULL, "rotary pair" },
                            { "distance", DISTANCES, toy_distances, NULL, "tokens", "distance" },
                            { "dtype", DTYPES, NULL, toy_dtypes, NULL, "number type" } },
                   .n_fields = FIELDS,
                   .fields = toy_plan_fields,
                   .n_figures = 2,
                   .figures = toy_figures,
                   .trained_length = 4096,
                   .config = "{\"name\": \"toy\", \"remark\": \"\xc2\xbd\"}",
                   .normal = "{\"name\":\"toy\"}" };
  memset (plan.sha256, 'a', 64);
  return plan;
}

/* The same with one point and no axis.  */
__attribute__ ((unused)) static rw_plan
toy_point_plan (void)
{
  rw_plan plan = toy_plan ();
  plan.n_axes = plan.n_dims = plan.n_figures = 0;
  plan.n_points = plan.n_groups = 1;
  return plan;
}

/* Value j of field k at a point; field 4 (similarity_min) is not defined at every third point.  */
__attribute__ ((unused)) static double
toy_value (size_t point, size_t k, size_t j)
{
  if (k == 4 && point % 3 == 1)
    return NAN;
  return (double) k + 0.1 * (double) j + sin (2.385 * (double) point);
}

/* Fills value[k] (each of at least the field's size).  */
__attribute__ ((unused)) static void
toy_fill (const rw_plan *plan, size_t point, double **value)
{
  for (size_t k = 0; k < plan->n_fields; k++)
    for (size_t j = 0; j < plan->fields[k].size; j++)
      value[k][j] = toy_value (point, k, j);
}

#endif
