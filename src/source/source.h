/* source: where q and k come from: made from random numbers, or captured and read from a file.

   A source makes q, k and perhaps v of one head for every group of a sweep, from the random stream
   keyed by the group, so that all schedules of a group see the same data.  It sees frequencies only
   where it asks for them (RW_NEEDS_FREQS); q and k are then made for every schedule.  A source
   reads no file itself: it names the arrays it wants, or the text, and the lab hands them down.

   Adding one: a file in this folder that defines rw_source_NAME, its name in modules.am.  */
#ifndef RW_SOURCE_SOURCE_H
#define RW_SOURCE_SOURCE_H

#include "base/module.h"
#include "model/corpus.h"
#include "rope/qk.h"

enum
{
  RW_SOURCE_TENSORS = 4, /* arrays a source may want */
  RW_SOURCE_PURPOSE = 16 /* first purpose of the sources' random streams (base/rng.h) */
};

/* An array in a file.  Borrowed from the source's parameters.  {layer} in path and name stands for
   the point's layer.  */
typedef struct
{
  const char *path; /* relative to the config's folder */
  const char *name; /* dataset or tensor, or a file where path is a folder; NULL: the only one */
  const char *what; /* "q", "k", "v", "sinks": for errors */
} rw_source_wish;

typedef struct
{
  rw_module as;
  /* OPTIONAL: names the arrays it wants of files, at most RW_SOURCE_TENSORS; returns how many.  */
  size_t (*wishes) (const void *self, rw_source_wish *out);
  /* OPTIONAL: RW_NEEDS_NETWORK, RW_NEEDS_FREQS of rope/qk.h, by its parameters.  */
  unsigned (*needs) (const void *self);
  /* OPTIONAL: where its text is: in->corpus.  */
  void (*corpus) (const void *self, rw_corpus_wish *out);
  /* OPTIONAL: frees what `fill` left in *in->memo, a place that is kept from group to group of a
     run and NULL at first: what is dear and the same for many heads.  What fill returns must not
     depend on what it finds there.  */
  void (*forget) (void *memo);
  /* OPTIONAL: refuses points for which it is not defined, before anything runs: shapes, layer and
     head out of range, too few tokens.  `tensors` is (wishes,) in their order, NULL where there are
     none; in->qk is NULL.  Called while the config is read, or, where it has wishes, when the lab
     has opened their files.  One that needs a network or asks for a corpus is called twice: without
     them (NULL) while the config is read, and with them when the lab has opened them.  */
  rw_status (*check) (const void *self, const rw_input *in, const rw_tensor *tensors,
                      rw_error *err);
  /* REQUIRED: makes in->length tokens of head in->head of layer in->layer.  What it allocates it
     leaves in out->owned; views into `tensors` are welcome, and nothing is copied that need not be.
     Must not depend on in->threads.  */
  rw_status (*fill) (const void *self, const rw_input *in, const rw_tensor *tensors, rw_qk *out,
                     rw_error *err);
  /* OPTIONAL: rough cost of one fill in seconds of one core, for `check` and the ETA.  */
  double (*cost) (const void *self, const rw_input *in);
} rw_source;

extern rw_kind rw_sources; /* "name" */

/* What a source with its parameters needs: a text needs the network's tokenizer.  */
unsigned rw_source_needs (const rw_object *source);
/* Where its corpus is; both paths NULL where it asks for none.  Borrowed from the object.  */
rw_corpus_wish rw_source_corpus (const rw_object *source);

#endif
