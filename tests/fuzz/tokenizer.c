/* tokenizer: a fuzz target (libFuzzer): bytes make a vocabulary and a text.

   One byte of flags, one of the pattern's name; tokens, each its type, its score and its bytes up
   to 0xff, the list up to 0xfe; merges in the same way; the rest is the text.  What is encoded must
   decode to itself.  */
#include "model/tokenizer_part.h"
#include "fuzz.h"
#include "tokenizer_help.h"

#include <math.h>
#include <stdlib.h>

enum
{
  SPM = 1,
  MERGES = 2,
  TYPES = 4,
  SCORES = 8,
  SPECIAL = 16,
  NO_PREFIX = 32,
  UNKNOWN = 64,
  ALPHABET = 128, /* a token of every byte goes before */
  MOST = 2000     /* tokens, and merges */
};

typedef struct
{
  const uint8_t *s, *end;
} input;

static unsigned
next (input *in)
{
  return in->s < in->end ? *in->s++ : 0xfe;
}

/* Bytes up to 0xff or 0xfe, as a text.  */
static const char *
word (input *in, rw_arena *arena)
{
  const uint8_t *from = in->s;
  while (in->s < in->end && *in->s < 0xfe)
    in->s++;
  const size_t n = (size_t) (in->s - from);
  char *s = rw_arena_take (arena, n + 1, 1);
  if (n)
    memcpy (s, from, n);
  in->s += in->s < in->end && *in->s == 0xff;
  return s;
}

static void
alphabet (bool spm, rw_arena *arena, const char **list, int32_t *type, float *score)
{
  for (int b = 0; b < 256; b++)
    {
      char *s = rw_arena_take (arena, 8, 1);
      if (spm)
        snprintf (s, 8, "<0x%02X>", b);
      else
        byte_word ((unsigned char) b, s);
      list[b] = s;
      type[b] = spm ? RW_TOKEN_BYTE : RW_TOKEN_NORMAL;
      score[b] = 0;
    }
}

static image
made (input *in, unsigned flags, rw_arena *arena)
{
  static const char *const pre[]
      = { "gpt-2", "llama-bpe", "qwen2", "smollm", "default", "tekken", NULL };
  const char *list[MOST + 256], *line[MOST];
  int32_t type[MOST + 256];
  float score[MOST + 256];
  size_t n = flags & ALPHABET ? 256 : 0, lines = 0;
  image m = { 0 };
  const char *name = pre[next (in) % (sizeof pre / sizeof *pre)];
  if (n)
    alphabet (flags & SPM, arena, list, type, score);
  for (; n < MOST + 256 && in->s < in->end && *in->s != 0xfe; n++)
    {
      type[n] = (int32_t) next (in) - '0';
      const unsigned x = next (in);
      score[n] = x == 0xfd ? NAN : (float) x - 64;
      list[n] = word (in, arena);
    }
  next (in);
  for (; lines < MOST && in->s < in->end && *in->s != 0xfe; lines++)
    line[lines] = word (in, arena);
  next (in);
  image_text (&m, "tokenizer.ggml.model", flags & SPM ? "llama" : "gpt2");
  if (name)
    image_text (&m, "tokenizer.ggml.pre", name);
  image_words (&m, "tokenizer.ggml.tokens", n, list);
  if (flags & MERGES)
    image_words (&m, "tokenizer.ggml.merges", lines, line);
  if (flags & TYPES)
    image_types (&m, n, type);
  if (flags & SCORES)
    image_scores (&m, n, score);
  if (flags & NO_PREFIX)
    image_flag (&m, "tokenizer.ggml.add_space_prefix", false);
  if (flags & UNKNOWN)
    image_number (&m, "tokenizer.ggml.unknown_token_id", 0);
  return m;
}

static void
round_trip (const rw_tokenizer *t, const char *text, size_t n, bool special)
{
  rw_ids ids = { 0 };
  rw_text back = { 0 };
  rw_error err;
  if (!rw_tokenizer_encode (t, text, n, special, &ids, &err))
    {
      bool unknown = false;
      for (size_t i = 0; i < ids.n; i++)
        unknown = unknown || ids.id[i] == t->unknown;
      if (rw_tokenizer_decode (t, ids.id, ids.n, true, &back, &err))
        abort ();
      if (!special && !unknown && (back.n != n || (n && memcmp (back.s, text, n))))
        abort ();
    }
  rw_ids_free (&ids);
  rw_text_free (&back);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  input in = { data, data + size };
  const unsigned flags = next (&in);
  rw_arena *arena = rw_arena_new ();
  opened o;
  rw_error err;
  if (!tokenizer_open (made (&in, flags, arena), &o, &err))
    round_trip (o.t, (const char *) in.s, (size_t) (in.end - in.s), flags & SPECIAL);
  tokenizer_close (&o);
  rw_arena_free (arena);
  return 0;
}
