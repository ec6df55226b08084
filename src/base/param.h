/* param: the parameter table, the keystone of ropewalk.

   A module (schedule, metric, source, rule, query scale) describes its parameters once, as a
   static table of rw_param that ends with a NULL name.  The table parses configs, checks ranges,
   makes the JSON Schema, fills `ropewalk list`, names the sweep axes (schedule.factor), becomes
   HDF5 attributes, and carries the key names of other stacks.

   Each row points at a member of the module's own struct by offset.  Two ranges: outside
   `defined` a value is an error (the mathematics has no answer), outside `sensible` a warning
   (it has one, and nobody wants it).  */
#ifndef RW_BASE_PARAM_H
#define RW_BASE_PARAM_H

#include "base/notes.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rw_kind;
struct rw_object;

typedef enum
{
  RW_REAL,   /* double; NaN where not given and without a default */
  RW_INT,    /* int64_t */
  RW_BOOL,   /* bool */
  RW_CHOICE, /* int: index into `choices` */
  RW_TEXT,   /* char *, owned; NULL where not given */
  RW_REALS,  /* rw_reals, owned; n = 0 where not given */
  RW_BLOCK   /* rw_object *, owned; NULL where not given: a nested module of `kind` */
} rw_type;

typedef struct
{
  double *v; /* (n,) */
  size_t n;
} rw_reals;

/* lo = hi = 0 (a zeroed range) means no limit.  Bounds are inclusive unless opened.  */
typedef struct
{
  double lo, hi;
  bool open_lo, open_hi;
} rw_range;

#define RW_ABOVE(x)                                                                                \
  {                                                                                                \
    .lo = (x), .hi = HUGE_VAL, .open_lo = true                                                     \
  }
#define RW_FROM(x)                                                                                 \
  {                                                                                                \
    .lo = (x), .hi = HUGE_VAL                                                                      \
  }
#define RW_BETWEEN(a, b)                                                                           \
  {                                                                                                \
    .lo = (a), .hi = (b)                                                                           \
  }

typedef struct
{
  const char *name;  /* Hugging Face's key where there is one */
  const char *alias; /* another stack's or paper's word for it, or NULL */
  rw_type type;
  size_t at;                  /* offsetof in the module's struct */
  bool required;              /* no default: leaving it out is an error */
  bool nullable;              /* required, but null is an answer: the key must be there, and null
                                 means "work it out" (YaRN's factor: M / L) */
  double value;               /* default of REAL, INT, BOOL, CHOICE (index); NAN = not given */
  rw_range defined, sensible; /* of REAL, INT, and each item of REALS */
  const char *const *choices; /* CHOICE: NULL-terminated */
  const struct rw_kind *kind; /* BLOCK: what may stand there */
  const char *unit;           /* "tokens", "radians per token", NULL for a pure number */
  const char *text;           /* one sentence */
} rw_param;

typedef enum
{
  RW_VALUE_NULL,
  RW_VALUE_BOOL,
  RW_VALUE_NUMBER,
  RW_VALUE_TEXT,
  RW_VALUE_NUMBERS,
  RW_VALUE_OBJECT
} rw_value_kind;

/* A value on its way into a parameter; it borrows what it points at.  */
typedef struct
{
  rw_value_kind kind;
  double number;         /* NUMBER, and 0 or 1 for BOOL */
  const char *text;      /* TEXT */
  const double *numbers; /* NUMBERS (n,) */
  size_t n;
  const struct rw_object *object; /* OBJECT */
} rw_value;

#define RW_NUMBER_VALUE(x) ((rw_value){ .kind = RW_VALUE_NUMBER, .number = (x) })
#define RW_TEXT_VALUE(s) ((rw_value){ .kind = RW_VALUE_TEXT, .text = (s) })

const char *rw_type_text (rw_type type); /* "number", "integer", "true or false", ... */

/* Writes the default (or "not given") into self.  */
void rw_param_default (const rw_param *p, void *self);

/* Checks `value` against type and ranges and writes it into self (copying what it borrows).  NULL
   is "not given": the default, or an error where required and not nullable.  A value outside the
   sensible range adds a warning to `notes` (may be NULL).  On error self is unchanged; the text
   begins with the parameter's name.  */
rw_status rw_param_set (const rw_param *p, void *self, const rw_value *value, rw_notes *notes,
                        rw_error *err);

/* The value now in self; borrows from self.  NULL kind where not given.  */
rw_value rw_param_get (const rw_param *p, const void *self);

void rw_param_clear (const rw_param *p, void *self); /* frees what self owns there */

bool rw_range_given (const rw_range *r);
bool rw_range_holds (const rw_range *r, double x);
/* "above 0", "from 1 to 8", ...: for errors, list and docs.  */
char *rw_range_text (const rw_range *r, char *buf, size_t size);

#endif
