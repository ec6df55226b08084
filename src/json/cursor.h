/* cursor: where a JSON text is being read.  Owns nothing; errors go to the cursor's `err` and begin
   with "name:line:column: ".  Private to src/json.  */
#ifndef RW_JSON_CURSOR_H
#define RW_JSON_CURSOR_H

#include "base/status.h"

#include <stddef.h>

typedef struct
{
  const char *name; /* of the text, in errors */
  const unsigned char *s;
  size_t n, i; /* bytes, place */
  rw_error *err;
} rw_cursor;

/* The byte at the place, -1 at the end.  */
static inline int
rw_cursor_peek (const rw_cursor *z)
{
  return z->i < z->n ? z->s[z->i] : -1;
}

/* Line and column from 1; a column is a character, so UTF-8 continuation bytes do not count.  */
void rw_cursor_place (const unsigned char *s, size_t at, size_t *line, size_t *column);

/* Both are RW_EINVAL: `what` at byte `at`; "expected WHAT, got" what stands at the place.  */
rw_status rw_cursor_fail (rw_cursor *z, size_t at, const char *what);
rw_status rw_cursor_expected (rw_cursor *z, const char *what);

/* ---- token.c: past one token that begins at the place ---- */
rw_status rw_token_text (rw_cursor *z);   /* from its opening quote */
rw_status rw_token_number (rw_cursor *z); /* from its sign or first digit */

#endif
