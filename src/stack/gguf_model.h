/* gguf_model: a GGUF file as a model: its geometry and its own schedule.  Private to src/stack.

   What the file says is put into the words of a Hugging Face config and read like one, so that
   --rope, layer types and windows mean the same over both.  */
#ifndef RW_STACK_GGUF_MODEL_H
#define RW_STACK_GGUF_MODEL_H

#include "json/json.h"
#include "model/hyper.h"
#include "stack/llama.h"
#include "stack/stack.h"

/* Whether the file begins like a GGUF file; false also where it cannot be read.  */
bool rw_gguf_model_is (const char *path);

/* Fills a zeroed model; the stacks `exact` and `llama.cpp` read GGUF files.  */
rw_status rw_gguf_model_read (const rw_stack *stack, const char *path, const cJSON *rope,
                              rw_model *out, rw_error *err);

/* What is read of a file; notes are named by its keys.  */
typedef struct
{
  const rw_gguf *g;
  rw_hyper hyper;
  bool as_llama; /* as llama.cpp reads it; else what the file means */
  rw_notes notes;
  rw_error *err;
} rw_gguf_source;

/* ARCH.TAIL, noted as used; *out is left alone where the key is missing.  */
rw_status rw_gguf_model_number (rw_gguf_source *r, const char *tail, double lo, double hi,
                                double *out);
/* "FILE: ARCH.TAIL: ..."  */
rw_status rw_gguf_model_refuse (const rw_gguf_source *r, const char *tail, const char *text);

/* What the file says of its ropes.  The caller frees *out with rw_llama_rope_free, also after an
   error.  */
rw_status rw_gguf_model_rope (rw_gguf_source *r, rw_llama_rope *out);
/* The same as a rope block with its base, and the length before scaling where the file says it
   (else NaN).  The caller frees the block, also after an error.  */
rw_status rw_gguf_model_block (const rw_gguf_source *r, const rw_llama_rope *rope, cJSON **block,
                               double *original);

#endif
