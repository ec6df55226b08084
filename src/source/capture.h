/* capture: q, k and v of all heads, layer by layer, of one run of a network over one text; kept
   from group to group, so that an axis over heads or layers costs few runs.

   A run ends at the layer that is asked for.  Kept are RW_CAPTURE_BYTES at most (one layer at
   least): first the layers up to that one; once another layer is asked for, all layers, or as many
   from there on as fit.  Captures that were not used for longest give way.  What is returned does
   not depend on what is kept.  Private to src/source.  */
#ifndef RW_SOURCE_CAPTURE_H
#define RW_SOURCE_CAPTURE_H

#include "model/corpus.h"
#include "model/forward.h"
#include "rope/qk.h"

#ifndef RW_CAPTURE_BYTES /* the test has another */
#  define RW_CAPTURE_BYTES 1e9
#endif

typedef struct
{
  const rw_input *in;    /* network, model, corpus, layer, threads, stop */
  size_t offset;         /* the first token of the corpus, its documents one after the other */
  size_t tokens;         /* of the sequence, BOS included */
  bool bos;              /* the sequence begins with the tokenizer's */
  const rw_freqs *freqs; /* of the rope in->rope; NULL: every rope has the model's own */
} rw_capture_ask;

/* Views of one layer, as rw_activations has them: valid until the next call.  */
typedef struct
{
  const float *q, *k, *v; /* (tokens, heads or kv_heads, head_dim or value_dim) */
} rw_captured;

/* One run of the network over the sequence: `tap` sees every layer's q, k and v until it returns
   false.  RW_EINTR where in->stop is set.  */
typedef bool rw_capture_tap (void *data, const rw_activations *a);
rw_status rw_capture_run (const rw_capture_ask *ask, rw_capture_tap *tap, void *data,
                          rw_error *err);

/* *memo is NULL at first; the caller frees it with rw_captures_free, also after an error.  */
rw_status rw_captures_get (void **memo, const rw_capture_ask *ask, rw_captured *out, rw_error *err);
void rw_captures_free (void *memo); /* NULL-safe */

#endif
