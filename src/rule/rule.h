/* rule: position rules, which change what angle a pair of positions sees, and query scales.

   A rule answers for one query position m and one key position n <= m.  Pure, like a schedule.
   One file a rule, its name in modules.am: src/rule/NAME.c defines rw_rule_NAME.  */
#ifndef RW_RULE_RULE_H
#define RW_RULE_RULE_H

#include "base/module.h"
#include "rope/freqs.h"
#include "rope/geometry.h"

typedef struct
{
  rw_module as;
  /* REQUIRED: writes phi (f->n,), the angle of each pair between query m and key n, and
     *amplitude, the product of the factors of cos and sin on both sides (attention_factor^2 where
     the rule does not change it).  `trained` is (f->n,) the unscaled frequencies.  */
  void (*phase) (const void *self, const rw_freqs *f, const double *trained, double length,
                 double m, double n, double *phi, double *amplitude);
} rw_rule;

typedef struct
{
  rw_module as;
  /* REQUIRED: tau(m), the factor on the scores of query m.  */
  double (*scale) (const void *self, const rw_geometry *m, double position);
} rw_query_scale;

extern rw_kind rw_rules;        /* "name" */
extern rw_kind rw_query_scales; /* "name" */

/* phi and amplitude under f->rule, or m g - n g and a^2 where there is none.  */
void rw_rule_phase (const rw_freqs *f, const double *trained, double length, double m, double n,
                    double *phi, double *amplitude);

#endif
