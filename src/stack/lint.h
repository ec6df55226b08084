/* lint: what is wrong, ignored or risky in a rope config, by the rules of the stacks.

   Rules are data: a row has an id that never changes, a severity, the stacks it is about, a
   sentence, a fix and the thread or section it comes from, and a function that looks for it.  A
   finding is a rule that holds for one rope of a model, with the numbers.  Free findings with
   rw_findings_free.  */
#ifndef RW_STACK_LINT_H
#define RW_STACK_LINT_H

#include "base/text.h"
#include "stack/stack.h"

typedef enum
{
  RW_LINT_INFO,    /* worth knowing */
  RW_LINT_WARNING, /* wrong in some uses, or only in an older version */
  RW_LINT_ERROR    /* a stack computes another thing than the config says, or nothing */
} rw_lint_severity;

/* The stacks that rules know, a bit each in the order of rw_lint_stack_name.  */
enum
{
  RW_LINT_EXACT = 1 << 0,
  RW_LINT_HF_NEW = 1 << 1,
  RW_LINT_HF_445 = 1 << 2,
  RW_LINT_HF_450 = 1 << 3,
  RW_LINT_HF_456 = 1 << 4,
  RW_LINT_VLLM_NEW = 1 << 5,
  RW_LINT_VLLM_OLD = 1 << 6,
  RW_LINT_LLAMA = 1 << 7,
  RW_LINT_HF = RW_LINT_EXACT | RW_LINT_HF_NEW,
  RW_LINT_HF_V4 = RW_LINT_HF_445 | RW_LINT_HF_450 | RW_LINT_HF_456,
  RW_LINT_VLLM = RW_LINT_VLLM_NEW | RW_LINT_VLLM_OLD,
  RW_LINT_ALL = (1 << 8) - 1,
  RW_LINT_PAST = RW_LINT_HF_V4 | RW_LINT_VLLM_OLD, /* versions that newer ones replaced */
  RW_LINT_STACKS = 8
};

/* Which inputs a rule looks at.  */
typedef enum
{
  RW_LINT_ROPES,  /* every rope of a config.json or a GGUF file */
  RW_LINT_BLOCKS, /* every rope of a config.json: asks for the words that stand there */
  RW_LINT_CONFIG, /* a config.json as a whole */
  RW_LINT_GGUF    /* a GGUF file's own keys and tensors */
} rw_lint_scope;

typedef struct rw_lint rw_lint;           /* the linting of one model: lint_part.h */
typedef struct rw_lint_rope rw_lint_rope; /* one rope of it */

typedef struct
{
  const char *id; /* kebab-case, stable */
  rw_lint_severity severity;
  unsigned stacks; /* it is about these */
  rw_lint_scope scope;
  const char *text;   /* one sentence: what is the matter */
  const char *fix;    /* what to do */
  const char *source; /* owner/repo#N, or paper or section */
  void (*find) (rw_lint *l, const rw_lint_rope *r);
} rw_lint_rule;

typedef struct
{
  const rw_lint_rule *rule;
  rw_lint_severity severity; /* the rule's; a step lower where only past versions are concerned and
                                none was asked for */
  unsigned stacks;
  char layer_type[48]; /* "" where the model has one rope only */
  rw_text key;         /* path: "rope_scaling.attn_factor"; "" for none */
  rw_text found;       /* what is there */
  rw_text effect;      /* what it does, with the numbers */
  rw_text fix;         /* text to paste, or the rule's own */
} rw_finding;

typedef struct
{
  rw_finding *at; /* (n,) errors first, then in the order of the rules */
  size_t n, room;
} rw_findings;

typedef struct
{
  const char *model;     /* as rw_stack_model takes it */
  const char *rope;      /* JSON, @file, or NULL */
  const rw_stack *stack; /* only what concerns it; NULL: all stacks */
  double length;         /* tokens planned for; NaN: max_position_embeddings */
} rw_lint_request;

/* Input that is no model at all is an error; what a stack would stop at is a finding.  */
rw_status rw_lint_model (const rw_lint_request *ask, rw_findings *out, rw_error *err);
void rw_findings_free (rw_findings *findings); /* frees what it owns and zeroes it; NULL-safe */
size_t rw_findings_count (const rw_findings *findings, rw_lint_severity severity);

const rw_lint_rule *rw_lint_rule_at (size_t i);       /* NULL after the last */
const char *rw_lint_stack_name (size_t i);            /* of bit i; NULL after the last */
const char *rw_lint_severity_text (rw_lint_severity); /* "error", "warning", "info" */

#endif
