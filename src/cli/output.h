/* output: where a verb's data goes: stdout, or a file that is there whole or not at all.

   For verbs whose data is one text; the text stays the caller's.  What fails is the disk, the pipe,
   or the memory that the text did not get: then no file is left and none is replaced.  */
#ifndef RW_CLI_OUTPUT_H
#define RW_CLI_OUTPUT_H

#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>

/* Writes the text to stdout (path NULL), or to a temporary name beside path that is then renamed.
   An existing path is an error unless `replace`.  */
rw_status output_write (const char *path, const rw_text *text, bool replace, rw_error *err);

#endif
