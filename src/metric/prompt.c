/* prompt: passkey prompts of a given number of tokens; see prompt.h.  */
#include "metric/prompt.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char TASK[]
    = "There is an important info hidden inside a lot of irrelevant text. Find it and memorize "
      "them. I will quiz you about the important information there.";
static const char *const FILLER[]
    = { "The grass is green.", "The sky is blue.", "The sun is yellow.", "Here we go.",
        "There and back again." };
static const char NEEDLE[]
    = "The pass key is %" PRId64 ". Remember it. %" PRId64 " is the pass key.";
static const char QUESTION[] = "What is the pass key? The pass key is";

enum
{
  SENTENCES = sizeof FILLER / sizeof *FILLER,
  PROBE = 100,        /* sentences from which the tokens of one are estimated */
  ROOM_MOST = 1 << 22 /* tokens: beyond every context, and a text that is written in seconds */
};

/* ---- the parameters ---- */

const char *const rw_prompt_bos[] = { "model", "none", "window", NULL };

enum
{
  BOS_MODEL,
  BOS_NONE,
  BOS_WINDOW
};

size_t
rw_prompt_depths (const rw_prompt_head *head)
{
  return head->at.n ? head->at.n : (size_t) head->depths;
}

double
rw_prompt_depth (const rw_prompt_head *head, size_t i)
{
  if (head->at.n)
    return head->at.v[i];
  return head->depths > 1 ? (double) i / (double) (head->depths - 1) : 0.5;
}

rw_status
rw_prompt_dim (const rw_prompt_head *head, const char *metric, const char *name, rw_arena *keep,
               rw_dim *out, rw_error *err)
{
  const size_t n = rw_prompt_depths (head);
  double *depth = rw_arena_take (keep, n, sizeof *depth);
  if (strcmp (name, "depth") != 0)
    return rw_fail (err, RW_EINVAL, "%s has no dimension '%s'", metric, name);
  if (!depth)
    return rw_nomem (err, n * sizeof *depth);
  for (size_t i = 0; i < n; i++)
    {
      depth[i] = rw_prompt_depth (head, i);
      if (i && depth[i] <= depth[i - 1])
        return rw_fail (err, RW_EINVAL, "at[%zu]: depths rise, %.17g is not above %.17g", i,
                        depth[i], depth[i - 1]);
    }
  *out = (rw_dim){ .name = "depth", .n = n, .values = depth, .long_name = "depth of the number" };
  return RW_OK;
}

rw_status
rw_prompt_tokenizer (const rw_prompt_head *head, const rw_input *in, const rw_tokenizer **out,
                     int32_t *bos, rw_error *err)
{
  const rw_status s = rw_network_tokenizer (in->network, out, err);
  if (s)
    return s;
  const bool wanted
      = head->bos == BOS_WINDOW || (head->bos == BOS_MODEL && rw_tokenizer_add_bos (*out));
  return rw_eval_bos (in, wanted, bos, err);
}

/* ---- the text ---- */

static void
add_filler (rw_text *t, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      if (i)
        rw_text_add (t, " ");
      rw_text_add (t, FILLER[i % SENTENCES]);
    }
}

static size_t
before_of (const rw_prompt_ask *ask, size_t n)
{
  return (size_t) round (ask->depth * (double) n);
}

static rw_status
encode (const rw_prompt_ask *ask, rw_prompt *p, rw_error *err)
{
  if (p->text.failed)
    return rw_nomem (err, p->text.room);
  return rw_tokenizer_encode (ask->tokenizer, rw_text_get (&p->text), p->text.n, false, &p->ids,
                              err);
}

/* Encodes the question, and with it the answer: the ids of the two less those of the question alone
   are the answer's.  `text` holds what stands before the question in the same piece.  */
static rw_status
add_question (const rw_prompt_ask *ask, rw_prompt *p, rw_error *err)
{
  const size_t at = p->ids.n;
  rw_text_add (&p->text, QUESTION);
  rw_status s = encode (ask, p, err);
  p->question = p->ids.n;
  if (s || !ask->answer)
    return s;
  p->ids.n = at;
  rw_text_addf (&p->text, " %" PRId64, ask->key);
  s = encode (ask, p, err);
  /* Tokens that reach over the seam belong to the answer.  */
  if (!s && p->question > p->ids.n)
    p->question = p->ids.n;
  return s;
}

static rw_status
begin (const rw_prompt_ask *ask, rw_prompt *p, rw_error *err)
{
  p->ids.n = 0;
  p->text.n = 0;
  return ask->bos < 0 ? RW_OK : rw_ids_add (&p->ids, ask->bos, err);
}

/* The whole with n sentences of filler.  */
static rw_status
write_sentences (const rw_prompt_ask *ask, size_t n, rw_prompt *p, rw_error *err)
{
  const size_t before = before_of (ask, n);
  const rw_status s = begin (ask, p, err);
  if (s)
    return s;
  rw_text_addf (&p->text, "%s\n", TASK);
  add_filler (&p->text, before);
  rw_text_add (&p->text, "\n");
  rw_text_addf (&p->text, NEEDLE, ask->key, ask->key);
  rw_text_add (&p->text, "\n");
  add_filler (&p->text, n - before);
  rw_text_add (&p->text, "\n");
  p->sentences = n;
  return add_question (ask, p, err);
}

static rw_status
no_room (const rw_prompt_ask *ask, size_t tokens, rw_error *err)
{
  rw_fail (err, RW_EDOMAIN, "the prompt without filler has %zu tokens, and there is room for %zu",
           tokens, ask->room);
  return rw_hint (err, "take longer lengths");
}

/* Sentences are estimated from a probe, then added or taken off one at a time.  */
static rw_status
fit_sentences (const rw_prompt_ask *ask, rw_prompt *p, rw_error *err)
{
  rw_status s = write_sentences (ask, 0, p, err);
  const size_t bare = p->ids.n;
  if (s)
    return s;
  if (bare > ask->room)
    return no_room (ask, bare, err);
  s = write_sentences (ask, PROBE, p, err);
  if (!s && p->ids.n <= bare)
    return rw_fail (err, RW_EINVAL, "the tokenizer makes no tokens of the filler");
  const double each = ((double) p->ids.n - (double) bare) / PROBE;
  size_t n = (size_t) ((double) (ask->room - bare) / each);
  for (; !s && !(s = write_sentences (ask, n, p, err)) && p->ids.n > ask->room; n--)
    continue;
  while (!s && p->ids.n <= ask->room)
    s = write_sentences (ask, ++n, p, err);
  return s ? s : write_sentences (ask, n - 1, p, err);
}

/* ---- with ids as filler ---- */

static rw_status
add_piece (const rw_prompt_ask *ask, rw_prompt *p, const char *piece, rw_error *err)
{
  p->text.n = 0;
  rw_text_add (&p->text, piece);
  return encode (ask, p, err);
}

static rw_status
add_hay (rw_prompt *p, const int32_t *id, size_t n, rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t i = 0; !s && i < n; i++)
    s = rw_ids_add (&p->ids, id[i], err);
  return s;
}

static rw_status
write_hay (const rw_prompt_ask *ask, size_t n, rw_prompt *p, rw_error *err)
{
  char needle[sizeof NEEDLE + 64];
  const size_t before = before_of (ask, n);
  needle[0] = '\n';
  const int length = snprintf (needle + 1, sizeof needle - 2, NEEDLE, ask->key, ask->key);
  memcpy (needle + 1 + length, "\n", 2);
  rw_status s = begin (ask, p, err);
  if (!s)
    s = add_piece (ask, p, TASK, err);
  if (!s)
    s = add_piece (ask, p, "\n", err);
  if (!s)
    s = add_hay (p, ask->hay, before, err);
  if (!s)
    s = add_piece (ask, p, needle, err);
  if (!s)
    s = add_hay (p, ask->hay + before, n - before, err);
  if (s)
    return s;
  p->text.n = 0;
  rw_text_add (&p->text, "\n");
  return add_question (ask, p, err);
}

rw_status
rw_prompt_make (const rw_prompt_ask *ask, rw_prompt *out, rw_error *err)
{
  if (ask->room > ROOM_MOST)
    return rw_fail (err, RW_EDOMAIN, "a prompt of %zu tokens: at most %d were expected", ask->room,
                    ROOM_MOST);
  if (!ask->hay)
    return fit_sentences (ask, out, err);
  const rw_status s = write_hay (ask, 0, out, err);
  if (s)
    return s;
  if (out->ids.n > ask->room)
    return no_room (ask, out->ids.n, err);
  return write_hay (ask, ask->room - out->ids.n, out, err);
}

void
rw_prompt_free (rw_prompt *p)
{
  rw_text_free (&p->text);
  rw_ids_free (&p->ids);
}
