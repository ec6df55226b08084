/* tokenizer: text to token ids and back, as the tokenizer stored in a GGUF file has it.

   Two families: byte-pair (`tokenizer.ggml.model` "gpt2": the text is cut by the pattern that
   `tokenizer.ggml.pre` names, every piece is merged by rank) and SentencePiece-style ("llama":
   pieces joined by score, spaces written as U+2581, unknown bytes as <0xHH>).  Text is taken as it
   is, without a normal form.  It need not be valid UTF-8: bytes that are none are encoded as bytes,
   where the vocabulary has them, else refused with their place.  Decoding the ids of a text gives
   the text back, but for what a SentencePiece vocabulary without byte tokens does not know.  */
#ifndef RW_MODEL_TOKENIZER_H
#define RW_MODEL_TOKENIZER_H

#include "base/text.h"
#include "model/gguf.h"

typedef struct rw_tokenizer rw_tokenizer;

/* Read-only afterwards: may be used by several threads.  RW_EINVAL where the file has none, or one
   of another family (lists the known).  The caller frees it, before `g` is closed.  */
rw_status rw_tokenizer_new (const rw_gguf *g, rw_tokenizer **out, rw_error *err);
void rw_tokenizer_free (rw_tokenizer *t);

size_t rw_tokenizer_size (const rw_tokenizer *t); /* tokens in the vocabulary */
int32_t rw_tokenizer_bos (const rw_tokenizer *t); /* -1 where there is none */
int32_t rw_tokenizer_eos (const rw_tokenizer *t);
bool rw_tokenizer_add_bos (const rw_tokenizer *t); /* what the file asks for */

typedef struct
{
  int32_t *id; /* (n,) from rw_new; the caller frees it with rw_ids_free */
  size_t n, room;
} rw_ids;

void rw_ids_free (rw_ids *ids);
/* Appends one; grows by doubling.  */
rw_status rw_ids_add (rw_ids *ids, int32_t id, rw_error *err);

/* Appends the ids of n bytes.  No BOS is added.  `special`: control tokens written out in the text
   ("<|im_start|>") become their ids; otherwise they are text like any other.  */
rw_status rw_tokenizer_encode (const rw_tokenizer *t, const char *text, size_t n, bool special,
                               rw_ids *out, rw_error *err);
/* Appends the bytes of n ids.  Control tokens give nothing.  RW_EINVAL for an id the vocabulary
   does not have.  `first`: the ids begin a text, so that the space that SentencePiece puts in front
   is taken off.  */
rw_status rw_tokenizer_decode (const rw_tokenizer *t, const int32_t *id, size_t n, bool first,
                               rw_text *out, rw_error *err);

#endif
