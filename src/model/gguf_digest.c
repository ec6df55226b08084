/* gguf_digest: what a model holds, in 64 hex digits; see gguf.h.  */
#include "model/gguf_part.h"

#include <sha2.h>

enum
{
  PIECE = 64 << 10 /* bytes from the start of each tensor of a large model */
};
#define WHOLE ((uint64_t) 256 << 20) /* bytes of values up to which all of them count */

void
rw_gguf_digest (const rw_gguf *g, char hex[65])
{
  SHA2_CTX sha;
  uint64_t values = 0;
  SHA256Init (&sha);
  for (size_t i = 0; rw_gguf_part_at (g, i); i++)
    {
      const rw_gguf_part *part = rw_gguf_part_at (g, i);
      SHA256Update (&sha, part->data, part->head);
    }
  for (size_t i = 0; i < rw_gguf_tensors (g); i++)
    values += rw_gguf_tensor_at (g, i)->bytes;
  for (size_t i = 0; i < rw_gguf_tensors (g); i++)
    {
      const rw_gguf_tensor *t = rw_gguf_tensor_at (g, i);
      SHA256Update (&sha, t->data, values > WHOLE && t->bytes > PIECE ? PIECE : t->bytes);
    }
  SHA256End (&sha, hex);
}
