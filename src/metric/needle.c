/* needle: how surely a model finds a number in a long text: loss, rank and margin of its digits.

   The passkey's prompt with the answer behind it, teacher-forced: continuous where accuracy is
   still 0 (LongRoPE2, arXiv 2502.20082, section 3.2, takes perplexity over the answer's tokens as
   its measure).  Numbers have all the same count of digits.  The filler is the passkey's, or a text
   of one's own.  */
#include "base/rng.h"
#include "metric/bootstrap.h"
#include "metric/prompt.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

typedef struct
{
  rw_prompt_head head;
  int64_t digits;
  char *text, *tokens;
} needle;

enum
{
  NLL,
  LOW,
  HIGH,
  RANK,
  MARGIN
};

enum
{
  PURPOSE = 13 /* of the stream; sources begin at 16 */
};

/* The prompts of one depth, side by side.  */
typedef struct
{
  size_t n, *start; /* (n + 1,) */
  int32_t *id, *target, *rank;
  double *nll, *margin;
} batch;

typedef struct
{
  const needle *p;
  const rw_input *in;
  const rw_tokenizer *tokenizer;
  int32_t bos;
  rw_stream stream;
  rw_prompt prompt;
  rw_text said;
  batch b;
} session;

static rw_status
make_batch (size_t trials, size_t length, rw_arena *scratch, batch *out, rw_error *err)
{
  const size_t n = trials * length;
  *out = (batch){ .n = trials,
                  .start = rw_arena_take (scratch, trials + 1, sizeof *out->start),
                  .id = rw_arena_take (scratch, n, sizeof *out->id),
                  .target = rw_arena_take (scratch, n, sizeof *out->target),
                  .rank = rw_arena_take (scratch, n, sizeof *out->rank),
                  .nll = rw_arena_take (scratch, n, sizeof *out->nll),
                  .margin = rw_arena_take (scratch, n, sizeof *out->margin) };
  const bool made = out->start && out->id && out->target && out->rank && out->nll && out->margin;
  return made ? RW_OK : rw_nomem (err, n * (3 * sizeof (int32_t) + 2 * sizeof (double)));
}

/* ---- prompts ---- */

/* Some stretch of the text that is long enough; NULL where the filler is the passkey's.  */
static const int32_t *
draw_hay (session *s)
{
  const rw_corpus *corpus = s->in->corpus;
  const size_t length = rw_eval_length (s->in);
  size_t places = 0;
  if (!corpus)
    return NULL;
  for (size_t d = 0; d < corpus->n; d++)
    places += corpus->document[d].n > length ? corpus->document[d].n - length : 0;
  size_t at = (size_t) (rw_stream_uniform (&s->stream) * (double) places);
  for (size_t d = 0; d < corpus->n; d++)
    {
      const size_t here = corpus->document[d].n > length ? corpus->document[d].n - length : 0;
      if (at < here)
        return corpus->document[d].id + at;
      at -= here;
    }
  return NULL;
}

static bool
has_digit (const rw_text *t)
{
  for (size_t i = 0; i < t->n; i++)
    if (isdigit ((unsigned char) t->s[i]))
      return true;
  return false;
}

/* The last token is predicted, not fed.  Of the answer the tokens with digits are scored.  */
static rw_status
put_prompt (session *s, size_t trial, rw_error *err)
{
  const rw_ids *ids = &s->prompt.ids;
  const size_t at = s->b.start[trial];
  rw_status status = RW_OK;
  for (size_t j = 0; !status && j + 1 < ids->n; j++)
    {
      s->b.id[at + j] = ids->id[j];
      s->b.target[at + j] = -1;
      if (j + 1 < s->prompt.question)
        continue;
      s->said.n = 0;
      status = rw_tokenizer_decode (s->tokenizer, &ids->id[j + 1], 1, false, &s->said, err);
      if (!status && has_digit (&s->said))
        s->b.target[at + j] = ids->id[j + 1];
    }
  s->b.start[trial + 1] = at + ids->n - 1;
  return status;
}

static rw_status
make_prompts (session *s, double depth, rw_error *err)
{
  const double least = pow (10, (double) s->p->digits - 1);
  rw_prompt_ask a = { .tokenizer = s->tokenizer,
                      .bos = s->bos,
                      .room = rw_eval_length (s->in) + 1, /* the last token is not fed */
                      .depth = depth,
                      .answer = true };
  rw_status status = RW_OK;
  for (size_t t = 0; !status && t < s->b.n; t++)
    {
      a.key = (int64_t) (least + floor (rw_stream_uniform (&s->stream) * 9 * least));
      a.hay = draw_hay (s);
      status = rw_prompt_make (&a, &s->prompt, err);
      if (!status)
        status = put_prompt (s, t, err);
    }
  return status;
}

/* ---- means ---- */

static rw_status
put (session *s, size_t depth, rw_fields *out, rw_error *err)
{
  rw_block_sums sums;
  double rank = 0, margin = 0, n = 0;
  rw_status status = rw_block_sums_new (s->b.n, s->in->scratch, &sums, err);
  for (size_t t = 0; !status && t < s->b.n; t++)
    for (size_t j = s->b.start[t]; j < s->b.start[t + 1]; j++)
      if (s->b.target[j] >= 0)
        {
          rw_block_sums_add (&sums, t, s->b.nll[j]);
          rank += 1 + (double) s->b.rank[j];
          margin += s->b.margin[j];
          n += 1;
        }
  if (status || n == 0)
    return status;
  out->value[NLL][depth] = rw_block_mean (&sums);
  out->value[RANK][depth] = rank / n;
  out->value[MARGIN][depth] = margin / n;
  return rw_block_interval (&sums, s->in->seed, s->in->scratch, &out->value[LOW][depth],
                            &out->value[HIGH][depth], err);
}

static rw_status
run (session *s, rw_eval *e, rw_fields *out, rw_error *err)
{
  rw_status status = RW_OK;
  for (size_t d = 0; !status && d < out->size[NLL]; d++)
    {
      status = make_prompts (s, rw_prompt_depth (&s->p->head, d), err);
      const rw_batch all = { .n_sequences = s->b.n,
                             .start = s->b.start,
                             .id = s->b.id,
                             .target = s->b.target,
                             .nll = s->b.nll,
                             .rank = s->b.rank,
                             .margin = s->b.margin };
      if (!status)
        status = rw_eval_sequences (e, &all, err);
      if (!status)
        status = put (s, d, out, err);
    }
  return status;
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  session s = { .p = self, .in = in };
  rw_eval e;
  (void) work;
  s.stream = rw_stream_new (in->seed, in->group, PURPOSE);
  rw_status status = rw_prompt_tokenizer (&s.p->head, in, &s.tokenizer, &s.bos, err);
  if (!status)
    status = make_batch ((size_t) s.p->head.trials, rw_eval_length (in), in->scratch, &s.b, err);
  if (!status)
    status = rw_eval_open (&(rw_eval_ask){ .in = in, .freqs = f }, &e, err);
  if (status)
    return status;
  status = run (&s, &e, out, err);
  rw_eval_close (&e);
  rw_prompt_free (&s.prompt);
  rw_text_free (&s.said);
  return status;
}

/* ---- what it declares ---- */

static void
corpus (const void *self, rw_corpus_wish *out)
{
  const needle *p = self;
  *out = (rw_corpus_wish){ .text = p->text, .tokens = p->tokens };
}

static rw_status
check_hay (const rw_input *in, rw_error *err)
{
  const size_t length = rw_eval_length (in);
  size_t longest = 0;
  for (size_t d = 0; in->corpus && d < in->corpus->n; d++)
    longest = in->corpus->document[d].n > longest ? in->corpus->document[d].n : longest;
  if (!in->corpus || longest > length)
    return RW_OK;
  return rw_fail (err, RW_EDOMAIN, "the longest text has %zu tokens, too few to fill %zu", longest,
                  length);
}

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  const needle *p = self;
  rw_prompt prompt = { 0 };
  rw_prompt_ask a = { .room = rw_eval_length (in) + 1, .answer = true };
  if (!in->network)
    return RW_OK;
  a.key = (int64_t) pow (10, (double) p->digits) - 1;
  rw_status s = check_hay (in, err);
  if (!s)
    s = rw_prompt_tokenizer (&p->head, in, &a.tokenizer, &a.bos, err);
  if (!s)
    s = rw_prompt_make (&a, &prompt, err);
  rw_prompt_free (&prompt);
  return rw_within (err, s, "length %zu", rw_eval_length (in));
}

static rw_status
dim (const void *self, double longest, const char *name, rw_arena *keep, rw_dim *out, rw_error *err)
{
  const needle *p = self;
  (void) longest;
  return rw_prompt_dim (&p->head, "needle", name, keep, out, err);
}

static double
cost (const void *self, const rw_input *in)
{
  const needle *p = self;
  const double n = (double) p->head.trials * (double) rw_prompt_depths (&p->head);
  return rw_eval_seconds (in, n * in->length, in->length, n * (double) p->digits);
}

#define BY_DEPTH                                                                                   \
  .dims = { "depth" }, .kind = "sampled",                                                          \
  .cite = "Shang et al., arXiv 2502.20082; ropewalk, doc/metrics.md"

static const rw_field fields[] = {
  [NLL] = { .name = "needle_nll", BY_DEPTH, .unit = "nats", .long_name = "loss of a hidden digit" },
  [LOW] = { .name = "needle_low",
            BY_DEPTH,
            .unit = "nats",
            .long_name = "lower 95 % limit of the needle's loss" },
  [HIGH] = { .name = "needle_high",
             BY_DEPTH,
             .unit = "nats",
             .long_name = "upper 95 % limit of the needle's loss" },
  [RANK] = { .name = "needle_rank", BY_DEPTH, .long_name = "mean rank of a hidden digit" },
  [MARGIN] = { .name = "needle_margin",
               BY_DEPTH,
               .long_name = "logit of a hidden digit less the largest other" },
  { 0 },
};

static const rw_param params[] = {
  RW_PROMPT_PARAMS,
  { .name = "digits",
    .type = RW_INT,
    .at = offsetof (needle, digits),
    .value = 5,
    .defined = RW_BETWEEN (1, 15),
    .text = "digits of the number" },
  { .name = "text",
    .type = RW_TEXT,
    .at = offsetof (needle, text),
    .text = "filler: a text file, or a folder of *.txt; left out: the passkey's sentences" },
  { .name = "tokens",
    .type = RW_TEXT,
    .at = offsetof (needle, tokens),
    .text = "filler as token ids: an NPY file, or a JSON list" },
  { 0 },
};

const rw_metric rw_metric_needle = {
  .as = { .name = "needle",
          .size = sizeof (needle),
          .params = params,
          .text = "loss, rank and margin of the digits of a number hidden in a long text",
          .cite = "Shang et al. (LongRoPE2), arXiv 2502.20082" },
  .needs = RW_NEEDS_NETWORK | RW_ALONE,
  .fields = fields,
  .corpus = corpus,
  .check = check,
  .measure = measure,
  .dim = dim,
  .cost = cost,
};
