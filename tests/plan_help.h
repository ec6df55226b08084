/* plan_help: making plans from texts, with single quotes for double ones.  */
#ifndef RW_TESTS_PLAN_HELP_H
#define RW_TESTS_PLAN_HELP_H

#include "plan/plan.h"
#include "tap.h"

#define LLAMA "'model': {'head_dim': 128, 'rope_theta': 10000, 'original_length': 4096}"
#define GEMMA                                                                                      \
  "'model': {'head_dim': 256, 'original_length': 32768,"                                           \
  " 'layers': ['sliding_attention', 'sliding_attention', 'full_attention'],"                       \
  " 'rope': {'full_attention': {'rope_type': 'linear', 'factor': 8, 'rope_theta': 1000000},"       \
  "          'sliding_attention': {'rope_type': 'default', 'rope_theta': 10000}}}"

__attribute__ ((unused)) static rw_status
make_plan (const char *text, const rw_plan_edits *edits, rw_plan **out, rw_error *err)
{
  char buf[8192];
  snprintf (buf, sizeof buf, "%s", text);
  for (char *c = buf; *c; c++)
    if (*c == '\'')
      *c = '"';
  *err = (rw_error){ 0 };
  return rw_plan_parse ("config.json", buf, strlen (buf), ".", edits, out, err);
}

/* A plan that must be good: the test says why where it is not.  */
__attribute__ ((unused)) static rw_plan *
good_plan (const char *text)
{
  rw_plan *plan = NULL;
  rw_error err;
  if (make_plan (text, NULL, &plan, &err))
    {
      ok (0, "a good config is read: %s", err.text);
      exit (tap_end ());
    }
  return plan;
}

__attribute__ ((unused)) static const rw_axis *
axis_called (const rw_plan *plan, const char *name)
{
  for (size_t a = 0; a < plan->n_axes; a++)
    if (plan->axes[a].name && strcmp (plan->axes[a].name, name) == 0)
      return &plan->axes[a];
  return NULL;
}

#endif
