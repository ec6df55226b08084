/* passkey: prompts letter by letter; passkey, needle and copy beside what they are said to be, on a
   model that knows nothing.  */
#include "base/rng.h"
#include "losses_help.h"
#include "metric/prompt.h"

#define WITHIN 2e-5 /* nats: float32 activations of two layers, measured 2e-6 */

static const char task[]
    = "There is an important info hidden inside a lot of irrelevant text. Find it "
      "and memorize them. I will quiz you about the important information "
      "there.";
static const char filler[] = "The grass is green. The sky is blue. The sun is yellow. Here we go. "
                             "There and back again.";

/* ---- prompts; a token is a byte ---- */

static void
text_of (const rw_prompt *p, size_t from, char *out, size_t room)
{
  size_t n = 0;
  for (size_t i = from; i < p->ids.n && n + 1 < room; i++)
    out[n++] = (char) p->ids.id[i];
  out[n] = 0;
}

static void
wording (const rw_tokenizer *t)
{
  char got[4096], want[4096];
  rw_prompt p = { 0 };
  rw_error err = { 0 };
  rw_prompt_ask a = { .tokenizer = t, .bos = -1, .depth = 0.5, .key = 31415, .answer = true };
  snprintf (
      want, sizeof want,
      "%s\n%s\nThe pass key is 31415. Remember it. 31415 is the pass key.\n%s\nWhat is the pass "
      "key? The pass key is 31415",
      task, filler, filler);
  a.room = strlen (want);
  ok (!rw_prompt_make (&a, &p, &err), "a prompt is made %s", err.text);
  text_of (&p, 0, got, sizeof got);
  ok (strcmp (got, want) == 0 && p.sentences == 10, "its wording is the published one");
  text_of (&p, p.question, got, sizeof got);
  ok (strcmp (got, " 31415") == 0, "the answer stands behind the question");
  a.room += 18;
  ok (!rw_prompt_make (&a, &p, &err) && p.sentences == 10, "filler is not cut inside a sentence");
  a.room++; /* "The grass is green." is 19 letters; a space goes before every sentence but the first
             */
  ok (!rw_prompt_make (&a, &p, &err) && p.sentences == 10, "also with its space it must fit");
  a.room++;
  ok (!rw_prompt_make (&a, &p, &err) && p.sentences == 11, "and does with one more");
  a.bos = LAB_BOS;
  ok (!rw_prompt_make (&a, &p, &err) && p.sentences == 10 && p.ids.id[0] == LAB_BOS,
      "a BOS takes room");
  a.depth = 0;
  a.room = 2000;
  rw_prompt_make (&a, &p, &err);
  text_of (&p, 1, got, sizeof got);
  ok (strncmp (got + strlen (task), "\n\nThe pass key is 31415.", 23) == 0,
      "depth 0 is right behind the task");
  a.depth = 1;
  rw_prompt_make (&a, &p, &err);
  text_of (&p, 1, got, sizeof got);
  has (got, "31415 is the pass key.\n\nWhat is", "depth 1 right before the question");
  rw_prompt_free (&p);
}

static void
rooms (const rw_tokenizer *t)
{
  rw_prompt p = { 0 };
  rw_error err = { 0 };
  bool full = true;
  for (size_t room = 270; room < 5000; room = room * 9 / 8)
    for (int d = 0; d <= 4; d++)
      {
        const rw_prompt_ask a
            = { .tokenizer = t, .bos = -1, .room = room, .depth = d / 4.0, .key = 7 };
        /* The longest sentence has 21 letters and its space.  */
        full = full && !rw_prompt_make (&a, &p, &err) && p.ids.n <= room && p.ids.n + 22 > room;
      }
  ok (full, "prompts of every length and depth are as long as sentences allow %s", err.text);
  const rw_prompt_ask a = { .tokenizer = t, .bos = -1, .room = 100, .key = 7 };
  ok (rw_prompt_make (&a, &p, &err) == RW_EDOMAIN, "no room for the bare prompt is refused");
  has (err.text, "and there is room for 100", "with the room there is");
  const rw_prompt_ask endless = { .tokenizer = t, .bos = -1, .room = (size_t) 1 << 40, .key = 7 };
  ok (rw_prompt_make (&endless, &p, &err) == RW_EDOMAIN,
      "a prompt beyond every context is refused");
  has (err.text, "at most 4194304", "at once, with what there may be");
  const int32_t hay[600] = { 0 };
  const rw_prompt_ask b
      = { .tokenizer = t, .bos = -1, .room = 600, .depth = 0.5, .key = 7, .hay = hay };
  ok (!rw_prompt_make (&b, &p, &err) && p.ids.n == 600, "other filler fills the room to the token");
  rw_prompt_free (&p);
}

/* ---- the metric passkey ---- */

static void
open_lab (lab *l, const char *metric, int length)
{
  lab_open (l, metric);
  l->b.in.length = l->b.in.longest = length;
  bench_dim (&l->b, "depth", 3);
  bench_dim (&l->b, "digits", 5);
}

static void
hopeless (void)
{
  lab l;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  double first[3];
  open_lab (&l, "passkey", 400);
  bench_set (&l.b, "depths", RW_NUMBER_VALUE (3));
  bench_set (&l.b, "trials", RW_NUMBER_VALUE (4));
  table (&l.b, "linear", 2, &f);
  ok (!bench_run (&l.b, &f, &err), "passkey runs %s", err.text);
  for (size_t d = 0; d < 3; d++)
    {
      ok (bench_field (&l.b, "passkey_accuracy")[d] == 0,
          "a model of random weights reads nothing");
      near (bench_field (&l.b, "passkey_low")[d], 0, 0, "its lower limit is 0");
      /* z^2 / (n + z^2) of none in four */
      near (bench_field (&l.b, "passkey_high")[d], 3.8414588 / 7.8414588, 1e-6,
            "Wilson's upper limit of none in four (z has seven digits)");
      first[d] = bench_field (&l.b, "passkey_digits")[d];
    }
  const double chance[5] = { 1.0 / 9, 1.0 / 90, 1.0 / 900, 1.0 / 9000, 1.0 / 40001 };
  double share = 0;
  for (size_t k = 0; k < 5; k++)
    {
      near (bench_field (&l.b, "passkey_chance")[k], chance[k], TOL0, "chance by digits");
      share += 1 / bench_field (&l.b, "passkey_chance")[k];
    }
  near (share, 50000, TOL1, "whose keys are 1 .. 50000");
  ok (bench_field (&l.b, "passkey_by_digits")[4] == 0, "keys of five digits are not read");
  l.b.in.threads = 2;
  bench_run (&l.b, &f, &err);
  ok (memcmp (first, bench_field (&l.b, "passkey_digits"), sizeof first) == 0,
      "two threads say the same");
  l.b.in.length = 200;
  ok (bench_run (&l.b, &f, &err) == RW_EDOMAIN, "a length without room is refused");
  has (err.text, "length 200: the prompt without filler has", "with the length");
  l.b.in.length = 10;
  ok (bench_run (&l.b, &f, &err) == RW_EDOMAIN, "and one that the answer fills");
  rw_freqs_free (&f);
  lab_close (&l);
}

static void
depths (void)
{
  lab l;
  rw_error err = { 0 };
  rw_dim dim;
  rw_arena *keep = rw_arena_new ();
  const double at[3] = { 0, 0.3, 0.9 }, falling[2] = { 0.5, 0.1 };
  open_lab (&l, "passkey", 400);
  const rw_metric *m = l.b.metric;
  ok (!m->dim (l.b.object->self, 400, "depth", keep, &dim, &err) && dim.n == 5
          && dim.values[1] == 0.25 && dim.values[4] == 1,
      "five depths at even steps are the default");
  bench_set (&l.b, "at", (rw_value){ .kind = RW_VALUE_NUMBERS, .numbers = at, .n = 3 });
  ok (!m->dim (l.b.object->self, 400, "depth", keep, &dim, &err) && dim.n == 3
          && memcmp (dim.values, at, sizeof at) == 0,
      "or a list");
  bench_set (&l.b, "at", (rw_value){ .kind = RW_VALUE_NUMBERS, .numbers = falling, .n = 2 });
  ok (m->dim (l.b.object->self, 400, "depth", keep, &dim, &err) == RW_EINVAL, "which must rise");
  rw_arena_free (keep);
  lab_close (&l);
}

/* ---- needle ---- */

enum
{
  NEEDLE_STREAM = 13, /* purposes of the two metrics' random streams */
  COPY_STREAM = 14
};

/* Loss of five digits behind a prompt, by the plain pass.  */
static double
digits_loss (lab *l, const rw_freqs *f, const rw_prompt *p)
{
  static double nll[1024];
  double sum = 0;
  lab_losses (l, f, 0, p->ids.id, p->ids.n - 1, nll);
  for (size_t j = p->ids.n - 6; j < p->ids.n - 1; j++)
    sum += nll[j];
  return sum / 5;
}

static void
needle (bool hay)
{
  enum
  {
    TRIALS = 3,
    ROOM = 400
  };
  lab l;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  rw_prompt p = { 0 };
  const rw_tokenizer *t;
  double worst = 0;
  open_lab (&l, "needle", ROOM);
  bench_set (&l.b, "depths", RW_NUMBER_VALUE (3));
  bench_set (&l.b, "trials", RW_NUMBER_VALUE (TRIALS));
  if (!hay)
    l.b.in.corpus = NULL;
  table (&l.b, "yarn", 4, &f);
  ok (!bench_run (&l.b, &f, &err), "needle runs %s", err.text);
  rw_network_tokenizer (l.network, &t, &err);
  rw_stream stream = rw_stream_new (l.b.in.seed, l.b.in.group, NEEDLE_STREAM);
  for (size_t d = 0; d < 3; d++)
    {
      double want = 0;
      for (int i = 0; i < TRIALS; i++)
        {
          rw_prompt_ask a = {
            .tokenizer = t, .bos = -1, .room = ROOM + 1, .depth = (double) d / 2, .answer = true
          };
          a.key = 10000 + (int64_t) (rw_stream_uniform (&stream) * 90000);
          if (hay)
            a.hay = l.text[0] + (size_t) (rw_stream_uniform (&stream) * (LAB_TEXT - ROOM));
          rw_prompt_make (&a, &p, &err);
          want += digits_loss (&l, &f, &p) / TRIALS;
        }
      worst = fmax (worst, fabs (want - bench_field (&l.b, "needle_nll")[d]));
    }
  ok (worst < WITHIN, "the loss of the digits is that of a direct pass (%.1e), %s", worst,
      hay ? "in a text" : "in filler");
  const double rank = bench_field (&l.b, "needle_rank")[1];
  ok (rank > 1 && rank < LAB_VOCAB, "ranks are from 1 to the vocabulary");
  ok (bench_field (&l.b, "needle_margin")[1] < 0, "who is not the likeliest has a margin below 0");
  ok (bench_field (&l.b, "needle_low")[1] <= bench_field (&l.b, "needle_nll")[1]
          && bench_field (&l.b, "needle_nll")[1] <= bench_field (&l.b, "needle_high")[1],
      "the interval holds the loss");
  l.b.in.length = hay ? LAB_TEXT : 100;
  ok (bench_run (&l.b, &f, &err) == RW_EDOMAIN, "what does not fit is refused");
  has (err.text, hay ? "the longest text has 900 tokens" : "length 100: the prompt",
       "with a reason");
  rw_prompt_free (&p);
  rw_freqs_free (&f);
  lab_close (&l);
}

/* ---- copy ---- */

static void
copies (void)
{
  enum
  {
    SEGMENT = 6,
    TRIALS = 5,
    POINTS = 4,
    LENGTH = 64
  };
  /* 53 distances fit, 6 .. 58; of those number 0, 17, 34 and 52.  */
  static const size_t expected[POINTS] = { 6, 23, 40, 58 };
  lab l;
  rw_error err = { 0 };
  rw_freqs f = { 0 };
  double worst = 0;
  size_t filled = 0;
  open_lab (&l, "copy", LENGTH);
  bench_set (&l.b, "text", RW_TEXT_VALUE ("one.txt"));
  bench_set (&l.b, "segment", RW_NUMBER_VALUE (SEGMENT));
  bench_set (&l.b, "points", RW_NUMBER_VALUE (POINTS));
  bench_set (&l.b, "trials", RW_NUMBER_VALUE (TRIALS));
  table (&l.b, "linear", 2, &f);
  ok (!bench_run (&l.b, &f, &err), "copy runs %s", err.text);
  const double *gain = bench_field (&l.b, "copy_gain");
  rw_stream stream = rw_stream_new (l.b.in.seed, l.b.in.group, COPY_STREAM);
  for (size_t k = 0; k < POINTS; k++)
    {
      const size_t d = expected[k], n = d + SEGMENT;
      double want = 0;
      for (int i = 0; i < TRIALS; i++)
        {
          const double places = (double) (LAB_TEXT - n + 1);
          const int32_t *a = l.text[0] + (size_t) (rw_stream_uniform (&stream) * places);
          int32_t id[LENGTH + 1];
          double twice[LENGTH], once[LENGTH];
          memcpy (id, a, d * sizeof *id);
          memcpy (id + d, a, SEGMENT * sizeof *id);
          lab_losses (&l, &f, 0, id, n - 1, twice);
          memcpy (id, a + d, SEGMENT * sizeof *id);
          lab_losses (&l, &f, 0, id, n - 1, once);
          for (size_t j = d; j < n - 1; j++)
            want += (once[j] - twice[j]) / (TRIALS * (SEGMENT - 1));
        }
      worst = fmax (worst, fabs (want - gain[d]));
    }
  for (size_t k = 0; k < 200; k++)
    filled += !isnan (gain[k]);
  ok (worst < WITHIN, "gains are those of direct passes (%.1e)", worst);
  ok (filled == POINTS, "at so many distances as wanted");
  l.b.in.length = 11;
  ok (bench_run (&l.b, &f, &err) == RW_EDOMAIN, "no room for two segments is refused");
  has (err.text, "from 6 (segment) to 5", "with the bounds");
  rw_freqs_free (&f);
  lab_close (&l);
}

int
main (void)
{
  rw_network *network = lab_network (true);
  const rw_tokenizer *t;
  rw_error err = { 0 };
  if (rw_network_tokenizer (network, &t, &err))
    {
      printf ("Bail out! %s\n", err.text);
      return 1;
    }
  wording (t);
  rooms (t);
  rw_network_close (network);
  hopeless ();
  depths ();
  needle (false);
  needle (true);
  copies ();
  return tap_end ();
}
