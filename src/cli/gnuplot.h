/* gnuplot: the program that draws; ropewalk only writes its script.

   Labels come from files that strangers wrote.  Every text stands between single quotes, where
   gnuplot substitutes nothing, and the picture leaves through the child's stdout, so that no path
   ever reaches the script.  */
#ifndef RW_CLI_GNUPLOT_H
#define RW_CLI_GNUPLOT_H

#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>

/* Appends 'text' as a gnuplot string that stands for itself: its own single quotes become
   typographic ones, control characters spaces.  NULL is ''.  */
void gnuplot_quote (rw_text *out, const char *text);

bool gnuplot_found (void); /* whether the program is installed */

/* Runs gnuplot on the script and leaves what it draws at `path`, whole or not at all.  */
rw_status gnuplot_run (const rw_text *script, const char *path, rw_error *err);

#endif
