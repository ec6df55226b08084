/* corpus: what a model is measured on: documents of token ids.

   Made by the lab from a text (tokenized by the model's own tokenizer) or from ids; metrics and
   sources read it.  Errors over text are bootstrapped over these documents.  */
#ifndef RW_MODEL_CORPUS_H
#define RW_MODEL_CORPUS_H

#include <stddef.h>
#include <stdint.h>

typedef struct
{
  const char *name;  /* of its file */
  const int32_t *id; /* (n,) without BOS */
  size_t n;
} rw_document;

typedef struct rw_corpus
{
  size_t n;
  const rw_document *document; /* (n,) */
  size_t tokens;               /* in all */
} rw_corpus;

/* Where a metric or a source says that its corpus is: paths relative to the config's folder, one of
   the two; NULL where not given.  */
typedef struct
{
  const char *text;   /* a text file, or a folder whose *.txt files are the documents */
  const char *tokens; /* ids: an NPY file of integers, or a JSON list (of lists: documents) */
} rw_corpus_wish;

#endif
