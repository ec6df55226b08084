/* gguf_seeds: writes a whole small network of each architecture into the current folder: where the
   fuzzing of gguf.c starts from.  */
#include "network_help.h"

int
main (void)
{
  for (const small_arch *a = small_archs; a->arch; a++)
    {
      gguf_file f = { 0 };
      bytes b;
      add_shape (&f, a);
      add_u32 (&f, keyed (a->arch, "attention.sliding_window"), 16);
      add_u32 (&f, keyed (a->arch, "rope.dimension_count"), 4);
      add_array (&f, "tokenizer.ggml.tokens", RW_GGUF_STRING, 2, "", 0);
      put_text (&f.meta, "<s>");
      put_text (&f.meta, "");
      add_weights (&f, a, NULL);
      finish_file (&f, &b);
      if (!write_file (a->arch, &b))
        return 1;
      free (b.s);
    }
  return 0;
}
