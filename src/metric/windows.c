/* windows: the list of windows of a protocol; see windows.h.

   A document with its BOS, where it has one for itself, is a stream of tokens; window number k
   feeds stream tokens k stride .. k stride + n - 1 and predicts each one's successor.  With a BOS
   to every window the stream has none, and the window feeds BOS and stream tokens k stride .. k
   stride + n - 2. So both kinds of window of n places end where the last token that they predict
   does.  */
#include "metric/windows.h"

#include <string.h>

enum
{
  PARTS = 20 /* blocks of a single document: its twentieths, as definitions have it */
};

/* ---- one document ---- */

/* Tokens that windows can predict: all but the first, which only a BOS predicts.  Window k predicts
   numbers k stride .. k stride + n - 1 of them.  */
static size_t
predictable (const rw_windows_ask *a, const rw_document *d)
{
  return d->n - (a->bos == RW_BOS_NONE && d->n > 0);
}

static size_t
step_of (const rw_windows_ask *a)
{
  return a->stride && a->windows != RW_WINDOWS_DISJOINT ? a->stride : a->length;
}

/* Full windows of the document.  */
static size_t
full_of (const rw_windows_ask *a, size_t tokens)
{
  if (tokens < a->length)
    return 0;
  return a->windows == RW_WINDOWS_TRUNCATE ? 1 : (tokens - a->length) / step_of (a) + 1;
}

/* Is there something behind the last full window for one more to score?  It begins a step later. */
static bool
tail_of (const rw_windows_ask *a, size_t tokens)
{
  const size_t full = full_of (a, tokens);
  if (a->tail == RW_TAIL_NONE || (full && a->windows == RW_WINDOWS_TRUNCATE))
    return false;
  if (a->tail == RW_TAIL_FULL && tokens < a->length)
    return false;
  const size_t reached = full ? (full - 1) * step_of (a) + a->length : 0;
  return tokens > reached && tokens > full * step_of (a);
}

static size_t
count_of (const rw_windows_ask *a, const rw_document *d)
{
  const size_t tokens = predictable (a, d);
  return full_of (a, tokens) + tail_of (a, tokens);
}

static size_t
smaller (size_t a, size_t b)
{
  return a < b ? a : b;
}

/* First scored place of a window of n places, of which the last `fresh` are new.  */
static size_t
scored_from (const rw_windows_ask *a, size_t n, size_t fresh, bool tail)
{
  size_t from = n - fresh;
  if (a->score == RW_SCORE_LAST)
    from = n - smaller (n, a->stride ? a->stride : a->length);
  if (a->score == RW_SCORE_SECOND_HALF)
    from = (n + 1) / 2;
  return tail && from < n - fresh ? n - fresh : from;
}

/* Window number k of the document.  */
static rw_window
window_at (const rw_windows_ask *a, const rw_document *d, size_t document, size_t k)
{
  const size_t tokens = predictable (a, d), step = step_of (a);
  const bool tail = k == full_of (a, tokens);
  size_t at = k * step;
  if (tail && a->tail == RW_TAIL_FULL)
    at = tokens - a->length;
  const size_t end = smaller (at + a->length, tokens);
  const size_t before = k ? (k - 1) * step + a->length : 0;
  const size_t n = end - at, fresh = end - (before < at ? at : before);
  rw_window w = { .document = document, .first = at, .n = n };
  w.from = scored_from (a, n, fresh, tail);
  w.bos = a->bos == RW_BOS_WINDOW || (a->bos == RW_BOS_ONCE && at == 0);
  if (a->bos == RW_BOS_ONCE && !w.bos)
    w.first--;
  return w;
}

/* Window number k of `n` that stand at even steps.  */
static rw_window
window_spread (const rw_windows_ask *a, const rw_document *d, size_t document, size_t k, size_t n)
{
  rw_window w = { .document = document, .n = a->length };
  w.first = n > 1 ? (predictable (a, d) - a->length) * k / (n - 1) : 0;
  w.from = scored_from (a, w.n, w.n, false);
  return w;
}

/* ---- all of them ---- */

/* How many windows each document gets when they take turns until `most` are given.  */
static size_t
take_turns (const rw_windows_ask *a, const rw_corpus *corpus, size_t *got)
{
  size_t all = 0;
  for (size_t d = 0; d < corpus->n; d++)
    all += got[d] = count_of (a, &corpus->document[d]);
  if (!a->most || all <= a->most)
    return all;
  memset (got, 0, corpus->n * sizeof *got);
  for (size_t given = 0, turn = 0; given < a->most; turn++)
    for (size_t d = 0; d < corpus->n && given < a->most; d++)
      if (turn < count_of (a, &corpus->document[d]))
        {
          got[d]++;
          given++;
        }
  return a->most;
}

static rw_status
too_short (const rw_windows_ask *a, const rw_corpus *corpus, rw_error *err)
{
  const rw_document *longest = NULL;
  for (size_t d = 0; d < corpus->n; d++)
    if (!longest || corpus->document[d].n > longest->n)
      longest = &corpus->document[d];
  rw_fail (err, RW_EDOMAIN,
           "the longest text, %s, has %zu tokens; a window of length %zu takes %zu",
           longest && longest->name ? longest->name : "of none", longest ? longest->n : 0,
           a->length, a->length + (a->bos == RW_BOS_NONE));
  return rw_hint (err, "give a longer text, or a shorter length");
}

rw_status
rw_windows_make (const rw_windows_ask *ask, const rw_corpus *corpus, rw_arena *keep,
                 rw_windows *out, rw_error *err)
{
  size_t *got = rw_arena_take (keep, corpus->n + 1, sizeof *got);
  *out = (rw_windows){ 0 };
  if (!got)
    return rw_nomem (err, corpus->n * sizeof *got);
  const size_t n = take_turns (ask, corpus, got);
  if (!n)
    return too_short (ask, corpus, err);
  if (!(out->window = rw_arena_take (keep, n, sizeof *out->window)))
    return rw_nomem (err, n * sizeof *out->window);
  for (size_t d = 0; d < corpus->n; d++)
    for (size_t k = 0; k < got[d]; k++)
      {
        const rw_document *of = &corpus->document[d];
        const rw_window w
            = ask->spread ? window_spread (ask, of, d, k, got[d]) : window_at (ask, of, d, k);
        out->window[out->n++] = w;
        out->fed += w.n;
        out->scored += w.n - w.from;
        out->longest = w.n > out->longest ? w.n : out->longest;
      }
  return RW_OK;
}

size_t
rw_window_target (const rw_window *w, size_t j)
{
  return w->first + j + !w->bos;
}

void
rw_window_fill (const rw_window *w, const rw_corpus *corpus, int32_t bos, int32_t *id,
                int32_t *target)
{
  const int32_t *text = corpus->document[w->document].id;
  for (size_t j = 0; j < w->n; j++)
    {
      id[j] = w->bos ? (j ? text[w->first + j - 1] : bos) : text[w->first + j];
      if (target)
        target[j] = j < w->from ? -1 : text[rw_window_target (w, j)];
    }
}

/* ---- blocks ---- */

rw_blocks
rw_windows_blocks (const rw_windows *w, const rw_corpus *corpus)
{
  rw_blocks b = { .n = PARTS, .first = SIZE_MAX };
  for (size_t i = 0; i < w->n; i++)
    {
      const rw_window *v = &w->window[i];
      if (v->document != w->window[0].document)
        return (rw_blocks){ .n = corpus->n };
      const size_t first = rw_window_target (v, v->from), end = rw_window_target (v, v->n);
      b.first = smaller (b.first, first);
      b.end = end > b.end ? end : b.end;
    }
  return b;
}

size_t
rw_blocks_at (const rw_blocks *b, size_t document, size_t token)
{
  return b->end ? (token - b->first) * PARTS / (b->end - b->first) : document;
}
