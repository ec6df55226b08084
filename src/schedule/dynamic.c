/* dynamic: NTK-aware scaling whose base grows with the sequence.
   g_i = b'^(-2i/d), b' = b (s n'/M - (s - 1))^(d/(d-2)), n' = max (n, M), a = 1.
   YaRN (arXiv 2309.00071), appendix B.1, after emozilla; transformers' "dynamic" counts from
   M = max_position_embeddings.  At n <= M it is plain RoPE.  */
#include "schedule/ntk_base.h"
#include "schedule/schedule.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  double factor;
} dynamic;

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  (void) self;
  return rw_ntk_check (m, err);
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const dynamic *p = self;
  (void) err;
  /* s n'/M - (s - 1), written so that it is exactly 1 up to M.  */
  const double bracket = 1 + p->factor * (fmax (length / m->max_length, 1) - 1);
  rw_ntk_fill (m, bracket, out->inv_freq);
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "factor",
    .type = RW_REAL,
    .at = offsetof (dynamic, factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "how fast the base grows past max_position_embeddings; 1 still grows" },
  { 0 },
};

const rw_schedule rw_schedule_dynamic = {
  .as = { .name = "dynamic",
          .size = sizeof (dynamic),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "dynamic NTK: plain up to max_position_embeddings, then a base that grows with "
                  "the length",
          .cite = "emozilla 2023; arXiv 2309.00071, appendix B.1" },
  .check = check,
  .fill = fill,
  .depends_on_length = true,
};
