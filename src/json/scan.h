/* scan: the strict grammar of JSON (RFC 8259) over a text, with line and column in every error.

   cJSON builds the tree but keeps no positions and is lenient: it takes control characters in
   texts, cuts numbers at 63 characters and ends a text at an escaped NUL.  So the text is checked
   here first; what passes, cJSON reads to the same value.  Private to src/json.  */
#ifndef RW_JSON_SCAN_H
#define RW_JSON_SCAN_H

#include "base/status.h"

#include <stddef.h>

/* RW_OK where the n bytes are one JSON value of at most RW_JSON_DEPTH nested lists and objects.
   `name` begins the error: "name:line:column: ...".  */
rw_status rw_scan_check (const char *name, const char *text, size_t n, rw_error *err);

typedef enum
{
  RW_SCAN_KEY,
  RW_SCAN_NUMBER
} rw_scan_kind;

/* "name:line:column" of the i-th key or number, in the order of the text, of a text that
   rw_scan_check accepted.  */
char *rw_scan_place (const char *name, const char *text, size_t n, rw_scan_kind kind, size_t i,
                     char *buf, size_t size);

#endif
