/* ids: token ids from a file that somebody else made: a JSON list or an NPY array.  Private to the
   lab.

   One list, or an array of one dimension, is one document; a list of lists, or the rows of an array
   of two, are documents.  NPY integers may have any width and byte order.  */
#ifndef RW_LAB_IDS_H
#define RW_LAB_IDS_H

#include "model/tokenizer.h"

/* The documents of the file, each from 0 to `vocabulary` - 1 and at least one.  *out is (*n,) from
   rw_new; the caller frees it with rw_ids_list_free, also after an error.  */
rw_status rw_ids_read (const char *path, size_t vocabulary, rw_ids **out, size_t *n, rw_error *err);
void rw_ids_list_free (rw_ids *list, size_t n);

#endif
