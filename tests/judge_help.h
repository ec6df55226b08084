/* judge_help: the toy result of store_help.h in a file, with what its values are.  */
#ifndef RW_TESTS_JUDGE_HELP_H
#define RW_TESTS_JUDGE_HELP_H

#include "claim_help.h"
#include "store_help.h"

static char *toy_pairwise[] = { "few", "few", "many", "many" }; /* a linked label that repeats */

/* The toy plan with the repeating label on its factors.  */
__attribute__ ((unused)) static rw_plan
judge_plan (rw_axis axes[4])
{
  rw_plan plan = toy_plan ();
  memcpy (axes, toy_axes, sizeof toy_axes);
  axes[2].labels = toy_pairwise;
  plan.axes = axes;
  return plan;
}

__attribute__ ((unused)) static rw_result *
toy_result (const char *path)
{
  static double room[FIELDS][32];
  double *value[FIELDS];
  rw_axis axes[4];
  const rw_plan plan = judge_plan (axes);
  rw_store *store = NULL;
  rw_result *r = NULL;
  rw_status s = rw_store_create (path, &plan, true, &store, &err);
  for (size_t k = 0; k < FIELDS; k++)
    value[k] = room[k];
  for (size_t p = 0; p < plan.n_points && !s; p++)
    {
      toy_fill (&plan, p, value);
      s = rw_store_put (store, p, value, 0.25, RW_DONE, &err);
    }
  if (s || rw_store_finish (store, "test", &err) || rw_result_open (path, &r, &err))
    {
      printf ("Bail out! %s\n", err.text);
      exit (1);
    }
  return r;
}

/* The point of schedule s, factor f and length l.  */
__attribute__ ((unused)) static size_t
point_of (size_t s, size_t f, size_t l)
{
  return (s * 4 + f) * 2 + l;
}

#endif
