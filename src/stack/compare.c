/* compare: the accounts of several stacks, held against the first; see compare.h.  */
#include "stack/compare.h"
#include "base/mem.h"
#include "stack/override.h"

#include <math.h>
#include <string.h>

void
rw_comparison_free (rw_comparison *c)
{
  if (!c)
    return;
  for (size_t i = 0; i < c->n; i++)
    {
      if (c->account)
        rw_account_free (&c->account[i]);
      if (c->override)
        rw_override_free (&c->override[i]);
    }
  rw_free (c->name);
  rw_free (c->account);
  rw_free (c->type);
  rw_free (c->difference);
  rw_free (c->layers);
  rw_free (c->agrees);
  rw_free (c->override);
  *c = (rw_comparison){ 0 };
}

/* ---- the accounts ---- */

/* That a stack reads configs only is no finding about this one.  */
static rw_status
check_file (const rw_stack *stack, const char *model, rw_error *err)
{
  static const char *const readers[] = { "exact", "llama.cpp", NULL };
  for (const char *const *r = readers; *r; r++)
    if (strcmp (*r, stack->name) == 0)
      return RW_OK;
  rw_fail (err, RW_EINVAL, "%s: the stack '%s' reads no GGUF files, only exact and llama.cpp do",
           model, stack->name);
  return rw_hint (err, "give the config.json that the file was converted from");
}

static rw_status
read_accounts (const rw_stack *const *stack, size_t n, const char *model, const rw_origin *origin,
               const cJSON *block, rw_comparison *c, rw_error *err)
{
  rw_status s = RW_OK;
  if (!(c->account = rw_new (n, sizeof *c->account)))
    return rw_nomem (err, n * sizeof *c->account);
  for (size_t i = 0; i < n && !s; i++)
    {
      if (!origin->config)
        s = check_file (stack[i], model, err);
      if (!s)
        {
          s = rw_account_read (stack[i], origin, block, &c->account[i], err);
          c->n++;
        }
    }
  return s;
}

/* The first stack is what the others are held against: it has to read the config.  */
static rw_status
need_first (const rw_comparison *c, rw_error *err)
{
  const rw_account *first = &c->account[0];
  if (!first->refused)
    return RW_OK;
  if (err)
    *err = first->error;
  return rw_within (err, first->error.status, "%s", first->stack->name);
}

static void
choose_length (double length, rw_comparison *c)
{
  c->given = !isnan (length);
  c->length = c->given ? length : 0;
  for (size_t i = 0; i < c->n && !c->given; i++)
    if (!c->account[i].refused && c->account[i].stack->planned)
      c->length = c->account[0].model.rope[0].geometry.max_length;
}

static rw_status
fill_accounts (rw_comparison *c, rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t i = 0; i < c->n && !s; i++)
    s = rw_account_fill (&c->account[i], c->length, err);
  return s;
}

/* ---- layer types ---- */

static bool
is_known (const rw_comparison *c, const char *type)
{
  for (size_t t = 0; t < c->n_types; t++)
    if (strcmp (c->type[t], type) == 0)
      return true;
  return false;
}

/* Every name that a stack gives to layers, in the order in which they come; "" where none does.  */
static rw_status
list_types (rw_comparison *c, rw_error *err)
{
  size_t room = 1;
  for (size_t i = 0; i < c->n; i++)
    room += c->account[i].model.n_ropes;
  if (!(c->type = rw_new (room, sizeof *c->type)))
    return rw_nomem (err, room * sizeof *c->type);
  for (size_t i = 0; i < c->n; i++)
    for (size_t r = 0; r < c->account[i].model.n_ropes; r++)
      {
        const char *type = c->account[i].model.rope[r].layer_type;
        if (*type && !is_known (c, type))
          c->type[c->n_types++] = type;
      }
  if (!c->n_types)
    c->type[c->n_types++] = "";
  return RW_OK;
}

/* ---- the comparison ---- */

static rw_status
compare_all (rw_comparison *c, rw_error *err)
{
  c->difference = rw_new (c->n * c->n_types, sizeof *c->difference);
  c->layers = rw_new (c->n, sizeof *c->layers);
  c->agrees = rw_new (c->n, sizeof *c->agrees);
  if (!c->difference || !c->layers || !c->agrees)
    return rw_nomem (err, c->n * c->n_types * sizeof *c->difference);
  c->agree = true;
  for (size_t i = 0; i < c->n; i++)
    {
      c->agrees[i]
          = rw_compare_account (c, &c->account[i], &c->difference[i * c->n_types], &c->layers[i]);
      c->agree = c->agree && c->agrees[i];
    }
  return RW_OK;
}

static rw_status
try_overrides (const cJSON *config, rw_comparison *c, rw_error *err)
{
  rw_status s = RW_OK;
  if (!(c->override = rw_new (c->n, sizeof *c->override)))
    return rw_nomem (err, c->n * sizeof *c->override);
  for (size_t i = 1; i < c->n && !s; i++)
    if (!c->agrees[i])
      s = rw_override_try (c, c->account[i].stack, config, &c->override[i], err);
  return s;
}

rw_status
rw_compare (const rw_stack *const *stack, size_t n, const char *model, const char *rope,
            double length, rw_comparison *out, rw_error *err)
{
  cJSON *block = NULL;
  rw_origin origin = { 0 };
  *out = (rw_comparison){ 0 };
  rw_status s = rope ? rw_json_argument (rope, "--rope", &block, err) : RW_OK;
  if (!s)
    s = rw_stack_open (model, &origin, err);
  if (!s && !(out->name = rw_strdup (origin.name)))
    s = rw_nomem (err, strlen (origin.name));
  out->from_file = !origin.config;
  if (!s)
    s = read_accounts (stack, n, model, &origin, block, out, err);
  if (!s && !(s = need_first (out, err)))
    choose_length (length, out);
  if (!s)
    s = fill_accounts (out, err);
  if (!s)
    s = need_first (out, err);
  if (!s)
    s = list_types (out, err);
  if (!s)
    s = compare_all (out, err);
  if (!s)
    s = try_overrides (origin.config, out, err);
  rw_origin_free (&origin);
  cJSON_Delete (block);
  if (s)
    rw_comparison_free (out);
  return s;
}
