/* progress: where a sweep stands, for people on stderr.

   On a terminal one line that is written over: [ 128/640] 20 % eta 3m12s yarn 8 32768.  Elsewhere
   (a log, a batch job) the same as a line a minute.  */
#ifndef RW_CLI_PROGRESS_H
#define RW_CLI_PROGRESS_H

#include "plan/plan.h"

typedef struct
{
  const rw_plan *plan;
  bool quiet, tty;
  bool begun;
  size_t kept;  /* points done before this run: they say nothing about its speed */
  double told;  /* seconds of the run at the last line of a log */
  size_t drawn; /* characters of the line on the terminal */
} progress;

progress progress_begin (const rw_plan *plan, bool quiet);
/* rw_run's progress function; data is a progress.  */
void progress_step (void *data, size_t done, size_t total, double seconds, size_t point);
void progress_end (progress *p); /* takes the line off the terminal */

/* "3m12s", "2h05m", "8s".  */
char *progress_duration (double seconds, char buf[32]);

#endif
