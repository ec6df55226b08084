/* plan_options: the options of every verb that reads a sweep config: --set, --axis, --stack,
   --seed.

   An argp child: give it a zeroed plan_options as its input, turn that into edits with
   plan_options_edits (which borrows it), free it with plan_options_free.  The texts are those of
   argv.  */
#ifndef RW_CLI_PLAN_OPTIONS_H
#define RW_CLI_PLAN_OPTIONS_H

#include "plan/plan.h"

#include <argp.h>

typedef struct
{
  const char **set, **axis; /* (n_,) owned; the texts are borrowed */
  size_t n_set, n_axis;
  const char *stack;
  uint64_t seed;
  bool seeded;
} plan_options;

extern const struct argp plan_options_argp;

rw_plan_edits plan_options_edits (const plan_options *options);
void plan_options_free (plan_options *options);

#endif
