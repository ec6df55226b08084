/* json: strict reading of JSON, and its canonical writing.

   Strict: the text is one value and nothing after it, keys are not repeated, numbers are finite
   doubles, nesting is at most RW_JSON_DEPTH, files at most RW_JSON_BYTES.  Every error names the
   file and, for syntax, duplicates and numbers, line and column.  The caller frees trees with
   cJSON_Delete and texts with rw_free.  Key lookups are case-sensitive.

   src/json stands below stack, plan and lab because all read JSON; nothing else names cJSON.  */
#ifndef RW_JSON_JSON_H
#define RW_JSON_JSON_H

#include "base/status.h"
#include "base/text.h"

#include <cjson/cJSON.h>

enum
{
  RW_JSON_DEPTH = 64,
  RW_JSON_BYTES = 16 << 20
};

/* `name` is the file's name in errors; `text` (n bytes) need not end with a NUL.  */
rw_status rw_json_parse (const char *name, const char *text, size_t n, cJSON **out, rw_error *err);
rw_status rw_json_read (const char *path, cJSON **out, rw_error *err); /* "-" is stdin */
/* The file as it stands, appended to `out`, which the caller frees also on errors.  */
rw_status rw_json_text (const char *path, rw_text *out, rw_error *err);
/* An argument that is JSON itself, or @file.  */
rw_status rw_json_argument (const char *argument, const char *option, cJSON **out, rw_error *err);

/* Appends the canonical text: object keys sorted by bytes, no spaces, numbers as the shortest
   decimal that reads back; equal values give equal texts.  */
void rw_json_normal (const cJSON *value, rw_text *out);

/* Appends the value for people, indented, keys in their order, a line end last; numbers read back
   bit for bit, which cJSON_Print does not promise.  */
void rw_json_print (const cJSON *value, rw_text *out);

/* The target changed by a merge patch (RFC 7386): members of objects are replaced, null takes one
   out.  Neither is changed; the caller frees *out.  */
rw_status rw_json_merge (const cJSON *target, const cJSON *patch, cJSON **out, rw_error *err);
/* What of a patch changes the target: merging it gives the same.  The caller frees *out.  */
rw_status rw_json_change (const cJSON *target, const cJSON *patch, cJSON **out, rw_error *err);

/* Hex SHA-256 of n bytes into hex (65 bytes).  */
void rw_json_sha256 (const char *text, size_t n, char hex[65]);

/* Case-sensitive member, NULL where absent.  */
const cJSON *rw_json_get (const cJSON *object, const char *key);

/* Where an item of a tree begins in the text that rw_json_parse read the tree from; n where it is
   none of the tree's.  And as "name:line:column", for errors.  */
size_t rw_json_offset (const char *text, size_t n, const cJSON *root, const cJSON *item);
char *rw_json_place (const char *name, const char *text, size_t n, const cJSON *root,
                     const cJSON *item, char *buf, size_t size);

/* "a number", "a text", "an object", ...: what stands there, for errors.  */
const char *rw_json_kind (const cJSON *value);

#endif
