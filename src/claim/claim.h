/* claim: what a publication says, as a number to measure or a relation to hold.

   An experiment is a folder with sweep configs and an expected.json, which lists claims; its format
   is told in doc/experiments.md.  A claim names a value: a field of a result file, selected,
   combined, reduced; and what was published: a number with a tolerance and its reason, or a
   relation.  rw_claims_read reads the list and refuses what does not hold together, with file,
   place and expectation; judge.h measures.  */
#ifndef RW_CLAIM_CLAIM_H
#define RW_CLAIM_CLAIM_H

#include "base/mem.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum
{
  RW_VERDICT_MATCH,
  RW_VERDICT_SLIP,    /* the claim does not hold as printed, and what is right was shown as well */
  RW_VERDICT_DIFFERS, /* it does not hold */
  RW_VERDICT_NOT_RUN  /* its result file is not there; never expected */
} rw_verdict;

const char *rw_verdict_name (rw_verdict verdict); /* "match", "paper slip", "differs", "not run" */

enum
{
  RW_CLAIM_HELD = 16, /* dimensions that a value may hold or cut */
  RW_CLAIM_NAME = 60  /* characters of a claim's name at most */
};

typedef enum
{
  RW_COMBINE_NONE,
  RW_COMBINE_MINUS,
  RW_COMBINE_OVER
} rw_combine;

/* A number out of a result file.  Order: select, combine, times, reduce.  */
typedef struct rw_measure rw_measure;
struct rw_measure
{
  size_t config; /* index into rw_claims.config */
  const char *field;
  size_t n_at; /* dimensions held: a label, or a number as text */
  struct
  {
    const char *dim, *text;
  } at[RW_CLAIM_HELD];
  size_t n_where; /* dimensions cut to a range of their coordinate, both ends included */
  struct
  {
    const char *dim;
    double from, to;
  } where[RW_CLAIM_HELD];
  rw_combine combine;
  const rw_measure *with; /* the second value; NULL where there is none */
  double times;
  const char *reduce; /* a name of reduce.c's table; "" where exactly one number is left */
  double level;       /* of count_below and its like */
};

typedef enum
{
  RW_HOLDS_EQUAL, /* within a tolerance */
  RW_HOLDS_AT_LEAST,
  RW_HOLDS_AT_MOST,
  RW_HOLDS_ABOVE,
  RW_HOLDS_BELOW
} rw_holds;

/* The key of a relation in a file, "at_least"; "within" for RW_HOLDS_EQUAL.  */
const char *rw_holds_name (rw_holds kind);

/* What a value is held against.  */
typedef struct
{
  rw_holds kind;
  double number;
  double tolerance; /* absolute; 0 where it does not apply */
  const char *why;  /* reason of the tolerance; "" where there is none */
} rw_bound;

typedef struct
{
  const char *says; /* which reading */
  rw_measure value;
} rw_reading;

typedef struct
{
  const char *name, *place;
  const char *published; /* as printed: the number as the file has it, or the claim in words */
  rw_measure value;
  rw_bound bound;
  rw_verdict expected; /* match, slip or differs */
  bool has_slip;
  struct
  {
    const char *why; /* what is right, and where that comes from */
    rw_measure value;
    rw_bound bound;
  } slip;
  size_t n_readings;
  rw_reading *reading; /* (n_readings,) what other readings give */
} rw_claim;

/* Everything lives in the arena.  */
typedef struct
{
  const char *title, *paper;
  size_t n_configs;
  const char **config; /* (n_configs,) file names in the folder, "config.json" first */
  bool *optional;      /* (n_configs,) not run, and no error, where its model is not there */
  size_t n_claims;
  rw_claim *claim; /* (n_claims,) */
  rw_arena *arena;
} rw_claims;

/* Reads `path`, an expected.json.  On error nothing is owned.  The caller frees.  */
rw_status rw_claims_read (const char *path, rw_claims **out, rw_error *err);
void rw_claims_free (rw_claims *claims); /* NULL-safe */

#endif
