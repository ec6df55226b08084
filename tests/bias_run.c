/* bias_run: a bias from a config to the file: with q and k of 0 under schedule none it is all that
   there is; and the configs that are refused.  */
#include "run_help.h"

#include <math.h>

#define MODEL                                                                                      \
  "\"model\": {\"head_dim\": 32, \"rope_theta\": 10000, \"original_length\": 64,"                  \
  " \"num_attention_heads\": 8}"
#define SWEEP(rest) "{\"name\": \"t\", " MODEL ", \"length\": 300, " rest "}"

static const char *
reading (const char *text)
{
  rw_plan *plan = NULL;
  err = (rw_error){ 0 };
  rw_plan_parse ("test", text, strlen (text), NULL, NULL, &plan, &err);
  rw_plan_free (plan);
  return err.text;
}

/* q and k are all 0: attention is e^(-slope (m - n)) over its sum, and the mean score the bias.  */
static void
a_sweep_over_slopes (void)
{
  static const double slope[] = { 0, 0.385, 0.125 };
  rw_plan *plan = plan_of (SWEEP (
      "\"schedule\": \"none\", \"source\": {\"name\": \"gauss\", \"deviation\": 0}, \"axes\": {"
      " \"bias\": [null, {\"name\": \"alibi\", \"slope\": 0.385}, {\"name\": \"alibi\", \"head\":"
      " 2}]}, \"distances\": [0, 1, 17, 200], \"positions\": [20, 299], \"metrics\":"
      " [\"score_profile\", \"attention\", \"coverage\"]"));
  const char *path = path_of ("bias");
  rw_run_summary sum;
  double mean = 0, entropy = 0;
  ok (run_to (plan, path, &(rw_run_options){ .threads = 1 }, &sum) == RW_OK, "it runs: %s",
      err.text);
  ok (plan->n_groups == 1, "a bias is an axis of the schedule: q and k are made once");
  for (size_t p = 0; p < 3; p++)
    {
      static const double distance[] = { 0, 1, 17, 200 }, position[] = { 20, 299 };
      for (size_t k = 0; k < 4; k++)
        mean = fmax (mean, fabs (value_of (path, "score_mean", p, k) + slope[p] * distance[k]));
      for (size_t k = 0; k < 2; k++)
        {
          double z = 0, weighted = 0;
          for (double d = 0; d <= position[k]; d++)
            z += exp (-slope[p] * d), weighted += slope[p] * d * exp (-slope[p] * d);
          entropy
              = fmax (entropy, fabs (value_of (path, "entropy", p, k) - log (z) - weighted / z));
        }
    }
  ok (mean < TOL4, "the mean score is the bias, 77 at most: %.2g", mean);
  ok (entropy < 1e-5, "entropies are those of the geometric series: %.2g", entropy); /* rows.h */
  ok (value_of (path, "coverage", 0, 3) == value_of (path, "coverage", 1, 3),
      "what is not over scores ignores it");
  rw_plan_free (plan);
}

static void
heads_have_their_own (void)
{
  rw_plan *plan = plan_of (SWEEP (
      "\"schedule\": \"none\", \"source\": {\"name\": \"gauss\", \"deviation\": 0}, \"bias\":"
      " \"alibi\", \"axes\": {\"head\": [0, 5]}, \"distances\": [1, 17], \"metrics\":"
      " [{\"name\": \"score_profile\", \"variance\": false, \"spread\": \"exact\"}]"));
  const char *path = path_of ("heads");
  rw_run_summary sum;
  ok (run_to (plan, path, &(rw_run_options){ .threads = 1 }, &sum) == RW_OK, "it runs: %s",
      err.text);
  near (value_of (path, "score_mean", 0, 1), -17 * 0.5, TOL0, "head 0 of eight falls by 1/2");
  near (value_of (path, "score_mean", 1, 1), -17.0 / 64, TOL0, "head 5 by 2^-6");
  near (value_of (path, "score_min", 1, 1), -17.0 / 64, TOL0, "and so do its extremes");
  rw_plan_free (plan);
}

static void
configs_are_refused (void)
{
  has (reading (SWEEP ("\"bias\": \"alib\"")), "unknown bias 'alib'", "an unknown bias");
  has (reading (SWEEP ("\"bias\": \"alibi\", \"source\": \"ones\", \"axes\": {\"bias.head\":"
                       " [7, 8]}")),
       "axes.bias.head[1] (8): bias 'alibi': head: 8 is not an integer from 0 to 7",
       "a head that the model does not have, with its place");
  has (reading (SWEEP ("\"axes\": {\"bias\": [null, \"alibi\"]}, \"metrics\": [\"coverage\","
                       " {\"name\": \"nll\", \"text\": \"x.txt\"}]")),
       "the metric 'nll' runs the model, whose own attention has no bias",
       "a metric that runs the model");
  has (reading (SWEEP ("\"bias\": \"alibi\", \"source\": {\"name\": \"model\", \"activations\":"
                       " \"self\", \"text\": \"x.txt\"}, \"metrics\": [\"attention\"]")),
       "the source 'model' runs the model", "a source that runs it under the point's schedule");
  char with[2][65];
  for (int k = 0; k < 2; k++)
    {
      rw_plan *plan = plan_of (k ? SWEEP ("\"bias\": null") : SWEEP ("\"seed\": 0"));
      memcpy (with[k], plan->sha256, 65);
      rw_plan_free (plan);
    }
  ok (!strcmp (with[0], with[1]), "none at all is the same as null");
  rw_plan *plan = plan_of (SWEEP ("\"bias\": \"alibi\""));
  ok (strcmp (with[0], plan->sha256) != 0, "and another sweep than one with a bias");
  rw_plan_free (plan);
}

int
main (void)
{
  if (!make_folder ())
    return 99;
  a_sweep_over_slopes ();
  heads_have_their_own ();
  configs_are_refused ();
  remove_folder ();
  return tap_end ();
}
