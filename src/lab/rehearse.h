/* rehearse: opening a result file first in a child process, which may die of it.

   HDF5 1.10 trusts the lists inside a file: damaged ones (global heaps, chunk trees) can make it
   loop for ever or reach outside its memory.  What a child has done unharmed the parent repeats:
   the same bytes lead to the same steps.  Private to src/lab.  */
#ifndef RW_LAB_REHEARSE_H
#define RW_LAB_REHEARSE_H

#include "base/status.h"

/* Calls walk (path, &err) in a child and answers what it answers, words and all: the parent opens
   only what came to a good end, since a file that HDF5 has refused can trouble it until it exits.
   RW_EIO "damaged" where the child crashes or takes more than a few seconds of the processor (more
   for large files).  Where no child can be had nothing is rehearsed: RW_OK.  */
rw_status rw_rehearse (const char *path, rw_status (*walk) (const char *path, rw_error *err),
                       rw_error *err);

#endif
