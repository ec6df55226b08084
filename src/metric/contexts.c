/* contexts: cropped windows with the same targets; see contexts.h.  */
#include "metric/contexts.h"

enum
{
  BLUR = 8 /* contexts of a group differ by less than one part in so many */
};

static size_t
smaller (size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Targets that share a window.  */
static size_t
group_of (size_t targets, size_t context, size_t length)
{
  if (context >= length)
    return targets;
  return smaller (targets, context / BLUR ? context / BLUR : 1);
}

rw_status
rw_contexts_make (const rw_contexts_ask *ask, const rw_input *in, rw_contexts *out, rw_error *err)
{
  *out = (rw_contexts){ .ask = *ask };
  out->ask.targets = smaller (ask->targets, ask->length);
  /* A BOS takes the place of the first token.  */
  const rw_windows_ask windows = { .score = RW_SCORE_LAST,
                                   .length = ask->length,
                                   .stride = out->ask.targets,
                                   .most = ask->windows,
                                   .spread = true };
  rw_status s = rw_eval_bos (in, ask->bos, &out->bos, err);
  if (!s)
    s = rw_windows_make (&windows, in->corpus, in->scratch, &out->full, err);
  for (size_t i = 0; !s && ask->bos && i < out->full.n; i++)
    {
      out->full.window[i].first++;
      out->full.window[i].bos = true;
    }
  return s;
}

/* The window that ends with target `last` (a token of the document) and scores `count`.  */
static rw_window
crop (const rw_contexts *c, const rw_window *full, size_t last, size_t count, size_t context)
{
  const size_t bos = c->ask.bos, room = last - full->first + bos;
  rw_window w = { .document = full->document, .bos = bos, .n = smaller (context, room) };
  w.first = last - (w.n - bos);
  w.from = w.n - smaller (count, w.n);
  return w;
}

rw_status
rw_contexts_crop (const rw_contexts *c, size_t context, rw_arena *keep, rw_windows *out,
                  rw_error *err)
{
  const size_t targets = c->ask.targets, group = group_of (targets, context, c->ask.length);
  const size_t each = (targets + group - 1) / group;
  *out = (rw_windows){ .window = rw_arena_take (keep, c->full.n * each, sizeof *out->window) };
  if (!out->window)
    return rw_nomem (err, c->full.n * each * sizeof *out->window);
  for (size_t i = 0; i < c->full.n; i++)
    for (size_t at = 0; at < targets; at += group)
      {
        const rw_window *full = &c->full.window[i];
        const size_t count = smaller (group, targets - at);
        const size_t last = rw_window_target (full, full->from + at + count - 1);
        const rw_window w = crop (c, full, last, count, context);
        out->window[out->n++] = w;
        out->fed += w.n;
        out->scored += w.n - w.from;
        out->longest = w.n > out->longest ? w.n : out->longest;
      }
  return RW_OK;
}

rw_status
rw_contexts_run (const rw_contexts *c, rw_eval *e, size_t context, double *nll, rw_error *err)
{
  rw_windows w;
  const rw_status s = rw_contexts_crop (c, context, e->ask.in->scratch, &w, err);
  return s ? s : rw_eval_windows (e, &w, c->bos, nll, err);
}

/* ---- of the metrics ---- */

const char *const rw_contexts_bos[] = { "none", "window", NULL };

rw_contexts_ask
rw_contexts_ask_of (const rw_contexts_head *head, const rw_input *in)
{
  return (rw_contexts_ask){ .length = rw_eval_length (in),
                            .targets = (size_t) head->targets,
                            .windows = (size_t) head->max_windows,
                            .bos = head->bos };
}

void
rw_contexts_corpus (const void *head, rw_corpus_wish *out)
{
  const rw_contexts_head *h = head;
  *out = (rw_corpus_wish){ .text = h->text, .tokens = h->tokens };
}

rw_status
rw_contexts_check (const void *head, const rw_input *in, rw_error *err)
{
  const rw_contexts_ask ask = rw_contexts_ask_of (head, in);
  rw_corpus_wish wish;
  rw_contexts c;
  rw_contexts_corpus (head, &wish);
  const rw_status s = rw_eval_check (in, &wish, err);
  return s || !in->network || !in->corpus ? s : rw_contexts_make (&ask, in, &c, err);
}

double
rw_contexts_seconds (const rw_contexts_head *head, const rw_input *in, size_t context)
{
  const rw_contexts_ask a = rw_contexts_ask_of (head, in);
  const size_t targets = smaller (a.targets, a.length),
               group = group_of (targets, context, a.length);
  const double windows = (double) (a.windows * ((targets + group - 1) / group));
  const double fed = windows * (double) smaller (context, a.length);
  return rw_eval_seconds (in, fed, (double) context, (double) (a.windows * targets));
}
