/* npy: a fuzz target (libFuzzer): any bytes as an NPY file; what is read of it lies inside.  */
#include "base/npy.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  rw_tensor t;
  rw_error err;
  if (!rw_npy_read ("fuzz.npy", data, size, &t, &err))
    touch (&t);
  return 0;
}
