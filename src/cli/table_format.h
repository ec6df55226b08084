/* table_format: the frequency tables of a model as text, JSON, CSV, NPY or C.

   A format is a row of table_formats: a name and a function that appends all tables of a set to a
   text.  The set borrows what it shows.  */
#ifndef RW_CLI_TABLE_FORMAT_H
#define RW_CLI_TABLE_FORMAT_H

#include "base/text.h"
#include "rope/freqs.h"
#include "rope/model.h"

#include <stdbool.h>

/* The tables of one model, as one stack has them.  */
typedef struct
{
  const rw_model *model;
  const char *stack;
  bool own_arithmetic;   /* the stack's float32, not double */
  double length;         /* NaN where none was asked for */
  size_t n;              /* tables */
  const rw_rope **rope;  /* (n,) */
  const rw_freqs *freqs; /* (n,) */
} table_set;

typedef struct
{
  const char *name;
  bool one_only; /* holds one table */
  void (*write) (const table_set *set, rw_text *out);
} table_format;

extern const table_format table_formats[]; /* ends with a NULL name */

/* The stretch that a schedule is set to; NaN where it has none.  */
double table_factor (const rw_rope *rope);

#endif
