/* model_options: MODEL, --rope, --length; see model_options.h.  */
#include "config.h"

#include "cli/model_options.h"
#include "cli/door.h"
#include "rope/geometry.h"

#include <math.h>
#include <stdlib.h>

enum
{
  KEY_ROPE = 256 + 'r',
  KEY_LENGTH = 256 + 'l'
};

static const struct argp_option options[]
    = { { "rope", KEY_ROPE, "JSON|@FILE", 0,
          "a rope_parameters or rope_scaling block in place of the model's", 1 },
        { "length", KEY_LENGTH, "N", 0, "tokens in the sequence", 1 },
        { 0 } };

static double
read_length (const char *text, double least, const char *verb)
{
  char *end;
  const double x = strtod (text, &end);
  if (*end || end == text || !(x >= least && x <= RW_LENGTH_MAX) || x != floor (x))
    exit (door_usage (verb, "--length '%s': a whole number of tokens, %g to 2^40, was expected",
                      text, least));
  return x;
}

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  model_options *o = state->input;
  switch (key)
    {
    case KEY_ROPE:
      o->rope = arg;
      return 0;
    case KEY_LENGTH:
      o->length = read_length (arg, o->least, state->name);
      return 0;
    case ARGP_KEY_ARG:
      if (o->model)
        exit (door_usage (state->name, "one MODEL was expected, got '%s' too", arg));
      o->model = arg;
      return 0;
    case ARGP_KEY_END:
      if (!o->model)
        exit (door_usage (state->name, "which model? MODEL is missing"));
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

const struct argp model_options_argp = { .options = options, .parser = parse };
