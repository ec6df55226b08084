/* cope: the slowest pairs faded out or cut off.
   Last c pairs, j = 0..c-1: g times 0.5 (1 + cos (pi j / (c - 1))) (soft) or 0 (hard); a stays.
   CoPE (arXiv 2602.05258) and its code.  c = 0 is off; a soft c = 1 leaves the table as it is (the
   taper's one weight is its first, 1).  */
#include "schedule/inner.h"

#include <math.h>

typedef struct
{
  rw_schedule_head head;
  int64_t clip;
  int taper;
  rw_object *base_schedule;
} cope;

enum
{
  SOFT,
  HARD
};

static const char *const tapers[] = { "soft", "hard", NULL };

static size_t
pairs (const void *self, const rw_geometry *m)
{
  const cope *p = self;
  return rw_inner_pairs (p->base_schedule, m);
}

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  const cope *p = self;
  return rw_inner_check (p->base_schedule, m, err);
}

static void
warn (const void *self, const rw_geometry *m, rw_notes *notes)
{
  const cope *p = self;
  const size_t k = rw_inner_pairs (p->base_schedule, m);
  rw_inner_warn (p->base_schedule, m, notes);
  if ((size_t) p->clip >= k)
    rw_note_add (notes, RW_NOTE_WARNING, "cope: clip %lld takes in all %zu pairs",
                 (long long) p->clip, k);
}

/* Weight of the j-th of c pairs, as a sine squared, which keeps its digits where the cosine comes
   near -1; the last is exactly 0.  */
static double
weight (int taper, size_t j, size_t c)
{
  if (taper == HARD)
    return 0;
  if (c == 1)
    return 1;
  const double half = sin (M_PI / 2 * (double) (c - 1 - j) / (double) (c - 1));
  return half * half;
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const cope *p = self;
  const rw_status s = rw_inner_fill (p->base_schedule, m, length, out, err);
  if (s)
    return s;
  const size_t c = (size_t) p->clip < out->n ? (size_t) p->clip : out->n;
  for (size_t j = 0; j < c; j++)
    out->inv_freq[out->n - c + j] *= weight (p->taper, j, c);
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "clip",
    .type = RW_INT,
    .at = offsetof (cope, clip),
    .value = 20,
    .defined = RW_BETWEEN (0, RW_HEAD_DIM_MAX),
    .sensible = RW_BETWEEN (0, 128),
    .unit = "pairs",
    .text
    = "how many of the slowest pairs are faded out; 0 is off, more than there are means all" },
  { .name = "taper",
    .type = RW_CHOICE,
    .at = offsetof (cope, taper),
    .choices = tapers,
    .text = "soft: a half cosine from 1 to 0; hard: zeros" },
  { .name = "base_schedule",
    .type = RW_BLOCK,
    .at = offsetof (cope, base_schedule),
    .kind = &rw_schedules,
    .text = "the schedule whose slow pairs are faded out; plain RoPE if left out" },
  { 0 },
};

const rw_schedule rw_schedule_cope = {
  .as = { .name = "cope",
          .size = sizeof (cope),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "CoPE: the slowest pairs of another schedule faded out softly, or cut off",
          .cite = "CoPE, arXiv 2602.05258; its code" },
  .check = check,
  .pairs = pairs,
  .fill = fill,
  .identity_param = "clip",
  .identity = 0,
  .depends_on_length = true, /* where its inner schedule does */
  .warn = warn,
};
