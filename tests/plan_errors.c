/* plan_errors: every kind of bad config is refused with the file, the path and what was expected.
 */
#include "plan_help.h"

static const struct
{
  const char *text, *part; /* what the config is, what the error must say */
} cases[] = {
  /* the whole */
  { "[]", "config.json: expected an object, got" },
  { "{" LLAMA ", 'length': 1, 'length': 2}", "config.json:1:" },
  { "{" LLAMA "} x", "config.json:1:" },
  { "{}", "config.json: model: is missing" },
  { "{" LLAMA ", 'metric': []}", "config.json: metric: unknown key; known: $schema, name" },
  { "{" LLAMA ", 'metric': []}", "did you mean 'metrics'?" },
  { "{" LLAMA ", 'metrics': 'coverage'}", "metrics: expected a list, got" },
  { "{" LLAMA ", 'axes': []}", "axes: expected an object" },
  { "{" LLAMA ", 'name': ''}", "name: '' cannot name a file" },
  { "{" LLAMA ", 'name': '../x'}", "name: '../x' cannot name a file" },
  { "{" LLAMA ", 'output': ''}", "output: is empty" },
  { "{" LLAMA ", 'seed': -1}", "seed: -1 is not an integer from 0" },
  { "{" LLAMA ", 'seed': 1.5}", "seed: 1.5 is not an integer" },
  { "{" LLAMA ", 'length': 0}", "length: 0 is below 1" },
  { "{" LLAMA ", 'length': 2.5}", "length: 2.5 is not an integer" },
  { "{" LLAMA ", 'length': 1e13}", "length: 10000000000000 is above 2^40" },
  { "{" LLAMA ", 'stack': 'vlm'}", "stack: " },
  /* models and schedules */
  { "{'model': {'head_dim': 127, 'rope_theta': 1e4, 'original_length': 9}}", "model" },
  { "{'model': {'head_dim': 128, 'rope_theta': 1e4}}", "model.original_length" },
  { "{'model': 'no-such-model'}", "model: " },
  { "{" LLAMA ", 'schedule': 'yarnn'}", "schedule: unknown schedule 'yarnn'" },
  { "{" LLAMA ", 'schedule': {'factor': 2}}", "schedule: needs the key \"rope_type\"" },
  { "{" LLAMA ", 'schedule': {'rope_type': 'linear', 'factor': 0}}",
    "schedule.factor: 0 is outside" },
  { "{" LLAMA ", 'schedule': {'rope_type': 'linear', 'factr': 2}}", "did you mean 'factor'?" },
  { "{" LLAMA ", 'schedule': 'linear'}", "factor: 'linear' needs it" },
  { "{" LLAMA ", 'schedule': {'full_atention': {'rope_type': 'yarn', 'factor': 2}}}",
    "has no 'full_atention'" },
  { "{" LLAMA ", 'rule': 'start'}", "rule.n_hat: 'start' needs it" },
  { "{" LLAMA ", 'rule': {'name': 'stat'}}", "unknown rule 'stat'" },
  { "{" LLAMA ", 'rule': {'name': 'map', 'distances': [0, 9], 'effective': [0]}}",
    "rule 'map': effective: 1 numbers for 2 distances" },
  { "{" LLAMA
    ", 'rule': {'name': 'dual_chunk', 'chunk_size': 9}, 'axes': {'rule.local_size': [2, 9]}}",
    "axes.rule.local_size[1] (9): rule 'dual_chunk': local_size: 9 is not below chunk_size, 9" },
  { "{" LLAMA ", 'query_scale': {'name': 'log_n', 'original_length': 1}}",
    "original_length: 1 is outside its range" },
  { "{" LLAMA ", 'metrics': [{'name': 'similarity', 'weights': 'model'}]}",
    "source: expected one, since metrics[0] 'similarity' needs q and k" },
  { "{" LLAMA ", 'metrics': ['similarity'], 'axes': {'similarity.weights': ['none', 'model']}}",
    "source: expected one, since metrics[0] 'similarity' needs q and k" },
  { "{" LLAMA ", 'source': 'x'}", "unknown source 'x'" },
  { "{" LLAMA ", 'source': {'name': 'gauss', 'sigma': 2}}",
    "source.sigma: not a parameter of 'gauss'" },
  { "{" LLAMA ", 'source': {'name': 'gauss', 'correlation': 1.5}}",
    "source.correlation: 1.5 is outside its range (from -1 to 1)" },
  { "{" LLAMA ", 'source': {'name': 'toeplitz', 'decay': 'powr'}}", "did you mean 'power'?" },
  { "{" LLAMA ", 'source': {'name': 'onehot', 'pair': 64}}",
    "config.json: source 'onehot': pair: 64 is not an integer from 0 to 63" },
  { "{" LLAMA ", 'source': {'name': 'onehot'}, 'axes': {'source.channel': [127, 128]}}",
    "axes.source.channel[1] (128): source 'onehot': channel: 128 is not" },
  { "{" LLAMA ", 'source': {'name': 'gauss', 'sink': 3}}",
    "source 'gauss': sink: without a mean no query meets it" },
  { "{" LLAMA ", 'source': 'gauss', 'length': 1000000000}",
    "source 'gauss': length 1000000000: random streams reach" },
  { "{'model': 'llama-2-7b', 'source': 'ones', 'axes': {'head': [0, 31, 32]}}",
    "axes.head[2] (32): head 32: the model has 32, counted from 0" },
  /* axes */
  { "{" LLAMA ", 'axes': {'lenght': [1]}}", "did you mean 'length'?" },
  { "{" LLAMA ", 'axes': {'schedul.factor': [1]}}", "unknown kind 'schedul'" },
  { "{" LLAMA ", 'axes': {'disturbance.bins': [9]}}", "'disturbance' is not among" },
  { "{" LLAMA ", 'axes': {'rule.n_hat': [9]}}", "axes.rule.n_hat: the config has none" },
  { "{" LLAMA ", 'axes': {'schedule.factor': [2]}}", "none of them has 'factor'" },
  { "{" LLAMA ", 'axes': {'length': 5}}", "axes.length: expected a list or a form" },
  { "{" LLAMA ", 'axes': {'length': []}}", "axes.length: is empty" },
  { "{" LLAMA ", 'axes': {'length': [1, 2, 0]}}", "config.json: axes.length[2]: 0 is below 1" },
  { "{" LLAMA ", 'axes': {'length': [1, 'x']}}", "axes.length[1]: expected a number, got" },
  { "{" LLAMA ", 'axes': {'length': [1, 2.5]}}", "axes.length[1]: 2.5 is not an integer" },
  { "{" LLAMA ", 'axes': {'length': [4, 9, 4]}}",
    "axes.length[2]: 4 stands there twice, first at [0]" },
  { "{" LLAMA ", 'axes': {'length': {'linspace': [1, 3, 9]}}}", "stands there twice" },
  { "{" LLAMA ", 'axes': {'length': {'log3': [1, 3]}}}", "did you mean 'log2'?" },
  { "{" LLAMA ", 'axes': {'length': {'log2': [3, 1]}}}", "axes.length.log2: expected [p, q]" },
  { "{" LLAMA ", 'axes': {'length': {'range': [1, 5, 0]}}}", "axes.length.range: expected" },
  { "{" LLAMA ", 'axes': {'length': {'range': [1, 5, -1]}}}",
    "the step leading from first to last" },
  { "{" LLAMA ", 'axes': {'length': {'linspace': [1, 5, 2.5]}}}", "the count must be an integer" },
  { "{" LLAMA ", 'axes': {'length': {'geom': [-1, 5, 3]}}}", "both of one sign" },
  { "{" LLAMA ", 'axes': {'length': {'range': [1, 1e12, 1]}}}", "would make 1e+12 values" },
  { "{" LLAMA ", 'schedule': 'linear', 'axes': {'length': {'range': [1, 1e7, 1]}, "
    "'schedule.factor': {'range': [1, 1e7, 1]}}}",
    "axes: more than 2^40 points" },
  { "{" LLAMA ", 'length': 5, 'axes': {'length': [1]}}", "length: is an axis too" },
  { "{" LLAMA ", 'axes': {'schedule': ['default', 'default']}}",
    "axes.schedule[1]: the same as axes.schedule[0]" },
  { "{" LLAMA ", 'axes': {'schedule': ['default', 'x']}}",
    "axes.schedule[1]: unknown schedule 'x'" },
  { "{" LLAMA ", 'axes': {'schedule': ['default', {'rope_type': 'linear'}]}}", "axes.schedule[1]" },
  { "{" LLAMA ", 'axes': {'schedule': {'log2': [1, 2]}}}", "axes.schedule: expected a list" },
  { "{" LLAMA ", 'axes': {'schedule': [null]}}", "axes.schedule[0]: expected" },
  { "{" LLAMA ", 'schedule': 'yarn', 'axes': {'schedule.factor': [2, 0.0]}}",
    "axes.schedule.factor[1]: factor: 0 is outside" },
  { "{" LLAMA ", 'schedule': 'yarn', 'axes': {'schedule.factor': [2, 'x']}}",
    "axes.schedule.factor[1]: expected a number" },
  { "{" LLAMA
    ", 'schedule': {'rope_type': 'yarn', 'factor': 2}, 'axes': {'schedule.ramp': ['indx']}}",
    "axes.schedule.ramp[0]: ramp: 'indx' is not one of" },
  { "{" LLAMA
    ", 'schedule': {'rope_type': 'yarn', 'factor': 2}, 'axes': {'schedule.truncate': [1]}}",
    "axes.schedule.truncate[0]: expected true or false" },
  { "{" LLAMA ", 'schedule': {'rope_type': 'longrope', 'factor': 2}, 'axes': "
    "{'schedule.long_factor': [[1, 2]]}}",
    "axes.schedule.long_factor: a list of numbers cannot be an axis" },
  { "{" LLAMA ", 'schedule': 'linear', 'axes': {'schedule.factor,length': [[2, 4096], [4]]}}",
    "axes.schedule.factor,length[1]: expected a tuple of 2 values" },
  { "{" LLAMA ", 'schedule': 'linear', 'axes': {'schedule.factor,length': [[2, 4, 8], [1, 2]]}}",
    "axes.schedule.factor,length[0]: expected a tuple of 2 values" },
  { "{" LLAMA ", 'schedule': 'linear', 'axes': {'schedule.factor,length': [[2, 1], [4, 0]]}}",
    "axes.schedule.factor,length[1][1]: 0 is below 1" },
  { "{" LLAMA ", 'axes': {'length,length': [[2, 1], [4, 1]]}}", "'length' is an axis twice" },
  { "{" LLAMA ", 'axes': {'head': [0]}}", "axes.head: nothing here differs" },
  { "{" LLAMA ", 'axes': {'layer': [0]}}", "so no layer 0" },
  { "{" LLAMA ", 'axes': {'layer_type': ['x']}}", "has no 'x'" },
  { "{" GEMMA ", 'axes': {'layer': [0, 3]}}", "so no layer 3" },
  { "{" GEMMA ", 'axes': {'layer': [0], 'layer_type': ['full_attention']}}", "keep one of them" },
  { "{'axes': {'model': ['no-such-model']}}", "axes.model[0]: " },
  { "{" LLAMA ", 'axes': {'stack': ['exact', 'exat']}}", "axes.stack[1]: " },
  /* metrics, distances, figures */
  { "{" LLAMA ", 'metrics': ['coverag']}", "metrics[0]: unknown metric 'coverag'" },
  { "{" LLAMA ", 'metrics': ['coverage', 'coverage']}", "metrics[1]: 'coverage' is there already" },
  { "{" LLAMA ", 'metrics': [{'name': 'disturbance', 'bins': 'x'}]}",
    "metrics[0].bins: expected integer" },
  { "{" LLAMA ", 'distances': 'some'}", "distances: 'some' is not \"all\"" },
  { "{" LLAMA ", 'distances': [1, 1]}", "distances[1]: 1 does not rise" },
  { "{" LLAMA ", 'distances': [-1]}", "distances[0]: -1 is below 0" },
  { "{" LLAMA ", 'positions': [5000]}", "positions: none lies within" },
  { "{" LLAMA ", 'length': 1e9, 'distances': 'all'}", "distances: \"all\" would be" },
  { "{" LLAMA ", 'figures': [{}]}", "figures[0]: needs \"field\"" },
  { "{" LLAMA ", 'figures': [{'field': 'coverage'}]}", "figures[0].field: this sweep stores no" },
  { "{" LLAMA ", 'figures': [{'field': 'inv_freq', 'z': 'pair'}]}", "figures[0].z: unknown key" },
  { "{" LLAMA ", 'figures': [{'field': 'inv_freq', 'x': 'pare'}]}", "did you mean 'pair'?" },
  { "{" LLAMA ", 'figures': [{'field': 'inv_freq', 'x': 'pair', 'lines': 'pair'}]}", "in use" },
  { "{" LLAMA ", 'figures': [{'field': 'inv_freq', 'name': 'a/b'}]}", "cannot name a file" },
  { "{" LLAMA
    ", 'figures': [{'field': 'inv_freq', 'name': 'a'}, {'field': 'inv_freq', 'name': 'a'}]}",
    "figures[1].name: there is a figure 'a'" },
  { "{" LLAMA
    ", 'axes': {'length': [4, 8]}, 'figures': [{'field': 'inv_freq', 'at': {'length': 5}}]}",
    "figures[0].at.length: 5 is not a value of it; it has 4, 8" },
  { "{" LLAMA ", 'schedule': 'yarn', 'axes': {'length': [4, 8], 'schedule.factor': [2, 4], "
    "'schedule.beta_fast': [31, 32]}, 'figures': [{'field': 'inv_freq', 'x': 'pair'}]}",
    "figures[0]: 'beta_fast' is neither x, lines nor held" },
};

static void
figures_are_resolved (void)
{
  rw_plan *plan = good_plan (
      "{" LLAMA ", 'metrics': ['disturbance'], 'axes': {'schedule': ['linear', 'yarn'], "
      "'schedule.factor': [2, 4, 8], 'length': [4096, 8192], 'disturbance.bins': [9]}, 'figures': ["
      "{'field': 'disturbance', 'lines': 'schedule', 'at': {'schedule.factor': 8, 'length': 8192}},"
      "{'field': 'disturbance', 'x': 'factor', 'at': {'pair': 3, 'schedule': 'yarn'}}]}");
  const rw_figure *f = plan->figures;
  ok (plan->n_figures == 2 && !strcmp (f[0].name, "disturbance")
          && !strcmp (f[1].name, "disturbance_2"),
      "a figure is called by its field, a second one with a number");
  ok (!strcmp (f[0].x, "pair") && !strcmp (f[0].lines, "schedule") && !f[0].panels[0],
      "x is the field's own dimension where none is named");
  ok (f[0].n_at == 3 && f[0].at[0].dim == 1 && f[0].at[0].index == 2 && f[0].at[1].dim == 2
          && f[0].at[1].index == 1 && f[0].at[2].dim == 3 && f[0].at[2].index == 0,
      "values are found, and an axis of one value is held there");
  ok (!strcmp (f[1].panels[0], "length") && !f[1].panels[1], "what is not named becomes a panel");
  ok (f[1].at[0].dim == plan->n_dims + 0 && f[1].at[0].index == 3 && f[1].at[1].index == 1,
      "a dimension of the field can be held too, and a label is a value");
  rw_plan_free (plan);
}

static void
files_are_read (void)
{
  rw_plan *plan = NULL;
  rw_error err = { 0 };
  ok (rw_plan_read ("no/such/file.json", NULL, &plan, &err) == RW_EIO && !plan,
      "a missing file is an I/O error");
  has (err.text, "no/such/file.json", "which names it");
}

int
main (void)
{
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      rw_plan *plan = NULL;
      rw_error err;
      const rw_status s = make_plan (cases[i].text, NULL, &plan, &err);
      ok ((s == RW_EINVAL || s == RW_EDOMAIN || s == RW_EIO) && !plan, "refused: %s",
          cases[i].text);
      has (err.text, cases[i].part, "  with what is wrong and where");
      if (err.text[0] && strncmp (err.text, "config.json", 11) != 0)
        ok (0, "  behind the file's name: %s", err.text);
      if (!err.hint[0])
        ok (0, "  with a hint");
      rw_plan_free (plan);
    }
  figures_are_resolved ();
  files_are_read ();
  return tap_end ();
}
