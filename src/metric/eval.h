/* eval: losses of a point's model under a schedule, in batches of whole sequences.

   What nll, gain, extrapolation, longppl, needle and copy share.  Results depend neither on threads
   nor on how sequences are batched.  */
#ifndef RW_METRIC_EVAL_H
#define RW_METRIC_EVAL_H

#include "metric/windows.h"
#include "model/forward.h"
#include "rope/qk.h"

typedef struct
{
  const rw_input *in;        /* network, model, rope, length, threads, scratch, stop */
  const rw_freqs *freqs;     /* of the point's rope, with rule and query scale; NULL: the schedule
                                below, or the model's own, with neither rule nor query scale */
  const rw_object *schedule; /* only where freqs is NULL; NULL: the model's own */
  size_t keep;               /* only the last so many keys; 0: all */
  size_t room;               /* tokens whose keys and values are kept, of one sequence; 0: none */
  bool bfloat16;
} rw_eval_ask;

typedef struct
{
  rw_eval_ask ask;
  rw_freqs own;
  rw_forward_tables tables;
  rw_forward *forward;
} rw_eval;

/* A failed open leaves nothing to close; closing twice is harmless.  */
rw_status rw_eval_open (const rw_eval_ask *ask, rw_eval *out, rw_error *err);
void rw_eval_close (rw_eval *e);

/* rw_forward_run that heeds in->stop.  */
rw_status rw_eval_run (rw_eval *e, const rw_batch *batch, rw_error *err);
/* The same for any number of sequences, a batch at a time.  */
rw_status rw_eval_sequences (rw_eval *e, const rw_batch *all, rw_error *err);
/* Losses of the scored places, window after window.  `nll` is (w->scored,).  */
rw_status rw_eval_windows (rw_eval *e, const rw_windows *w, int32_t bos, double *nll,
                           rw_error *err);

/* All three in one: open, losses of the windows, close.  */
rw_status rw_eval_losses (const rw_eval_ask *ask, const rw_windows *w, int32_t bos, double *nll,
                          rw_error *err);

/* The tokenizer's BOS where `wanted`, else -1.  RW_EINVAL where the model has none.  */
rw_status rw_eval_bos (const rw_input *in, bool wanted, int32_t *bos, rw_error *err);

/* Rough seconds of one core: `fed` tokens in sequences of `length`, `scored` of them with logits.
   in->network may be NULL: then by the geometry.  */
double rw_eval_seconds (const rw_input *in, double fed, double length, double scored);

/* Tokens of in->length, at least 1.  */
size_t rw_eval_length (const rw_input *in);

/* Where the text is: the first two parameters of every metric over text, and members of its struct.
 */
#define RW_TEXT_PARAMS(self)                                                                       \
  { .name = "text",                                                                                \
    .type = RW_TEXT,                                                                               \
    .at = offsetof (self, text),                                                                   \
    .text = "a text file, or a folder whose *.txt files are the documents" },                      \
  {                                                                                                \
    .name = "tokens", .type = RW_TEXT, .at = offsetof (self, tokens),                              \
    .text = "token ids instead: an NPY file, or a JSON list (of lists: documents)"                 \
  }

/* What every metric over text refuses: no corpus asked for, a length below one token.  */
rw_status rw_eval_check (const rw_input *in, const rw_corpus_wish *wish, rw_error *err);

#endif
