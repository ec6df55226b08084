/* reproduce: what the door `reproduce` is made of: the studies of the shelf, run, judged, told.  */
#ifndef RW_CLI_REPRODUCE_H
#define RW_CLI_REPRODUCE_H

#include "cli/door.h"
#include "cli/study.h"

typedef enum
{
  PART_ALL,
  PART_CLOSED, /* sweeps in closed form */
  PART_MODEL   /* sweeps that run a network */
} reproduce_part;

/* Everything is borrowed.  */
typedef struct
{
  const char *verb, *command; /* as typed */
  const char *dir;            /* of all results */
  bool quiet, json;
  int threads;
  bool any_build; /* results of other builds are kept too */
  reproduce_part part;
  size_t n;
  study *study; /* (n,) the whole shelf, and folders from elsewhere */
} reproduce;

/* Says what the sweeps that are to run would take; those whose inputs are not here become trials
   without a result.  */
rw_status reproduce_cost (const reproduce *r, rw_error *err);

/* Runs what is to run of a study.  RW_EPOINTS where points failed, which is said already.  */
rw_status reproduce_run (const reproduce *r, study *s, rw_error *err);

/* Draws the figures of all results that are current; those that cannot be drawn are said, and stop
   nothing.  */
rw_status reproduce_draw (const reproduce *r, rw_error *err);
/* DIR and DIR/NAME of the study; NULL: only DIR.  */
rw_status reproduce_folders (const reproduce *r, const study *s, rw_error *err);

/* The head of the table, a row a claim of a judged study, the line that counts: to stdout.  */
typedef struct
{
  size_t width[4]; /* of the columns before the verdict */
} reproduce_rows;
reproduce_rows reproduce_head (const reproduce *r);
void reproduce_row (const reproduce_rows *rows, const study *s);
void reproduce_count (const reproduce *r);

/* One object with everything, to stdout.  */
rw_status reproduce_json (const reproduce *r, rw_error *err);

#endif
