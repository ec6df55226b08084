/* reproduce_draw: the figures of all results; see reproduce.h.  */
#include "config.h"

#include "cli/gnuplot.h"
#include "cli/reproduce.h"

#include <stdio.h>

/* Memory is an error; what gnuplot does not draw is only said.  */
static rw_status
draw_trial (const reproduce *r, study *s, size_t trial, bool can_draw, rw_error *err)
{
  rw_status status = reproduce_folders (r, s, err);
  if (!status)
    status = study_draw (s, trial, can_draw, err);
  if (!status || status == RW_ENOMEM)
    return status;
  fprintf (stderr, "%s: %s\n", r->verb, err->text);
  return RW_OK;
}

rw_status
reproduce_draw (const reproduce *r, rw_error *err)
{
  const bool can_draw = gnuplot_found ();
  size_t wanted = 0, there = 0;
  rw_status status = reproduce_folders (r, NULL, err);
  for (size_t i = 0; i < r->n; i++)
    for (size_t k = 0; !status && k < r->study[i].n_trials; k++)
      {
        study_trial *t = &r->study[i].trial[k];
        if (t->result)
          status = draw_trial (r, &r->study[i], k, can_draw, err);
        wanted += t->n_pictures;
        for (size_t p = 0; p < t->n_pictures; p++)
          there += t->picture[p].drawn;
      }
  if (!status && !can_draw && there < wanted)
    fprintf (stderr,
             "%s: gnuplot is not installed, and it draws the figures: the report lacks %zu\n"
             "hint: apt-get install gnuplot-nox\n",
             r->verb, wanted - there);
  return status;
}
