/* blame: a file's contents are at fault, not the config that names it: RW_EINVAL becomes RW_EIO.
   Private to the lab.  */
#ifndef RW_LAB_BLAME_H
#define RW_LAB_BLAME_H

#include "base/status.h"

static inline rw_status
rw_blame_file (rw_status s, rw_error *err)
{
  if (s != RW_EINVAL)
    return s;
  if (err)
    err->status = RW_EIO;
  return RW_EIO;
}

#endif
