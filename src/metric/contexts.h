/* contexts: the same targets with less and less of the text before them.

   Targets are the last tokens of windows of L' tokens.  With context c they are predicted from
   windows of c tokens that end where they do, positions counted from 0.  Targets next to each other
   share a window, so that c means "up to c": of a group of t the last has c tokens of context, the
   first c - t + 1, and t is at most c / 8.  The full window, c = L', scores all its targets at
   once.  */
#ifndef RW_METRIC_CONTEXTS_H
#define RW_METRIC_CONTEXTS_H

#include "metric/eval.h"
#include "metric/interval.h"

typedef struct
{
  size_t length;  /* L' */
  size_t targets; /* of each window, at most */
  size_t windows; /* in all; 0: as many as fit */
  bool bos;       /* every window, cropped or not, begins with BOS, which counts as context */
} rw_contexts_ask;

typedef struct
{
  rw_contexts_ask ask;
  int32_t bos;
  rw_windows full; /* the uncropped windows: ask.targets scored places each */
} rw_contexts;

/* Windows stand at even steps in each document of in->corpus.  From in->scratch.  */
rw_status rw_contexts_make (const rw_contexts_ask *ask, const rw_input *in, rw_contexts *out,
                            rw_error *err);

/* The windows of context c; their scored places are the targets, in the same order.  */
rw_status rw_contexts_crop (const rw_contexts *c, size_t context, rw_arena *keep, rw_windows *out,
                            rw_error *err);

/* Losses of all targets with context c: `nll` is (full.scored,).  */
rw_status rw_contexts_run (const rw_contexts *c, rw_eval *e, size_t context, double *nll,
                           rw_error *err);

/* ---- what gain and extrapolation have in common ---- */

/* The head of the metric's parameter struct; RW_CONTEXTS_PARAMS is its table.  */
typedef struct
{
  char *text, *tokens;
  int64_t targets, max_windows;
  int bos;
} rw_contexts_head;

extern const char *const rw_contexts_bos[]; /* "none", "window" */

#define RW_CONTEXTS_PARAMS                                                                         \
  RW_TEXT_PARAMS (rw_contexts_head),                                                               \
      { .name = "targets",                                                                         \
        .type = RW_INT,                                                                            \
        .at = offsetof (rw_contexts_head, targets),                                                \
        .value = 64,                                                                               \
        .defined = RW_BETWEEN (1, 1 << 20),                                                        \
        .unit = "tokens",                                                                          \
        .text = "tokens at the end of each window whose loss is compared" },                       \
      { .name = "max_windows",                                                                     \
        .type = RW_INT,                                                                            \
        .at = offsetof (rw_contexts_head, max_windows),                                            \
        .value = 16,                                                                               \
        .defined = RW_BETWEEN (1, 1 << 20),                                                        \
        .text = "at most so many windows, at even steps through the text" },                       \
  {                                                                                                \
    .name = "bos", .type = RW_CHOICE, .at = offsetof (rw_contexts_head, bos),                      \
    .choices = rw_contexts_bos,                                                                    \
    .text = "whether every window, cropped or not, begins with a begin-of-text token"              \
  }

rw_contexts_ask rw_contexts_ask_of (const rw_contexts_head *head, const rw_input *in);
void rw_contexts_corpus (const void *head, rw_corpus_wish *out); /* rw_metric.corpus */
rw_status rw_contexts_check (const void *head, const rw_input *in, rw_error *err); /* and .check */
/* Rough seconds of one core for the targets with one context.  */
double rw_contexts_seconds (const rw_contexts_head *head, const rw_input *in, size_t context);

#endif
