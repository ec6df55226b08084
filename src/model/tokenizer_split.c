/* tokenizer_split: cuts text into pieces by the pattern of its model; see tokenizer_part.h.

   The patterns are those of the models' own tokenizer.json, or, where a file names a family, of
   src/llama-vocab.cpp in github.com/ggml-org/llama.cpp; \s is written out, for PCRE2's takes in
   U+180E, which Unicode has not counted as a space since 6.3.  A kind may have several: each cuts
   what the ones before it left, and what no pattern matches is a piece too.  A text is at most
   looked at three times over by a pattern, so time is linear.  */
#include "base/mem.h"
#include "model/gguf_part.h"
#include "model/tokenizer_part.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#define S "\\t-\\r\\x{85}\\p{Z}" /* Unicode's White_Space */
#define GPT2                                                                                       \
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^" S "\\p{L}\\p{N}]+|[" S "]+(?![^" S "])|[" S   \
  "]+"
#define CL100K(digits)                                                                             \
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" digits "| ?[^" S                   \
  "\\p{L}\\p{N}]+[\\r\\n]*|[" S "]*[\\r\\n]+|[" S "]+(?![^" S "])|[" S "]+"

enum
{
  PATTERNS = 4,
  STACK_MIN = 32 << 10, /* bytes of the compiled patterns' own stack, as PCRE2's manual has them */
  STACK_MAX = 1 << 20,
  HEAP_MAX = 1 << 20 /* KiB, without compilation */
};

typedef struct
{
  const char *const *names; /* of tokenizer.ggml.pre */
  const char *pattern[PATTERNS];
  bool whole;  /* a piece that is a token stays whole: "ignore_merges" of tokenizer.json */
  bool begins; /* texts begin with BOS */
  const char *text;
} kind;

#define NAMES(...)                                                                                 \
  (const char *const[])                                                                            \
  {                                                                                                \
    __VA_ARGS__, NULL                                                                              \
  }

static const kind kinds[] = {
  { NAMES ("gpt-2", "mpt", "olmo", "jais", "phi-2"),
    { GPT2 },
    .text = "encoder.py of openai/gpt-2" },
  { NAMES ("llama-bpe", "llama3", "llama-v3"),
    { CL100K ("\\p{N}{1,3}") },
    .whole = true,
    .begins = true,
    .text = "tokenizer.json of meta-llama/Meta-Llama-3-8B" },
  { NAMES ("qwen2", "deepseek-r1-qwen"),
    { CL100K ("\\p{N}") },
    .text = "tokenizer.json of Qwen/Qwen2-7B, without its normal form" },
  { NAMES ("smollm", "starcoder", "refact", "command-r", "codeshell"),
    { "\\p{N}", GPT2 },
    .text = "tokenizer.json of HuggingFaceTB/SmolLM2-135M" },
  { NAMES ("default"),
    { "[\\p{P}$+<=>^~|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]" },
    .text = "llama-vocab.cpp, of files that name none" },
};

struct rw_split
{
  const kind *kind;
  pcre2_code *code[PATTERNS];
  size_t patterns;
};

static const kind *
kind_find (const char *name)
{
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    for (const char *const *n = kinds[i].names; *n; n++)
      if (!strcmp (*n, name))
        return &kinds[i];
  return NULL;
}

static rw_status
name_unknown (const char *name, rw_error *err)
{
  rw_text list = { 0 };
  char shown[RW_GGUF_SHOWN + 4];
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    for (const char *const *n = kinds[i].names; *n; n++)
      {
        rw_text_add (&list, list.n ? ", " : "");
        rw_text_add (&list, *n);
      }
  const rw_status status
      = rw_fail (err, RW_EINVAL, "tokenizer.ggml.pre: '%s' is not known: %s",
                 rw_gguf_show ((rw_gguf_text){ name, strlen (name) }, shown), rw_text_get (&list));
  rw_text_free (&list);
  return status;
}

/* What PCRE2 says of an error.  */
static rw_status
fail (int code, const char *what, size_t at, rw_error *err)
{
  char text[256];
  if (code == PCRE2_ERROR_NOMEMORY)
    return rw_nomem (err, 0);
  pcre2_get_error_message (code, (PCRE2_UCHAR *) text, sizeof text);
  return rw_fail (err, RW_EINVAL, "text, byte %zu: the pattern of '%s' gave up: %s", at, what,
                  text);
}

rw_status
rw_split_new (const char *name, rw_split **out, rw_error *err)
{
  const kind *k = kind_find (name);
  *out = NULL;
  if (!k)
    return name_unknown (name, err);
  rw_split *s = rw_new (1, sizeof *s);
  if (!s)
    return rw_nomem (err, sizeof *s);
  s->kind = k;
  for (; s->patterns < PATTERNS && k->pattern[s->patterns]; s->patterns++)
    {
      int code;
      size_t at;
      s->code[s->patterns]
          = pcre2_compile ((PCRE2_SPTR) k->pattern[s->patterns], PCRE2_ZERO_TERMINATED,
                           PCRE2_UTF | PCRE2_UCP, &code, &at, NULL);
      if (!s->code[s->patterns])
        {
          rw_split_free (s);
          return fail (code, name, at, err);
        }
      pcre2_jit_compile (s->code[s->patterns], PCRE2_JIT_COMPLETE); /* else it is interpreted */
    }
  *out = s;
  return RW_OK;
}

void
rw_split_free (rw_split *s)
{
  for (size_t i = 0; s && i < PATTERNS; i++)
    pcre2_code_free (s->code[i]);
  rw_free (s);
}

bool
rw_split_whole (const rw_split *s)
{
  return s->kind->whole;
}

bool
rw_split_begins (const rw_split *s)
{
  return s->kind->begins;
}

struct rw_cutter
{
  const rw_split *split;
  pcre2_match_context *context;
  pcre2_jit_stack *stack;
  pcre2_match_data *match[PATTERNS];
};

/* One text being cut.  */
typedef struct
{
  const rw_cutter *c;
  const char *text;
  rw_split_piece *piece;
  void *data;
} cutting;

/* text[from, to) by pattern `level` and those after it.  */
static rw_status
cut (const cutting *x, size_t level, size_t from, size_t to, rw_error *err)
{
  const rw_split *split = x->c->split;
  if (from == to)
    return RW_OK;
  if (level == split->patterns)
    return x->piece (x->data, from, to, err);
  const PCRE2_SPTR s = (PCRE2_SPTR) x->text + from;
  const size_t n = to - from;
  rw_status status = RW_OK;
  for (size_t at = 0; at < n && !status;)
    {
      const int code = pcre2_match (split->code[level], s, n, at, PCRE2_NO_UTF_CHECK,
                                    x->c->match[level], x->c->context);
      if (code < 0 && code != PCRE2_ERROR_NOMATCH)
        return fail (code, *split->kind->names, from + at, err);
      const size_t *place = pcre2_get_ovector_pointer (x->c->match[level]);
      const size_t begin = code < 0 ? n : place[0], end = code < 0 ? n : place[1];
      status = cut (x, level + 1, from + at, from + begin, err);
      if (!status)
        status = cut (x, level + 1, from + begin, from + end, err);
      at = end;
    }
  return status;
}

rw_status
rw_cutter_new (const rw_split *s, rw_cutter **out, rw_error *err)
{
  rw_cutter *c = *out = rw_new (1, sizeof *c);
  if (!c)
    return rw_nomem (err, sizeof *c);
  c->split = s;
  c->context = pcre2_match_context_create (NULL);
  c->stack = pcre2_jit_stack_create (STACK_MIN, STACK_MAX, NULL);
  bool whole = c->context;
  for (size_t i = 0; i < s->patterns; i++)
    whole = (c->match[i] = pcre2_match_data_create (1, NULL)) && whole;
  if (!whole)
    {
      rw_cutter_free (c);
      *out = NULL;
      return rw_nomem (err, STACK_MAX);
    }
  if (c->stack) /* not without compilation */
    pcre2_jit_stack_assign (c->context, NULL, c->stack);
  /* The patterns are ours and step back over a run once: limits are for those that do not end.  */
  pcre2_set_match_limit (c->context, UINT32_MAX);
  pcre2_set_heap_limit (c->context, HEAP_MAX);
  return RW_OK;
}

void
rw_cutter_free (rw_cutter *c)
{
  if (!c)
    return;
  for (size_t i = 0; i < PATTERNS; i++)
    pcre2_match_data_free (c->match[i]);
  pcre2_match_context_free (c->context);
  pcre2_jit_stack_free (c->stack);
  rw_free (c);
}

rw_status
rw_cutter_run (const rw_cutter *c, const char *text, size_t n, rw_split_piece *piece, void *data,
               rw_error *err)
{
  return cut (&(cutting){ .c = c, .text = text, .piece = piece, .data = data }, 0, 0, n, err);
}
