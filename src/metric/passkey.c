/* passkey: can the model read out a number that stands somewhere in a long text?

   Mohtashami and Jaggi, arXiv 2305.16300: prompts as prompt.h has them, the number K uniform in
   1 .. 50000, ten tokens of greedy decoding; the answer is the first run of digits.  Accuracy
   counts answers that are K exactly; the share of leading digits that are right moves where
   accuracy is still 0.  Every depth and trial has its K from the group's random stream, so that
   schedules are asked the same.  */
#include "base/rng.h"
#include "metric/prompt.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  rw_prompt_head head;
} passkey;

enum
{
  ACCURACY,
  LOW,
  HIGH,
  LEADING,
  BY_DIGITS,
  CHANCE
};

enum
{
  PURPOSE = 12, /* of the stream; sources begin at 16 */
  KEYS = 50000,
  DIGITS = 5, /* of the largest key */
  ANSWER = 10 /* tokens that are decoded */
};

static const double NORMAL = 1.959964; /* 97.5 % of the normal law */

/* What came of the trials.  */
typedef struct
{
  size_t depth;
  size_t digits; /* of K */
  bool right;
  double leading; /* share of K's leading digits that the answer has */
} outcome;

typedef struct
{
  const passkey *p;
  const rw_input *in;
  const rw_tokenizer *tokenizer;
  int32_t bos;
  rw_eval eval;
  rw_prompt prompt;
  int32_t *kept; /* (length + ANSWER,) ids whose keys and values the model holds */
  rw_text said;
  rw_stream stream;
} session;

/* ---- one prompt ---- */

/* Runs ids behind what is kept; the likeliest token after them.  */
static rw_status
advance (session *s, const int32_t *id, size_t n, int32_t *best, rw_error *err)
{
  const size_t start[2] = { 0, n };
  const size_t at = rw_forward_kept (s->eval.forward);
  const rw_batch batch = { .n_sequences = 1, .start = start, .id = id, .best = best };
  const rw_status status = rw_eval_run (&s->eval, &batch, err);
  if (!status)
    memcpy (s->kept + at, id, n * sizeof *id);
  return status;
}

/* What the prompt has in common with the one before need not be computed again.  */
static rw_status
read_prompt (session *s, int32_t *best, rw_error *err)
{
  const int32_t *id = s->prompt.ids.id;
  const size_t n = s->prompt.ids.n, kept = rw_forward_kept (s->eval.forward);
  size_t same = 0;
  while (same < kept && same + 1 < n && id[same] == s->kept[same])
    same++;
  rw_forward_rewind (s->eval.forward, same);
  return advance (s, id + same, n - same, best, err);
}

static rw_status
decode (session *s, int32_t best, rw_error *err)
{
  rw_status status = RW_OK;
  s->said.n = 0;
  rw_text_add (&s->said, "");
  /* -1: logits that are no numbers.  */
  for (int i = 0; !status && best >= 0 && best != rw_tokenizer_eos (s->tokenizer); i++)
    {
      status = rw_tokenizer_decode (s->tokenizer, &best, 1, false, &s->said, err);
      if (status || i + 1 == ANSWER)
        break;
      const int32_t last = best;
      status = advance (s, &last, 1, &best, err);
    }
  if (!status && s->said.failed)
    status = rw_nomem (err, s->said.room);
  return status;
}

static void
judge (const char *said, int64_t key, outcome *out)
{
  char digits[32];
  size_t n = 0, same = 0;
  out->digits = (size_t) snprintf (digits, sizeof digits, "%" PRId64, key);
  while (*said && !isdigit ((unsigned char) *said))
    said++;
  while (isdigit ((unsigned char) said[n]))
    n++;
  while (same < n && same < out->digits && said[same] == digits[same])
    same++;
  out->right = n == out->digits && same == n;
  out->leading = (double) same / (double) out->digits;
}

static rw_status
ask (session *s, outcome *out, rw_error *err)
{
  const int64_t key = 1 + (int64_t) (rw_stream_uniform (&s->stream) * KEYS);
  const rw_prompt_ask prompt = { .tokenizer = s->tokenizer,
                                 .bos = s->bos,
                                 .room = rw_eval_length (s->in) - ANSWER,
                                 .depth = rw_prompt_depth (&s->p->head, out->depth),
                                 .key = key };
  int32_t best = -1;
  rw_status status = rw_prompt_make (&prompt, &s->prompt, err);
  if (!status)
    status = read_prompt (s, &best, err);
  if (!status)
    status = decode (s, best, err);
  if (!status)
    judge (rw_text_get (&s->said), key, out);
  return status;
}

/* ---- all of them ---- */

static rw_status
open_session (session *s, const rw_freqs *f, rw_error *err)
{
  const size_t length = rw_eval_length (s->in);
  rw_status status = rw_prompt_tokenizer (&s->p->head, s->in, &s->tokenizer, &s->bos, err);
  s->stream = rw_stream_new (s->in->seed, s->in->group, PURPOSE);
  if (!status && !(s->kept = rw_arena_take (s->in->scratch, length, sizeof *s->kept)))
    status = rw_nomem (err, length * sizeof *s->kept);
  if (!status)
    status
        = rw_eval_open (&(rw_eval_ask){ .in = s->in, .freqs = f, .room = length }, &s->eval, err);
  return status;
}

static void
close_session (session *s)
{
  if (s->eval.forward)
    rw_eval_close (&s->eval);
  rw_prompt_free (&s->prompt);
  rw_text_free (&s->said);
}

/* Wilson's interval of k of n (Wilson 1927): it is never empty, nor beyond 0 and 1.  */
static void
wilson (double k, double n, double *low, double *high)
{
  const double z = NORMAL, share = k / n, wide = 1 + z * z / n;
  const double middle = (share + z * z / (2 * n)) / wide;
  const double half = z / wide * sqrt (share * (1 - share) / n + z * z / (4 * n * n));
  *low = fmax (0, middle - half);
  *high = fmin (1, middle + half);
}

static void
put (const outcome *o, size_t n, rw_fields *out)
{
  double asked[DIGITS + 1] = { 0 }, right[DIGITS + 1] = { 0 };
  for (size_t d = 0; d < out->size[ACCURACY]; d++)
    {
      double trials = 0, hits = 0, leading = 0;
      for (size_t i = 0; i < n; i++)
        if (o[i].depth == d)
          {
            trials += 1;
            hits += o[i].right;
            leading += o[i].leading;
          }
      out->value[ACCURACY][d] = hits / trials;
      out->value[LEADING][d] = leading / trials;
      wilson (hits, trials, &out->value[LOW][d], &out->value[HIGH][d]);
    }
  for (size_t i = 0; i < n; i++)
    {
      asked[o[i].digits] += 1;
      right[o[i].digits] += o[i].right;
    }
  for (size_t k = 1; k <= DIGITS; k++)
    {
      const double least = pow (10, (double) k - 1);
      const double count = fmin (pow (10, (double) k), KEYS + 1) - least;
      out->value[CHANCE][k - 1] = 1 / count;
      if (asked[k] > 0)
        out->value[BY_DIGITS][k - 1] = right[k] / asked[k];
    }
}

static rw_status
measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f, rw_fields *out,
         rw_error *err)
{
  session s = { .p = self, .in = in };
  const size_t trials = (size_t) s.p->head.trials, n = trials * rw_prompt_depths (&s.p->head);
  outcome *o = rw_arena_take (in->scratch, n, sizeof *o);
  (void) work;
  rw_status status = o ? open_session (&s, f, err) : rw_nomem (err, n * sizeof *o);
  for (size_t i = 0; !status && i < n; i++)
    {
      o[i].depth = i / trials;
      status = ask (&s, &o[i], err);
    }
  close_session (&s);
  if (!status)
    put (o, n, out);
  return status;
}

/* ---- what it declares ---- */

static rw_status
check (const void *self, const rw_input *in, rw_error *err)
{
  const passkey *p = self;
  rw_prompt prompt = { 0 };
  rw_prompt_ask a = { .key = KEYS };
  const size_t length = rw_eval_length (in);
  if (length <= ANSWER)
    return rw_fail (err, RW_EDOMAIN, "length %zu: the answer alone takes %d tokens", length,
                    ANSWER);
  if (!in->network)
    return RW_OK;
  a.room = length - ANSWER;
  rw_status s = rw_prompt_tokenizer (&p->head, in, &a.tokenizer, &a.bos, err);
  if (!s)
    s = rw_prompt_make (&a, &prompt, err);
  rw_prompt_free (&prompt);
  return rw_within (err, s, "length %zu", length);
}

static rw_status
dim (const void *self, double longest, const char *name, rw_arena *keep, rw_dim *out, rw_error *err)
{
  const passkey *p = self;
  (void) longest;
  if (strcmp (name, "digits") != 0)
    return rw_prompt_dim (&p->head, "passkey", name, keep, out, err);
  double *digits = rw_arena_take (keep, DIGITS, sizeof *digits);
  if (!digits)
    return rw_nomem (err, DIGITS * sizeof *digits);
  for (size_t k = 0; k < DIGITS; k++)
    digits[k] = (double) (k + 1);
  *out = (rw_dim){ .name = "digits", .n = DIGITS, .values = digits, .long_name = "digits of K" };
  return RW_OK;
}

/* Half of a prompt is the one before's; a decoded token costs what many read together do.  */
static double
cost (const void *self, const rw_input *in)
{
  static const double ALONE = 20;
  const passkey *p = self;
  const double n = (double) p->head.trials * (double) rw_prompt_depths (&p->head);
  const double fed = n * (in->length / 2 + ALONE * ANSWER);
  return rw_eval_seconds (in, fed, in->length, n * ANSWER);
}

#define SAMPLED                                                                                    \
  .kind = "sampled", .cite = "Mohtashami and Jaggi, arXiv 2305.16300; ropewalk, doc/metrics.md"

static const rw_field fields[] = {
  [ACCURACY] = { .name = "passkey_accuracy",
                 .dims = { "depth" },
                 .long_name = "passkeys read out right",
                 SAMPLED },
  [LOW] = { .name = "passkey_low",
            .dims = { "depth" },
            .long_name = "lower 95 % limit of the accuracy",
            SAMPLED },
  [HIGH] = { .name = "passkey_high",
             .dims = { "depth" },
             .long_name = "upper 95 % limit of the accuracy",
             SAMPLED },
  [LEADING] = { .name = "passkey_digits",
                .dims = { "depth" },
                .long_name = "share of leading digits that are right",
                SAMPLED },
  [BY_DIGITS] = { .name = "passkey_by_digits",
                  .dims = { "digits" },
                  .long_name = "passkeys of so many digits read out right, over all depths",
                  SAMPLED },
  [CHANCE] = { .name = "passkey_chance",
               .dims = { "digits" },
               .long_name = "accuracy of guessing among the keys of so many digits",
               .kind = "exact",
               .cite = "ropewalk, doc/metrics.md" },
  { 0 },
};

static const rw_param params[] = { RW_PROMPT_PARAMS, { 0 } };

const rw_metric rw_metric_passkey = {
  .as = { .name = "passkey",
          .size = sizeof (passkey),
          .params = params,
          .text = "accuracy of reading out a number hidden in a long text, by its depth",
          .cite = "Mohtashami and Jaggi, arXiv 2305.16300" },
  .needs = RW_NEEDS_NETWORK | RW_ALONE,
  .fields = fields,
  .check = check,
  .measure = measure,
  .dim = dim,
  .cost = cost,
};
