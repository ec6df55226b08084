/* capture_run: one run of a network over a text, for its q, k and v; see capture.h.  */
#include "schedule/schedule.h"
#include "source/capture.h"

#include <string.h>

/* BOS, then the corpus from the offset on, its documents one after the other.  */
static rw_status
gather_ids (const rw_capture_ask *ask, int32_t *id, rw_error *err)
{
  const rw_corpus *corpus = ask->in->corpus;
  size_t n = 0, skip = ask->offset;
  if (ask->bos)
    {
      const rw_tokenizer *tokenizer = NULL;
      const rw_status s = rw_network_tokenizer (ask->in->network, &tokenizer, err);
      if (s)
        return s;
      id[n++] = rw_tokenizer_bos (tokenizer);
    }
  for (size_t d = 0; d < corpus->n && n < ask->tokens; d++)
    {
      const rw_document *text = &corpus->document[d];
      const size_t from = skip < text->n ? skip : text->n;
      const size_t left = text->n - from, wanted = ask->tokens - n;
      const size_t take = left < wanted ? left : wanted;
      if (take)
        memcpy (id + n, text->id + from, take * sizeof *id);
      n += take;
      skip -= from;
    }
  return n == ask->tokens
             ? RW_OK
             : rw_fail (err, RW_EINVAL, "the text has %zu tokens for a sequence of %zu", n,
                        ask->tokens);
}

/* The table of every layer.  */
static rw_status
make_tables (const rw_capture_ask *ask, rw_forward_tables *out, rw_error *err)
{
  const rw_model *m = ask->in->model;
  const size_t layers = ask->in->network->hyper.layers;
  const double length = (double) ask->tokens;
  rw_freqs own = { 0 };
  if (ask->freqs)
    return rw_forward_tables_make (m, layers, ask->in->rope, ask->freqs, length, out, err);
  rw_status s = rw_schedule_fill (m->rope[0].schedule, &m->rope[0].geometry, length, &own, err);
  if (!s)
    s = rw_forward_tables_make (m, layers, 0, &own, length, out, err);
  rw_freqs_free (&own);
  return s;
}

/* What the forward pass calls.  */
typedef struct
{
  const rw_capture_ask *ask;
  rw_capture_tap *tap;
  void *data;
} listener;

static bool
hand_on (void *data, const rw_activations *a)
{
  const listener *l = data;
  return l->tap (l->data, a);
}

static bool
must_stop (void *data)
{
  const listener *l = data;
  return l->ask->in->stop && *l->ask->in->stop;
}

static rw_status
run_forward (listener *l, const rw_forward_tables *tables, const int32_t *id, rw_error *err)
{
  const rw_input *in = l->ask->in;
  const size_t start[] = { 0, l->ask->tokens };
  const rw_forward_ask how = { .network = in->network,
                               .model = in->model,
                               .freqs = tables->layer,
                               .length = (double) l->ask->tokens,
                               .threads = in->threads };
  const rw_batch batch = {
    .n_sequences = 1, .start = start, .id = id, .tap = hand_on, .data = l, .stop = must_stop
  };
  rw_forward *f = NULL;
  rw_status s = rw_forward_new (&how, &f, err);
  if (!s)
    s = rw_forward_run (f, &batch, err);
  rw_forward_free (f);
  return s;
}

rw_status
rw_capture_run (const rw_capture_ask *ask, rw_capture_tap *tap, void *data, rw_error *err)
{
  listener l = { ask, tap, data };
  rw_forward_tables tables = { 0 };
  int32_t *id = rw_new (ask->tokens, sizeof *id);
  rw_status s = id ? gather_ids (ask, id, err) : rw_nomem (err, ask->tokens * sizeof *id);
  if (!s)
    s = make_tables (ask, &tables, err);
  if (!s)
    s = run_forward (&l, &tables, id, err);
  rw_forward_tables_free (&tables);
  rw_free (id);
  return s;
}
