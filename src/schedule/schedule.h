/* schedule: a frequency schedule: geometry and length in, frequency table out.

   A schedule is pure: the same parameters, geometry and length give the same bits; it neither
   parses nor prints nor allocates.  `length` is the number of tokens in the sequence (0: before
   the first token), so that dynamic schedules need no state.

   Adding one: a file in this folder, its name in modules.am, nothing else.  The file defines
   `const rw_schedule rw_schedule_NAME`, where NAME is the file's (schedule `default` is in
   plain.c).  */
#ifndef RW_SCHEDULE_SCHEDULE_H
#define RW_SCHEDULE_SCHEDULE_H

#include "base/module.h"
#include "rope/freqs.h"
#include "rope/geometry.h"

/* Every schedule's parameter struct begins with this head; the dispatcher below applies it to the
   geometry before the schedule sees it, so no schedule reads it.  */
typedef struct
{
  double rope_theta;            /* another base than the model's (ABF); NaN: the model's */
  double partial_rotary_factor; /* d = int(head_dim p); NaN: the model's */
  double original_length; /* original_max_position_embeddings: L of the scaling; NaN: the model's */
} rw_schedule_head;

extern const rw_param rw_schedule_shared[]; /* the table of the head */

typedef struct
{
  rw_module as;
  /* OPTIONAL: refuses geometries for which the schedule is not defined (the text says why).  */
  rw_status (*check) (const void *self, const rw_geometry *m, rw_error *err);
  /* OPTIONAL: number of pairs; default d/2.  */
  size_t (*pairs) (const void *self, const rw_geometry *m);
  /* REQUIRED: writes out->inv_freq (n,), and the factors and ramp where they are not 1 and NaN.  */
  rw_status (*fill) (const void *self, const rw_geometry *m, double length, rw_freqs *out,
                     rw_error *err);
  /* OPTIONAL: the name of the parameter whose value `identity` makes the schedule plain RoPE; NULL
     where there is none.  The contract battery tests it.  */
  const char *identity_param;
  double identity;
  /* OPTIONAL: true where the table depends on length (dynamic, longrope).  */
  bool depends_on_length;
  /* OPTIONAL: what the parameters say that is risky but defined (degenerate ramps ...).  */
  void (*warn) (const void *self, const rw_geometry *m, rw_notes *notes);
} rw_schedule;

extern rw_kind rw_schedules; /* "rope_type" */

/* The one door: applies the head, checks the geometry, sizes `out`, fills, and refuses a table
   that is not finite.  `block` is an object of rw_schedules.  */
rw_status rw_schedule_fill (const rw_object *block, const rw_geometry *m, double length,
                            rw_freqs *out, rw_error *err);
/* The geometry the schedule sees: m with the block's head applied.  */
rw_geometry rw_schedule_geometry (const rw_object *block, const rw_geometry *m);
/* Pairs of the table it will write.  */
size_t rw_schedule_pairs (const rw_object *block, const rw_geometry *m);
/* Required parameters, check(), and warnings, without filling.  */
rw_status rw_schedule_check (const rw_object *block, const rw_geometry *m, rw_notes *notes,
                             rw_error *err);

#endif
