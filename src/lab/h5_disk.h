/* h5_disk: an HDF5 file driver that survives a full disk.

   HDF5 1.10 cannot close a file whose last writes fail: the handle leaks and the process may crash
   at exit.  This driver writes like HDF5's own (sec2), remembers the first failure and from then on
   lets HDF5 believe that all is well, so that everything closes; the caller asks the fault, tells
   the user, and removes the file.  Lab-private.  */
#ifndef RW_LAB_H5_DISK_H
#define RW_LAB_H5_DISK_H

#include "base/status.h"

#include <hdf5.h>

typedef struct
{
  rw_error error; /* of the first failure; RW_OK while there is none */
} rw_h5_fault;

/* Puts the driver on a file access list; *fault must outlive the file.  Negative on failure.  */
herr_t rw_h5_disk_use (hid_t access_list, rw_h5_fault *fault);

#endif
