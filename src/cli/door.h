/* door: what the verbs of the program share: common options, errors on stderr, exit codes.

   stdout is data, stderr is people.  A verb is one file, cli/VERB.c, with one function
   `int door_VERB (int argc, char **argv)`, listed in main.c.  Options are parsed with argp; each
   verb takes door_argp as a child, whose input is a door_common.  */
#ifndef RW_CLI_DOOR_H
#define RW_CLI_DOOR_H

#include "base/notes.h"
#include "base/status.h"

#include <argp.h>
#include <signal.h>
#include <stdbool.h>

typedef struct
{
  bool quiet, json;
} door_common;

extern const struct argp door_argp; /* --quiet, --json, --plugin FILE (loaded as it is parsed) */
/* For a verb that takes no other child; its parser hands door_argp its door_common when it sees
   ARGP_KEY_INIT.  */
extern const struct argp_child door_children[];
/* The parser of a verb whose input is its door_common, because it has no options of its own.  */
error_t door_parse (int key, char *arg, struct argp_state *state);

typedef struct
{
  const char *name, *text;
  int (*run) (int argc, char **argv);
} door;

extern const door doors[]; /* ends with a NULL name */

/* Prints "ropewalk VERB: text" and "hint: ..." to stderr and returns the exit code.  */
int door_fail (const char *verb, const rw_error *err);
/* Usage errors: message and the hint to read --help; returns 2.  */
int door_usage (const char *verb, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/* All of `text` up to `end` is digits, a number that a size_t holds.  */
bool door_whole (const char *text, const char *end, size_t *out);
/* Which of the words (ending with NULL) the argument of an option is; any other is said, with those
   there are, and ends the program.  */
size_t door_choice (const char *verb, const char *option, const char *arg,
                    const char *const *words);
/* The argument of -j, a number of threads; anything else is said, and ends the program.  */
int door_threads (const char *verb, const char *arg);
/* Warnings of a reading, to stderr, unless quiet.  */
void door_warn (const door_common *common, const rw_notes *notes);
/* Flushes stdout; a write error (full disk, closed pipe) is exit 3.  Return its value from the
 * verb.  */
int door_close (const char *verb, int code);

/* From here on SIGINT and SIGTERM set door_stop's flag (a second one ends the program at once), a
   file-size limit is an error that a write returns, and a mapped file cut short is exit 3.  */
void door_catch (void);
const volatile sig_atomic_t *door_stop (void);

#endif
