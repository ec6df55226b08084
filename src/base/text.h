/* text: a growable string, and the words of errors: did-you-mean and number formatting.

   A zeroed rw_text is an empty one; the caller frees it with rw_text_free.  Appending never
   returns an error: out of memory sets `failed`, and everything after is ignored, so that a
   writer checks once at its end.  */
#ifndef RW_BASE_TEXT_H
#define RW_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct
{
  char *s;  /* NUL-terminated; NULL while empty */
  size_t n; /* bytes, without the NUL */
  size_t room;
  bool failed; /* out of memory somewhere: the text is incomplete */
} rw_text;

void rw_text_add (rw_text *t, const char *s);
void rw_text_addn (rw_text *t, const char *s, size_t n);
void rw_text_addf (rw_text *t, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
void rw_text_free (rw_text *t);
const char *rw_text_get (const rw_text *t); /* "" while empty */

/* Characters of a UTF-8 text: every byte that does not continue one.  NULL has none.  */
size_t rw_characters (const char *text);

/* The shortest decimal that reads back as x, e.g. "0.1", "1e+22", "nan".  At least 32 bytes.  */
char *rw_number_text (double x, char buf[32]);

/* The candidate nearest to `word` if it is near enough to be a slip (edit distance at most 1 for
   short words, a third of the length for longer), else NULL.  `name (i, data)` is candidate i or
   NULL at the end.  */
const char *rw_nearest (const char *word, const char *(*name) (size_t i, const void *data),
                        const void *data);

/* Fills `buf` with "; did you mean 'x'?" or "", and returns it: for the end of an error text.  */
char *rw_did_you_mean (char *buf, size_t size, const char *word,
                       const char *(*name) (size_t i, const void *data), const void *data);

#endif
