/* report: what `reproduce` leaves for readers: DIR/REPORT.md and DIR/report.html, from one walk.

   The walk (report.c) knows what is told and in which order; a form knows how it is written.  All
   texts of a walk may come from strangers: a form gets them whole and writes them through
   report_text, which leaves nothing in them but letters.  Both files are there whole or not at all.
 */
#ifndef RW_CLI_REPORT_H
#define RW_CLI_REPORT_H

#include "cli/reproduce.h"

/* One cell of a table.  */
typedef struct
{
  const char *text;
  const char *anchor; /* of the heading that it leads to, or NULL */
  const char
      *class; /* "number", "code", "match", "slip", "differs", "none": how it looks; or NULL */
} report_cell;

typedef struct
{
  const char *file; /* name in DIR */
  void (*begin) (rw_text *out, const char *title);
  void (*finish) (rw_text *out);
  void (*heading) (rw_text *out, const char *text, const char *anchor);
  void (*paragraph) (rw_text *out, const char *text);
  void (*command) (rw_text *out, const char *text); /* to type */
  /* A table: its heads, its rows of as many cells, its end.  `name` is for those who cannot see. */
  void (*heads) (rw_text *out, const char *name, const report_cell *cell, size_t n);
  void (*row) (rw_text *out, const report_cell *cell, size_t n);
  void (*rows_end) (rw_text *out);
  /* A list of words told.  */
  void (*items) (rw_text *out);
  void (*item) (rw_text *out, const char *word, const char *text);
  void (*items_end) (rw_text *out);
  bool embeds; /* pictures: else they are linked, and not read */
  /* `path` is relative to DIR, `svg` what the file holds where the form embeds it.  */
  void (*picture) (rw_text *out, const char *path, const rw_text *svg, const char *title);
} report_form;

extern const report_form report_markdown, report_html;

/* Every study of r, those without results as not run.  */
rw_status report_write (const reproduce *r, rw_error *err);

/* Appends the text: `escape` writes what a character stands for where it may not stand for itself,
   and returns true, else it is copied; control characters become spaces.  Configs and claims are
   UTF-8 (their readers refuse else), in which no byte of a longer character is ASCII.  */
void report_text (rw_text *out, const char *text, bool (*escape) (rw_text *out, char c));

#endif
