/* threads: when a second thread is worth calling.

   Threads that meet cost 2 to 10 us where every core is free, and whole time slices where one is
   taken by others.  A region that is over sooner is run by its caller alone; its bits do not depend
   on it.  */
#ifndef RW_BASE_THREADS_H
#define RW_BASE_THREADS_H

#define RW_THREADS_WORTH 5e-5 /* seconds: several times what a meeting costs */

/* Threads for work that takes one core about so many seconds.  */
static inline int
rw_threads_for (double seconds, int threads)
{
  return seconds < RW_THREADS_WORTH ? 1 : threads;
}

#endif
