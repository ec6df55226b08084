/* rehearse: opening a result file first in a child process, which may die of it.

   HDF5 1.10 trusts the lists inside a file: damaged ones (global heaps, chunk trees) can make it
   loop for ever or reach outside its memory.  What a child has done unharmed the parent repeats:
   the same bytes lead to the same steps.  Private to src/lab.  */
#ifndef RW_LAB_REHEARSE_H
#define RW_LAB_REHEARSE_H

#include "base/status.h"

/* Calls walk (path) in a child.  RW_OK where it comes to an end, whatever it answers: the parent
   will meet the same answer, with words.  RW_EIO "damaged" where the child crashes or takes more
   than a few seconds of the processor (more for large files).  Where no child can be had the walk
   is not rehearsed.  */
rw_status rw_rehearse (const char *path, void (*walk) (const char *path), rw_error *err);

#endif
