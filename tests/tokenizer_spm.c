/* tokenizer_spm: SentencePiece tokenizers: ids beside the definition taken at its word, spaces,
   characters without tokens, decoding.  */
#include "model/tokenizer_part.h"
#include "tap.h"
#include "tokenizer_help.h"

#include <unistd.h>

enum
{
  FIRST = 3, /* <unk>, <s>, </s> */
  BYTES = 256,
  TOKENS = 90
};

/* ---- a random vocabulary over a few characters ---- */

/* Characters of one to four bytes, a space as it is written in files, and one that is in no token.
 */
static const char *const letters[]
    = { "\xe2\x96\x81", "a", "b", "\xc3\xa9", "\xe4\xb8\x96", "\xf0\x9f\x98\x80", "c" };

typedef struct
{
  char text[TOKENS][64];
  float score[TOKENS];
} language;

static void
language_make (uint64_t *state, language *l)
{
  for (size_t i = 0; i < TOKENS; i++)
    {
      l->text[i][0] = 0;
      for (size_t k = i < 5 ? 1 : 2 + below (state, 4); k-- > 0;)
        strcat (l->text[i], letters[i < 5 ? i : below (state, 6)]); /* no token is the sixth */
      l->score[i] = -0.5f * (float) below (state, 12);              /* many are equal */
    }
}

typedef struct
{
  bool bytes, prefix, flagged;
} manner;

static image
language_image (const language *l, manner how)
{
  image m = { 0 };
  char byte[BYTES][8];
  const char *list[FIRST + BYTES + TOKENS] = { "<unk>", "<s>", "</s>" };
  int32_t type[FIRST + BYTES + TOKENS] = { RW_TOKEN_UNKNOWN, RW_TOKEN_CONTROL, RW_TOKEN_CONTROL };
  float score[FIRST + BYTES + TOKENS] = { 0 };
  size_t n = FIRST;
  for (int b = 0; how.bytes && b < BYTES; b++, n++)
    {
      snprintf (byte[b], sizeof byte[b], "<0x%02X>", b);
      list[n] = byte[b];
      type[n] = RW_TOKEN_BYTE;
    }
  for (size_t i = 0; i < TOKENS; i++, n++)
    {
      list[n] = l->text[i];
      type[n] = RW_TOKEN_NORMAL;
      score[n] = l->score[i];
    }
  image_text (&m, "tokenizer.ggml.model", "llama");
  image_words (&m, "tokenizer.ggml.tokens", n, list);
  image_types (&m, n, type);
  image_scores (&m, n, score);
  if (how.flagged)
    image_flag (&m, "tokenizer.ggml.add_space_prefix", how.prefix);
  return m;
}

/* The first token of this text, or -1.  */
static int
token_of (const language *l, const char *text)
{
  for (int i = 0; i < TOKENS; i++)
    if (!strcmp (l->text[i], text))
      return i;
  return -1;
}

/* Over and over: of all two side by side that make a token, those of the highest score, the
   leftmost of equals, become one.  Then bytes for what is no token, or one <unk> for all in a row.
 */
static size_t
naive (const language *l, char (*part)[256], size_t n, bool bytes, int32_t *id)
{
  for (;;)
    {
      size_t at = n;
      float best = -1e9f;
      char joined[256] = "";
      for (size_t i = 0; i + 1 < n; i++)
        {
          char both[2 * sizeof *part];
          snprintf (both, sizeof both, "%s%s", part[i], part[i + 1]);
          const int token = token_of (l, both);
          if (token >= 0 && l->score[token] > best)
            {
              best = l->score[token];
              strcpy (joined, l->text[token]);
              at = i;
            }
        }
      if (at == n)
        break;
      strcpy (part[at], joined);
      memmove (part[at + 1], part[at + 2], (n - at - 2) * sizeof *part);
      n--;
    }
  size_t m = 0;
  bool unknown = false;
  for (size_t i = 0; i < n; i++)
    {
      const int token = token_of (l, part[i]);
      if (token >= 0)
        id[m++] = FIRST + (bytes ? BYTES : 0) + token;
      else if (bytes)
        for (const char *s = part[i]; *s; s++)
          id[m++] = FIRST + (unsigned char) *s;
      else if (!unknown)
        id[m++] = 0;
      unknown = token < 0;
    }
  return m;
}

/* One random text both ways.  */
static bool
same_ids (uint64_t *state, const language *l, const rw_tokenizer *t, manner how)
{
  enum
  {
    LONG = 60
  };
  char part[LONG + 1][256];
  int32_t want[8 * LONG];
  char text[8 * LONG] = "";
  size_t n = 0;
  if (how.prefix)
    strcpy (part[n++], letters[0]);
  for (size_t k = 1 + below (state, LONG - 1); k-- > 0; n++)
    {
      const size_t c = below (state, sizeof letters / sizeof *letters);
      strcpy (part[n], letters[c]);
      strcat (text, c ? letters[c] : " ");
    }
  const size_t m = naive (l, part, n, how.bytes, want);
  rw_ids ids = { 0 };
  rw_error err = { 0 };
  bool same = !rw_tokenizer_encode (t, text, strlen (text), false, &ids, &err) && ids.n == m
              && !memcmp (ids.id, want, m * sizeof *want);
  if (!same)
    {
      char ours[400], theirs[400];
      ids_text (&(rw_ids){ .id = want, .n = m }, theirs, sizeof theirs);
      printf ("# '%s': %s, expected %s %s\n", text, ids_text (&ids, ours, sizeof ours), theirs,
              err.text);
    }
  rw_ids_free (&ids);
  return same && (!how.bytes || comes_back (t, text, strlen (text)));
}

static void
pairs_are_the_definition (manner how)
{
  uint64_t state = 77;
  int wrong = 0, all = 0;
  for (int round = 0; round < 15; round++)
    {
      language l;
      opened o;
      rw_error err = { 0 };
      language_make (&state, &l);
      if (tokenizer_open (language_image (&l, how), &o, &err))
        printf ("# %s\n", err.text);
      for (int i = 0; o.t && i < 40; i++, all++)
        wrong += !same_ids (&state, &l, o.t, how);
      tokenizer_close (&o);
    }
  ok (!wrong && all == 600, "%s, %s: joined by score from the left: %d of 600 texts differ",
      how.bytes ? "byte tokens" : "one unknown token", how.prefix ? "a space in front" : "none",
      wrong);
}

/* ---- bytes ---- */

static void
any_bytes_come_back (void)
{
  uint64_t state = 2385;
  language l;
  opened o;
  rw_error err;
  bool all = true;
  language_make (&state, &l);
  tokenizer_open (language_image (&l, (manner){ .bytes = true }), &o, &err);
  for (int i = 0; i < 400; i++)
    {
      rw_text text = { 0 };
      const size_t n = below (&state, 200);
      if (i % 2)
        some_utf8 (&state, n, &text);
      else
        for (size_t k = 0; k < n; k++)
          rw_text_addn (&text, &(char){ (char) any (&state) }, 1);
      all = all && comes_back (o.t, rw_text_get (&text), text.n);
      rw_text_free (&text);
    }
  ok (all, "random bytes and random UTF-8 come back");
  ok (comes_back (o.t, " ", 1) && comes_back (o.t, "  a", 3) && comes_back (o.t, "", 0)
          && comes_back (o.t, "a\xe2\x96\x81 b", 6) && comes_back (o.t, "\xe2\x96", 2),
      "so do spaces at the start, U+2581 itself, half a character");
  tokenizer_close (&o);
}

/* ---- written tokens, unknown ones, special ids ---- */

static opened
small (bool bytes, bool prefix)
{
  static const char *const word[] = { "<unk>",
                                      "<s>",
                                      "</s>",
                                      "\xe2\x96\x81",
                                      "a",
                                      ("\xe2\x96\x81"
                                       "a"),
                                      "<t>",
                                      "<0xC3>",
                                      "<0xA9>",
                                      "\xe2\x96\x81\xe2\x96\x81" };
  static const int32_t type[]
      = { RW_TOKEN_UNKNOWN, RW_TOKEN_CONTROL, RW_TOKEN_CONTROL, 1, 1, 1, RW_TOKEN_USER,
          RW_TOKEN_BYTE,    RW_TOKEN_BYTE,    RW_TOKEN_USER };
  static const float score[] = { 0, 0, 0, -3, -4, -1, 0, 0, 0, 0 };
  image m = { 0 };
  opened o;
  rw_error err = { 0 };
  const size_t n = bytes ? 10 : 7;
  image_text (&m, "tokenizer.ggml.model", "llama");
  image_words (&m, "tokenizer.ggml.tokens", n, word);
  image_types (&m, n, type);
  image_scores (&m, n, score);
  image_flag (&m, "tokenizer.ggml.add_space_prefix", prefix);
  if (tokenizer_open (m, &o, &err))
    printf ("# %s\n", err.text);
  return o;
}

typedef struct
{
  bool bytes, prefix, special;
  const char *text, *ids;
} row;

static const row rows[] = {
  { true, true, false, "a a", "5 5" },           { true, true, false, "\xc3\xa9", "3 7 8" },
  { true, true, false, "<t>a", "3 6 4" },        { true, true, true, "<s>a</s>a", "1 5 2 4" },
  { true, true, false, "a  a", "5 9 4" },        { true, false, false, "a  a", "4 9 4" },
  { false, true, false, "xyz a", "3 0 5" },      { false, true, false, "x<t>x", "3 0 6 0" },
  { false, false, false, "xayax", "0 4 0 4 0" }, { false, false, false, "xaxaxx", "0 4 0 4 0" },
};

static void
rows_are (void)
{
  char buf[64];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      const row *r = &rows[i];
      opened o = small (r->bytes, r->prefix);
      encoded (o.t, r->text, strlen (r->text), r->special, buf, sizeof buf);
      if (!ok (!strcmp (buf, r->ids), "'%s' is %s", r->text, r->ids))
        printf ("# %s\n", buf);
      tokenizer_close (&o);
    }
}

static void
decoding (void)
{
  opened o = small (true, true);
  rw_text out = { 0 };
  rw_error err;
  ok (rw_tokenizer_bos (o.t) == 1 && rw_tokenizer_eos (o.t) == 2 && rw_tokenizer_add_bos (o.t)
          && rw_tokenizer_size (o.t) == 10,
      "BOS and EOS are SentencePiece's where the file does not say");
  rw_tokenizer_decode (o.t, (const int32_t[]){ 1, 5, 5, 9 }, 4, true, &out, &err);
  rw_tokenizer_decode (o.t, (const int32_t[]){ 5, 0, 7, 8 }, 4, false, &out, &err);
  ok (!strcmp (rw_text_get (&out), "a a   a \xe2\x81\x87 \xc3\xa9"),
      "the first space is taken off once, unknown characters are U+2047");
  rw_text_free (&out);
  rw_ids ids = { 0 };
  rw_ids_add (&ids, 2385, NULL);
  const rw_status status = rw_tokenizer_encode (o.t, "a\n", 2, false, &ids, &err);
  ok (!status && ids.n == 3 && ids.id[2] == 0, "a byte without a token is unknown");
  ok (rw_tokenizer_encode (o.t, "a \xff", 3, false, &ids, &err) == RW_EINVAL && ids.n == 3,
      "what is not UTF-8 is refused, and the ids are as they were");
  has (err.text, "text, byte 2: 0xFF has no token", "with its place");
  rw_ids_free (&ids);
  tokenizer_close (&o);
}

/* ---- a real vocabulary and real books ---- */

static void
corpus_comes_back (const char *model, const char *name)
{
  static const char *const book[]
      = { "war-and-peace", "leviathan",    "middlemarch",
          "moby-dick",     "sqlite-btree", "introduction-to-mathematics",
          "tinystories" };
  const char *top = getenv ("top_srcdir");
  opened o = { 0 };
  rw_error err;
  if (!model || access (model, R_OK))
    {
      skip ("no file of it is there", name);
      return;
    }
  if (rw_gguf_open (model, &o.file, &err) || rw_tokenizer_new (o.file, &o.t, &err))
    printf ("# %s\n", err.text);
  int back = 0, there = 0;
  for (size_t i = 0; o.t && i < sizeof book / sizeof *book; i++)
    {
      char path[4096];
      snprintf (path, sizeof path, "%s/../shared/corpus/%s.txt", top ? top : ".", book[i]);
      FILE *f = fopen (path, "rb");
      if (!f)
        continue;
      char *text = rw_new (1 << 21, 1);
      const size_t n = fread (text, 1, 1 << 21, f);
      there++;
      back += n > 0 && comes_back (o.t, text, n);
      rw_free (text);
      fclose (f);
    }
  ok (o.t && back == there, "%s: %d of %d books come back", name, back, there);
  tokenizer_close (&o);
}

int
main (void)
{
  char path[4096];
  const char *top = getenv ("top_srcdir");
  pairs_are_the_definition ((manner){ .bytes = true, .prefix = true });
  pairs_are_the_definition ((manner){ .bytes = false, .prefix = true });
  pairs_are_the_definition ((manner){ .bytes = true, .flagged = true });
  pairs_are_the_definition ((manner){ .bytes = false, .flagged = true });
  any_bytes_come_back ();
  rows_are ();
  decoding ();
  snprintf (path, sizeof path, "%s/../shared/models/llama2xs.gguf", top ? top : ".");
  corpus_comes_back (path, "llama2xs");
  corpus_comes_back (getenv ("ROPEWALK_SMOLLM2"), "SmolLM2-135M");
  return tap_end ();
}
