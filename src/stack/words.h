/* words: how a stack is told of a rope: what the writers share.  Private to src/stack.

   A tongue says which of our schedules a stack has a type for; what it has none for it is told as a
   table: `longrope` with short_factor = long_factor = f_i / g_i says any frequencies, for one
   length.  */
#ifndef RW_STACK_WORDS_H
#define RW_STACK_WORDS_H

#include "stack/stack.h"

enum
{
  RW_SAYS_NESTED = 1 << 0,       /* rope_parameters, by layer type where there are several ropes */
  RW_SAYS_GROWTH = 1 << 1,       /* makes the table for the length of each call */
  RW_SAYS_TRUNCATE = 1 << 2,     /* yarn reads `truncate` */
  RW_SAYS_TRUNCATE_IN = 1 << 3,  /* in a nested block too */
  RW_SAYS_ATTENTION = 1 << 4,    /* yarn reads attention_factor; else attn_factor, a factor on it */
  RW_SAYS_PROPORTIONAL = 1 << 5, /* has the type */
  RW_SAYS_PLAIN_SHARE = 1 << 6,  /* but without its `factor` */
  RW_SAYS_MSCALES = 1 << 7,      /* longrope reads short_mscale and long_mscale for the factor */
  RW_SAYS_HALF_ONLY = 1 << 8,    /* longrope is there for half-split pairs only */
  RW_LENGTH_IS_MAX = 1 << 9,     /* yarn takes max_position_embeddings for the trained length */
  RW_FACTOR_IS_RATIO = 1 << 10   /* yarn takes M / L for the factor where the block says L */
};

typedef struct
{
  const char *name; /* for people: "transformers 5" */
  unsigned flags;
} rw_tongue;

/* One rope in these words.  */
typedef struct
{
  cJSON *block;      /* as in rope_parameters, with rope_theta; owned by the caller */
  double original;   /* trained length that the block needs; NaN where it needs none */
  double max_length; /* max_position_embeddings that the block needs; NaN: any */
} rw_said;

/* The rope as a block; `nested` where it will stand among others.  The table of a schedule that the
   stack cannot follow is that of max_length.  What is changed or lost is noted.  */
rw_status rw_say_rope (const rw_tongue *tongue, const rw_rope *rope, bool nested, rw_said *out,
                       rw_notes *lost, rw_error *err);

/* Adds null for every key that the stack would read beside the block's own, so that none of a block
   it is merged into stays.  */
void rw_say_nothing_else (const rw_tongue *tongue, cJSON *block);

/* Fills out->patch with rope_parameters (transformers 5, vLLM).  */
rw_status rw_say_parameters (const rw_tongue *tongue, const rw_model *model, rw_words *out,
                             rw_error *err);

/* Adds head, layers and layout, in the words of a Hugging Face config.  */
void rw_say_shape (const rw_model *model, cJSON *config, rw_notes *notes);

/* The `write` of each stack.  */
rw_status rw_exact_write (const rw_model *model, rw_words *out, rw_error *err);
rw_status rw_hf_write (const rw_model *model, rw_words *out, rw_error *err);
rw_status rw_hf_4_45_write (const rw_model *model, rw_words *out, rw_error *err);
rw_status rw_hf_4_50_write (const rw_model *model, rw_words *out, rw_error *err);
rw_status rw_hf_4_56_write (const rw_model *model, rw_words *out, rw_error *err);
rw_status rw_vllm_write (const rw_model *model, rw_words *out, rw_error *err);
rw_status rw_vllm_old_write (const rw_model *model, rw_words *out, rw_error *err);

#endif
