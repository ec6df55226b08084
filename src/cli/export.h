/* export: what the targets of `ropewalk export` share.  Private to the door export.

   A target is a row of a table: text targets are the words of a stack, read back by that stack from
   the patched config; file targets write their own file.  */
#ifndef RW_CLI_EXPORT_H
#define RW_CLI_EXPORT_H

#include "cli/door.h"
#include "cli/model_options.h"
#include "stack/stack.h"

typedef struct
{
  door_common common;
  model_options of; /* length: the tokens it is to serve */
  const char *to, *path;
  bool force, single;
} export_args;

/* What is exported, on its way.  */
typedef struct
{
  const export_args *args;
  rw_model model; /* read by `exact` */
  cJSON *config;  /* what MODEL's config.json says; NULL for a GGUF file */
  double length;  /* tokens that it is to serve */
  rw_notes lost;  /* what the target cannot express, and what was changed for it */
  rw_notes left;  /* what differs although it was written: each has its cause in `lost` */
  rw_words words; /* text targets */
  rw_text out;    /* for stdout or -o; empty where the target wrote its file itself */
} export_job;

typedef struct export_target
{
  const char *name;
  const char *stack; /* whose words; NULL for none */
  const char *text;
  bool needs_path;
  rw_status (*write) (const struct export_target *target, export_job *job, rw_error *err);
} export_target;

extern const export_target export_targets[]; /* ends with a NULL name */

/* The words of the target's stack, tested: job->words, and what was lost or is left.  */
rw_status export_say (const export_target *target, export_job *job, rw_error *err);

/* The file of frequencies (export_table.c), a copy of a GGUF file (export_files.c).  */
rw_status export_safetensors (const export_target *target, export_job *job, rw_error *err);

#endif
