/* run_qk: q and k are made once a group, reach every metric of it, and no way of sharing the work
   changes them.  */
#include "run_help.h"
#include "lab/inputs.h"
#include "source/source.h"

/* ---- a source that counts, and a metric that looks ---- */

typedef struct
{
  double fail_above; /* lengths above it fail */
} counted;

static const rw_param counted_params[] = {
  { .name = "fail_above",
    .type = RW_REAL,
    .at = offsetof (counted, fail_above),
    .value = NAN,
    .text = "lengths above it fail" },
  { 0 },
};

static int fills, living, most_living, measuring, most_measuring, least_threads;

static void
raise_to (int *most, int now)
{
  for (int seen = *most;
       now > seen && !__atomic_compare_exchange_n (most, &seen, now, false, 5, 5);)
    ;
}

static rw_status
counted_check (const void *self, const rw_input *in, const rw_tensor *tensors, rw_error *e)
{
  (void) self, (void) tensors;
  return in->length != 777 ? RW_OK : rw_fail (e, RW_EDOMAIN, "777 is not a length it likes");
}

/* One row for all tokens: the group, layer, head and length.  */
static rw_status
counted_fill (const void *self, const rw_input *in, const rw_tensor *tensors, rw_qk *out,
              rw_error *e)
{
  const counted *p = self;
  (void) tensors;
  float *row = rw_new ((size_t) in->geometry->head_dim, sizeof *row);
  out->owned[0] = row; /* freed also where the source fails */
  if (in->length > p->fail_above)
    return rw_fail (e, RW_EDOMAIN, "length %g is above %g", in->length, p->fail_above);
  __atomic_fetch_add (&fills, 1, 5);
  raise_to (&most_living, __atomic_add_fetch (&living, 1, 5));
  row[0] = (float) in->group;
  row[1] = (float) in->layer;
  row[2] = (float) in->head;
  row[3] = (float) in->length;
  out->q = out->k = (rw_rows){ .data = row,
                               .type = RW_FLOAT32,
                               .n = (size_t) in->length,
                               .dim = (size_t) in->geometry->head_dim };
  return RW_OK;
}

static const rw_source counted_source = { .as = { .name = "counted",
                                                  .text = "counts what is made",
                                                  .cite = "this test",
                                                  .size = sizeof (counted),
                                                  .params = counted_params },
                                          .check = counted_check,
                                          .fill = counted_fill };

static const rw_field look_fields[] = {
  { .name = "look_first", .dims = { "position" }, .long_name = "row of q", .kind = "exact" },
  { .name = "look_sum", .long_name = "sum over q and k", .kind = "exact" },
  { 0 },
};
static const rw_field lone_fields[] = {
  { .name = "lone_sum", .long_name = "sum over q and k", .kind = "exact" },
  { 0 },
};

static rw_status
look_prepare (const void *self, const rw_input *in, void **work, rw_error *e)
{
  (void) self, (void) e;
  *work = (void *) (uintptr_t) in->qk;
  return RW_OK;
}

static double
sum_of (const rw_rows *rows)
{
  double sum = 0, x[512];
  for (size_t i = 0; i < rows->n && i < 64; i++)
    {
      rw_rows_at (rows, i, x);
      for (size_t c = 0; c < rows->dim; c++)
        sum += x[c] * (double) (1 + c + i);
    }
  return sum;
}

static rw_status
look_measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f,
              rw_fields *out, rw_error *e)
{
  (void) self, (void) f;
  double x[512];
  raise_to (&most_measuring, __atomic_add_fetch (&measuring, 1, 5));
  if (in->threads < least_threads)
    least_threads = in->threads;
  if (!in->qk || in->qk != work)
    return rw_fail (e, RW_EDOMAIN, "measure sees other q and k than prepare");
  rw_rows_at (&in->qk->q, 0, x);
  for (size_t i = 0; i < out->size[0]; i++)
    out->value[0][i] = x[i];
  *out->value[out->n - 1] = sum_of (&in->qk->q) + 2 * sum_of (&in->qk->k);
  usleep (200); /* long enough for another thread to be seen */
  __atomic_fetch_sub (&measuring, 1, 5);
  return RW_OK;
}

static void
look_release (void *work)
{
  (void) work;
  __atomic_fetch_sub (&living, 1, 5);
}

static const rw_metric look_metric
    = { .as = { .name = "look", .text = "looks at q and k", .cite = "this test" },
        .needs = RW_NEEDS_QK,
        .fields = look_fields,
        .prepare = look_prepare,
        .measure = look_measure,
        .release = look_release };
static const rw_metric lone_metric
    = { .as = { .name = "lone", .text = "looks at q and k alone", .cite = "this test" },
        .needs = RW_NEEDS_QK | RW_ALONE,
        .fields = lone_fields,
        .prepare = look_prepare,
        .measure = look_measure,
        .release = look_release };

static void
start_counting (void)
{
  fills = living = most_living = measuring = most_measuring = 0;
  least_threads = 1 << 20;
}

#define MODEL "\"model\": {\"head_dim\": 32, \"rope_theta\": 10000, \"original_length\": 64}"
#define MANY                                                                                       \
  "\"axes\": {\"head\": [0, 3, 5], \"schedule\": [\"default\", \"linear\", \"yarn\"],"             \
  " \"schedule.factor\": [2.385, 8], \"length\": [65, 130, 200, 333]}"
#define ONE                                                                                        \
  "\"length\": 333, \"axes\": {\"schedule.factor\": [2, 3, 4, 5, 6, 7, 8], \"schedule\":"          \
  " [\"linear\"]}"
#define CONFIG(rest)                                                                               \
  "{\"name\": \"t\", \"positions\": [0, 1, 2, 3], \"seed\": 2385, " MODEL ", " rest "}"

/* The error of reading a config, "" where it is good.  */
static const char *
reading (const char *text)
{
  rw_plan *plan = NULL;
  err = (rw_error){ 0 };
  rw_plan_parse ("test", text, strlen (text), NULL, NULL, &plan, &err);
  rw_plan_free (plan);
  return err.text;
}

/* ---- tests ---- */

static void
a_group_has_its_q_and_k_once (void)
{
  rw_plan *plan = plan_of (CONFIG (MANY ", \"source\": \"counted\", \"metrics\": [\"look\"]"));
  const char *path = path_of ("once");
  rw_run_summary sum;
  for (int threads = 1; threads <= 2; threads++)
    {
      start_counting ();
      ok (run_to (plan, path, &(rw_run_options){ .threads = threads }, &sum) == RW_OK, "runs: %s",
          err.text);
      ok (plan->n_groups == 12 && fills == 12 && living == 0,
          "%d threads: q and k are made once a group and let go", threads);
      ok (most_living <= threads, "as many at once as there are threads");
    }
  /* head 5, yarn, factor 8, length 200: the group has no schedule in it */
  const size_t point = ((2 * 3 + 2) * 2 + 1) * 4 + 2;
  ok (value_of (path, "look_first", point, 0) == 2 * 4 + 2, "the source sees the group");
  ok (value_of (path, "look_first", point, 1) == 0, "the layer");
  ok (value_of (path, "look_first", point, 2) == 5, "the head");
  ok (value_of (path, "look_first", point, 3) == 200, "and the length");
  rw_plan_free (plan);
}

static void
schedules_share_and_threads_change_nothing (void)
{
  static const char *const sources[]
      = { "{\"name\": \"gauss\", \"correlation\": 0.5, \"length_scale\": 9}",
          "{\"name\": \"toeplitz\", \"decay\": \"power\"}" };
  static const char *const shapes[] = { MANY, ONE };
  for (size_t k = 0; k < 4; k++)
    {
      char text[2048];
      snprintf (text, sizeof text, CONFIG ("%s, \"source\": %s, \"metrics\": [\"look\"]"),
                shapes[k % 2], sources[k / 2]);
      rw_plan *plan = plan_of (text);
      const char *one = path_of ("one"), *two = path_of ("two"), *five = path_of ("five");
      rw_run_summary sum;
      run_to (plan, one, &(rw_run_options){ .threads = 1 }, &sum);
      run_to (plan, two, &(rw_run_options){ .threads = 2 }, &sum);
      run_to (plan, five, &(rw_run_options){ .threads = 5 }, &sum);
      ok (same (one, two) && same (one, five), "one, two and five threads: the same bits");
      bool shared = true, differ = true;
      for (size_t g = 0; g < plan->n_groups; g++)
        {
          const double first = value_of (one, "look_sum", rw_plan_cell (plan, g, 0), 0);
          const size_t cells = plan->n_points / plan->n_groups;
          shared &= first == value_of (one, "look_sum", rw_plan_cell (plan, g, cells - 1), 0);
          differ &= !g || first != value_of (one, "look_sum", rw_plan_cell (plan, g - 1, 0), 0);
        }
      ok (shared && differ, "schedules of a group see the same q and k, groups their own");
      rw_plan_free (plan);
    }
}

static void
memory_of_one_point_at_a_time (void)
{
  rw_plan *plan = plan_of (CONFIG (MANY ", \"source\": \"counted\", \"metrics\": [\"lone\"]"));
  rw_run_summary sum;
  start_counting ();
  run_to (plan, path_of ("lone"), &(rw_run_options){ .threads = 3 }, &sum);
  ok (most_living == 1 && most_measuring == 1 && least_threads == 3,
      "RW_ALONE: one group and one point at a time, with all threads");
  ok (fills == 12 && sum.done == plan->n_points, "and every point is measured");
  rw_plan_free (plan);
}

/* 2^23 tokens of 32 channels: 2 GB of q and k, were they not one row.  */
static void
large_groups_one_after_another (void)
{
  rw_plan *plan
      = plan_of (CONFIG ("\"source\": \"counted\", \"metrics\": [\"look\"], \"axes\": {"
                         "\"head\": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], \"length\": [8388608],"
                         " \"schedule\": [\"default\", \"none\", \"resonance\"]}"));
  rw_run_summary sum;
  start_counting ();
  run_to (plan, path_of ("large"), &(rw_run_options){ .threads = 2 }, &sum);
  ok (most_living == 1 && fills == 10 && sum.done == 30, "large q and k: one group at a time");
  rw_plan_free (plan);
}

static void
a_source_that_fails_fails_its_groups (void)
{
  rw_plan *plan = plan_of (CONFIG (
      MANY ", \"source\": {\"name\": \"counted\", \"fail_above\": 200}, \"metrics\": [\"look\"]"));
  rw_run_summary sum;
  start_counting ();
  ok (run_to (plan, path_of ("fails"), &(rw_run_options){ .threads = 2 }, &sum) == RW_EPOINTS,
      "some points fail");
  ok (sum.failed == 3 * 6 && sum.done == 9 * 6 && living == 0, "a length of four, at every head");
  has (sum.first_failure, "source 'counted': length 333 is above 200", "with the source's words");
  rw_plan_free (plan);
}

static void
configs_are_refused_before_the_run (void)
{
  has (reading (CONFIG ("\"metrics\": [\"coverage\", \"look\"]")),
       "test: source: expected one, since metrics[1] 'look' needs q and k",
       "a metric that needs q and k without a source");
  has (err.hint, "\"source\": {\"name\": \"gauss\"", "the hint shows a source");
  has (reading (CONFIG ("\"metrics\": [\"look\"], \"axes\": {\"source\": [\"ones\", null]}")),
       "axes.source[1]", "a source axis with an empty place");
  has (reading (CONFIG ("\"metrics\": [\"look\"], \"source\": \"counted\","
                        " \"axes\": {\"length\": [776, 777]}")),
       "axes.length[1] (777): source 'counted': 777 is not a length it likes",
       "the source's own check, with the place");
  has (reading (CONFIG ("\"metrics\": [\"look\"], \"source\": \"onehot\","
                        " \"axes\": {\"source.pair\": [15, 16]}")),
       "axes.source.pair[1] (16): source 'onehot': pair: 16 is not an integer from 0 to 15",
       "a pair that the head does not have");
}

typedef struct
{
  size_t n;
  double pair[16];
} seen;

static rw_status
see (const rw_plan *plan, rw_point *point, void *data, rw_error *e)
{
  seen *s = data;
  const rw_param *p = rw_module_find (point->source->module, "pair", NULL);
  (void) plan, (void) e;
  if (s->n < 16)
    s->pair[s->n] = p ? rw_param_get (p, point->source->self).number : NAN;
  s->n++;
  return RW_OK;
}

static void
walks_see_every_source (void)
{
  rw_plan *plan = plan_of (CONFIG ("\"metrics\": [\"look\"], \"axes\": {\"length\": [5, 9, 17],"
                                   " \"source\": [\"onehot\", \"ones\"], \"source.pair\": [2, 7],"
                                   " \"head\": [0, 4], \"schedule\": [\"default\", \"none\"]}"));
  seen s = { 0 };
  ok (rw_plan_walk_sources (plan, see, &s, &err) == RW_OK && s.n == 4 && s.pair[0] == 2
          && s.pair[1] == 7 && isnan (s.pair[2]) && isnan (s.pair[3]),
      "a walk over the sources sees each combination of their axes once");
  s.n = 0;
  ok (rw_plan_walk_inputs (plan, see, &s, &err) == RW_OK && s.n == 4 * 3 * 2,
      "one over all that q and k depend on also lengths and heads, but no schedules");
  rw_inputs inputs;
  ok (rw_inputs_open (plan, &inputs, &err) == RW_OK,
      "sources without files are opened and checked as well");
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
  plan = plan_of (CONFIG ("\"metrics\": [\"look\"], \"axes\": {\"source\": [\"ones\"]}"));
  s.n = 0;
  ok (rw_plan_walk_sources (plan, see, &s, &err) == RW_OK && s.n == 1, "one source is one");
  rw_plan_free (plan);
}

static void
a_source_nobody_needs_is_warned_of (void)
{
  rw_plan *plan = plan_of (CONFIG ("\"metrics\": [\"coverage\"], \"source\": \"gauss\""));
  bool warned = false;
  for (size_t i = 0; i < plan->notes.n; i++)
    warned |= strstr (plan->notes.note[i].text, "source: no metric") != NULL;
  ok (warned, "a source that nobody needs is warned of");
  rw_run_summary sum;
  ok (run_to (plan, path_of ("unused"), &(rw_run_options){ 0 }, &sum) == RW_OK, "and not made");
  rw_plan_free (plan);
  plan = plan_of (CONFIG ("\"metrics\": [\"look\"], \"source\": \"gauss\""));
  ok (plan->notes.n == 0, "one that is needed is not");
  rw_plan_free (plan);
}

int
main (void)
{
  if (!make_folder () || rw_kind_add (&rw_metrics, &look_metric.as, &err)
      || rw_kind_add (&rw_metrics, &lone_metric.as, &err)
      || rw_kind_add (&rw_sources, &counted_source.as, &err))
    {
      printf ("Bail out! %s\n", err.text);
      return 1;
    }
  a_group_has_its_q_and_k_once ();
  schedules_share_and_threads_change_nothing ();
  memory_of_one_point_at_a_time ();
  large_groups_one_after_another ();
  a_source_that_fails_fails_its_groups ();
  configs_are_refused_before_the_run ();
  walks_see_every_source ();
  a_source_nobody_needs_is_warned_of ();
  remove_folder ();
  return tap_end ();
}
