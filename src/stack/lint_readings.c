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

/* The stacks of `mask` whose table differs from exact's as that of stack k does; they are taken out
   of the mask.  */
static unsigned
alike (rw_lint *l, const rw_lint_rope *r, size_t k, const rw_lint_change *change, unsigned *mask)
{
  const rw_rope *exact = rw_lint_rope_as (l, RW_LINT_EXACT, r);
  unsigned same = 0;
  rw_lint_change c;
  for (size_t i = k; i < RW_LINT_STACKS; i++)
    if (*mask >> i & 1 && compare (l, exact, rope_of (l, i, r), &c)
        && strcmp (c.text, change->text) == 0 && c.factor[1] == change->factor[1]
        && c.softmax[1] == change->softmax[1])
      same |= 1U << i;
  *mask &= ~same;
  return same;
}

/* Calls `say` once for each way in which stacks of `mask` differ.  */
static void
each_difference (rw_lint *l, const rw_lint_rope *r, unsigned mask,
                 void (*say) (rw_lint *, const rw_lint_rope *, const rw_rope *,
                              const rw_lint_change *, unsigned stacks))
{
  const rw_rope *exact = rw_lint_rope_as (l, RW_LINT_EXACT, r);
  rw_lint_change change;
  for (size_t k = 1; k < RW_LINT_STACKS; k++)
    {
      const rw_rope *other = mask >> k & 1 ? rope_of (l, k, r) : NULL;
      if (compare (l, exact, other, &change))
        say (l, r, other, &change, alike (l, r, k, &change, &mask));
    }
}

static void
say_sliding (rw_lint *l, const rw_lint_rope *r, const rw_rope *other, const rw_lint_change *change,
             unsigned stacks)
{
  const rw_rope *exact = rw_lint_rope_as (l, RW_LINT_EXACT, r);
  rw_finding *f = change->changed ? rw_lint_add (l, r, NULL, stacks) : NULL;
  rw_lint_found (f, "%s, base %.6g", other->schedule->module->name, other->geometry.rope_theta);
  rw_lint_effect (f, "beside transformers 5 (%s, base %.6g): %s", exact->schedule->module->name,
                  exact->geometry.rope_theta, change->text);
}

static void
find_sliding (rw_lint *l, const rw_lint_rope *r)
{
  if (strcmp (r->layer_type, "sliding_attention") == 0)
    each_difference (l, r, RW_LINT_ALL, say_sliding);
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
say_dropped (rw_lint *l, const rw_lint_rope *r, const rw_rope *other, const rw_lint_change *change,
             unsigned stacks)
{
  if (!is_plain (other) || !change->changed)
    return;
  rw_finding *f = rw_lint_add (l, r, rw_lint_type_key (r), stacks);
  rw_lint_found (f, "%.40s", r->type);
  rw_lint_effect (f, "plain frequencies with a base of %.6g instead: %s",
                  other->geometry.rope_theta, change->text);
  rw_lint_fix (f, "ropewalk export MODEL --to %s",
               stacks & RW_LINT_LLAMA  ? "gguf, which bakes the table"
               : stacks & RW_LINT_VLLM ? "vllm"
                                       : "hf-v4");
}

static void
find_dropped (rw_lint *l, const rw_lint_rope *r)
{
  const rw_rope *exact = rw_lint_rope_as (l, RW_LINT_EXACT, r);
  unsigned mask = 0;
  if (!exact || is_plain (exact) || strcmp (exact->schedule->module->name, "dynamic") == 0)
    return;
  for (size_t k = 1; k < RW_LINT_STACKS; k++)
    mask |= is_misread (l, k) ? 0 : 1U << k;
  each_difference (l, r, mask, say_dropped);
}

/* DeepSeek-V2's kin: the factor on the scores that stands beside the table.  */
static void
say_softmax (rw_lint *l, const rw_lint_rope *r, const rw_rope *other, const rw_lint_change *change,
             unsigned stacks)
{
  (void) other;
  const double a = change->softmax[0], b = change->softmax[1];
  if (fabs (b / a - 1) <= 1e-6 || fabs (change->factor[0] / change->factor[1] - 1) > 1e-6)
    return;
  rw_finding *f = rw_lint_add (l, r, "mscale_all_dim", stacks);
  rw_lint_found_key (f, r, "mscale_all_dim");
  rw_lint_effect (
      f, "scores are multiplied by %.6g instead of %.6g; at position 0 nothing shows it", b, a);
}

static void
find_softmax (rw_lint *l, const rw_lint_rope *r)
{
  if (!isnan (rw_lint_number (r->block, "mscale_all_dim")))
    each_difference (l, r, RW_LINT_ALL, say_softmax);
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

/* Also where the rule is about exact and not about stack k: then exact is the odd one.  */
static bool
is_explained (const rw_lint *l, size_t k)
{
  const unsigned mask = 1U << k | RW_LINT_EXACT;
  for (size_t i = 0; i < l->out->n; i++)
    if (l->out->at[i].rule != l->rule && l->out->at[i].stacks & mask
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
say_disagreement (rw_lint *l, const rw_lint_rope *r, const rw_rope *other,
                  const rw_lint_change *change, unsigned stacks)
{
  const double quotient = score (change, 1) / score (change, 0);
  if (!change->changed && fabs (quotient - 1) <= 1e-6)
    return;
  rw_finding *f = rw_lint_add (l, r, NULL, stacks);
  rw_lint_found (f, "%s, base %.6g", other->schedule->module->name, other->geometry.rope_theta);
  rw_lint_effect (f, "beside transformers 5 %s; rotated scores are %.6g times as large",
                  change->text, quotient);
}

static void
find_disagreement (rw_lint *l, const rw_lint_rope *r)
{
  unsigned mask = 0;
  for (size_t k = 1; k < RW_LINT_STACKS; k++)
    mask |= is_explained (l, k) ? 0 : 1U << k;
  each_difference (l, r, mask, say_disagreement);
}

const rw_lint_rule rw_lint_readings[] = {
  { "sliding-differs", RW_LINT_ERROR, RW_LINT_ALL & ~(unsigned) RW_LINT_EXACT, RW_LINT_BLOCKS,
    "a stack computes another table for the sliding layers than transformers 5",
    "rope_parameters by layer type", "vllm-project/vllm#29111", find_sliding },
  { "scaling-dropped", RW_LINT_ERROR, RW_LINT_ALL & ~(unsigned) RW_LINT_EXACT, RW_LINT_BLOCKS,
    "the block does not reach the stack: it computes plain frequencies",
    "ropewalk export MODEL --to STACK", "ggml-org/llama.cpp#13322", find_dropped },
  { "softmax-missing", RW_LINT_ERROR, RW_LINT_ALL & ~(unsigned) RW_LINT_EXACT, RW_LINT_BLOCKS,
    "the class's factor on the scores is not the same in this stack",
    "transformers of July 2026 or newer", "huggingface/transformers#47435", find_softmax },
  { "stacks-disagree", RW_LINT_WARNING, RW_LINT_ALL & ~(unsigned) RW_LINT_EXACT, RW_LINT_BLOCKS,
    "a stack computes another table or factor, for a reason that no rule here names",
    "ropewalk diff MODEL --stack exact,STACK", "doc/config.md, section Stacks", find_disagreement },
  { 0 },
};
