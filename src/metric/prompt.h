/* prompt: the passkey text: a number hidden in filler, and the question for it.

   Wording of Mohtashami and Jaggi (arXiv 2305.16300), which YaRN's and LongLoRA's evaluations kept.
   The filler is its five sentences over and over, cut between sentences; each of the two parts
   begins with the first.  Where ids are given as filler, they stand in the place of the sentences.
 */
#ifndef RW_METRIC_PROMPT_H
#define RW_METRIC_PROMPT_H

#include "metric/eval.h"
#include "metric/metric.h"

/* The head of the parameter structs of passkey and needle; RW_PROMPT_PARAMS is its table.  */
typedef struct
{
  int64_t depths, trials;
  rw_reals at;
  int bos;
} rw_prompt_head;

extern const char *const rw_prompt_bos[]; /* "model", "none", "window" */

#define RW_PROMPT_PARAMS                                                                           \
  { .name = "depths",                                                                              \
    .type = RW_INT,                                                                                \
    .at = offsetof (rw_prompt_head, depths),                                                       \
    .value = 5,                                                                                    \
    .defined = RW_BETWEEN (1, 1001),                                                               \
    .text = "how many depths, at even steps from 0 (after the task) to 1 (before the question)" }, \
      { .name = "at",                                                                              \
        .type = RW_REALS,                                                                          \
        .at = offsetof (rw_prompt_head, at),                                                       \
        .defined = RW_BETWEEN (0, 1),                                                              \
        .text = "these depths instead, rising" },                                                  \
      { .name = "trials",                                                                          \
        .type = RW_INT,                                                                            \
        .at = offsetof (rw_prompt_head, trials),                                                   \
        .value = 10,                                                                               \
        .defined = RW_BETWEEN (1, 1 << 20),                                                        \
        .text = "prompts at each depth" },                                                         \
  {                                                                                                \
    .name = "bos", .type = RW_CHOICE, .at = offsetof (rw_prompt_head, bos),                        \
    .choices = rw_prompt_bos,                                                                      \
    .text = "begin-of-text token in front of the prompt: as the model's file asks, none, or one"   \
  }

size_t rw_prompt_depths (const rw_prompt_head *head);
double rw_prompt_depth (const rw_prompt_head *head, size_t i); /* 0 to 1 */
/* rw_metric.dim of `depth`.  */
rw_status rw_prompt_dim (const rw_prompt_head *head, const char *metric, const char *name,
                         rw_arena *keep, rw_dim *out, rw_error *err);
/* The tokenizer, and the BOS or -1.  */
rw_status rw_prompt_tokenizer (const rw_prompt_head *head, const rw_input *in,
                               const rw_tokenizer **out, int32_t *bos, rw_error *err);

/* What a prompt is made of.  */
typedef struct
{
  const rw_tokenizer *tokenizer;
  int32_t bos;  /* -1: none */
  size_t room;  /* tokens of the whole, BOS and answer among them */
  double depth; /* 0 to 1 */
  int64_t key;
  bool answer;        /* the key stands after the question */
  const int32_t *hay; /* ids of the filler, at least `room` of them; NULL: the sentences */
} rw_prompt_ask;

/* Zeroed is a valid start; the buffers are used again.  Free with rw_prompt_free.  */
typedef struct
{
  rw_text text;
  rw_ids ids;       /* the prompt, then the answer */
  size_t question;  /* ids before the answer */
  size_t sentences; /* of filler */
} rw_prompt;

/* As much filler as there is room for.  RW_EDOMAIN where not even the prompt without filler fits:
   says how many tokens it has; nor beyond 4,194,304 tokens.  */
rw_status rw_prompt_make (const rw_prompt_ask *ask, rw_prompt *out, rw_error *err);
void rw_prompt_free (rw_prompt *p);

#endif
