/* show: selects from a result file and prints.  */
#include "config.h"

#include "cli/show.h"
#include "base/text.h"
#include "cli/door.h"

#include <stdio.h>
#include <string.h>

typedef struct
{
  door_common common;
  bool csv;
  char **words; /* FILE, then key=value... */
  int n;
} options;

enum
{
  CSV = 'C'
};

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  options *o = state->input;
  (void) arg;
  switch (key)
    {
    case ARGP_KEY_INIT:
      state->child_inputs[0] = &o->common;
      return 0;
    case CSV:
      o->csv = true;
      return 0;
    case ARGP_KEY_ARGS:
      o->words = state->argv + state->next;
      o->n = state->argc - state->next;
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option table[]
    = { { "csv", CSV, NULL, 0, "comma-separated values on stdout", 0 }, { 0 } };
static const struct argp argp
    = { .options = table,
        .parser = parse,
        .children = door_children,
        .args_doc = "FILE.h5 [KEY=VALUE...]",
        .doc
        = "Prints what a result file holds; with KEY=VALUE, the cells selected.\v"
          "KEY is an axis or another dimension of the file, VALUE a number or a label (or its\n"
          "beginning); field=NAME prints that field over all of its dimensions.\n\n"
          "Examples:\n"
          "  ropewalk show run.h5\n"
          "  ropewalk show run.h5 schedule=yarn factor=8 --csv\n"
          "  ropewalk show run.h5 field=inv_freq schedule=yarn factor=8 length=4096" };

/* The names a key may have: field, then the coordinates; for lists and did-you-mean.  */
static const char *
key_name (size_t i, const void *data)
{
  const rw_outline *o = data;
  if (i == 0)
    return "field";
  return i <= o->n_coords ? o->coords[i - 1].name : NULL;
}

static const char *
var_name (size_t i, const void *data)
{
  const rw_outline *o = data;
  return i < o->n_vars ? o->vars[i].name : NULL;
}

static rw_status
unknown (rw_error *err, const char *what, const char *word,
         const char *(*name) (size_t i, const void *data), const rw_outline *o)
{
  char near[96];
  rw_text list = { 0 };
  for (size_t i = 0; name (i, o); i++)
    rw_text_addf (&list, "%s%s", i ? ", " : "", name (i, o));
  rw_fail (err, RW_EINVAL, "unknown %s '%s'; known: %s%s", what, word, rw_text_get (&list),
           rw_did_you_mean (near, sizeof near, word, name, o));
  rw_text_free (&list);
  return RW_EINVAL;
}

rw_status
show_take (const rw_result *result, const char *word, show_pick *pick, rw_error *err)
{
  const rw_outline *o = result->outline;
  const char *value = strchr (word, '=');
  char key[256];
  if (!value || value == word || (size_t) (value - word) >= sizeof key)
    return rw_fail (err, RW_EINVAL, "'%s': expected KEY=VALUE", word);
  snprintf (key, sizeof key, "%.*s", (int) (value - word), word);
  value++;
  if (strcmp (key, "field") == 0)
    {
      pick->field = rw_outline_var_find (o, value);
      return pick->field < o->n_vars ? RW_OK : unknown (err, "field", value, var_name, o);
    }
  for (size_t i = 0; i < o->n_coords; i++)
    if (strcmp (o->coords[i].name, key) == 0)
      {
        const size_t dim = o->coords[i].dim;
        size_t index;
        const rw_status s = rw_coord_find (result, &o->coords[i], value, &index, err);
        if (!s && pick->fixed[dim] && pick->at[dim] != index)
          return rw_fail (err, RW_EINVAL, "'%s': contradicts another key on %s", word,
                          o->dims[dim].name);
        pick->fixed[dim] = true;
        pick->at[dim] = index;
        return s;
      }
  return unknown (err, "key", key, key_name, o);
}

static rw_status
show (const options *o, rw_error *err)
{
  rw_result *r;
  rw_status s = rw_result_open (o->words[0], &r, err);
  if (s)
    return s;
  show_pick pick = { .field = r->outline->n_vars };
  if (r->outline->n_dims > RW_AXES_MAX + RW_DIMS_MAX)
    s = rw_fail (err, RW_EIO, "%s: %zu dimensions are too many", r->path, r->outline->n_dims);
  for (int i = 1; i < o->n && !s; i++)
    s = show_take (r, o->words[i], &pick, err);
  if (!s && o->n == 1 && !o->csv)
    s = show_summary (r, o->common.json, err);
  else if (!s)
    s = show_table (r, &pick, o->csv ? SHOW_CSV : o->common.json ? SHOW_JSON : SHOW_TEXT, err);
  rw_result_close (r);
  return s;
}

int
door_show (int argc, char **argv)
{
  options o = { 0 };
  rw_error err = { 0 };
  argp_parse (&argp, argc, argv, 0, NULL, &o);
  if (o.n < 1)
    return door_usage (argv[0], "expected a result file");
  if (o.csv && o.common.json)
    return door_usage (argv[0], "--csv and --json exclude each other");
  const rw_status s = show (&o, &err);
  return door_close (argv[0], s ? door_fail (argv[0], &err) : 0);
}
