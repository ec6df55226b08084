/* show: what the door `show` is made of: a selection, a summary, a table.

   show_take reads the words of the command line one after the other into a show_pick; the summary
   is for none, the table for what is left.  Both write to stdout and borrow the result.  */
#ifndef RW_CLI_SHOW_H
#define RW_CLI_SHOW_H

#include "lab/result.h"

typedef enum
{
  SHOW_TEXT,
  SHOW_CSV,
  SHOW_JSON
} show_form;

/* What key=value asked for.  */
typedef struct
{
  bool fixed[RW_AXES_MAX + RW_DIMS_MAX]; /* dimension is held at ... */
  size_t at[RW_AXES_MAX + RW_DIMS_MAX];  /* ... this index */
  size_t field;                          /* index into vars; n_vars where none was named */
} show_pick;

/* Takes one "key=value"; unknown keys list the known ones.  */
rw_status show_take (const rw_result *result, const char *word, show_pick *pick, rw_error *err);
/* Name, axes with their values, fields, counts of points, provenance.  */
rw_status show_summary (const rw_result *result, bool json, rw_error *err);
/* A row for every cell that is left, a column for its coordinates and for every field whose own
   dimensions are held (or for the one that was named, over all of its dimensions).  */
rw_status show_table (const rw_result *result, const show_pick *pick, show_form form,
                      rw_error *err);

#endif
