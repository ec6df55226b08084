/* copy: how much a repetition helps, by the distance to what is repeated.

   A sequence is a segment A of the text, a gap, and A again, d tokens after the first; its control
   has another segment in the first place.  The gain is the control's loss on the second A less the
   copy's, without A's first token, which nothing announces: both see the same gap at the same
   positions.  What it measures is induction (Olsson et al., arXiv 2209.11895).  */
#include "base/rng.h"
#include "metric/bootstrap.h"
#include "metric/eval.h"
#include "metric/metric.h"

#include <math.h>
#include <string.h>

typedef struct
{
  char *text, *tokens;
  int64_t segment, points, trials;
} copy;

enum
{
  GAIN,
  LOW,
  HIGH
};

enum
{
  PURPOSE = 14 /* of the stream; sources begin at 16 */
};

/* ---- distances ---- */

static bool
fits (const copy *p, const rw_input *in, double d)
{
  return d >= (double) p->segment && d + (double) p->segment <= floor (in->length)
         && d == floor (d);
}

/* Indices of the file's distances that are measured: of those that fit, `points` at even steps.
   Returns how many; `out` may be NULL.  */
static size_t
pick (const copy *p, const rw_input *in, size_t *out)
{
  const size_t most = (size_t) p->points;
  size_t n = 0, first = in->n_distances, taken = 0;
  for (size_t k = 0; k < in->n_distances; k++)
    if (fits (p, in, in->distance[k]))
      {
        first = k < first ? k : first;
        n++;
      }
  const size_t count = n < most ? n : most;
  for (size_t k = first, i = 0; k < in->n_distances && taken < count; k++)
    if (fits (p, in, in->distance[k]))
      {
        const size_t want = count > 1 ? taken * (n - 1) / (count - 1) : 0;
        if (i++ != want)
          continue;
        if (out)
          out[taken] = k;
        taken++;
      }
  return count;
}

/* ---- one distance ---- */

/* Copy and control of every trial, side by side: 2 trials sequences of d + segment tokens, of which
   the last is not fed.  */
typedef struct
{
  size_t *start;
  int32_t *id, *target;
  double *nll;
} batch;

static rw_status
make_batch (const copy *p, const rw_input *in, batch *out, rw_error *err)
{
  const size_t sequences = 2 * (size_t) p->trials, n = sequences * rw_eval_length (in);
  *out = (batch){ .start = rw_arena_take (in->scratch, sequences + 1, sizeof *out->start),
                  .id = rw_arena_take (in->scratch, n, sizeof *out->id),
                  .target = rw_arena_take (in->scratch, n, sizeof *out->target),
                  .nll = rw_arena_take (in->scratch, n, sizeof *out->nll) };
  return out->start && out->id && out->target && out->nll ? RW_OK
                                                          : rw_nomem (err, n * sizeof (double));
}

/* Tokens that a trial takes in a row: A, the gap behind it, and the control's segment behind that.
 */
static size_t
stretch (const copy *p, size_t distance)
{
  return distance + (size_t) p->segment;
}

/* A place in some document where a stretch fits.  */
static const int32_t *
draw (const rw_corpus *corpus, size_t need, rw_stream *stream)
{
  size_t places = 0;
  for (size_t d = 0; d < corpus->n; d++)
    places += corpus->document[d].n >= need ? corpus->document[d].n - need + 1 : 0;
  size_t at = (size_t) (rw_stream_uniform (stream) * (double) places);
  for (size_t d = 0; d < corpus->n; d++)
    {
      const size_t here = corpus->document[d].n >= need ? corpus->document[d].n - need + 1 : 0;
      if (at < here)
        return corpus->document[d].id + at;
      at -= here;
    }
  return corpus->document[0].id;
}

/* first (segment tokens), gap, A; all but the last are fed, all but the first of A scored.  */
static void
put_sequence (const copy *p, const int32_t *first, const int32_t *a, size_t distance, batch *b,
              size_t s)
{
  const size_t segment = (size_t) p->segment, at = b->start[s], fed = distance + segment - 1;
  memcpy (b->id + at, first, segment * sizeof *first);
  memcpy (b->id + at + segment, a + segment, (distance - segment) * sizeof *a);
  memcpy (b->id + at + distance, a, (segment - 1) * sizeof *a);
  for (size_t j = 0; j < fed; j++)
    b->target[at + j] = j < distance ? -1 : a[j - distance + 1];
  b->start[s + 1] = at + fed;
}

static void
fill (const copy *p, const rw_input *in, size_t distance, rw_stream *stream, batch *b)
{
  for (size_t t = 0; t < (size_t) p->trials; t++)
    {
      const int32_t *a = draw (in->corpus, stretch (p, distance), stream);
      put_sequence (p, a, a, distance, b, 2 * t);
      put_sequence (p, a + distance, a, distance, b, 2 * t + 1);
    }
}

static rw_status
put (const copy *p, const rw_input *in, const batch *b, size_t distance, size_t k, rw_fields *out,
     rw_error *err)
{
  rw_block_sums sums;
  const rw_status s = rw_block_sums_new ((size_t) p->trials, in->scratch, &sums, err);
  if (s)
    return s;
  for (size_t t = 0; t < (size_t) p->trials; t++)
    for (size_t j = distance; j < distance + (size_t) p->segment - 1; j++)
      rw_block_sums_add (&sums, t, b->nll[b->start[2 * t + 1] + j] - b->nll[b->start[2 * t] + j]);
  out->value[GAIN][k] = rw_block_mean (&sums);
  return rw_block_interval (&sums, in->seed, in->scratch, &out->value[LOW][k], &out->value[HIGH][k],
                            err);
}

/* ---- the metric ---- */

static rw_status
run (const copy *p, const rw_input *in, rw_eval *e, rw_fields *out, rw_error *err)
{
  const size_t n = pick (p, in, NULL);
  size_t *index = rw_arena_take (in->scratch, n, sizeof *index);
  rw_stream stream = rw_stream_new (in->seed, in->group, PURPOSE);
  batch b;
  rw_status s = index ? make_batch (p, in, &b, err) : rw_nomem (err, n * sizeof *index);
  if (s)
    return s;
  pick (p, in, index);
  for (size_t i = 0; !s && i < n; i++)
    {
      const size_t distance = (size_t) in->distance[index[i]];
      fill (p, in, distance, &stream, &b);
      const rw_batch all = { .n_sequences = 2 * (size_t) p->trials,
                             .start = b.start,
                             .id = b.id,
                             .target = b.target,
                             .nll = b.nll };
      s = rw_eval_sequences (e, &all, err);
      if (!s)
        s = put (p, in, &b, distance, index[i], out, err);
    }
  return s;
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  rw_eval e;
  (void) work;
  rw_status s = rw_eval_open (&(rw_eval_ask){ .in = in, .freqs = f }, &e, err);
  if (s)
    return s;
  s = run (self, in, &e, out, err);
  rw_eval_close (&e);
  return s;
}

static void
corpus (const void *self, rw_corpus_wish *out)
{
  const copy *p = self;
  *out = (rw_corpus_wish){ .text = p->text, .tokens = p->tokens };
}

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  const copy *p = self;
  const size_t need = rw_eval_length (in);
  size_t longest = 0;
  rw_corpus_wish wish;
  corpus (self, &wish);
  const rw_status s = rw_eval_check (in, &wish, err);
  if (s)
    return s;
  if (!pick (p, in, NULL))
    {
      rw_fail (err, RW_EDOMAIN,
               "no distance of the file is from %lld (segment) to %g (length %g less "
               "segment)",
               (long long) p->segment, in->length - (double) p->segment, in->length);
      return rw_hint (err, "set \"distances\", or a shorter segment");
    }
  for (size_t d = 0; in->corpus && d < in->corpus->n; d++)
    longest = in->corpus->document[d].n > longest ? in->corpus->document[d].n : longest;
  if (in->corpus && longest < need)
    return rw_fail (err, RW_EDOMAIN,
                    "the longest text has %zu tokens; a length of %zu takes as many", longest,
                    need);
  return RW_OK;
}

static double
cost (const void *self, const rw_input *in)
{
  const copy *p = self;
  const double sequences = 2 * (double) p->trials * (double) pick (p, in, NULL);
  return rw_eval_seconds (in, sequences * in->length / 4, in->length / 4,
                          sequences * (double) p->segment);
}

#define BY_DISTANCE                                                                                \
  .dims = { "distance" }, .unit = "nats", .kind = "sampled",                                       \
  .cite = "Olsson et al., arXiv 2209.11895; ropewalk, doc/metrics.md"

static const rw_field fields[] = {
  [GAIN] = { .name = "copy_gain", BY_DISTANCE, .long_name = "what a copy at this distance saves" },
  [LOW]
  = { .name = "copy_gain_low", BY_DISTANCE, .long_name = "lower 95 % limit of the copy gain" },
  [HIGH]
  = { .name = "copy_gain_high", BY_DISTANCE, .long_name = "upper 95 % limit of the copy gain" },
  { 0 },
};

static const rw_param params[] = {
  RW_TEXT_PARAMS (copy),
  { .name = "segment",
    .type = RW_INT,
    .at = offsetof (copy, segment),
    .value = 32,
    .defined = RW_BETWEEN (2, 1 << 20),
    .unit = "tokens",
    .text = "tokens that are repeated" },
  { .name = "points",
    .type = RW_INT,
    .at = offsetof (copy, points),
    .value = 16,
    .defined = RW_BETWEEN (1, 1 << 20),
    .text = "how many of the file's distances, at most; the others stay NaN" },
  { .name = "trials",
    .type = RW_INT,
    .at = offsetof (copy, trials),
    .value = 16,
    .defined = RW_BETWEEN (1, 1 << 20),
    .text = "copies at each distance, each from another place of the text" },
  { 0 },
};

const rw_metric rw_metric_copy = {
  .as = { .name = "copy",
          .size = sizeof (copy),
          .params = params,
          .text = "what a second reading of the same segment gains, by its distance",
          .cite = "Olsson et al., arXiv 2209.11895" },
  .needs = RW_NEEDS_NETWORK | RW_ALONE,
  .fields = fields,
  .corpus = corpus,
  .check = check,
  .measure = measure,
  .cost = cost,
};
