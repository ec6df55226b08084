/* account: what one stack makes of a config; see compare.h.  */
#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/compare.h"

#include <math.h>
#include <string.h>

/* A fault of the config as this stack reads it, not of the machine.  */
static bool
is_refusal (rw_status s)
{
  return s == RW_EINVAL || s == RW_EDOMAIN;
}

rw_status
rw_account_read (const rw_stack *stack, const rw_origin *origin, const cJSON *rope, rw_account *out,
                 rw_error *err)
{
  *out = (rw_account){ .stack = stack };
  const rw_status s = rw_origin_read (origin, stack, rope, &out->model, &out->error);
  out->refused = is_refusal (s);
  if (s && !out->refused && err)
    *err = out->error;
  return out->refused ? RW_OK : s;
}

static bool
same_table (const rw_freqs *a, const rw_freqs *b)
{
  return a->n == b->n && a->attention_factor == b->attention_factor
         && a->softmax_factor == b->softmax_factor
         && memcmp (a->inv_freq, b->inv_freq, a->n * sizeof *a->inv_freq) == 0;
}

/* Whether its tables before the first token and beyond both lengths are one: what a schedule does
   in between lies between them.  */
static rw_status
is_fixed (const rw_rope *rope, bool *fixed, rw_error *err)
{
  const rw_geometry g = rw_schedule_geometry (rope->schedule, &rope->geometry);
  const double far[] = { 2 * g.original_length, 4 * fmax (g.original_length, g.max_length) };
  rw_freqs first = { 0 }, then = { 0 };
  *fixed = true;
  rw_status s = rw_schedule_fill (rope->schedule, &rope->geometry, 0, &first, err);
  for (size_t i = 0; i < sizeof far / sizeof *far && !s; i++)
    {
      s = rw_schedule_fill (rope->schedule, &rope->geometry, far[i], &then, err);
      *fixed = *fixed && (s || same_table (&first, &then));
    }
  rw_freqs_free (&first);
  rw_freqs_free (&then);
  return s;
}

static rw_status
fill_view (const rw_stack *stack, const rw_rope *rope, double length, rw_view *out, rw_error *err)
{
  const rw_schedule *schedule = (const rw_schedule *) rope->schedule->module; /* first member */
  bool fixed = true;
  out->rope = rope;
  rw_status s = rw_schedule_fill (rope->schedule, &rope->geometry, length, &out->freqs, err);
  if (!s && schedule->depends_on_length)
    s = is_fixed (rope, &fixed, err);
  out->rule = fixed ? RW_SWITCH_NONE : stack->planned ? RW_SWITCH_ONCE : RW_SWITCH_CALL;
  return rope->layer_type[0] ? rw_within (err, s, "%s", rope->layer_type) : s;
}

static void
free_views (rw_account *a)
{
  for (size_t i = 0; a->view && i < a->model.n_ropes; i++)
    rw_freqs_free (&a->view[i].freqs);
  rw_free (a->view);
  a->view = NULL;
}

rw_status
rw_account_fill (rw_account *a, double length, rw_error *err)
{
  rw_status s = RW_OK;
  free_views (a);
  if (a->refused)
    return RW_OK;
  if (!(a->view = rw_new (a->model.n_ropes, sizeof *a->view)))
    return rw_nomem (err, a->model.n_ropes * sizeof *a->view);
  for (size_t i = 0; i < a->model.n_ropes && !s; i++)
    s = fill_view (a->stack, &a->model.rope[i], length, &a->view[i], &a->error);
  if (!s)
    return RW_OK;
  free_views (a);
  a->refused = is_refusal (s);
  if (!a->refused && err)
    *err = a->error;
  return a->refused ? RW_OK : s;
}

const rw_view *
rw_account_view (const rw_account *a, const char *layer_type)
{
  const rw_model *m = &a->model;
  if (!a->view)
    return NULL;
  for (size_t i = 0; i < m->n_ropes; i++)
    if (strcmp (m->rope[i].layer_type, layer_type) == 0)
      return &a->view[i];
  return m->n_ropes == 1 && !m->rope[0].layer_type[0] ? &a->view[0] : NULL;
}

void
rw_account_free (rw_account *a)
{
  if (!a)
    return;
  free_views (a);
  rw_model_free (&a->model);
  *a = (rw_account){ 0 };
}
