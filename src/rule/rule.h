/* rule: position rules, which change what angle a pair of positions sees, query scales and biases.

   Without a rule the angle of pair i between query m and key n <= m is phi_i = (m - n) g_i.  Every
   rule in use is made of *frames*: a frame gives each key a position of its own, and a query meets
   the keys in a few *spans*, each of one frame and with one position of the query.  Then
       phi_i = position (m, span) g_i - key (n, frame) g_i,
   so keys are rotated once a frame, and rotated attention under a rule costs what it costs without.
   Where `trained` is set, that side turns by the trained frequencies f_i and its factor on cos and
   sin is 1 (LongRoPE's first n-hat tokens); the amplitude is the product of both sides' factors.

   A query scale multiplies the scores of a query.  A bias is added to a score, by the distance m -
   n of query and key in the sequence, whatever a rule makes of it.

   Pure, like a schedule.  One file a rule, its name in modules.am: src/rule/NAME.c defines
   rw_rule_NAME, rw_query_scale_NAME or rw_bias_NAME.  */
#ifndef RW_RULE_RULE_H
#define RW_RULE_RULE_H

#include "base/module.h"
#include "rope/freqs.h"
#include "rope/geometry.h"

enum
{
  RW_SPANS_FEW = 8 /* a rule that may need more spans than this has a `distance` */
};

/* Keys from <= n < to, as one query meets them.  */
typedef struct
{
  double from, to;
  size_t frame;
  double position; /* of the query */
  bool trained;    /* the query's side */
} rw_span;

typedef struct
{
  rw_module as;
  /* OPTIONAL: refuses what its parameters make undefined for this model and length.  */
  rw_status (*check) (const void *self, const rw_geometry *m, double length, rw_error *err);
  /* REQUIRED: how many frames it has, and in *spans how many spans a query may need.  */
  size_t (*frames) (const void *self, size_t *spans);
  /* REQUIRED: position of key n in the frame, in a sequence of `length` tokens; *trained is preset
     to false.  */
  double (*key) (const void *self, double length, size_t frame, double n, bool *trained);
  /* REQUIRED: the spans of query m, rising, without gaps, from 0 to m + 1 in all; returns how many.
     `trained` is preset to false.  */
  size_t (*spans) (const void *self, double length, double m, rw_span *out);
  /* OPTIONAL: the effective distance where m - n alone decides it (and nothing is `trained`); NULL
     where it does not.  */
  double (*distance) (const void *self, double length, double delta);
} rw_rule;

typedef struct
{
  rw_module as;
  /* OPTIONAL: refuses what its parameters make undefined for this model.  */
  rw_status (*check) (const void *self, const rw_geometry *m, rw_error *err);
  /* REQUIRED: tau(m), the factor on the scores of query m under the table f.  */
  double (*scale) (const void *self, const rw_geometry *m, const rw_freqs *f, double position);
} rw_query_scale;

typedef struct
{
  rw_module as;
  /* OPTIONAL: refuses what its parameters make undefined for this model and head.  */
  rw_status (*check) (const void *self, const rw_geometry *m, size_t head, rw_error *err);
  /* REQUIRED: what is added to the logit of a query and the key `distance` tokens before it, in
     nats; softmax factor and query scale do not multiply it.  */
  double (*add) (const void *self, const rw_geometry *m, size_t head, double distance);
} rw_bias;

extern rw_kind rw_rules;        /* "name" */
extern rw_kind rw_query_scales; /* "name" */
extern rw_kind rw_biases;       /* "name" */

/* What follows works for any f->rule, f->query_scale and f->bias, also NULL: one frame, one span,
   tau = 1, bias 0.  */
size_t rw_rule_frames (const rw_freqs *f, size_t *spans);
double rw_rule_key (const rw_freqs *f, double length, size_t frame, double n, bool *trained);
size_t rw_rule_spans (const rw_freqs *f, double length, double m, rw_span *out);
/* Whether distance alone decides; then *delta becomes the effective distance.  */
bool rw_rule_distance (const rw_freqs *f, double length, double *delta);
double rw_query_scale_at (const rw_freqs *f, const rw_geometry *m, double position);
double rw_bias_at (const rw_freqs *f, const rw_geometry *m, double distance);

/* How query m meets key n: the position of each, whether it turns by the trained frequencies, and
   the product of the factors of cos and sin on both sides.  */
typedef struct
{
  double query, key, amplitude;
  bool query_trained, key_trained;
} rw_meeting;

rw_meeting rw_rule_meet (const rw_freqs *f, double length, double m, double n);
/* The angle of pair i; `trained` is (f->n,) the unscaled frequencies.  */
double rw_meeting_phase (const rw_meeting *at, const rw_freqs *f, const double *trained, size_t i);

/* Both at once: phi (f->n,), the angle of each pair between query m and key n, and *amplitude.  */
void rw_rule_phase (const rw_freqs *f, const double *trained, double length, double m, double n,
                    double *phi, double *amplitude);

#endif
