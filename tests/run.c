/* run: a sweep's numbers are the modules' own, however the work is shared out.  */
#include "run_help.h"
#include "lab/reopen.h"
#include "schedule/schedule.h"

#include <unistd.h>

/* ---- a metric that watches the runner ---- */

typedef struct
{
  double fail_above; /* lengths above it fail */
  bool fail_prepare; /* and in the preparing already */
  bool starve;       /* with want of memory */
} probe;

static const rw_param probe_params[] = {
  { .name = "fail_above",
    .type = RW_REAL,
    .at = offsetof (probe, fail_above),
    .value = NAN,
    .text = "lengths above it fail" },
  { .name = "fail_prepare",
    .type = RW_BOOL,
    .at = offsetof (probe, fail_prepare),
    .text = "in the preparing" },
  { .name = "starve", .type = RW_BOOL, .at = offsetof (probe, starve), .text = "with no memory" },
  { 0 },
};

static const rw_field probe_fields[] = {
  { .name = "probe_sum", .long_name = "sum of the frequencies", .kind = "exact" },
  { .name = "probe_length", .long_name = "length that was prepared", .kind = "exact" },
  { .name = "probe_scratch", .long_name = "scratch as it was handed out", .kind = "exact" },
  { 0 },
};

static int prepared, released, measured, most_threads;
static volatile sig_atomic_t stop;
static int stop_at; /* measured points after which the flag is raised; 0 never */

static rw_status
fail (const probe *p, const rw_input *in, rw_error *e)
{
  if (!(in->length > p->fail_above))
    return RW_OK;
  if (p->starve)
    return rw_nomem (e, 2385);
  return rw_fail (e, RW_EDOMAIN, "length %g is above %g", in->length, p->fail_above);
}

static rw_status
probe_prepare (const void *self, const rw_input *in, void **work, rw_error *e)
{
  const probe *p = self;
  __atomic_fetch_add (&prepared, 1, __ATOMIC_RELAXED);
  double *w = rw_new (1, sizeof *w);
  *w = in->length;
  *work = w;
  return p->fail_prepare ? fail (p, in, e) : RW_OK;
}

static rw_status
probe_measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f,
               rw_fields *out, rw_error *e)
{
  const rw_status s = fail (self, in, e);
  const int n = __atomic_add_fetch (&measured, 1, __ATOMIC_RELAXED);
  if (in->threads > most_threads)
    most_threads = in->threads;
  if (n == stop_at)
    stop = 1;
  double sum = 0, *scratch = rw_arena_take (in->scratch, 2385, sizeof *scratch);
  for (size_t i = 0; i < f->n; i++)
    sum += f->inv_freq[i];
  for (size_t i = 0; i < 2385; i++) /* a runner that reset nothing would hand this out again */
    sum += scratch[i];
  *out->value[0] = sum;
  *out->value[1] = *(const double *) work;
  *out->value[2] = scratch[2384];
  memset (scratch, 0x55, 2385 * sizeof *scratch);
  return s;
}

static void
probe_release (void *work)
{
  __atomic_fetch_add (&released, 1, __ATOMIC_RELAXED);
  rw_free (work);
}

static const rw_metric probe_metric = { .as = { .name = "probe",
                                                .text = "watches the runner",
                                                .cite = "this test",
                                                .size = sizeof (probe),
                                                .params = probe_params },
                                        .fields = probe_fields,
                                        .prepare = probe_prepare,
                                        .measure = probe_measure,
                                        .release = probe_release };

/* ---- plans and files ---- */

#define AXES                                                                                       \
  "\"axes\": {\"schedule\": [\"default\", \"linear\", \"yarn\"], \"schedule.factor\": [2.385, 8]," \
  " \"length\": [4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576]}"
#define CONFIG(metrics, axes)                                                                      \
  "{\"name\": \"t\", \"model\": {\"head_dim\": 128, \"rope_theta\": 10000,"                        \
  " \"original_length\": 4096}, " axes ", \"distances\": [0, 1, 17, 2385],"                        \
  " \"metrics\": [" metrics "]}"

/* ---- tests ---- */

/* The file holds what the schedule and the metric say when they are called by hand.  */
static void
numbers_are_the_modules_own (void)
{
  const rw_geometry llama2 = { .head_dim = 128,
                               .rotary_dim = 128,
                               .rope_theta = 10000,
                               .original_length = 4096,
                               .max_length = 4096 };
  const char *path = path_of ("own");
  rw_plan *plan = plan_of (CONFIG ("\"wavelength\", \"probe\"", AXES));
  rw_run_summary sum;
  ok (run_to (plan, path, &(rw_run_options){ 0 }, &sum) == RW_OK, "runs: %s", err.text);
  ok (sum.done == plan->n_points && sum.failed == 0 && sum.kept == 0, "every point is counted");
  const rw_module *yarn;
  rw_object *block = NULL;
  rw_freqs f = { 0 };
  const rw_value factor = RW_NUMBER_VALUE (2.385);
  rw_kind_find (&rw_schedules, "yarn", &yarn, &err);
  rw_object_new (yarn, &block, &err);
  rw_object_set (block, "factor", &factor, NULL, &err);
  rw_schedule_fill (block, &llama2, 16384, &f, &err);
  const size_t point = (2 * 2 + 0) * 9 + 2; /* yarn, factor 2.385, length 16384 */
  int equal = 1;
  double total = 0;
  for (size_t i = 0; i < 64; i++)
    {
      equal = equal && value_of (path, "inv_freq", point, i) == f.inv_freq[i];
      total += f.inv_freq[i];
    }
  ok (equal, "inv_freq is the schedule's, to the bit");
  ok (value_of (path, "attention_factor", point, 0) == f.attention_factor, "so is the factor");
  ok (value_of (path, "probe_sum", point, 0) == total, "the metric saw these frequencies");
  ok (value_of (path, "probe_length", point, 0) == 16384, "and was prepared for this length");
  ok (value_of (path, "probe_scratch", point, 0) == 0, "and had clean scratch");
  rw_object_free (block);
  rw_freqs_free (&f);
  rw_plan_free (plan);
}

/* Over groups, over schedules, inside a metric; one, two, five threads: the same bits.  */
static void
sharing_changes_nothing (void)
{
  static const char *const one_group = CONFIG (
      "\"wavelength\", \"probe\"", "\"axes\": {\"schedule\": [\"default\", \"linear\", \"yarn\"],"
                                   " \"schedule.factor\": [2.385, 8]}");
  static const char *const many = CONFIG ("\"wavelength\", \"probe\"", AXES);
  static const char *const one_point
      = CONFIG ("\"wavelength\", \"probe\"", "\"axes\": {\"length\": [8192]}");
  static const struct
  {
    const char *name, *config;
    int prepares;
  } cases[] = { { "groups", many, 9 }, { "schedules", one_group, 1 }, { "metric", one_point, 1 } };
  for (size_t k = 0; k < 3; k++)
    {
      rw_plan *plan = plan_of (cases[k].config);
      const char *serial = path_of ("serial");
      rw_run_summary sum;
      run_to (plan, serial, &(rw_run_options){ .threads = 1 }, &sum);
      for (int threads = 2; threads <= 5; threads += 3)
        {
          const char *shared = path_of ("shared");
          prepared = released = most_threads = 0;
          run_to (plan, shared, &(rw_run_options){ .threads = threads }, &sum);
          ok (same (serial, shared), "%s: %d threads give the bits of one", cases[k].name, threads);
          ok (prepared == cases[k].prepares && released == prepared,
              "%s: a group is prepared once and released once", cases[k].name);
          if (k == 2)
            ok (most_threads == threads, "a single point gets all %d threads", threads);
        }
      rw_plan_free (plan);
    }
}

static void
shards_join_to_the_whole (void)
{
  rw_plan *plan = plan_of (CONFIG ("\"wavelength\"", AXES));
  const char *whole = path_of ("whole"), *joined = path_of ("joined");
  const char *part[] = { path_of ("p0"), path_of ("p1"), path_of ("p2"), path_of ("p3") };
  rw_run_summary sum;
  size_t done = 0;
  run_to (plan, whole, &(rw_run_options){ .threads = 1 }, &sum);
  for (size_t i = 0; i < 4; i++)
    {
      const rw_run_options options = { .threads = 2, .shard = i, .shards = 4 };
      run_to (plan, part[i], &options, &sum);
      done += sum.done;
    }
  ok (done == plan->n_points, "four shards share nine groups and leave none");
  ok (rw_store_merge (joined, part, 4, false, &err) == RW_OK, "they merge: %s", err.text);
  ok (same (whole, joined), "into the bits of one run");
  const rw_run_options beyond = { .shard = 4, .shards = 4 };
  rw_store *store = NULL;
  rw_store_create (joined, plan, true, &store, &err);
  ok (rw_run (plan, store, &beyond, &sum, &err) == RW_EINVAL, "shard 4 of 4 is refused");
  rw_store_close (store);
  rw_plan_free (plan);
}

/* A point's own fault is stored, counted, named; the others are measured; a resume tries again.  */
static void
failing_points_do_not_stop_the_run (void)
{
  static const char *const configs[]
      = { CONFIG ("{\"name\": \"probe\", \"fail_above\": 300000}", AXES),
          CONFIG ("{\"name\": \"probe\", \"fail_above\": 300000, \"fail_prepare\": true}", AXES) };
  for (size_t k = 0; k < 2; k++)
    {
      rw_plan *plan = plan_of (configs[k]);
      const char *path = path_of ("failing");
      rw_run_summary sum;
      prepared = released = 0;
      ok (run_to (plan, path, &(rw_run_options){ .threads = 2 }, &sum) == RW_EPOINTS,
          "%s fails for long lengths", k ? "preparing" : "measuring");
      ok (sum.failed == 2 * 6 && sum.done == 7 * 6, "twelve points, the others are done");
      has (sum.first_failure, "point 7 ", "the first failure by index is kept");
      has (sum.first_failure, "length 524288 is above 300000", "with its text");
      has (err.text, "12 of 54 points failed", "the error counts them");
      ok (prepared == released, "what was prepared is released");
      ok (value_of (path, "status", 7, 0) == RW_FAILED
              && value_of (path, "status", 6, 0) == RW_DONE,
          "status says which");
      ok (isnan (value_of (path, "probe_sum", 7, 0)) && isnan (value_of (path, "inv_freq", 7, 0)),
          "a failed point is NaN");
      size_t kept = 0;
      rw_store *store = NULL;
      ok (rw_store_reopen (path, plan, 0, 0, &kept, &store, &err) == RW_OK && store && kept == 42,
          "the finished file opens again for the failed points: %s", err.text);
      measured = 0;
      ok (store && rw_run (plan, store, &(rw_run_options){ .threads = 1 }, &sum, &err) == RW_EPOINTS
              && sum.kept == 42 && sum.failed == 12,
          "only these are tried again");
      ok (measured == (k ? 0 : 12), "and nothing else is measured");
      ok (rw_store_finish (store, "test", &err) == RW_OK, "and it finishes again");
      ok (value_of (path, "probe_length", 6, 0) == 262144, "with what was kept");
      rw_plan_free (plan);
    }
}

static void
want_of_memory_stops_the_run (void)
{
  rw_plan *plan
      = plan_of (CONFIG ("{\"name\": \"probe\", \"fail_above\": 5000, \"starve\": true}", AXES));
  const char *path = path_of ("starved");
  rw_run_summary sum;
  prepared = released = 0;
  ok (run_to (plan, path, &(rw_run_options){ .threads = 2 }, &sum) == RW_ENOMEM, "no memory: stop");
  has (err.text, "2385 bytes", "with the metric's words");
  ok (sum.failed == 0 && prepared == released, "no point is called failed");
  rw_store *store = NULL;
  ok (rw_store_resume (path, plan, &store, &err) == RW_OK && store, "the store can be resumed");
  rw_store_close (store);
  rw_plan_free (plan);
}

/* The flag finishes the points in flight; a resumed run reaches the bits of an uninterrupted one.
 */
static void
stopping_and_resuming_changes_nothing (void)
{
  rw_plan *plan = plan_of (CONFIG ("\"probe\", \"wavelength\"", AXES));
  const char *path = path_of ("stopped"), *whole = path_of ("unstopped");
  rw_run_summary sum;
  run_to (plan, whole, &(rw_run_options){ .threads = 1 }, &sum);
  for (int threads = 1; threads <= 2; threads++)
    {
      rw_run_options options = { .threads = threads, .stop = &stop };
      stop = 0;
      measured = 0;
      stop_at = 17;
      unlink (path);
      ok (run_to (plan, path, &options, &sum) == RW_EINTR, "the flag interrupts");
      ok (sum.done >= 17 && sum.done < 17 + (size_t) threads, "after the points in flight");
      const size_t before = sum.done;
      stop = 0;
      stop_at = 0;
      measured = 0;
      rw_store *store = NULL;
      ok (rw_store_resume (path, plan, &store, &err) == RW_OK && store, "it resumes: %s", err.text);
      ok (rw_run (plan, store, &options, &sum, &err) == RW_OK, "to the end");
      ok (sum.kept == before && (size_t) measured == plan->n_points - before,
          "measuring what was left");
      rw_store_finish (store, "test", &err);
      ok (same (path, whole), "%d threads: the same bits", threads);
      unlink (path);
    }
  rw_plan_free (plan);
}

typedef struct
{
  size_t calls, last, total;
} heard;

static void
listen (void *data, size_t done, size_t total, double seconds, size_t point)
{
  heard *h = data;
  (void) seconds;
  (void) point;
  h->calls++;
  h->last = done;
  h->total = total;
}

static void
progress_is_told (void)
{
  rw_plan *plan = plan_of (CONFIG ("\"wavelength\"", AXES));
  heard h = { 0 };
  rw_run_summary sum;
  run_to (plan, path_of ("told"), &(rw_run_options){ .progress = listen, .data = &h }, &sum);
  ok (h.calls >= 2 && h.last == 54 && h.total == 54, "at the start and at the end");
  ok ((double) h.calls < 20 + 10 * sum.seconds, "and seldom between");
  rw_plan_free (plan);
}

int
main (void)
{
  if (!make_folder () || rw_kind_add (&rw_metrics, &probe_metric.as, &err))
    {
      printf ("Bail out! %s\n", err.text);
      return 1;
    }
  numbers_are_the_modules_own ();
  sharing_changes_nothing ();
  shards_join_to_the_whole ();
  failing_points_do_not_stop_the_run ();
  want_of_memory_stops_the_run ();
  stopping_and_resuming_changes_nothing ();
  progress_is_told ();
  remove_folder ();
  return tap_end ();
}
