/* models: every preset is read, by every stack, with the head, the rotation and the layout that its
   sources say (golden/models.tsv); and so is every file of a folder of collected configs beside the
   sources, where there is one.  */
#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/stack.h"
#include "tap.h"

#include <dirent.h>
#include <unistd.h>

typedef struct
{
  char name[96], type[48], layout[16];
  double head_dim, rotary_dim; /* NaN where no source says it */
} row;

static double
number_or_nan (const char *text)
{
  return strcmp (text, "-") == 0 ? NAN : strtod (text, NULL);
}

/* Next row of the table; 0 at its end.  */
static int
read_row (FILE *file, row *r)
{
  char line[512], head[16], rotary[16];
  while (fgets (line, sizeof line, file))
    if (line[0] != '#')
      {
        if (sscanf (line, "%95s %47s %15s %15s %15s", r->name, r->type, head, rotary, r->layout)
            != 5)
          return 0;
        r->head_dim = number_or_nan (head);
        r->rotary_dim = number_or_nan (rotary);
        return 1;
      }
  return 0;
}

/* Every rope of the model fills at length 0 and beyond its longest.  */
static int
fills (const rw_model *model, rw_error *err)
{
  rw_freqs freqs = { 0 };
  rw_status s = RW_OK;
  for (size_t i = 0; i < model->n_ropes && !s; i++)
    {
      const rw_rope *r = &model->rope[i];
      s = rw_schedule_fill (r->schedule, &r->geometry, 0, &freqs, err);
      if (!s)
        s = rw_schedule_fill (r->schedule, &r->geometry, 2 * r->geometry.max_length, &freqs, err);
    }
  rw_freqs_free (&freqs);
  return !s;
}

static void
agrees (const rw_model *model, const row *r)
{
  const rw_rope *rope = NULL;
  rw_error err = { 0 };
  if (rw_model_rope (model, strcmp (r->type, "-") == 0 ? NULL : r->type, &rope, &err))
    {
      ok (0, "%s: %s", r->name, err.text);
      return;
    }
  const rw_geometry *g = &rope->geometry;
  ok (isnan (r->head_dim) || (double) g->head_dim == r->head_dim, "%s: head_dim %lld, expected %g",
      r->name, (long long) g->head_dim, r->head_dim);
  ok (isnan (r->rotary_dim) || (double) g->rotary_dim == r->rotary_dim,
      "%s: rotary_dim %lld, expected %g", r->name, (long long) g->rotary_dim, r->rotary_dim);
  ok (strcmp (r->layout, "-") == 0 || strcmp (r->layout, rw_layout_text (g->layout)) == 0,
      "%s: pairs %s, expected %s", r->name, rw_layout_text (g->layout), r->layout);
  ok (model->n_layers > 0 && model->rope_of_layer, "%s: its layers are known", r->name);
}

/* Presets that a stack refuses, and what its error says: by the beginning of the stack's name.  */
static const struct
{
  const char *preset, *stack, *error;
} refusals[] = {
  { "minicpm3-4b", "hf-4", "rope_scaling.factor: longrope needs it" }, /* names no model_type */
  { NULL, NULL, NULL },
};

static const char *
refusal_of (const char *preset, const char *stack)
{
  for (size_t i = 0; refusals[i].preset; i++)
    if (strcmp (refusals[i].preset, preset) == 0
        && strncmp (refusals[i].stack, stack, strlen (refusals[i].stack)) == 0)
      return refusals[i].error;
  return NULL;
}

static void
presets_are_read (void)
{
  char path[4096];
  row r;
  size_t n = 0;
  const char *top = getenv ("top_srcdir");
  snprintf (path, sizeof path, "%s/tests/golden/models.tsv", top ? top : ".");
  FILE *file = fopen (path, "r");
  if (!ok (file != NULL, "the table of models is there"))
    return;
  for (; read_row (file, &r); n++)
    for (size_t i = 0; rw_stack_at (i); i++)
      {
        const rw_stack *stack = rw_stack_at (i);
        rw_model model;
        rw_error err = { 0 };
        const int read = !rw_stack_model (stack, r.name, NULL, &model, &err);
        const char *refusal = refusal_of (r.name, stack->name);
        if (refusal)
          ok (!read && strstr (err.text, refusal), "%s is refused by %s: %s", r.name, stack->name,
              err.text);
        else
          ok (read && fills (&model, &err), "%s is read by %s%s%s", r.name, stack->name,
              err.text[0] ? ": " : "", err.text);
        if (read && strcmp (stack->name, "exact") == 0)
          agrees (&model, &r);
        rw_model_free (&model);
      }
  ok (n >= 100, "at least a hundred presets (%zu)", n);
  fclose (file);
}

static void
presets_are_listed (void)
{
  char **names = NULL;
  size_t n = 0;
  rw_error err = { 0 };
  ok (!rw_stack_presets (&names, &n, &err), "the presets are listed");
  ok (n >= 100, "at least a hundred of them");
  int sorted = 1;
  for (size_t i = 1; i < n; i++)
    sorted &= strcmp (names[i - 1], names[i]) < 0;
  ok (sorted, "in order");
  rw_stack_presets_free (names, n);
}

/* Configs that nobody chose: each is read, or refused with a reason.  */
static void
collected_configs_are_read_or_refused (void)
{
  char folder[2048], path[4096];
  const char *top = getenv ("top_srcdir"), *given = getenv ("ROPEWALK_MODEL_CONFIGS");
  snprintf (folder, sizeof folder, "%s%s",
            given ? given
            : top ? top
                  : ".",
            given ? "" : "/../shared/model-configs");
  DIR *dir = opendir (folder);
  if (!dir)
    {
      skip ("no folder of collected configs", "collected configs are read or refused");
      return;
    }
  size_t read = 0, refused = 0, silent = 0;
  for (struct dirent *e; (e = readdir (dir));)
    if (strstr (e->d_name, ".json"))
      {
        rw_model model;
        rw_error err = { 0 };
        snprintf (path, sizeof path, "%s/%s", folder, e->d_name);
        const rw_stack *stack = rw_stack_at (0);
        const int good = !rw_stack_model (stack, path, NULL, &model, &err);
        read += (size_t) good;
        refused += !good && err.text[0];
        silent += !good && !err.text[0];
        if (!good)
          printf ("# %s\n", err.text);
        rw_model_free (&model);
      }
  closedir (dir);
  ok (read > 0 && !silent, "collected configs: %zu read, %zu refused with a reason", read, refused);
}

int
main (void)
{
  presets_are_listed ();
  presets_are_read ();
  collected_configs_are_read_or_refused ();
  return tap_end ();
}
