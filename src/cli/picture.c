/* picture: reads a figure, draws it, names it; see picture.h.  */
#include "config.h"

#include "cli/picture.h"
#include "cli/figure.h"
#include "cli/gnuplot.h"

#include <string.h>

const char *const picture_formats[] = { "svg", "pdf", "png", NULL };

char *
picture_path (const char *folder, const char *name, drawing_format format)
{
  char *path = rw_format ("%s/%s.%s", folder, name, picture_formats[format]);
  for (char *c = path ? path + strlen (folder) + 1 : NULL; c && *c; c++)
    if (*c == '/')
      *c = '_';
  return path;
}

rw_status
picture_draw (const rw_result *result, const rw_outline_figure *figure, drawing_format format,
              const char *path, rw_error *err)
{
  rw_arena *arena = rw_arena_new ();
  rw_text script = { 0 };
  drawing d;
  rw_status s = arena ? figure_read (result, figure, arena, &d, err) : rw_nomem (err, sizeof d);
  if (!s)
    {
      drawing_script (&d, format, &script);
      s = gnuplot_run (&script, path, err);
    }
  rw_text_free (&script);
  rw_arena_free (arena);
  return s;
}
