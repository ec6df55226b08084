/* tokenizer_part: what the files of rw_tokenizer share.  Private.

   Byte-pair files write every byte of a token as a character of GPT-2's, SentencePiece files a
   space as U+2581; here a token is always the plain bytes that it stands for, so that texts are cut
   and looked up as they are and decoding is copying.

   A text goes down in steps: *fragments* between tokens that are written out in it; *pieces* of a
   fragment, which no merge can join (a match of the pattern; SentencePiece: between characters that
   no token has side by side); symbols of a piece, joined to tokens.  */
#ifndef RW_MODEL_TOKENIZER_PART_H
#define RW_MODEL_TOKENIZER_PART_H

#include "model/tokenizer.h"

/* ---- tokenizer_utf8.c ---- */

/* Bytes of the character at s: 1 to 4, 0 where there is none (not UTF-8, a surrogate, too long,
   beyond U+10FFFF).  *c may be NULL.  */
size_t rw_utf8_read (const char *s, size_t n, uint32_t *c);
size_t rw_utf8_run (const char *s, size_t n); /* bytes of UTF-8 that s begins with */

/* ---- tokenizer_bytes.c ---- */

/* The byte that GPT-2 writes as the character c, or -1.  */
int rw_byte_of (uint32_t c);
/* Appends the bytes that s stands for in that alphabet; false where a character is not of it.  */
bool rw_byte_text (const char *s, size_t n, rw_text *out);

/* ---- tokenizer_vocabulary.c ---- */

/* As tokenizer.ggml.token_type has them; other numbers count as normal.  */
enum
{
  RW_TOKEN_NORMAL = 1,
  RW_TOKEN_UNKNOWN = 2,
  RW_TOKEN_CONTROL = 3,
  RW_TOKEN_USER = 4,
  RW_TOKEN_UNUSED = 5,
  RW_TOKEN_BYTE = 6
};

typedef struct
{
  const char *s; /* (n,) the bytes that it stands for; as in the file where they are none */
  uint32_t n;
  float score;
  uint8_t type;
  bool plain; /* text can become it: not for control tokens and what the file's alphabet lacks */
} rw_token;

typedef struct
{
  uint32_t hash;
  int32_t id; /* -1: free */
} rw_token_slot;

typedef struct
{
  size_t n;
  rw_token *token;     /* (n,) */
  char *bytes;         /* of all tokens */
  rw_token_slot *slot; /* (slots,) open addressing, at most half full */
  size_t slots;        /* a power of two */
  size_t longest;      /* bytes of the longest token */
  int32_t byte[256];   /* the token of a single byte, or -1 */
  bool scores;         /* the file has them */
} rw_vocabulary;

/* `byte_level`: tokens are written in GPT-2's alphabet, else in SentencePiece's.  Free it also
   after a failure.  */
rw_status rw_vocabulary_read (const rw_gguf *g, bool byte_level, rw_vocabulary *out, rw_error *err);
void rw_vocabulary_free (rw_vocabulary *v);
/* The token of these bytes, or -1: of several the plain one, and of those the first.  */
int32_t rw_vocabulary_find (const rw_vocabulary *v, const char *s, size_t n);
uint64_t rw_token_hash (const char *s, size_t n);

/* ---- tokenizer_special.c: tokens that are written out in texts ---- */

typedef struct
{
  uint64_t key; /* 256 * node + byte */
  int32_t to;   /* node; 0: free */
} rw_special_edge;

typedef struct
{
  rw_special_edge *edge; /* (edges,) open addressing */
  size_t edges;          /* a power of two */
  int32_t *id;           /* (nodes,) the token that ends here, or -1; node 0 is the root */
  size_t nodes;
  uint32_t first[8]; /* bit b: a token begins with byte b */
} rw_specials;

rw_status rw_specials_make (const rw_vocabulary *v, rw_specials *out, rw_error *err);
void rw_specials_free (rw_specials *s);
/* The first place in text[from, n) where a user-defined token (or, if `control`, any other) is
   written, and there the longest; n where there is none, with *id -1.  */
size_t rw_specials_find (const rw_specials *s, const rw_vocabulary *v, bool control,
                         const char *text, size_t n, size_t from, int32_t *id);

/* ---- tokenizer_merges.c ---- */

typedef struct
{
  uint64_t key;  /* left token << 32 | right token */
  uint32_t rank; /* smaller goes first */
  int32_t id;    /* what they become; -1: free */
} rw_merge;

typedef struct
{
  rw_merge *merge; /* (slots,) open addressing, at most half full */
  size_t slots;    /* a power of two; 0: there are none */
} rw_merges;

rw_status rw_merges_read (const rw_gguf *g, const rw_vocabulary *v, rw_merges *out, rw_error *err);
const rw_merge *rw_merges_find (const rw_merges *m, int32_t left, int32_t right); /* or NULL */

/* ---- tokenizer_pairs.c: characters that some token has side by side ---- */

typedef struct
{
  uint64_t *bit; /* a set by hashes: may say yes where it is no, which only makes pieces longer */
  size_t bits;   /* a power of two */
} rw_pairs_seen;

rw_status rw_pairs_seen_make (const rw_vocabulary *v, rw_pairs_seen *out, rw_error *err);
/* Bytes of the piece that s begins with: to the first place that no token spans.  */
size_t rw_pairs_piece (const rw_pairs_seen *p, const char *s, size_t n);

/* ---- tokenizer_join.c ---- */

typedef struct
{
  uint32_t at, n;     /* bytes of the piece; n == 0: joined to the one before */
  int32_t id;         /* token, -1: none */
  int32_t prev, next; /* -1: none */
} rw_symbol;

typedef struct
{
  uint64_t key; /* order << 32 | left symbol: the smallest goes first, from the left */
  uint32_t n;   /* bytes of both: another number says that one of them has changed */
  int32_t id;
} rw_join;

typedef struct
{
  rw_symbol *symbol; /* (n,) */
  size_t n, symbols;
  rw_join *heap; /* (heaped,) */
  size_t heaped, heaps;
} rw_joiner;

/* Whether symbols l and r, side by side, may become one token: which, and in what order.  */
typedef bool rw_join_rule (const void *data, const rw_symbol *l, const rw_symbol *r,
                           uint32_t *order, int32_t *id);

/* Empty, with room for n symbols.  */
rw_status rw_joiner_begin (rw_joiner *j, size_t n, rw_error *err);
void rw_joiner_add (rw_joiner *j, size_t n, int32_t id); /* the next symbol: n bytes */
/* Joins the symbols until no rule holds: O(n log n).  Those with n > 0 are what is left.  */
rw_status rw_joiner_run (rw_joiner *j, rw_join_rule *rule, const void *data, rw_error *err);
void rw_joiner_free (rw_joiner *j);

/* ---- tokenizer_cache.c: pieces of a text that were joined before ---- */

typedef struct
{
  const char *s; /* (n,) in the text; NULL: free */
  uint32_t n, ids;
  size_t first; /* of its ids */
} rw_cached;

typedef struct
{
  rw_cached *slot; /* (slots,) a piece has one place, the later one stays */
  size_t slots;    /* a power of two */
} rw_token_cache;

rw_status rw_token_cache_make (size_t text, rw_token_cache *out, rw_error *err);
void rw_token_cache_free (rw_token_cache *c);
/* The place of a piece; it holds the piece if ->n == n and the bytes are equal.  NULL where pieces
   of this length are not kept.  */
rw_cached *rw_token_cache_at (const rw_token_cache *c, const char *s, size_t n);
bool rw_cached_is (const rw_cached *slot, const char *s, size_t n);

/* ---- tokenizer_split.c ---- */

typedef struct rw_split rw_split;
typedef rw_status rw_split_piece (void *data, size_t from, size_t to, rw_error *err);

/* The patterns of `name`, compiled; unknown names list the known.  */
rw_status rw_split_new (const char *name, rw_split **out, rw_error *err);
void rw_split_free (rw_split *s);         /* NULL-safe */
bool rw_split_whole (const rw_split *s);  /* pieces that are tokens are not merged */
bool rw_split_begins (const rw_split *s); /* texts begin with BOS unless the file says no */
/* What cutting needs beside the patterns: one a thread.  The caller frees it.  */
typedef struct rw_cutter rw_cutter;
rw_status rw_cutter_new (const rw_split *s, rw_cutter **out, rw_error *err);
void rw_cutter_free (rw_cutter *c); /* NULL-safe */
/* Shows every piece of text[0, n), which must be UTF-8, in order.  */
rw_status rw_cutter_run (const rw_cutter *c, const char *text, size_t n, rw_split_piece *piece,
                         void *data, rw_error *err);

/* ---- the two families ---- */

struct rw_tokenizer
{
  const struct rw_token_family *family;
  rw_vocabulary vocabulary;
  rw_specials specials;
  rw_merges merges;    /* byte-pair */
  rw_split *split;     /* byte-pair */
  rw_pairs_seen pairs; /* SentencePiece */
  int32_t bos, eos, unknown;
  bool add_bos, space_prefix;
};

/* The encoding of one text.  */
typedef struct
{
  const rw_tokenizer *t;
  const char *text;
  bool prefix;  /* a space is still to be put in front */
  bool unknown; /* the last token stands for characters that have none */
  bool fresh;   /* the piece's ids depend on what came before it: not to be kept */
  rw_joiner joiner;
  rw_cutter *cutter; /* byte-pair; made when it is needed */
  rw_token_cache cache;
  rw_ids *out;
} rw_encoding;

typedef struct rw_token_family
{
  const char *name; /* tokenizer.ggml.model */
  const char *text;
  bool byte_level;
  rw_status (*read) (rw_tokenizer *t, const rw_gguf *g, rw_error *err);
  /* A fragment of e->text.  */
  rw_status (*encode) (rw_encoding *e, const char *s, size_t n, rw_error *err);
} rw_token_family;

extern const rw_token_family rw_token_bpe; /* tokenizer_bpe.c */
extern const rw_token_family rw_token_spm; /* tokenizer_spm.c */

/* ---- tokenizer_piece.c: what the families' encoders share ---- */

/* Joins one piece to tokens and appends them.  `at` is its place in the text, for errors.  */
typedef rw_status rw_piece_rule (rw_encoding *e, const char *s, size_t n, size_t at, rw_error *err);
/* The same for a piece of the text, or the ids that it had before.  */
rw_status rw_piece_encode (rw_encoding *e, rw_piece_rule *rule, const char *s, size_t n,
                           rw_error *err);
/* Byte for byte; RW_EINVAL where a byte has no token.  */
rw_status rw_piece_bytes (rw_encoding *e, const char *s, size_t n, size_t at, rw_error *err);

#endif
