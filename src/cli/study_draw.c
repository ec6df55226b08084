/* study_draw: the figures of a study's results, beside them; see study.h.  */
#include "config.h"

#include "cli/picture.h"
#include "cli/study.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Whether an earlier sweep of the study has a figure of this name.  */
static bool
taken (const study *s, size_t trial, const char *name)
{
  for (size_t k = 0; k < trial; k++)
    for (size_t i = 0; i < s->trial[k].n_pictures; i++)
      if (strcmp (s->trial[k].picture[i].name, name) == 0)
        return true;
  return false;
}

/* DIR/NAME/FIGURE, with the config's name before it where two sweeps have a figure of that name. */
static rw_status
name_picture (const study *s, size_t trial, const rw_outline_figure *figure, study_picture *out,
              rw_error *err)
{
  const char *config = s->trial[trial].config;
  char *name = taken (s, trial, figure->name)
                   ? rw_format ("%.*s-%s", (int) strcspn (config, "."), config, figure->name)
                   : rw_strdup (figure->name);
  *out = (study_picture){ .name = figure->name,
                          .title = *figure->title ? figure->title : figure->name };
  if (name)
    {
      out->svg = picture_path (s->results, name, FORMAT_SVG);
      out->pdf = picture_path (s->results, name, FORMAT_PDF);
    }
  rw_free (name);
  return out->svg && out->pdf ? RW_OK : rw_nomem (err, strlen (figure->name));
}

/* Whether the picture was drawn after the result was finished.  */
static bool
up_to_date (const char *path, const char *result)
{
  struct stat p, r;
  if (stat (path, &p) || stat (result, &r))
    return false;
  return p.st_mtim.tv_sec > r.st_mtim.tv_sec
         || (p.st_mtim.tv_sec == r.st_mtim.tv_sec && p.st_mtim.tv_nsec >= r.st_mtim.tv_nsec);
}

static rw_status
draw (const study_trial *t, const rw_outline_figure *figure, const char *path,
      drawing_format format, rw_error *err)
{
  if (up_to_date (path, t->file))
    return RW_OK;
  return picture_draw (t->result, figure, format, path, err);
}

rw_status
study_draw (study *s, size_t trial, bool can_draw, rw_error *err)
{
  study_trial *t = &s->trial[trial];
  const rw_outline *o = t->result->outline;
  rw_status status = RW_OK;
  t->picture = rw_new (o->n_figures, sizeof *t->picture);
  if (!t->picture)
    return o->n_figures ? rw_nomem (err, o->n_figures * sizeof *t->picture) : RW_OK;
  for (size_t i = 0; i < o->n_figures; i++)
    {
      study_picture *p = &t->picture[i];
      rw_error why = { 0 };
      rw_status drawn = name_picture (s, trial, &o->figures[i], p, err);
      t->n_pictures++;
      if (drawn)
        return drawn;
      if (can_draw)
        {
          drawn = draw (t, &o->figures[i], p->svg, FORMAT_SVG, &why);
          if (!drawn)
            drawn = draw (t, &o->figures[i], p->pdf, FORMAT_PDF, &why);
        }
      p->drawn = !drawn && up_to_date (p->svg, t->file);
      if (drawn && !status)
        {
          status = drawn;
          rw_fail (err, drawn, "%s: figure %s: %s", s->name, p->name, why.text);
        }
    }
  return status;
}
