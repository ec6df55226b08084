/* sheet: an expected.json while it is read: its text and tree, and the errors that name the place.

   Every error is made by rw_sheet_fail: "file:line:column: claims[3].value.at: what was expected".
   The texts of a sheet come from strangers and go to terminals and pages, so that none may hold
   control characters, and all have a length at most.  Private to src/claim.  */
#ifndef RW_CLAIM_SHEET_H
#define RW_CLAIM_SHEET_H

#include "claim/claim.h"
#include "json/json.h"

enum
{
  RW_SHEET_BYTES = 1 << 20, /* of a file: a thousand claims with room to spare */
  RW_SHEET_CLAIMS = 1024,   /* claims a file */
  RW_SHEET_CONFIGS = 64,    /* configs a folder */
  RW_SHEET_READINGS = 32,   /* readings a claim */
  RW_SHEET_DEPTH = 4,       /* values inside each other by minus and over */
  RW_SHEET_TEXT = 1000,     /* characters of a text */
  RW_SHEET_PATH = 256       /* bytes of a path in an error */
};

typedef struct
{
  const char *file;
  rw_text text;
  cJSON *root;
  rw_claims *claims; /* what it becomes */
  rw_error *err;
} rw_sheet;

/* RW_EINVAL at the item; `path` is the config path, "" for the whole file.  */
rw_status rw_sheet_fail (const rw_sheet *sheet, const cJSON *item, const char *path,
                         const char *format, ...) __attribute__ ((format (printf, 4, 5)));

/* An object with none but the known keys (NULL ends the list).  */
rw_status rw_sheet_keys (const rw_sheet *sheet, const cJSON *item, const char *path,
                         const char *const *known);

/* "path.key", cut where it is too long.  */
const char *rw_sheet_path (char buf[RW_SHEET_PATH], const char *path, const char *key);

/* A member that is a text of 1 to `most` characters, copied into the arena; *out is "" where it is
   missing and need not be there.  */
rw_status rw_sheet_text (const rw_sheet *sheet, const cJSON *object, const char *path,
                         const char *key, size_t most, bool needed, const char **out);
/* The same of a text that is no member.  */
rw_status rw_sheet_word (const rw_sheet *sheet, const cJSON *item, const char *path, size_t most,
                         const char **out);
/* And of a member's key.  */
rw_status rw_sheet_key (const rw_sheet *sheet, const cJSON *item, const char *path,
                        const char **out);

/* A member that is a number and must be there.  */
rw_status rw_sheet_number (const rw_sheet *sheet, const cJSON *object, const char *path,
                           const char *key, double *out);

/* A number as the file has it, "0.0424", copied into the arena.  */
rw_status rw_sheet_digits (const rw_sheet *sheet, const cJSON *item, const char **out);

/* The index of a config's file name, which joins the list where it is new.  */
rw_status rw_sheet_config (const rw_sheet *sheet, const cJSON *item, const char *path,
                           size_t *index);

/* A copy in the arena; NULL when out of memory.  */
char *rw_sheet_copy (const rw_sheet *sheet, const char *text, size_t n);

#endif
