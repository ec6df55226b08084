/* study: an experiment of the shelf with its sweeps, their result files, and what became of its
   claims; what `ropewalk reproduce` runs and its reports tell.

   A trial is one config of the folder; its result file is DIR/NAME/STEM.h5.  It is current where
   this build (or, if asked, any) measured it from this very config: then nothing is run.  A trial
   without a result says why.  The caller of study_open closes.  */
#ifndef RW_CLI_STUDY_H
#define RW_CLI_STUDY_H

#include "claim/judge.h"
#include "claim/shelf.h"
#include "lab/result.h"
#include "plan/plan.h"

/* A figure of a result file.  */
typedef struct
{
  const char *name, *title; /* the result's */
  char *svg, *pdf;          /* paths */
  bool drawn;
} study_picture;

typedef struct
{
  const char *config;   /* its name in the folder */
  char *path, *file;    /* of the config; of its result */
  bool model, optional; /* runs a network; may lack its model */
  bool current, cached; /* the result file is of this build; and has every point, before the verb
                           began */
  char *reason;         /* why there is no result; NULL where there is one */
  rw_plan *plan;        /* NULL where it cannot be read */
  rw_result *result;    /* NULL where there is none, or not yet */
  size_t points, failed;
  double seconds; /* of all points */
  size_t n_pictures;
  study_picture *picture; /* (n_pictures,) */
} study_trial;

typedef struct
{
  const char *name, *folder; /* borrowed of the shelf */
  bool chosen;               /* on the command line, or none is named there */
  bool any_build;            /* results of other builds are kept too */
  char *refused;             /* why its expected.json cannot be read, or NULL */
  char *results;             /* DIR/NAME */
  rw_claims *claims;         /* NULL where it has none */
  size_t n_trials;
  study_trial *trial;   /* (n_trials,) */
  rw_judgement *judged; /* (claims->n_claims,), after study_judge */
  rw_arena *arena;
} study;

/* Reads the claims and the configs that they name; `dir` is the folder of all results; with
   any_build those of other builds are kept too.  What is
   wrong with a chosen study is an error, of another it is only noted; a file that a config reads
   and that is not there, or the model of an optional one, makes a trial without a result.  */
rw_status study_open (const rw_experiment *of, bool chosen, const char *dir, bool any_build,
                      study *out, rw_error *err);
void study_close (study *s); /* zeroes it */

/* Why a trial is not run, in place of a result, and what helps ("": nothing said); copied.  */
rw_status trial_without (study_trial *t, const char *reason, const char *hint, rw_error *err);

/* Opens the results that are current and holds the claims against them.  */
rw_status study_judge (study *s, rw_error *err);

/* Draws the figures of a trial that has a result, where they are not drawn already (or only notes
   which are, where `can_draw` is false).  What cannot be drawn is the first error; the others are
   drawn all the same.  */
rw_status study_draw (study *s, size_t trial, bool can_draw, rw_error *err);

/* How many of its claims have each verdict, added to count (RW_VERDICT_NOT_RUN + 1,); the return
   value is how many are worse than expected.  */
size_t study_count (const study *s, size_t *count);

/* The title of its claims, or its name.  */
const char *study_title (const study *s);

/* A number as every table and page prints it: six digits, zeros behind them; "" for NaN.  */
const char *study_number (double x, char buf[32]);
/* "match", "differs (expected: match)": what was found, and what was expected where that is better.
 */
const char *study_verdict (const rw_claim *claim, const rw_judgement *judged, char buf[64]);

#endif
