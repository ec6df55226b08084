/* plot: draws the figures that a result file declares.  */
#include "config.h"

#include "cli/door.h"
#include "cli/picture.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct
{
  door_common common;
  const char *file, *folder;
  char **names; /* (n_names,) figures asked for; all where 0 */
  size_t n_names;
  drawing_format format;
} plot;

static const struct argp_option options[] = {
  { "output", 'o', "DIR", 0, "folder for the pictures (default: the current one)", 1 },
  { "format", 'f', "svg|pdf|png", 0, "picture format (default svg)", 1 },
  { 0 },
};

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  plot *p = state->input;
  switch (key)
    {
    case ARGP_KEY_INIT:
      state->child_inputs[0] = &p->common;
      return 0;
    case 'o':
      p->folder = arg;
      return 0;
    case 'f':
      p->format = (drawing_format) door_choice (state->name, "--format", arg, picture_formats);
      return 0;
    case ARGP_KEY_ARGS:
      p->file = state->argv[state->next];
      p->names = state->argv + state->next + 1;
      p->n_names = (size_t) (state->argc - state->next - 1);
      return 0;
    case ARGP_KEY_NO_ARGS:
      exit (door_usage (state->name, "which file? FILE.h5 is missing"));
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
  .options = options,
  .parser = parse,
  .children = door_children,
  .args_doc = "FILE.h5 [NAME...]",
  .doc = "Draws the figures declared in a result file, all or those named, and prints their paths."
         "\vExample:\n  ropewalk plot run.h5 -o figures --format pdf",
};

static const char *
figure_name (size_t i, const void *data)
{
  const rw_outline *outline = data;
  return i < outline->n_figures ? outline->figures[i].name : NULL;
}

/* Every name asked for is a figure of the file.  */
static rw_status
check_names (const plot *p, const rw_outline *outline, rw_error *err)
{
  for (size_t k = 0; k < p->n_names; k++)
    {
      size_t i = 0;
      while (i < outline->n_figures && strcmp (outline->figures[i].name, p->names[k]) != 0)
        i++;
      if (i < outline->n_figures)
        continue;
      rw_text known = { 0 };
      char near[96];
      for (i = 0; i < outline->n_figures; i++)
        rw_text_addf (&known, "%s%s", i ? ", " : "", outline->figures[i].name);
      rw_fail (err, RW_EINVAL, "%s has no figure '%s'; it has: %s%s", p->file, p->names[k],
               rw_text_get (&known),
               rw_did_you_mean (near, sizeof near, p->names[k], figure_name, outline));
      rw_text_free (&known);
      return RW_EINVAL;
    }
  if (outline->n_figures)
    return RW_OK;
  rw_fail (err, RW_EINVAL, "%s declares no figures", p->file);
  return rw_hint (err, "add \"figures\": [{\"field\": ..., \"x\": ...}] to its config and run it "
                       "again with --force");
}

static bool
wanted (const plot *p, const char *name)
{
  for (size_t k = 0; k < p->n_names; k++)
    if (strcmp (p->names[k], name) == 0)
      return true;
  return p->n_names == 0;
}

static rw_status
draw (const plot *p, const rw_result *result, const rw_outline_figure *figure, cJSON *list,
      rw_error *err)
{
  char *path = picture_path (p->folder, figure->name, p->format);
  rw_status s = path ? picture_draw (result, figure, p->format, path, err) : rw_nomem (err, 0);
  if (!s && p->common.json)
    cJSON_AddItemToArray (list, cJSON_CreateString (path));
  else if (!s)
    puts (path);
  rw_free (path);
  return s;
}

static rw_status
draw_all (const plot *p, cJSON *list, rw_error *err)
{
  rw_result *result = NULL;
  rw_status s = rw_result_open (p->file, &result, err);
  if (!s)
    s = check_names (p, result->outline, err);
  if (!s && mkdir (p->folder, 0777) && errno != EEXIST)
    s = rw_fail (err, RW_EIO, "%s: %s", p->folder, strerror (errno));
  for (size_t i = 0; !s && i < result->outline->n_figures; i++)
    if (wanted (p, result->outline->figures[i].name))
      s = draw (p, result, &result->outline->figures[i], list, err);
  rw_result_close (result);
  return s;
}

int
door_plot (int argc, char **argv)
{
  plot p = { .folder = "." };
  argp_parse (&argp, argc, argv, 0, NULL, &p);
  rw_error err = { 0 };
  cJSON *list = cJSON_CreateArray ();
  if (draw_all (&p, list, &err))
    {
      cJSON_Delete (list);
      return door_fail (argv[0], &err);
    }
  char *text = p.common.json ? cJSON_Print (list) : NULL;
  if (text)
    puts (text);
  free (text);
  cJSON_Delete (list);
  return door_close (argv[0], 0);
}
