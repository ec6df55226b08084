/* report: the walk over studies that every form of the report is written from; see report.h.  */
#include "config.h"

#include "cli/report.h"
#include "cli/command.h"
#include "cli/cost.h"
#include "cli/machine.h"
#include "cli/output.h"
#include "json/json.h"
#include "lab/provenance.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* One walk.  */
typedef struct
{
  const report_form *form;
  const reproduce *of;
  rw_text *out;
  rw_text line; /* of a moment */
} walk;

/* The moment's text, emptied.  */
static rw_text *
fresh (walk *w)
{
  w->out->failed = w->out->failed || w->line.failed;
  rw_text_free (&w->line);
  w->line = (rw_text){ 0 };
  return &w->line;
}

static const char *
verdict_class (rw_verdict verdict)
{
  static const char *const classes[] = { "match", "slip", "differs", "none" };
  return classes[verdict];
}

/* Letters and digits of a name, for links.  */
static const char *
anchor_of (const study *s, char buf[96])
{
  snprintf (buf, 96, "%s", s->name);
  for (char *c = buf; *c; c++)
    if (!strchr ("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", *c))
      *c = '-';
  return buf;
}

static bool
has_result (const study *s)
{
  for (size_t k = 0; k < s->n_trials; k++)
    if (s->trial[k].result)
      return true;
  return false;
}

static double
seconds_of (const study *s)
{
  double sum = 0;
  for (size_t k = 0; k < s->n_trials; k++)
    sum += s->trial[k].seconds;
  return sum;
}

/* ---- the head ---- */

static void
tell_stamp (walk *w)
{
  static const report_cell heads[] = { { .text = "stamp" }, { .text = "" } };
  rw_fact facts[RW_FACTS];
  char when[64] = "", took[32];
  double sum = 0;
  const time_t now = time (NULL);
  struct tm utc;
  if (gmtime_r (&now, &utc))
    strftime (when, sizeof when, "%Y-%m-%d %H:%M UTC", &utc);
  for (size_t i = 0; i < w->of->n; i++)
    sum += seconds_of (&w->of->study[i]);
  rw_provenance (facts);
  machine_add (fresh (w));
  const char *const rows[][2] = { { "ropewalk", facts[0].value },
                                  { "build", facts[1].value },
                                  { "written", when },
                                  { "machine", rw_text_get (&w->line) },
                                  { "time of all points", cost_time (sum, took) } };
  w->form->heads (w->out, "stamp", heads, 2);
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
    w->form->row (w->out, (report_cell[]){ { .text = rows[k][0] }, { .text = rows[k][1] } }, 2);
  w->form->rows_end (w->out);
}

static void
tell_verdicts (walk *w)
{
  static const char *const words[][2] = {
    { "match", "measured as published, within the tolerance that stands beside it" },
    { "paper slip", "not as published, and a second way shows what is right" },
    { "differs", "not as published" },
    { "not run", "no result of this build and this config is here" },
  };
  w->form->paragraph (
      w->out, "What papers on rotary position embeddings print, and what ropewalk measures "
              "from the configs in experiments/. A verdict says what was found; where more was "
              "expected, it says that too.");
  w->form->items (w->out);
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    w->form->item (w->out, words[k][0], words[k][1]);
  w->form->items_end (w->out);
}

enum
{
  SUMMARY = RW_VERDICT_NOT_RUN + 4 /* columns: experiment, what, verdicts, time */
};

static void
tell_counts (walk *w, const char *name, const char *anchor, const char *title, const size_t *count,
             const char *took)
{
  report_cell cell[SUMMARY] = { { .text = name, .anchor = anchor }, { .text = title } };
  char number[RW_VERDICT_NOT_RUN + 1][32];
  for (size_t k = 0; k <= RW_VERDICT_NOT_RUN; k++)
    {
      snprintf (number[k], sizeof number[k], "%zu", count[k]);
      cell[2 + k] = (report_cell){ .text = number[k], .class = "number" };
    }
  cell[SUMMARY - 1] = (report_cell){ .text = took, .class = "number" };
  w->form->row (w->out, cell, SUMMARY);
}

/* Every experiment with its verdicts: the table of contents.  */
static void
tell_summary (walk *w)
{
  size_t total[RW_VERDICT_NOT_RUN + 1] = { 0 };
  double sum = 0;
  char anchor[96], took[32];
  report_cell heads[SUMMARY] = { { .text = "experiment" }, { .text = "what" } };
  for (size_t k = 0; k <= RW_VERDICT_NOT_RUN; k++)
    heads[2 + k] = (report_cell){ .text = rw_verdict_name ((rw_verdict) k), .class = "number" };
  heads[SUMMARY - 1] = (report_cell){ .text = "time", .class = "number" };
  w->form->heading (w->out, "Contents and verdicts", "contents");
  w->form->heads (w->out, "contents and verdicts", heads, SUMMARY);
  for (size_t i = 0; i < w->of->n; i++)
    {
      const study *s = &w->of->study[i];
      size_t count[RW_VERDICT_NOT_RUN + 1] = { 0 };
      study_count (s, count);
      study_count (s, total);
      sum += seconds_of (s);
      tell_counts (w, s->name, anchor_of (s, anchor), s->claims ? s->claims->title : "", count,
                   has_result (s) ? cost_time (seconds_of (s), took) : "not run");
    }
  tell_counts (w, "all", NULL, "", total, cost_time (sum, took));
  w->form->rows_end (w->out);
}

/* ---- an experiment ---- */

static const char *
tolerance_text (walk *w, const rw_bound *bound)
{
  char buf[32];
  rw_text *t = fresh (w);
  if (bound->kind == RW_HOLDS_EQUAL)
    rw_text_addf (t, "%s%s%s", study_number (bound->tolerance, buf), *bound->why ? ": " : "",
                  bound->why);
  return rw_text_get (t);
}

static void
tell_claims (walk *w, const study *s)
{
  static const report_cell heads[] = { { .text = "claim" },
                                       { .text = "place" },
                                       { .text = "published", .class = "number" },
                                       { .text = "measured", .class = "number" },
                                       { .text = "verdict" },
                                       { .text = "tolerance" } };
  enum
  {
    COLUMNS = sizeof heads / sizeof *heads
  };
  w->form->heads (w->out, s->name, heads, COLUMNS);
  for (size_t i = 0; i < s->claims->n_claims; i++)
    {
      const rw_claim *c = &s->claims->claim[i];
      const rw_judgement *j = &s->judged[i];
      char number[32], verdict[64];
      const report_cell cell[COLUMNS]
          = { { .text = c->name },
              { .text = c->place },
              { .text = c->published, .class = c->bound.kind ? NULL : "number" },
              { .text = study_number (j->measured, number), .class = "number" },
              { .text = study_verdict (c, j, verdict), .class = verdict_class (j->verdict) },
              { .text = tolerance_text (w, &c->bound) } };
      w->form->row (w->out, cell, COLUMNS);
    }
  w->form->rows_end (w->out);
}

/* What stands beneath the table: why there is no number, what is right, what other readings give.
 */
static bool
tell_beneath (walk *w, const rw_claim *c, const rw_judgement *j, bool begun)
{
  char number[32];
  rw_text *t = fresh (w);
  if (*j->note)
    rw_text_addf (t, "%s. ", j->note);
  if (c->has_slip && j->verdict == RW_VERDICT_SLIP)
    rw_text_addf (t, "%s: measured %s. ", c->slip.why, study_number (j->right, number));
  for (size_t k = 0; k < c->n_readings && j->reading; k++)
    rw_text_addf (t, "%s: %s. ", c->reading[k].says,
                  *study_number (j->reading[k], number) ? number : "nothing");
  if (!t->n)
    return begun;
  t->s[--t->n] = '\0'; /* the last space */
  if (!begun)
    w->form->items (w->out);
  w->form->item (w->out, c->name, rw_text_get (t));
  return true;
}

static void
tell_notes (walk *w, const study *s)
{
  bool begun = false;
  for (size_t i = 0; i < s->claims->n_claims; i++)
    begun = tell_beneath (w, &s->claims->claim[i], &s->judged[i], begun);
  if (begun)
    w->form->items_end (w->out);
}

static rw_status
tell_pictures (walk *w, const study *s, rw_error *err)
{
  for (size_t k = 0; k < s->n_trials; k++)
    for (size_t i = 0; i < s->trial[k].n_pictures; i++)
      {
        const study_picture *p = &s->trial[k].picture[i];
        rw_text svg = { 0 };
        const rw_status status
            = p->drawn && w->form->embeds ? rw_json_text (p->svg, &svg, err) : RW_OK;
        if (p->drawn && !status)
          w->form->picture (w->out, p->svg + strlen (w->of->dir) + 1, &svg, p->title);
        rw_text_free (&svg);
        if (status)
          return status;
      }
  return RW_OK;
}

/* The sweeps: what was run of which config, or why not.  */
static void
tell_trials (walk *w, const study *s)
{
  static const report_cell heads[] = { { .text = "config" },
                                       { .text = "points", .class = "number" },
                                       { .text = "failed", .class = "number" },
                                       { .text = "time", .class = "number" },
                                       { .text = "build" },
                                       { .text = "config sha256" } };
  enum
  {
    COLUMNS = sizeof heads / sizeof *heads
  };
  w->form->heads (w->out, "sweeps", heads, COLUMNS);
  for (size_t k = 0; k < s->n_trials; k++)
    {
      const study_trial *t = &s->trial[k];
      char points[32], failed[32], took[32];
      snprintf (points, sizeof points, "%zu", t->points);
      snprintf (failed, sizeof failed, "%zu", t->failed);
      const report_cell cell[COLUMNS]
          = { { .text = t->config },
              { .text = t->plan ? points : "", .class = "number" },
              { .text = t->result ? failed : "", .class = "number" },
              { .text = t->result ? cost_time (t->seconds, took) : "not run", .class = "number" },
              { .text = t->result ? rw_outline_get (t->result->outline, "build_id") : "",
                .class = "code" },
              { .text = t->plan ? t->plan->sha256 : "", .class = "code" } };
      w->form->row (w->out, cell, COLUMNS);
    }
  w->form->rows_end (w->out);
}

static void
tell_missing (walk *w, const study *s)
{
  bool missing = false;
  for (size_t k = 0; k < s->n_trials; k++)
    {
      const study_trial *t = &s->trial[k];
      missing = missing || (!t->result && !t->reason);
      if (t->result || !t->reason)
        continue;
      rw_text_addf (fresh (w), "%s is not run: %s", t->config, t->reason);
      w->form->paragraph (w->out, rw_text_get (&w->line));
    }
  if (!missing)
    return;
  w->form->paragraph (w->out, has_result (s) ? "The rest is run by" : "Not run. It is run by");
  rw_text_add (fresh (w), "ropewalk reproduce");
  command_word (&w->line, s->name);
  if (strcmp (w->of->dir, "results") != 0)
    {
      command_word (&w->line, "-o");
      command_word (&w->line, w->of->dir);
    }
  w->form->command (w->out, rw_text_get (&w->line));
}

static rw_status
tell_study (walk *w, const study *s, rw_error *err)
{
  char anchor[96];
  rw_text *t = fresh (w);
  rw_text_addf (t, "%s%s%s", s->name, s->claims ? ": " : "", s->claims ? s->claims->title : "");
  w->form->heading (w->out, rw_text_get (t), anchor_of (s, anchor));
  if (s->claims)
    {
      rw_text_addf (fresh (w), "Paper: %s", s->claims->paper);
      w->form->paragraph (w->out, rw_text_get (&w->line));
    }
  if (s->refused)
    {
      rw_text_addf (fresh (w), "Its claims cannot be read: %s", s->refused);
      w->form->paragraph (w->out, rw_text_get (&w->line));
    }
  tell_missing (w, s);
  if (s->claims && has_result (s))
    {
      tell_claims (w, s);
      tell_notes (w, s);
    }
  const rw_status status = tell_pictures (w, s, err);
  tell_trials (w, s);
  return status;
}

static rw_status
write_form (const reproduce *r, const report_form *form, rw_error *err)
{
  rw_text out = { 0 };
  walk w = { .form = form, .of = r, .out = &out };
  rw_status s = RW_OK;
  form->begin (&out, "Published numbers, measured again");
  tell_verdicts (&w);
  tell_stamp (&w);
  tell_summary (&w);
  for (size_t i = 0; !s && i < r->n; i++)
    s = tell_study (&w, &r->study[i], err);
  form->finish (&out);
  fresh (&w);
  char *path = s ? NULL : rw_format ("%s/%s", r->dir, form->file);
  if (!s)
    s = path ? output_write (path, &out, true, err) : rw_nomem (err, strlen (r->dir));
  if (!s && !r->quiet)
    fprintf (stderr, "wrote %s\n", path);
  rw_free (path);
  rw_text_free (&out);
  return s;
}

rw_status
report_write (const reproduce *r, rw_error *err)
{
  const rw_status s = write_form (r, &report_markdown, err);
  return s ? s : write_form (r, &report_html, err);
}
