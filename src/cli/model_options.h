/* model_options: what every verb that reads a model shares: MODEL, --rope, --length.

   An argp child with a model_options as its input, zeroed but for `length` (NaN: not given) and
   `least`.  It takes the one argument MODEL and refuses its absence.  The texts are those of argv.
 */
#ifndef RW_CLI_MODEL_OPTIONS_H
#define RW_CLI_MODEL_OPTIONS_H

#include <argp.h>

typedef struct
{
  const char *model;
  const char *rope; /* JSON or @FILE in place of the model's block; NULL: the model's own */
  double length;    /* tokens; NaN where not given */
  double least;     /* smallest length that is allowed */
} model_options;

extern const struct argp model_options_argp;

#endif
