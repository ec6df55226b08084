/* source_model_memory: a model is opened, a text cut and q, k and v are taken of two layers under
   two schedules while every allocation in turn fails; see memory_help.h.  */
#include "lab/inputs.h"
#include "memory_help.h"
#include "tiny_help.h"
#include "plan_help.h"
#include "schedule/schedule.h"

extern const rw_source rw_source_model;

enum
{
  MOST = 900 /* more allocations than the run makes; notes may do without theirs */
};

static const char *const text
    = "{'model': 'starved_model.gguf', 'length': 6, 'metrics': ['pair_usage'],"
      " 'rule': {'name': 'rerope', 'window': 2}, 'axes': {'layer': [0, 2], 'source': ["
      " {'name': 'model', 'text': 'starved_model.txt', 'activations': 'self', 'bos': true},"
      " {'name': 'model', 'tokens': 'starved_model.json'}]}}";

static rw_status
fill (const rw_plan *plan, const rw_inputs *inputs, rw_point *point, size_t i, void **memo,
      rw_error *err)
{
  rw_input in = { .threads = 1, .memo = memo };
  rw_freqs freqs = { 0 };
  rw_qk qk = { 0 };
  rw_status s = rw_plan_point (plan, i, point, err);
  if (!s)
    {
      rw_inputs_of_source (inputs, plan, point, &in);
      freqs.rule = point->rule;
      in.freqs = &freqs;
      s = rw_schedule_fill (point->schedule, in.geometry, in.length, &freqs, err);
    }
  if (!s)
    s = rw_inputs_fill (point, &in, inputs, &qk, err);
  rw_qk_free (&qk);
  rw_freqs_free (&freqs);
  return s;
}

static int
run_once (const void *data)
{
  rw_plan *plan = NULL;
  rw_inputs inputs = { 0 };
  rw_point *point = NULL;
  rw_error err;
  void *memo = NULL;
  (void) data;
  rw_status s = make_plan (text, NULL, &plan, &err);
  if (!s)
    s = rw_inputs_open (plan, &inputs, &err);
  if (!s)
    s = rw_point_new (plan, &point, &err);
  for (size_t i = 0; !s && i < plan->n_points; i++)
    s = fill (plan, &inputs, point, i, &memo, &err);
  if (memo)
    rw_source_model.forget (memo);
  rw_point_free (point);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
  return outcome (s, &err);
}

static void
write_text (const char *path, const char *content)
{
  FILE *f = fopen (path, "w");
  if (!f || fputs (content, f) < 0 || fclose (f))
    ok (0, "%s can be written", path);
}

int
main (void)
{
  net_write ("starved_model.gguf", (net_options){ .seed = 3 });
  write_text ("starved_model.txt", "Call me Ishmael.");
  write_text ("starved_model.json", "[[67, 97], [108, 108, 32, 109, 101]]");
  starve ("a run", run_once, NULL, 1, MOST, 400);
  unlink ("starved_model.gguf");
  unlink ("starved_model.txt");
  unlink ("starved_model.json");
  return tap_end ();
}
