/* corpora: the texts and ids that the metrics and sources of a sweep ask for, as token ids of the
   model that meets them: every one read and tokenized once.

   Made before anything is written (rw_inputs_open) and read-only afterwards; several threads may
   use it.  The caller frees it with rw_corpora_free, before the networks.  */
#ifndef RW_LAB_CORPORA_H
#define RW_LAB_CORPORA_H

#include "lab/networks.h"
#include "model/corpus.h"

typedef struct rw_corpora rw_corpora;

/* Reads the corpus of every metric, and of every source where q and k are needed.  `networks` is
   borrowed.  On error nothing is owned.  */
rw_status rw_corpora_new (const rw_plan *plan, const rw_networks *networks, rw_corpora **out,
                          rw_error *err);

/* The corpus that a metric or source of the plan asks for, for a model of the plan; NULL where it
   asks for none, or was not read.  Borrowed.  */
const rw_corpus *rw_corpora_get (const rw_corpora *corpora, const rw_model *model,
                                 const rw_corpus_wish *wish);

/* One of them, for people.  */
typedef struct
{
  const rw_model *model; /* the first that meets it */
  const char *path;      /* as the config has it */
  const rw_corpus *corpus;
} rw_corpora_item;
/* False after the last.  */
bool rw_corpora_at (const rw_corpora *corpora, size_t i, rw_corpora_item *out);

void rw_corpora_free (rw_corpora *corpora); /* NULL-safe */

#endif
