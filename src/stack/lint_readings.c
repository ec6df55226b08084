/* lint_readings: rules that hold the readings of the stacks against that of the newest
   transformers.

   Where a rule with a name explains a difference, the last rule here is silent about that stack. */
#include "stack/lint_part.h"

#include <math.h>
#include <string.h>

/* llama.cpp's reading of an architecture that it may not have says nothing about it.  */
static bool
is_guess (const rw_lint *l, size_t k)
{
  return 1U << k == RW_LINT_LLAMA && rw_lint_arch (l)->flags & RW_LLAMA_UNKNOWN
         && rw_lint_family (l)[0];
}

/* The rope of stack k, where anybody asks for it.  */
static const rw_rope *
rope_of (rw_lint *l, size_t k, const rw_lint_rope *r)
{
  return l->wanted >> k & 1 && !is_guess (l, k) ? rw_lint_rope_as (l, 1U << k, r) : NULL;
}

static bool
compare (const rw_lint *l, const rw_rope *a, const rw_rope *b, rw_lint_change *change)
{
  return a && b
         && rw_lint_compare (a->schedule, &a->geometry, b->schedule, &b->geometry, l->length,
                             change);
}

static void
find_sliding (rw_lint *l, const rw_lint_rope *r)
{
  const rw_rope *exact = rw_lint_rope_as (l, RW_LINT_EXACT, r);
  rw_lint_change change;
  for (size_t k = 1; k < RW_LINT_STACKS && strcmp (r->layer_type, "sliding_attention") == 0; k++)
    {
      const rw_rope *other = rope_of (l, k, r);
      if (!compare (l, exact, other, &change) || !change.changed)
        continue;
      rw_finding *f = rw_lint_add (l, r, NULL, 1U << k);
      rw_lint_found (f, "%s: %s, base %.6g", rw_lint_stack_name (k), other->schedule->module->name,
                     other->geometry.rope_theta);
      rw_lint_effect (f, "beside transformers 5 (%s, base %.6g): %s", exact->schedule->module->name,
                      exact->geometry.rope_theta, change.text);
    }
}

/* A rule has said of stack k why nothing of the block arrives.  */
static bool
is_misread (const rw_lint *l, size_t k)
{
  for (size_t i = 0; i < l->out->n; i++)
    if (strcmp (l->out->at[i].rule->id, "nested-misread") == 0 && l->out->at[i].stacks >> k & 1)
      return true;
  return false;
}

static bool
is_plain (const rw_rope *rope)
{
  return strcmp (rope->schedule->module->name, "default") == 0;
}

static void
find_dropped (rw_lint *l, const rw_lint_rope *r)
{
  const rw_rope *exact = rw_lint_rope_as (l, RW_LINT_EXACT, r);
  rw_lint_change change;
  if (!exact || is_plain (exact) || strcmp (exact->schedule->module->name, "dynamic") == 0)
    return;
  for (size_t k = 1; k < RW_LINT_STACKS; k++)
    {
      const rw_rope *other = rope_of (l, k, r);
      if (!other || !is_plain (other) || is_misread (l, k) || !compare (l, exact, other, &change)
          || !change.changed)
        continue;
      rw_finding *f = rw_lint_add (l, r, "rope_type", 1U << k);
      rw_lint_found (f, "%.40s", r->type);
      rw_lint_effect (f, "%s computes plain frequencies: %s", rw_lint_stack_name (k), change.text);
      rw_lint_fix (f, "ropewalk export MODEL --to %s",
                   1U << k & RW_LINT_LLAMA  ? "gguf, which bakes the table"
                   : 1U << k & RW_LINT_VLLM ? "vllm"
                                            : "hf-v4");
    }
}

/* ---- what no rule above explains ---- */

/* Rules below an error that say that a stack computes another table or factor.  */
static bool
explains (const rw_lint_rule *rule)
{
  static const char *const ids[] = { "truncate-lost",    "dynamic-static",
                                     "mscale-alone",     "original-length-unread",
                                     "longrope-switch",  "key-of-one-stack",
                                     "factor-null",      "rotary-dim-twice",
                                     "family-magnitude", NULL };
  for (const char *const *id = ids; *id; id++)
    if (strcmp (rule->id, *id) == 0)
      return true;
  return rule->severity == RW_LINT_ERROR;
}

static bool
is_explained (const rw_lint *l, size_t k)
{
  for (size_t i = 0; i < l->out->n; i++)
    if (l->out->at[i].rule != l->rule && l->out->at[i].stacks >> k & 1
        && explains (l->out->at[i].rule))
      return true;
  return false;
}

/* Of two scores: the table's factor squared times the softmax's.  */
static double
score (const rw_lint_change *c, size_t side)
{
  return c->factor[side] * c->factor[side] * c->softmax[side];
}

static void
find_disagreement (rw_lint *l, const rw_lint_rope *r)
{
  const rw_rope *exact = rw_lint_rope_as (l, RW_LINT_EXACT, r);
  rw_lint_change c;
  for (size_t k = 1; k < RW_LINT_STACKS; k++)
    {
      const rw_rope *other = rope_of (l, k, r);
      if (!compare (l, exact, other, &c) || is_explained (l, k))
        continue;
      const double quotient = score (&c, 1) / score (&c, 0);
      if (!c.changed && fabs (quotient - 1) <= 1e-6)
        continue;
      rw_finding *f = rw_lint_add (l, r, NULL, 1U << k);
      rw_lint_found (f, "%s beside transformers 5", rw_lint_stack_name (k));
      rw_lint_effect (f, "%s; rotated scores are %.6g times as large", c.text, quotient);
      rw_lint_fix (f, "ropewalk diff MODEL --stack exact,%s", rw_lint_stack_name (k));
    }
}

const rw_lint_rule rw_lint_readings[] = {
  { "sliding-differs", RW_LINT_ERROR, RW_LINT_ALL & ~(unsigned) RW_LINT_EXACT, RW_LINT_BLOCKS,
    "a stack computes another table for the sliding layers than transformers 5",
    "rope_parameters by layer type", "vllm-project/vllm#29111", find_sliding },
  { "scaling-dropped", RW_LINT_ERROR, RW_LINT_ALL & ~(unsigned) RW_LINT_EXACT, RW_LINT_BLOCKS,
    "the block does not reach the stack: it computes plain frequencies",
    "ropewalk export MODEL --to STACK", "ggml-org/llama.cpp#13322", find_dropped },
  { "stacks-disagree", RW_LINT_WARNING, RW_LINT_ALL & ~(unsigned) RW_LINT_EXACT, RW_LINT_BLOCKS,
    "a stack computes another table or factor, for a reason that no rule here names",
    "ropewalk diff MODEL --stack exact,STACK", "methods in doc/config.md", find_disagreement },
  { 0 },
};
