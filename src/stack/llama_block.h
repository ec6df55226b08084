/* llama_block: a rope block on its way through llama.cpp's converter.  Private to llama_config.c
   and llama_rest.c, which tells what became of its keys.  */
#ifndef RW_STACK_LLAMA_BLOCK_H
#define RW_STACK_LLAMA_BLOCK_H

#include "stack/llama.h"

typedef struct
{
  const rw_config *c;
  const rw_geometry *g;
  const cJSON *block; /* or NULL */
  const char *path, *type;
  rw_llama_rope *out;
  rw_notes *notes; /* keys that were read are there as used */
} rw_llama_block;

/* Notes the keys that were not read, and turns those that were read without effect into ignored
   ones, each with its reason.  */
void rw_llama_block_rest (const rw_llama_block *r);

#endif
