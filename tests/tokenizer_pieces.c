/* tokenizer_pieces: where the patterns of pre-tokenizers cut, and the characters of UTF-8.  */
#include "model/tokenizer_part.h"
#include "tap.h"

typedef struct
{
  const char *pre, *text, *pieces;
} cut;

/* By hand, from the patterns.  */
static const cut cuts[] = {
  { "gpt-2", "I'll go  there\n\n now12.5%", "I|'ll| go| | there|\n\n| now|12|.|5|%" },
  { "gpt-2", "DON'T  ", "DON|'|T|  " },
  { "gpt-2",
    "a\xc2\xa0"
    "b \xe4\xb8\x96\xe7\x95\x8c",
    "a|\xc2\xa0|b| \xe4\xb8\x96\xe7\x95\x8c" },
  { "llama-bpe", "I'LL go  12345 (x)\n\n y", "I|'LL| go| | |123|45| (|x|)\n\n| y" },
  { "llama-bpe", " \n\n  \tend.\r\n  ", " \n\n|  |\tend|.\r\n|  " },
  { "llama-v3", "it's $5", "it|'s| $|5" },
  { "qwen2", "x=1234 'VE", "x|=|1|2|3|4| '|VE" },
  { "smollm", "in 1984,  it", "in| |1|9|8|4|,| | it" },
  { "smollm", "a  1", "a|  |1" },
  { "default", "say: 1234567 <b>'s", "say|:| |123|456|7| |<|b|>'|s" },
};

typedef struct
{
  const char *text;
  rw_text out;
} shown;

static rw_status
piece_show (void *data, size_t from, size_t to, rw_error *err)
{
  (void) err;
  shown *c = data;
  rw_text_add (&c->out, c->out.n ? "|" : "");
  rw_text_addn (&c->out, c->text + from, to - from);
  return RW_OK;
}

/* The pieces are those, with | between them.  */
static bool
pieces_of (const char *pre, const char *text, const char *want)
{
  rw_split *s;
  rw_cutter *run = NULL;
  shown c = { .text = text };
  rw_error err = { 0 };
  rw_status status = rw_split_new (pre, &s, &err);
  if (!status)
    status = rw_cutter_new (s, &run, &err);
  if (!status)
    status = rw_cutter_run (run, text, strlen (text), piece_show, &c, &err);
  const bool same = !status && !strcmp (rw_text_get (&c.out), want);
  if (!same)
    printf ("# %s%s\n# %s\n", err.text, rw_text_get (&c.out), want);
  rw_text_free (&c.out);
  rw_cutter_free (run);
  rw_split_free (s);
  return same;
}

static void
pieces_are (void)
{
  for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
    ok (pieces_of (cuts[i].pre, cuts[i].text, cuts[i].pieces), "pieces of %s, row %zu", cuts[i].pre,
        i);
}

/* Every kind of space of Unicode is one to the patterns, and what only looks like one is not.  */
static void
spaces_are (void)
{
  static const char *const space[]
      = { "\t",           "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80",
          "\xe2\x80\x83", "\xe2\x80\xa8", "\xe2\x81\x9f", "\xe3\x80\x80" };
  static const char *const other[]
      = { "\xe1\xa0\x8e", "\xe2\x80\x8b", "\xe2\x81\xa0", "\xef\xbb\xbf" }; /* U+180E first */
  bool all = true;
  for (size_t i = 0; i < sizeof space / sizeof *space; i++)
    {
      char text[32], want[32];
      snprintf (text, sizeof text, "1%s2", space[i]);
      snprintf (want, sizeof want, "1|%s|2", space[i]);
      all = all && pieces_of ("gpt-2", text, want);
      snprintf (text, sizeof text, "1%s!", space[i]);
      snprintf (want, sizeof want, "1|%s|!", space[i]);
      all = all && pieces_of ("gpt-2", text, want);
    }
  ok (all, "every space is one");
  all = true;
  for (size_t i = 0; i < sizeof other / sizeof *other; i++)
    {
      char text[32], want[32];
      snprintf (text, sizeof text, "1%s!", other[i]);
      snprintf (want, sizeof want, "1|%s!", other[i]);
      all = all && pieces_of ("gpt-2", text, want);
    }
  ok (all, "and nothing else");
}

/* Every character, and every string of up to three bytes: by the definition of UTF-8, backwards: a
   string is a character if that character is written so.  */
static void
characters_are (void)
{
  int wrong = 0;
  for (uint32_t c = 0; c < 0x110000; c++)
    {
      const char s[]
          = { (char) (c < 0x80      ? c
                      : c < 0x800   ? 0xc0 | c >> 6
                      : c < 0x10000 ? 0xe0 | c >> 12
                                    : 0xf0 | c >> 18),
              (char) (0x80
                      | (c >> (c < 0x800     ? 0
                               : c < 0x10000 ? 6
                                             : 12)
                         & 63)),
              (char) (0x80 | (c >> (c < 0x10000 ? 0 : 6) & 63)), (char) (0x80 | (c & 63)) };
      const size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
      const bool surrogate = c >= 0xd800 && c < 0xe000;
      uint32_t got = 0;
      const size_t step = rw_utf8_read (s, n, &got);
      wrong += surrogate ? step != 0 : step != n || got != c || rw_utf8_read (s, n - 1, NULL);
    }
  ok (!wrong, "every character is read, %d are not", wrong);
  wrong = 0;
  for (uint32_t x = 0; x < 1u << 24; x++)
    {
      const char s[] = { (char) (x >> 16), (char) (x >> 8), (char) x };
      const unsigned a = x >> 16, b = x >> 8 & 255;
      const size_t two = a >= 0xc2 && a < 0xe0 && b >> 6 == 2;
      const uint32_t three = (a & 15) << 12 | (b & 63) << 6 | (x & 63);
      const bool is_three = a >> 4 == 14 && b >> 6 == 2 && (x >> 6 & 3) == 2 && three >= 0x800
                            && (three < 0xd800 || three >= 0xe000);
      wrong += rw_utf8_read (s, 3, NULL) != (a < 0x80 ? 1u : two ? 2u : is_three ? 3u : 0u);
    }
  ok (!wrong, "of all strings of three bytes those that are none are told, %d are not", wrong);
  ok (rw_utf8_run ("abcdefgh\xc3\xa9ijklmnop\xe2\x96", 20) == 18
          && rw_utf8_run ("\xf4\x90\x80\x80", 4) == 0 && rw_utf8_run ("", 0) == 0,
      "runs end where it is none");
}

int
main (void)
{
  pieces_are ();
  spaces_are ();
  characters_are ();
  return tap_end ();
}
