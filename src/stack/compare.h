/* compare: one config as several stacks read it, side by side, and the words that make them agree.

   An account is what one stack makes of a config: its ropes, each with the table at one length.  A
   stack that refuses the config has an account too, with its reason.  A comparison holds accounts
   against the first of them; a stack that differs is told, by its own `write`, what the first one
   computes, and its word is tested: the config is patched, read again and compared again.

   Everything is compared in double: what the formulas say, not what float32 makes of them.  */
#ifndef RW_STACK_COMPARE_H
#define RW_STACK_COMPARE_H

#include "stack/stack.h"

enum
{
  RW_PHASES = 4,       /* positions at which phases are compared */
  RW_COMPARED_MAX = 16 /* stacks of one comparison */
};
extern const double rw_phase_positions[RW_PHASES]; /* 1, 4095, 32768, 131071 */

/* Frequencies and factors are the same up to this relative difference; float32 tables of one
   formula differ by 7e-7 at most.  */
#define RW_COMPARE_TOLERANCE 1e-6

/* When the table is chosen.  */
typedef enum
{
  RW_SWITCH_NONE, /* it is the same at every length */
  RW_SWITCH_CALL, /* at every call, for its length */
  RW_SWITCH_ONCE  /* once, for the planned length */
} rw_switch_rule;

const char *rw_switch_text (rw_switch_rule rule); /* "none", "per call", "once" */

/* A rope as a stack computes it at one length.  */
typedef struct
{
  const rw_rope *rope; /* of the account's model */
  rw_freqs freqs;      /* owned */
  rw_switch_rule rule;
} rw_view;

/* What one stack makes of a config.  */
typedef struct
{
  const rw_stack *stack;
  bool refused;   /* then `error` says why, and there are no views */
  rw_error error; /* in the stack's reading, or in making its tables */
  rw_model model;
  rw_view *view; /* (model.n_ropes,) owned; NULL before rw_account_fill */
} rw_account;

/* Reads the model; a refusal is no error.  The caller frees *out with rw_account_free.  */
rw_status rw_account_read (const rw_stack *stack, const rw_origin *origin, const cJSON *rope,
                           rw_account *out, rw_error *err);
/* The tables at this length; a schedule that cannot be filled becomes a refusal.  */
rw_status rw_account_fill (rw_account *account, double length, rw_error *err);
/* The view of a layer type; a stack's only rope is that of every type.  NULL where it has none.  */
const rw_view *rw_account_view (const rw_account *account, const char *layer_type);
void rw_account_free (rw_account *account); /* zeroes it; NULL-safe */

/* How view b differs from view a.  */
typedef struct
{
  bool agrees;
  bool missing;            /* one of them has no rope here: the rest is NaN */
  size_t pairs[2];         /* of a and of b */
  double frequency;        /* largest |b - a| / a of a pair; 1 where one of them only rotates */
  size_t pair;             /* where it is */
  double phase[RW_PHASES]; /* largest |m b - m a| of a pair, radians, not reduced */
  size_t phase_pair;       /* where it is: the same at every position */
  double attention_factor; /* relative difference */
  double softmax_factor;   /* the same */
  double logit_scale;      /* of b's attention_factor^2 softmax_factor over a's */
  rw_switch_rule rule[2];
} rw_difference;

rw_difference rw_view_compare (const rw_view *a, const rw_view *b); /* NULL: it has none */
/* A sentence for each thing that differs, behind "TYPE: " where the layer type has a name.  */
void rw_difference_tell (const rw_difference *d, const rw_view *a, const rw_view *b,
                         const char *layer_type, rw_notes *out);

/* What a stack is told so that it computes what the first one does, and what comes of it.  */
typedef struct
{
  bool tried;     /* the stack has words, and they were written, read and compared */
  rw_error error; /* else why not; "" where the stack agrees anyway */
  rw_words words;
  bool agrees;   /* afterwards */
  rw_notes left; /* what differs afterwards, a sentence each */
} rw_override;

typedef struct
{
  char *name;          /* of the model; owned */
  double length;       /* tokens of all tables; 0: before the first token */
  bool given;          /* by the caller; else it is max_position_embeddings or 0 */
  bool from_file;      /* a GGUF file: no patch can be tested */
  bool agree;          /* every stack with the first */
  size_t n;            /* stacks */
  rw_account *account; /* (n,) the first is the reference; owned */
  size_t n_types;
  const char **type;         /* (n_types,) layer types of any stack; "" for the only one; owned */
  rw_difference *difference; /* (n, n_types) from the reference; owned */
  size_t *layers;            /* (n,) layers that turn otherwise than the reference's: NoPE, or
                                another layer type; owned */
  bool *agrees;              /* (n,) owned */
  rw_override *override;     /* (n,) owned */
} rw_comparison;

/* Compares what the stacks make of MODEL with the block `rope` (JSON or @file, or NULL) at `length`
   (NaN: max_position_embeddings where one of the stacks plans its table, else before the first
   token).  An error is that of the first stack, or of the file.  Free with rw_comparison_free.  */
rw_status rw_compare (const rw_stack *const *stack, size_t n, const char *model, const char *rope,
                      double length, rw_comparison *out, rw_error *err);
void rw_comparison_free (rw_comparison *comparison); /* NULL-safe */

#endif
