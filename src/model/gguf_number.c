/* gguf_number: items of metadata as numbers; see gguf.h.  */
#include "model/gguf.h"

#include <string.h>

bool
rw_gguf_number (const rw_gguf_value *v, size_t i, double *out)
{
#define READ(type)                                                                                 \
  do                                                                                               \
    {                                                                                              \
      type x;                                                                                      \
      memcpy (&x, (const unsigned char *) v->data + i * sizeof x, sizeof x);                       \
      *out = (double) x;                                                                           \
      return true;                                                                                 \
    }                                                                                              \
  while (0)
  if (i >= v->n)
    return false;
  switch (v->type)
    {
    case RW_GGUF_UINT8:
      READ (uint8_t);
    case RW_GGUF_INT8:
      READ (int8_t);
    case RW_GGUF_UINT16:
      READ (uint16_t);
    case RW_GGUF_INT16:
      READ (int16_t);
    case RW_GGUF_UINT32:
      READ (uint32_t);
    case RW_GGUF_INT32:
      READ (int32_t);
    case RW_GGUF_FLOAT32:
      READ (float);
    case RW_GGUF_UINT64:
      READ (uint64_t);
    case RW_GGUF_INT64:
      READ (int64_t);
    case RW_GGUF_FLOAT64:
      READ (double);
    case RW_GGUF_BOOL:
      *out = ((const unsigned char *) v->data)[i] != 0;
      return true;
    default:
      return false;
    }
#undef READ
}
