/* windows: the protocols against the loops of the programs that are known by them.

   Texts are the numbers 0, 1, 2 ... (a second document 1000, 1001 ...), BOS is -7, so that what is
   fed and what is scored can be read off.  */
#include "metric/windows.h"
#include "tap.h"

enum
{
  BOS = -7,
  ROOM = 4096
};

static rw_arena *arena;
static int32_t text[2][ROOM];
static rw_document document[2];
static rw_corpus corpus = { .document = document };

static void
documents (size_t a, size_t b)
{
  document[0] = (rw_document){ .name = "first.txt", .id = text[0], .n = a };
  document[1] = (rw_document){ .name = "second.txt", .id = text[1], .n = b };
  corpus.n = b ? 2 : 1;
  corpus.tokens = a + b;
}

/* What a protocol does, written out: "fed>scored;" a window, in the order of the list.  */
typedef struct
{
  char s[1 << 16];
  size_t n;
} words;

static void
say (words *w, const int32_t *fed, const int32_t *target, size_t n)
{
  for (size_t j = 0; j < n; j++)
    {
      w->n += (size_t) snprintf (w->s + w->n, sizeof w->s - w->n, " %d", fed[j]);
      if (target[j] != -1)
        w->n += (size_t) snprintf (w->s + w->n, sizeof w->s - w->n, ">%d", target[j]);
    }
  w->n += (size_t) snprintf (w->s + w->n, sizeof w->s - w->n, ";");
}

static rw_status
ours (const rw_windows_ask *ask, words *out, rw_error *err)
{
  rw_windows w;
  int32_t fed[ROOM], target[ROOM];
  size_t fed_n = 0, scored = 0, longest = 0;
  bool agree = true;
  out->n = 0;
  out->s[0] = 0;
  rw_arena_reset (arena);
  const rw_status s = rw_windows_make (ask, &corpus, arena, &w, err);
  for (size_t i = 0; !s && i < w.n; i++)
    {
      const rw_window *v = &w.window[i];
      rw_window_fill (v, &corpus, BOS, fed, target);
      say (out, fed, target, v->n);
      fed_n += v->n;
      longest = v->n > longest ? v->n : longest;
      for (size_t j = v->from; j < v->n; j++, scored++)
        agree = agree && target[j] == text[v->document][rw_window_target (v, j)];
    }
  if (!s && (!agree || fed_n != w.fed || scored != w.scored || longest != w.longest))
    out->s[0] = '!';
  return s;
}

static void
same (const rw_windows_ask *ask, const words *want, const char *name)
{
  static words got;
  rw_error err = { 0 };
  const rw_status s = ours (ask, &got, &err);
  if (!ok (s == RW_OK && strcmp (got.s, want->s) == 0, "%s", name))
    printf ("# got  %.400s\n# want %.400s\n# %s\n", got.s, want->s, err.text);
}

static void
is (const rw_windows_ask *ask, const char *want, const char *name)
{
  static words w;
  snprintf (w.s, sizeof w.s, "%s", want);
  same (ask, &w, name);
}

/* ---- by hand ---- */

static void
hand_made (void)
{
  rw_windows_ask a = { .length = 3 };
  documents (8, 0);
  is (&a, " 0>1 1>2 2>3; 3>4 4>5 5>6;", "a window feeds n tokens and scores the n that follow");
  a.windows = RW_WINDOWS_DISJOINT;
  a.stride = 2;
  is (&a, " 0>1 1>2 2>3; 3>4 4>5 5>6;", "disjoint windows do not heed the stride");
  a.score = RW_SCORE_LAST;
  is (&a, " 0 1>2 2>3; 3 4>5 5>6;", "but what is scored last does");
  a.windows = RW_WINDOWS_TRUNCATE;
  is (&a, " 0 1>2 2>3;", "truncate is one window a document");
  a.windows = RW_WINDOWS_SLIDE;
  is (&a, " 0 1>2 2>3; 2 3>4 4>5; 4 5>6 6>7;", "slide and last");
  a.score = RW_SCORE_ALL;
  is (&a, " 0>1 1>2 2>3; 2 3>4 4>5; 4 5>6 6>7;", "slide scores every token once");
  a.score = RW_SCORE_SECOND_HALF;
  is (&a, " 0 1 2>3; 2 3 4>5; 4 5 6>7;", "the second half of three begins at place two");
  a.score = RW_SCORE_ALL;
  a.stride = 4;
  is (&a, " 0>1 1>2 2>3; 4>5 5>6 6>7;", "a stride beyond the length leaves tokens out");
  a.stride = 0;
  a.bos = RW_BOS_WINDOW;
  is (&a, " -7>0 0>1 1>2; -7>3 3>4 4>5;", "with a BOS the first fed token is BOS");
  a.bos = RW_BOS_ONCE;
  is (&a, " -7>0 0>1 1>2; 2>3 3>4 4>5;", "one BOS a document");
  a.tail = RW_TAIL_SHORT;
  is (&a, " -7>0 0>1 1>2; 2>3 3>4 4>5; 5>6 6>7;", "a short tail");
  a.tail = RW_TAIL_FULL;
  is (&a, " -7>0 0>1 1>2; 2>3 3>4 4>5; 4 5>6 6>7;", "a full tail scores what is new");
  a.bos = RW_BOS_NONE;
  is (&a, " 0>1 1>2 2>3; 3>4 4>5 5>6; 4 5 6>7;", "and without a BOS");
}

static void
several (void)
{
  rw_windows_ask a = { .length = 2, .most = 3 };
  documents (9, 4);
  is (&a, " 0>1 1>2; 2>3 3>4; 1000>1001 1001>1002;", "documents take turns");
  a.most = 1;
  is (&a, " 0>1 1>2;", "until all are given");
  a.most = 100;
  a.length = 4;
  is (&a, " 0>1 1>2 2>3 3>4; 4>5 5>6 6>7 7>8;", "a document that is too short is left out");
  a.tail = RW_TAIL_SHORT;
  is (&a, " 0>1 1>2 2>3 3>4; 4>5 5>6 6>7 7>8; 1000>1001 1001>1002 1002>1003;",
      "unless short windows are wanted");
  documents (11, 0);
  a = (rw_windows_ask){
    .length = 4, .stride = 1, .most = 3, .score = RW_SCORE_LAST, .spread = true
  };
  is (&a, " 0 1 2 3>4; 3 4 5 6>7; 6 7 8 9>10;", "spread windows reach from end to end");
  a.most = 1;
  is (&a, " 0 1 2 3>4;", "one of them stands at the beginning");
  a.most = 0;
  a.stride = 5;
  is (&a, " 0>1 1>2 2>3 3>4; 6>7 7>8 8>9 9>10;", "and they keep their distance");
}

static void
refusals (void)
{
  static words w;
  rw_error err = { 0 };
  rw_windows_ask a = { .length = 2385 };
  documents (2385, 17);
  ok (ours (&a, &w, &err) == RW_EDOMAIN, "a text shorter than a window is refused");
  has (err.text, "first.txt, has 2385 tokens", "with its name and tokens");
  has (err.text, "length 2385 takes 2386", "and with what a window takes");
  a.bos = RW_BOS_WINDOW;
  ok (ours (&a, &w, &err) == RW_OK, "with a BOS the text is just long enough");
  documents (0, 0);
  ok (ours (&a, &w, &err) == RW_EDOMAIN, "an empty text is refused");
  a.tail = RW_TAIL_SHORT;
  ok (ours (&a, &w, &err) == RW_EDOMAIN, "also where short windows are wanted");
}

/* ---- the loops of other programs, on their own terms ---- */

/* perplexity.py of YaRN: windows of N tokens, BOS among them, every S; labels of the last trg_len;
   the token after the last fed one is not scored, so that N tokens have N - 1 losses.  */
static void
yarn (size_t tokens, size_t n, size_t s, words *out)
{
  out->n = 0;
  for (size_t begin = 0, before = 0; begin < tokens; begin += s)
    {
      int32_t fed[ROOM], label[ROOM], target[ROOM];
      const size_t end = begin + n - 1 < tokens ? begin + n - 1 : tokens, count = end - begin + 1;
      const size_t trg = end - before;
      fed[0] = BOS;
      memcpy (fed + 1, text[0] + begin, (end - begin) * sizeof *fed);
      for (size_t j = 0; j < count; j++)
        label[j] = j + trg < count ? -1 : fed[j];
      for (size_t j = 0; j + 1 < count; j++) /* the shift inside transformers */
        target[j] = label[j + 1];
      say (out, fed, target, count - 1);
      before = end;
      if (end == tokens)
        break;
    }
}

/* get_rolling_token_windows of lm-evaluation-harness, context_len 1.  */
static void
rolling (size_t tokens, size_t n, words *out)
{
  int32_t fed[ROOM], target[ROOM];
  out->n = 0;
  for (size_t done = 0; done < tokens;)
    {
      const size_t pred = tokens - done < n ? tokens - done : n, end = done + pred;
      const size_t input = done ? n : pred;
      for (size_t j = 0; j < input; j++)
        {
          const size_t at = end - input + j; /* of what it predicts */
          fed[j] = at ? text[0][at - 1] : BOS;
          target[j] = j + pred < input ? -1 : text[0][at];
        }
      say (out, fed, target, input);
      done = end;
    }
}

/* perplexity.cpp of llama.cpp: chunks of N tokens of BOS + text, whose first token BOS replaces;
   logits N/2 .. N-2 are scored.  */
static void
llama (size_t tokens, size_t n, words *out)
{
  int32_t fed[ROOM], target[ROOM];
  out->n = 0;
  for (size_t c = 0; c < (tokens + 1) / n; c++)
    {
      for (size_t j = 0; j + 1 < n; j++)
        {
          fed[j] = j ? text[0][c * n + j - 1] : BOS;
          target[j] = j < n / 2 ? -1 : text[0][c * n + j];
        }
      say (out, fed, target, n - 1);
    }
}

static void
published (void)
{
  static const size_t sizes[][3] = { { 100, 17, 16 }, { 97, 17, 5 }, { 40, 41, 7 },
                                     { 40, 42, 7 },   { 81, 9, 8 },  { 238, 13, 3 } };
  static words want;
  char name[80];
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
    {
      const size_t tokens = sizes[k][0], n = sizes[k][1], stride = sizes[k][2];
      documents (tokens, 0);
      const rw_windows_ask y
          = { .bos = RW_BOS_WINDOW, .tail = RW_TAIL_SHORT, .length = n - 1, .stride = stride };
      yarn (tokens, n, stride, &want);
      snprintf (name, sizeof name, "yarn's loop: %zu tokens, %zu, stride %zu", tokens, n, stride);
      same (&y, &want, name);
      if (tokens + 1 >= n)
        {
          const rw_windows_ask l = {
            .windows = RW_WINDOWS_DISJOINT, .bos = RW_BOS_ONCE, .tail = RW_TAIL_FULL, .length = n
          };
          rolling (tokens, n, &want);
          snprintf (name, sizeof name, "lm-eval's rolling windows: %zu tokens, %zu", tokens, n);
          if (tokens >= n)
            same (&l, &want, name);
          const rw_windows_ask c = {
            .bos = RW_BOS_WINDOW, .score = RW_SCORE_SECOND_HALF, .length = n - 1, .stride = n
          };
          llama (tokens, n, &want);
          snprintf (name, sizeof name, "llama.cpp's chunks: %zu tokens, %zu", tokens, n);
          same (&c, &want, name);
        }
    }
}

/* Whatever the stride, `all` scores every token that can be predicted once, in order.  */
static void
once (void)
{
  bool each = true;
  documents (61, 0);
  for (size_t length = 1; length < 20; length++)
    for (size_t stride = 1; stride <= length; stride++)
      for (int bos = RW_BOS_NONE; bos <= RW_BOS_WINDOW; bos++)
        for (int tail = RW_TAIL_SHORT; tail <= RW_TAIL_FULL; tail++)
          {
            const rw_windows_ask a = { .bos = (rw_windows_bos) bos,
                                       .tail = (rw_windows_tail) tail,
                                       .length = length,
                                       .stride = stride };
            rw_windows w;
            size_t next = bos == RW_BOS_NONE;
            rw_arena_reset (arena);
            if (rw_windows_make (&a, &corpus, arena, &w, NULL))
              each = false;
            for (size_t i = 0; each && i < w.n; i++)
              for (size_t j = w.window[i].from; j < w.window[i].n; j++)
                each = each && rw_window_target (&w.window[i], j) == next++;
            each = each && next == 61;
          }
  ok (each, "with a tail every token is scored once, for every length, stride and BOS");
}

static void
blocks (void)
{
  rw_windows_ask a = { .length = 10, .score = RW_SCORE_SECOND_HALF };
  rw_windows w;
  size_t count[20] = { 0 };
  documents (201, 0);
  rw_windows_make (&a, &corpus, arena, &w, NULL);
  rw_blocks b = rw_windows_blocks (&w, &corpus);
  ok (b.n == 20 && b.first == 6 && b.end == 201, "one document is cut where it is scored");
  for (size_t t = b.first; t < b.end; t++)
    count[rw_blocks_at (&b, 0, t)]++;
  bool even = true;
  for (size_t i = 0; i < 20; i++)
    even = even && (count[i] == 9 || count[i] == 10);
  ok (even, "into twenty parts of the same size");
  documents (201, 50);
  rw_windows_make (&a, &corpus, arena, &w, NULL);
  b = rw_windows_blocks (&w, &corpus);
  ok (b.n == 2 && rw_blocks_at (&b, 1, 7) == 1, "of several documents each is a block");
}

int
main (void)
{
  arena = rw_arena_new ();
  for (int i = 0; i < ROOM; i++)
    {
      text[0][i] = i;
      text[1][i] = 1000 + i;
    }
  hand_made ();
  several ();
  refusals ();
  published ();
  once ();
  blocks ();
  rw_arena_free (arena);
  return tap_end ();
}
