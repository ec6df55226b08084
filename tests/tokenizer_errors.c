/* tokenizer_errors: vocabularies that are broken: one error each that names the key, or what is
   promised for them; and memory that runs out.  */
#include "memory_help.h"
#include "model/tokenizer_part.h"
#include "tap.h"
#include "tokenizer_help.h"

static const char *const abc[] = { "a", "b", "c", "ab", "abc" };
static const float zeros[] = { 0, -1, -2, -3, -4 };

/* ---- files that are refused ---- */

static void
no_model (image *m)
{
  image_words (m, "tokenizer.ggml.tokens", 5, abc);
}

static void
model_of_another (image *m)
{
  image_text (m, "tokenizer.ggml.model", "bert");
}

static void
model_is_a_number (image *m)
{
  image_number (m, "tokenizer.ggml.model", 3);
}

static void
no_tokens (image *m)
{
  image_text (m, "tokenizer.ggml.model", "gpt2");
}

static void
tokens_of_numbers (image *m)
{
  image_text (m, "tokenizer.ggml.model", "gpt2");
  image_array (m, "tokenizer.ggml.tokens", RW_GGUF_INT32, 2);
  image_put (m, zeros, 8);
}

static void
empty_list (image *m)
{
  image_text (m, "tokenizer.ggml.model", "llama");
  image_words (m, "tokenizer.ggml.tokens", 0, abc);
}

static void
pattern_of_another (image *m)
{
  image_text (m, "tokenizer.ggml.model", "gpt2");
  image_text (m, "tokenizer.ggml.pre", "tekken");
  image_words (m, "tokenizer.ggml.tokens", 5, abc);
}

static void
types_too_few (image *m)
{
  no_tokens (m);
  image_words (m, "tokenizer.ggml.tokens", 5, abc);
  image_types (m, 4, (const int32_t[]){ 1, 1, 1, 1 });
}

static void
types_of_text (image *m)
{
  no_tokens (m);
  image_words (m, "tokenizer.ggml.tokens", 5, abc);
  image_words (m, "tokenizer.ggml.token_type", 5, abc);
}

static void
scores_too_many (image *m)
{
  image_text (m, "tokenizer.ggml.model", "llama");
  image_words (m, "tokenizer.ggml.tokens", 4, abc);
  image_scores (m, 5, zeros);
}

static void
scores_missing (image *m)
{
  image_text (m, "tokenizer.ggml.model", "llama");
  image_words (m, "tokenizer.ggml.tokens", 5, abc);
}

static void
score_is_nan (image *m)
{
  image_text (m, "tokenizer.ggml.model", "llama");
  image_words (m, "tokenizer.ggml.tokens", 2, abc);
  image_scores (m, 2, (const float[]){ 1, NAN });
}

static void
byte_of_no_byte (image *m)
{
  image_text (m, "tokenizer.ggml.model", "llama");
  image_words (m, "tokenizer.ggml.tokens", 2, (const char *const[]){ "<0x0A>", "<0xG0>" });
  image_scores (m, 2, zeros);
  image_types (m, 2, (const int32_t[]){ RW_TOKEN_BYTE, RW_TOKEN_BYTE });
}

static void
merges (image *m, const char *line)
{
  no_tokens (m);
  image_words (m, "tokenizer.ggml.tokens", 5, abc);
  image_words (m, "tokenizer.ggml.merges", 2, (const char *const[]){ "a b", line });
}

static void
merge_without_space (image *m)
{
  merges (m, "abc");
}

static void
merge_with_two (image *m)
{
  merges (m, "a b c");
}

static void
merge_of_nothing (image *m)
{
  merges (m, " b");
}

static void
merge_to_nothing (image *m)
{
  merges (m, "b ");
}

static void
merge_of_left (image *m)
{
  merges (m, "x b");
}

static void
merge_of_right (image *m)
{
  merges (m, "a x");
}

static void
merge_unmade (image *m)
{
  merges (m, "b c");
}

static void
merge_in_colour (image *m)
{
  merges (m, "\033[31m b");
}

static void
merges_of_numbers (image *m)
{
  no_tokens (m);
  image_words (m, "tokenizer.ggml.tokens", 5, abc);
  image_number (m, "tokenizer.ggml.merges", 7);
}

static void
bos_beyond (image *m)
{
  no_tokens (m);
  image_words (m, "tokenizer.ggml.tokens", 5, abc);
  image_number (m, "tokenizer.ggml.bos_token_id", 5);
}

static void
eos_of_text (image *m)
{
  no_tokens (m);
  image_words (m, "tokenizer.ggml.tokens", 5, abc);
  image_text (m, "tokenizer.ggml.eos_token_id", "</s>");
}

static void
unknown_beyond (image *m)
{
  image_text (m, "tokenizer.ggml.model", "llama");
  image_words (m, "tokenizer.ggml.tokens", 5, abc);
  image_scores (m, 5, zeros);
  image_number (m, "tokenizer.ggml.unknown_token_id", 70000);
}

static void
flag_is_two (image *m)
{
  no_tokens (m);
  image_words (m, "tokenizer.ggml.tokens", 5, abc);
  image_number (m, "tokenizer.ggml.add_bos_token", 2);
}

static void
control_too_long (image *m)
{
  static char word[2000];
  memset (word, 'x', sizeof word - 1);
  no_tokens (m);
  image_words (m, "tokenizer.ggml.tokens", 2, (const char *const[]){ "a", word });
  image_types (m, 2, (const int32_t[]){ RW_TOKEN_NORMAL, RW_TOKEN_CONTROL });
}

typedef struct
{
  void (*make) (image *m);
  const char *text; /* in the error */
} broken;

static const broken files[] = {
  { no_model, "tokenizer.ggml.model: missing; the file has no tokenizer" },
  { model_of_another, "tokenizer.ggml.model: 'bert' is not known: gpt2 (byte-pair merges), llama" },
  { model_is_a_number, "tokenizer.ggml.model" },
  { no_tokens, "tokenizer.ggml.tokens: expected an array of strings; it is missing" },
  { tokens_of_numbers, "tokenizer.ggml.tokens: expected an array of strings" },
  { empty_list, "tokenizer.ggml.tokens: expected an array of strings" },
  { pattern_of_another, "tokenizer.ggml.pre: 'tekken' is not known: gpt-2," },
  { types_too_few, "tokenizer.ggml.token_type: expected an array of 5 numbers, one a token" },
  { types_of_text, "tokenizer.ggml.token_type: expected an array of 5 numbers" },
  { scores_too_many, "tokenizer.ggml.scores: expected an array of 4 numbers, one a token" },
  { scores_missing, "tokenizer.ggml.scores: missing" },
  { score_is_nan, "tokenizer.ggml.scores[1]: not a number" },
  { byte_of_no_byte, "tokenizer.ggml.tokens[1]: '<0xG0>' is a byte token; expected <0x00>" },
  { merge_without_space, "tokenizer.ggml.merges[1]: 'abc' is not two tokens" },
  { merge_with_two, "tokenizer.ggml.merges[1]: 'a b c' is not two tokens" },
  { merge_of_nothing, "tokenizer.ggml.merges[1]: ' b' is not two tokens" },
  { merge_to_nothing, "tokenizer.ggml.merges[1]: 'b ' is not two tokens" },
  { merge_of_left, "tokenizer.ggml.merges[1]: 'x b': the left one is no token" },
  { merge_of_right, "tokenizer.ggml.merges[1]: 'a x': the right one is no token" },
  { merge_unmade, "tokenizer.ggml.merges[1]: 'b c': what both make is no token" },
  { merge_in_colour, "tokenizer.ggml.merges[1]: '?[31m b': the left one is no token" },
  { merges_of_numbers, "tokenizer.ggml.merges: expected an array of strings" },
  { bos_beyond, "tokenizer.ggml.bos_token_id: 5 is no token of the vocabulary of 5" },
  { eos_of_text, "tokenizer.ggml.eos_token_id" },
  { unknown_beyond, "tokenizer.ggml.unknown_token_id: 70000 is no token" },
  { flag_is_two, "tokenizer.ggml.add_bos_token" },
  { control_too_long, "tokenizer.ggml.tokens[1]: a control or user-defined token of 1999 bytes" },
};

static void
files_are_refused (void)
{
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      image m = { 0 };
      opened o;
      rw_error err = { 0 };
      files[i].make (&m);
      const rw_status status = tokenizer_open (m, &o, &err);
      ok (status == RW_EINVAL && o.file && !o.t, "row %zu is refused", i);
      has (err.text, files[i].text, "and the error says why");
      has (err.text, "made.gguf", "and where");
      tokenizer_close (&o);
    }
}

/* ---- files that are odd ---- */

/* The same token twice, tokens of nothing, a merge twice, ids that say "none", types beyond.  */
static void
oddities (void)
{
  static const char *const word[] = { "a", "b", "ab", "ab", "", "b", "\xe4\xb8\x96", "ab" };
  char buf[64];
  for (int spm = 0; spm < 2; spm++)
    {
      image m = { 0 };
      opened o;
      rw_error err = { 0 };
      image_text (&m, "tokenizer.ggml.model", spm ? "llama" : "gpt2");
      image_words (&m, "tokenizer.ggml.tokens", 8, word);
      image_types (&m, 8, (const int32_t[]){ 0, 1, 3, 1, 1, 1, 77, -5 });
      image_scores (&m, 8, (const float[]){ 0, -INFINITY, INFINITY, -1, 0, 0, 0, 0 });
      image_words (&m, "tokenizer.ggml.merges", 2, (const char *const[]){ "a b", "a b" });
      image_flag (&m, "tokenizer.ggml.add_space_prefix", false);
      image_number (&m, "tokenizer.ggml.bos_token_id", UINT32_MAX);
      image_flag (&m, "tokenizer.ggml.add_bos_token", true);
      if (!ok (!tokenizer_open (m, &o, &err), "odd but whole: %s", spm ? "llama" : "gpt2"))
        printf ("# %s\n", err.text);
      encoded (o.t, "abba", 4, false, buf, sizeof buf);
      ok (!strcmp (buf, "3 1 0"), "of equal tokens the first that is text");
      ok (rw_tokenizer_bos (o.t) == -1 && !rw_tokenizer_add_bos (o.t),
          "2^32 - 1 is no BOS, and no BOS is not added");
      rw_text out = { 0 };
      ok (!rw_tokenizer_decode (o.t, (const int32_t[]){ 4, 6, 2, 7 }, 4, true, &out, &err)
              && !strcmp (rw_text_get (&out), "\xe4\xb8\x96"
                                              "ab"),
          "every token decodes");
      rw_text_free (&out);
      rw_ids ids = { 0 };
      ok (rw_tokenizer_encode (o.t, "abx", 3, false, &ids, &err) == RW_EINVAL && !ids.n,
          "a byte without a token is refused");
      has (err.text, "text, byte 2: 0x78 has no token", "with its place");
      rw_ids_free (&ids);
      tokenizer_close (&o);
    }
}

/* ---- memory ---- */

static int
work (const void *data)
{
  const bool spm = *(const bool *) data;
  static const char text[] = "ab<t>abc\n\xff"
                             "abcabcabcabc";
  static const char *const word[]
      = { "a", "b", "c", "ab", "abc", "<t>", "<", "t", ">", "\xc4\x8a", "\xc3\xbf" };
  image m = { 0 };
  opened o;
  rw_error err = { 0 };
  rw_ids ids = { 0 };
  rw_text out = { 0 };
  image_text (&m, "tokenizer.ggml.model", spm ? "llama" : "gpt2");
  image_words (&m, "tokenizer.ggml.tokens", 11, word);
  image_types (&m, 11, (const int32_t[]){ 1, 1, 1, 1, 1, 4, 1, 1, 1, spm ? 2 : 1, 1 });
  image_scores (&m, 11, (const float[]){ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 });
  image_words (&m, "tokenizer.ggml.merges", 1, (const char *const[]){ "a b" });
  if (m.bytes.failed)
    {
      rw_text_free (&m.bytes);
      return BAILED;
    }
  rw_status status = tokenizer_open (m, &o, &err);
  if (!status)
    status = rw_tokenizer_encode (o.t, text, spm ? 8 : sizeof text - 1, false, &ids, &err);
  if (!status)
    status = rw_tokenizer_decode (o.t, ids.id, ids.n, true, &out, &err);
  rw_ids_free (&ids);
  rw_text_free (&out);
  tokenizer_close (&o);
  return outcome (status, &err);
}

int
main (void)
{
  /* Before anything is allocated: the hook is read once.  */
  starve ("byte-pair", work, &(bool){ false }, 1, 60, 12);
  starve ("SentencePiece", work, &(bool){ true }, 1, 60, 12);
  files_are_refused ();
  oddities ();
  return tap_end ();
}
