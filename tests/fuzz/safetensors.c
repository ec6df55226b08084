/* safetensors: a fuzz target (libFuzzer): any bytes as a safetensors file; every array that is read
   of it lies inside.  */
#include "json/safetensors.h"
#include "fuzz.h"

#include <stdio.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const names[] = { "q", "k", "layers.0.q", "", NULL };
  rw_safetensors *file;
  rw_tensor t;
  rw_error err;
  if (rw_safetensors_open ("fuzz.safetensors", data, size, &file, &err))
    return 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!rw_safetensors_get (file, names[i], &t, &err))
      touch (&t);
  rw_safetensors_free (file);
  return 0;
}
