/* tokenizer: byte-pair tokenizers: ids, tokens written out in texts, decoding.  */
#include "model/tokenizer_part.h"
#include "tap.h"
#include "tokenizer_help.h"

enum
{
  BYTES = 256,
  MERGES = 40
};

/* ---- bytes and one control token, no merges: how models/pocket.gguf is made ---- */

static void
bytes_put (image *m, const char *pre, size_t n, const char *const *more)
{
  char word[BYTES][3];
  const char *list[BYTES + 64];
  for (size_t b = 0; b < BYTES; b++)
    {
      byte_word ((unsigned char) b, word[b]);
      list[b] = word[b];
    }
  for (size_t i = 0; i < n; i++)
    list[BYTES + i] = more[i];
  image_text (m, "tokenizer.ggml.model", "gpt2");
  if (pre)
    image_text (m, "tokenizer.ggml.pre", pre);
  image_words (m, "tokenizer.ggml.tokens", BYTES + n, list);
}

static void
types_put (image *m, size_t n, const int32_t *more)
{
  int32_t type[BYTES + 64];
  for (size_t b = 0; b < BYTES; b++)
    type[b] = RW_TOKEN_NORMAL;
  for (size_t i = 0; i < n; i++)
    type[BYTES + i] = more[i];
  image_types (m, BYTES + n, type);
}

static bool
random_comes_back (const rw_tokenizer *t, bool utf8)
{
  uint64_t state = 2385;
  bool all = true;
  for (int i = 0; i < 300; i++)
    {
      rw_text text = { 0 };
      const size_t n = below (&state, 200);
      if (utf8)
        some_utf8 (&state, n, &text);
      else
        for (size_t k = 0; k < n; k++)
          rw_text_addn (&text, &(char){ (char) any (&state) }, 1);
      all = all && comes_back (t, rw_text_get (&text), text.n);
      rw_text_free (&text);
    }
  return all;
}

static void
bytes_alone (bool empty_merges)
{
  image m = { 0 };
  opened o;
  rw_error err;
  char buf[256];
  bytes_put (&m, "gpt-2", 1, (const char *const[]){ "<|end|>" });
  types_put (&m, 1, (const int32_t[]){ RW_TOKEN_CONTROL });
  image_number (&m, "tokenizer.ggml.bos_token_id", 256);
  image_number (&m, "tokenizer.ggml.eos_token_id", 256);
  if (empty_merges)
    image_words (&m, "tokenizer.ggml.merges", 0, NULL);
  const char *how = empty_merges ? "an empty list of merges" : "no list of merges";
  if (!ok (!tokenizer_open (m, &o, &err), "%s is a tokenizer", how))
    printf ("# %s\n", err.text);
  ok (o.t && rw_tokenizer_size (o.t) == 257 && rw_tokenizer_bos (o.t) == 256
          && rw_tokenizer_eos (o.t) == 256 && !rw_tokenizer_add_bos (o.t),
      "%s: size and special ids", how);
  ok (!strcmp (encoded (o.t, "A z\xff\n", 5, false, buf, sizeof buf), "65 32 122 255 10"),
      "%s: every byte is its own token", how);
  ok (!strcmp (encoded (o.t, "a<|end|>b", 9, true, buf, sizeof buf), "97 256 98"),
      "%s: a control token written out is that token where it is asked for", how);
  ok (!strcmp (encoded (o.t, "<|end|>", 7, false, buf, sizeof buf), "60 124 101 110 100 124 62"),
      "%s: and text where it is not", how);
  ok (!strcmp (encoded (o.t, "", 0, true, buf, sizeof buf), ""), "%s: no text, no ids", how);
  ok (random_comes_back (o.t, false) && random_comes_back (o.t, true),
      "%s: random bytes and random UTF-8 come back", how);
  tokenizer_close (&o);
}

/* ---- merges, beside the definition taken at its word ---- */

typedef struct
{
  char text[BYTES + MERGES][64]; /* tokens that were made; the first four are a, b, c, d */
  int left[MERGES], right[MERGES], made[MERGES];
  size_t tokens;
} language;

static void
language_make (uint64_t *state, language *l)
{
  l->tokens = 4;
  for (int i = 0; i < 4; i++)
    snprintf (l->text[i], sizeof l->text[i], "%c", 'a' + i);
  for (int i = 0; i < MERGES; i++)
    {
      int a, b;
      char both[128];
      do
        {
          a = (int) below (state, l->tokens);
          b = (int) below (state, l->tokens);
          snprintf (both, sizeof both, "%s%s", l->text[a], l->text[b]);
        }
      while (strlen (both) >= 20);
      size_t at = 0;
      while (at < l->tokens && strcmp (l->text[at], both))
        at++;
      if (at == l->tokens)
        strcpy (l->text[l->tokens++], both);
      l->left[i] = a;
      l->right[i] = b;
      l->made[i] = (int) at;
    }
  for (int i = MERGES - 1; i > 0; i--) /* in any order: parts may come after what they make */
    {
      const int k = (int) below (state, (size_t) i + 1);
      const int a = l->left[i], b = l->right[i], c = l->made[i];
      l->left[i] = l->left[k], l->right[i] = l->right[k], l->made[i] = l->made[k];
      l->left[k] = a, l->right[k] = b, l->made[k] = c;
    }
}

static image
language_image (const language *l)
{
  image m = { 0 };
  const char *more[BYTES + MERGES], *line[MERGES];
  char merge[MERGES][128];
  for (size_t i = 4; i < l->tokens; i++)
    more[i - 4] = l->text[i];
  for (int i = 0; i < MERGES; i++)
    {
      snprintf (merge[i], sizeof merge[i], "%s %s", l->text[l->left[i]], l->text[l->right[i]]);
      line[i] = merge[i];
    }
  bytes_put (&m, "gpt-2", l->tokens - 4, more);
  image_words (&m, "tokenizer.ggml.merges", MERGES, line);
  return m;
}

/* Over and over: the pair of the smallest rank, the leftmost of those, becomes one.  */
static size_t
naive (const language *l, const char *text, size_t n, int *id)
{
  for (size_t i = 0; i < n; i++)
    id[i] = text[i] - 'a';
  for (;;)
    {
      int best = MERGES;
      size_t at = 0;
      for (size_t i = 0; i + 1 < n; i++)
        for (int k = 0; k < best; k++)
          if (l->left[k] == id[i] && l->right[k] == id[i + 1])
            {
              best = k;
              at = i;
            }
      if (best == MERGES)
        return n;
      id[at] = l->made[best];
      memmove (id + at + 1, id + at + 2, (n - at - 2) * sizeof *id);
      n--;
    }
}

static void
merges_are_the_definition (void)
{
  uint64_t state = 31;
  int wrong = 0, merged = 0;
  for (int round = 0; round < 25; round++)
    {
      language l;
      opened o;
      rw_error err = { 0 };
      language_make (&state, &l);
      if (tokenizer_open (language_image (&l), &o, &err))
        printf ("# %s\n", err.text);
      for (int i = 0; o.t && i < 60; i++)
        {
          char text[120];
          int want[120];
          rw_ids ids = { 0 };
          const size_t n = 1 + below (&state, sizeof text - 1);
          for (size_t k = 0; k < n; k++)
            text[k] = (char) ('a' + below (&state, 4));
          const size_t m = naive (&l, text, n, want);
          bool same = !rw_tokenizer_encode (o.t, text, n, false, &ids, &err) && ids.n == m;
          for (size_t k = 0; k < m && same; k++)
            same = ids.id[k] == (want[k] < 4 ? 'a' + want[k] : BYTES + want[k] - 4);
          wrong += !same || !comes_back (o.t, text, n);
          merged += m < n;
          rw_ids_free (&ids);
        }
      wrong += !o.t;
      tokenizer_close (&o);
    }
  ok (!wrong && merged > 1000, "merges by rank from the left: %d of 1500 texts differ", wrong);
}

/* ---- long pieces ---- */

/* a, aa, aaaa, ... and the same of spaces.  */
static void
long_pieces (void)
{
  enum
  {
    LONG = 1 << 20,
    STEPS = 4 /* to 16 */
  };
  image m = { 0 };
  opened o;
  rw_error err;
  char run[2 * STEPS][64], line[2 * STEPS][130];
  const char *more[2 * STEPS], *merge[2 * STEPS];
  for (int i = 0; i < 2 * STEPS; i++)
    {
      const char *one = i < STEPS ? "a" : "\xc4\xa0";
      run[i][0] = 0;
      for (int k = 0; k < 2 << i % STEPS; k++)
        strcat (run[i], one);
      const int half = (int) strlen (run[i]) / 2;
      snprintf (line[i], sizeof line[i], "%.*s %s", half, run[i], run[i] + half);
      more[i] = run[i];
      merge[i] = line[i];
    }
  bytes_put (&m, "llama-bpe", 2 * STEPS, more);
  image_words (&m, "tokenizer.ggml.merges", 2 * STEPS, merge);
  tokenizer_open (m, &o, &err);
  static const char every[] = { 'a', ' ', '\n', '7', '-' };
  for (size_t i = 0; o.t && i < sizeof every; i++)
    {
      char *text = rw_new (LONG, 1);
      rw_ids ids = { 0 };
      memset (text, every[i], LONG);
      const rw_status status = rw_tokenizer_encode (o.t, text, LONG, false, &ids, &err);
      ok (!status && ids.n == (i < 2 ? LONG / 16 : LONG) && comes_back (o.t, text, LONG),
          "a megabyte of '%c' is %zu tokens", every[i] == '\n' ? 'n' : every[i], ids.n);
      rw_ids_free (&ids);
      rw_free (text);
    }
  tokenizer_close (&o);
}

/* ---- whole pieces ---- */

static void
whole_pieces (void)
{
  char buf[64];
  for (int llama = 0; llama < 2; llama++)
    {
      image m = { 0 };
      opened o;
      rw_error err;
      bytes_put (&m, llama ? "llama3" : "qwen2", 3,
                 (const char *const[]){ "ab", "abc",
                                        "\xc4\xa0"
                                        "abc" });
      types_put (&m, 3, (const int32_t[]){ RW_TOKEN_NORMAL, RW_TOKEN_NORMAL, RW_TOKEN_NORMAL });
      image_words (&m, "tokenizer.ggml.merges", 1, (const char *const[]){ "a b" });
      image_number (&m, "tokenizer.ggml.bos_token_id", 65);
      tokenizer_open (m, &o, &err);
      encoded (o.t, "abc abc abcd", 12, false, buf, sizeof buf);
      ok (!strcmp (buf, llama ? "257 258 32 256 99 100" : "256 99 32 256 99 32 256 99 100"),
          llama ? "llama3: a piece that is a token is taken at once"
                : "qwen2: a token that no merge makes is never made");
      ok (rw_tokenizer_add_bos (o.t) == llama, "texts begin with BOS: %d", llama);
      tokenizer_close (&o);
    }
}

/* ---- written tokens, decoding ---- */

static void
written_tokens (void)
{
  image m = { 0 };
  opened o;
  rw_error err;
  char buf[256];
  bytes_put (&m, NULL, 5, (const char *const[]){ "<a>", "<a>b", "  ", "<c>", "" });
  types_put (&m, 5,
             (const int32_t[]){ RW_TOKEN_USER, RW_TOKEN_USER, RW_TOKEN_USER, RW_TOKEN_CONTROL,
                                RW_TOKEN_CONTROL });
  tokenizer_open (m, &o, &err);
  encoded (o.t, "<a><a>b<a   <c>", 15, false, buf, sizeof buf);
  ok (!strcmp (buf, "256 257 60 97 258 32 60 99 62"),
      "user-defined tokens are always found, the longest that begins first");
  encoded (o.t, "<c><a><c>", 9, true, buf, sizeof buf);
  ok (!strcmp (buf, "259 256 259"), "control tokens beside them");
  rw_text out = { 0 };
  rw_text_add (&out, "x");
  ok (!rw_tokenizer_decode (o.t, (const int32_t[]){ 256, 259, 97, 258, 260 }, 5, true, &out, &err)
          && !strcmp (rw_text_get (&out), "x<a>a  "),
      "control tokens decode to nothing, user-defined ones to their text");
  for (int i = 0; i < 2; i++)
    {
      const rw_status status
          = rw_tokenizer_decode (o.t, (const int32_t[]){ 97, i ? -1 : 261 }, 2, true, &out, &err);
      ok (status == RW_EINVAL && out.n == 7, "an id beyond the vocabulary adds nothing");
      has (err.text, i ? "ids[1]: -1 is no token" : "ids[1]: 261 is no token", "and is named");
    }
  rw_text_free (&out);
  tokenizer_close (&o);
}

/* ---- lists of ids ---- */

static void
ids_grow (void)
{
  rw_ids ids = { 0 };
  bool all = true;
  for (int32_t i = 0; i < 1000; i++)
    all = all && !rw_ids_add (&ids, 7 * i, NULL);
  for (int32_t i = 0; i < 1000; i++)
    all = all && ids.id[i] == 7 * i;
  ok (all && ids.n == 1000, "ids grow");
  rw_ids_free (&ids);
  ok (!ids.id && !ids.n, "and are gone");
}

int
main (void)
{
  bytes_alone (false);
  bytes_alone (true);
  merges_are_the_definition ();
  long_pieces ();
  whole_pieces ();
  written_tokens ();
  ids_grow ();
  return tap_end ();
}
