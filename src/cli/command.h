/* command: the command of a run, as it was typed (the result file keeps it) and as it goes on after
   a stop (a hint prints it).  argv[0] is "ropewalk run"; words are quoted where a shell needs it.
   The caller frees the text.  */
#ifndef RW_CLI_COMMAND_H
#define RW_CLI_COMMAND_H

#include "base/text.h"

#include <stdbool.h>

/* Appends a word, after a space where there is something before it.  */
void command_word (rw_text *t, const char *word);

rw_text command_typed (int argc, char **argv);

/* The same without --force and with --resume, which `resume` says is there already, and with
   -o OUTPUT where the command names none; else output is NULL.  */
rw_text command_resumed (int argc, char **argv, const char *output, bool resume);

#endif
