/* param: setting, reading and describing a parameter by its table row; see param.h.  */
#include "base/param.h"
#include "base/mem.h"
#include "base/module.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *
rw_type_text (rw_type type)
{
  static const char *const names[] = { "number",        "integer", "true or false",
                                       "one of a list", "text",    "list of numbers",
                                       "block" };
  return names[type];
}

bool
rw_range_given (const rw_range *r)
{
  return r->lo != 0 || r->hi != 0;
}

bool
rw_range_holds (const rw_range *r, double x)
{
  if (!rw_range_given (r))
    return true;
  return (r->open_lo ? x > r->lo : x >= r->lo) && (r->open_hi ? x < r->hi : x <= r->hi);
}

char *
rw_range_text (const rw_range *r, char *buf, size_t size)
{
  char lo[32], hi[32];
  rw_number_text (r->lo, lo);
  rw_number_text (r->hi, hi);
  if (!rw_range_given (r))
    snprintf (buf, size, "any");
  else if (isinf (r->hi))
    snprintf (buf, size, "%s %s", r->open_lo ? "above" : "from", lo);
  else if (isinf (r->lo))
    snprintf (buf, size, "%s %s", r->open_hi ? "below" : "up to", hi);
  else
    snprintf (buf, size, "%s %s %s %s", r->open_lo ? "above" : "from", lo,
              r->open_hi ? "and below" : "to", hi);
  return buf;
}

static void *
member (const rw_param *p, void *self)
{
  return (char *) self + p->at;
}

static const void *
member_of (const rw_param *p, const void *self)
{
  return (const char *) self + p->at;
}

void
rw_param_clear (const rw_param *p, void *self)
{
  void *m = member (p, self);
  if (p->type == RW_TEXT)
    {
      rw_free (*(char **) m);
      *(char **) m = NULL;
    }
  else if (p->type == RW_REALS)
    {
      rw_free (((rw_reals *) m)->v);
      *(rw_reals *) m = (rw_reals){ 0 };
    }
  else if (p->type == RW_BLOCK)
    {
      rw_object_free (*(rw_object **) m);
      *(rw_object **) m = NULL;
    }
}

void
rw_param_default (const rw_param *p, void *self)
{
  void *m = member (p, self);
  rw_param_clear (p, self);
  switch (p->type)
    {
    case RW_REAL:
      *(double *) m = p->required ? NAN : p->value;
      break;
    case RW_INT:
      *(int64_t *) m = isnan (p->value) ? 0 : (int64_t) p->value;
      break;
    case RW_BOOL:
      *(bool *) m = p->value != 0 && !isnan (p->value);
      break;
    case RW_CHOICE:
      *(int *) m = isnan (p->value) ? 0 : (int) p->value;
      break;
    case RW_TEXT:
    case RW_REALS:
    case RW_BLOCK:
      break;
    }
}

/* Largest integer a double holds without gaps: beyond it a JSON number is not one integer.  */
static const double EXACT_INT = 9007199254740992.0;

static rw_status
check_number (const rw_param *p, double x, const char *where, rw_notes *notes, rw_error *err)
{
  char number[32], range[96];
  if (!isfinite (x))
    return rw_fail (err, RW_EINVAL, "%s%s: %s is not a finite number", p->name, where,
                    rw_number_text (x, number));
  if (p->type == RW_INT && (x != floor (x) || fabs (x) > EXACT_INT))
    return rw_fail (err, RW_EINVAL, "%s%s: %s is not an integer", p->name, where,
                    rw_number_text (x, number));
  if (!rw_range_holds (&p->defined, x))
    return rw_fail (err, RW_EINVAL, "%s%s: %s is outside its range (%s)", p->name, where,
                    rw_number_text (x, number), rw_range_text (&p->defined, range, sizeof range));
  if (!rw_range_holds (&p->sensible, x))
    rw_note_add (notes, RW_NOTE_WARNING, "%s%s: %s is unusual (expected %s)", p->name, where,
                 rw_number_text (x, number), rw_range_text (&p->sensible, range, sizeof range));
  return RW_OK;
}

static const char *
choice_name (size_t i, const void *data)
{
  return ((const char *const *) data)[i];
}

static rw_status
set_choice (const rw_param *p, int *m, const char *text, rw_error *err)
{
  rw_text names = { 0 };
  char near[96];
  for (int i = 0; p->choices[i]; i++)
    {
      if (strcmp (p->choices[i], text) == 0)
        {
          *m = i;
          rw_text_free (&names);
          return RW_OK;
        }
      rw_text_addf (&names, "%s%s", i ? ", " : "", p->choices[i]);
    }
  rw_fail (err, RW_EINVAL, "%s: '%s' is not one of: %s%s", p->name, text, rw_text_get (&names),
           rw_did_you_mean (near, sizeof near, text, choice_name, p->choices));
  rw_text_free (&names);
  return RW_EINVAL;
}

static rw_status
set_reals (const rw_param *p, void *self, const rw_value *value, rw_notes *notes, rw_error *err)
{
  for (size_t i = 0; i < value->n; i++)
    {
      char where[32];
      snprintf (where, sizeof where, "[%zu]", i);
      rw_status s = check_number (p, value->numbers[i], where, notes, err);
      if (s)
        return s;
    }
  rw_reals copy = { .v = rw_new (value->n, sizeof *copy.v), .n = value->n };
  if (!copy.v)
    return rw_nomem (err, value->n * sizeof *copy.v);
  memcpy (copy.v, value->numbers, value->n * sizeof *copy.v);
  rw_param_clear (p, self);
  *(rw_reals *) member (p, self) = copy;
  return RW_OK;
}

static rw_status
set_text (const rw_param *p, void *self, const char *text, rw_error *err)
{
  char *copy = rw_strdup (text);
  if (!copy)
    return rw_nomem (err, strlen (text) + 1);
  rw_param_clear (p, self);
  *(char **) member (p, self) = copy;
  return RW_OK;
}

static rw_status
set_block (const rw_param *p, void *self, const rw_object *object, rw_error *err)
{
  rw_object *copy = NULL;
  rw_status s = rw_object_copy (object, &copy, err);
  if (s)
    return s;
  rw_param_clear (p, self);
  *(rw_object **) member (p, self) = copy;
  return RW_OK;
}

/* The value kind each type takes.  */
static const rw_value_kind wanted[] = {
  [RW_REAL] = RW_VALUE_NUMBER,  [RW_INT] = RW_VALUE_NUMBER, [RW_BOOL] = RW_VALUE_BOOL,
  [RW_CHOICE] = RW_VALUE_TEXT,  [RW_TEXT] = RW_VALUE_TEXT,  [RW_REALS] = RW_VALUE_NUMBERS,
  [RW_BLOCK] = RW_VALUE_OBJECT,
};

rw_status
rw_param_set (const rw_param *p, void *self, const rw_value *value, rw_notes *notes, rw_error *err)
{
  if (value->kind == RW_VALUE_NULL)
    {
      if (p->required && !p->nullable)
        return rw_fail (err, RW_EINVAL, "%s: is required, got null", p->name);
      rw_param_default (p, self);
      return RW_OK;
    }
  if (value->kind != wanted[p->type])
    return rw_fail (err, RW_EINVAL, "%s: expected %s", p->name, rw_type_text (p->type));
  void *m = member (p, self);
  rw_status s = RW_OK;
  if (value->kind == RW_VALUE_NUMBER && (s = check_number (p, value->number, "", notes, err)))
    return s;
  switch (p->type)
    {
    case RW_REAL:
      *(double *) m = value->number;
      break;
    case RW_INT:
      *(int64_t *) m = (int64_t) value->number;
      break;
    case RW_BOOL:
      *(bool *) m = value->number != 0;
      break;
    case RW_CHOICE:
      return set_choice (p, m, value->text, err);
    case RW_TEXT:
      return set_text (p, self, value->text, err);
    case RW_REALS:
      return set_reals (p, self, value, notes, err);
    case RW_BLOCK:
      return set_block (p, self, value->object, err);
    }
  return RW_OK;
}

rw_value
rw_param_get (const rw_param *p, const void *self)
{
  const void *m = member_of (p, self);
  rw_value v = { 0 };
  switch (p->type)
    {
    case RW_REAL:
      v.number = *(const double *) m;
      v.kind = isnan (v.number) ? RW_VALUE_NULL : RW_VALUE_NUMBER;
      break;
    case RW_INT:
      v = RW_NUMBER_VALUE ((double) *(const int64_t *) m);
      break;
    case RW_BOOL:
      v = (rw_value){ .kind = RW_VALUE_BOOL, .number = *(const bool *) m };
      break;
    case RW_CHOICE:
      v = RW_TEXT_VALUE (p->choices[*(const int *) m]);
      break;
    case RW_TEXT:
      v.text = *(char *const *) m;
      v.kind = v.text ? RW_VALUE_TEXT : RW_VALUE_NULL;
      break;
    case RW_REALS:
      v.numbers = ((const rw_reals *) m)->v;
      v.n = ((const rw_reals *) m)->n;
      v.kind = v.n ? RW_VALUE_NUMBERS : RW_VALUE_NULL;
      break;
    case RW_BLOCK:
      v.object = *(rw_object *const *) m;
      v.kind = v.object ? RW_VALUE_OBJECT : RW_VALUE_NULL;
      break;
    }
  return v;
}
