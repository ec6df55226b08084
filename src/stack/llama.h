/* llama: the ropes of a model as a GGUF file and llama.cpp's command line hold them.  Private to
   src/stack.

   One plain struct stands between three rooms: what the converter makes of a Hugging Face config
   (llama_config.c), what a GGUF file says (llama_gguf.c), and what the run-time computes
   (llama_rope.c), with its float32 kernel (llama_float.c); llama_write.c goes the other way, from
   any model to the struct.  NaN is a key that is not there: the run-time's default holds.  */
#ifndef RW_STACK_LLAMA_H
#define RW_STACK_LLAMA_H

#include "stack/ropes.h"
#include "stack/stack.h"

extern const rw_stack rw_stack_llama;
extern const rw_hf_rules rw_llama_rules;

/* ---- architectures (llama_arch.c) ---- */

enum
{
  RW_LLAMA_NORM = 1 << 0,        /* the file's pairs are (2i, 2i + 1): q and k were permuted so */
  RW_LLAMA_FREQS = 1 << 1,       /* loads rope_freqs.weight; others refuse a file that has it */
  RW_LLAMA_LISTS = 1 << 2,       /* loads rope_factors_long.weight and _short */
  RW_LLAMA_BAKES = 1 << 3,       /* its converter bakes llama3 into rope_freqs */
  RW_LLAMA_ZEROES = 1 << 4,      /* its converter bakes proportional into rope_freqs */
  RW_LLAMA_PUTS = 1 << 5,        /* its converter writes the lists of longrope */
  RW_LLAMA_SU = 1 << 6,          /* and its magnitude, from M / L, and L */
  RW_LLAMA_NO_TYPE = 1 << 7,     /* its converter writes no rope.scaling type and factor */
  RW_LLAMA_ALPHA = 1 << 8,       /* its converter puts `alpha` of dynamic into the base */
  RW_LLAMA_BETAS = 1 << 9,       /* its loader reads the yarn_* keys of the file */
  RW_LLAMA_LOG = 1 << 10,        /* its loader reads yarn_log_multiplier */
  RW_LLAMA_TENTH = 1 << 11,      /* which the file holds times 0.1 */
  RW_LLAMA_SAME_SLOPE = 1 << 12, /* deepseek2: the numerator's slope is that too */
  RW_LLAMA_SCORES = 1 << 13,     /* the graph folds the magnitude into the scores (MLA) */
  RW_LLAMA_PLAIN_SWA = 1 << 14,  /* sliding layers are not scaled: freq_scale_swa = 1 */
  RW_LLAMA_UNKNOWN = 1 << 15     /* not in the table: loaded like "llama", layout of the config */
};

typedef struct
{
  const char *name;     /* general.architecture */
  const char *families; /* model_types of configs that become it, between spaces */
  unsigned flags;
} rw_llama_arch;

/* By general.architecture, or by the model_type of a config; never NULL (RW_LLAMA_UNKNOWN).  */
const rw_llama_arch *rw_llama_arch_find (const char *name);
const rw_llama_arch *rw_llama_arch_of_family (const char *model_type);

/* ---- the struct ---- */

#define RW_LLAMA_BASE 10000.0 /* where no rope.freq_base is said: llama.cpp's load_hparams */

typedef enum
{
  RW_LLAMA_UNSAID, /* no rope.scaling.type: linear */
  RW_LLAMA_NONE,
  RW_LLAMA_LINEAR,
  RW_LLAMA_YARN,
  RW_LLAMA_LONGROPE,
  RW_LLAMA_TYPES
} rw_llama_type;

const char *rw_llama_type_text (rw_llama_type type); /* "none", ...; NULL for unsaid */
rw_status rw_llama_type_find (const char *text, rw_llama_type *out, rw_error *err);

/* Owns its tensors; free with rw_llama_rope_free.  */
typedef struct rw_llama_rope
{
  const rw_llama_arch *arch;
  rw_llama_type type;
  /* ARCH.KEY of the file, each named like its key */
  double context_length, dimension_count, freq_base, freq_base_swa;
  double factor, original_context_length, attn_factor;
  double yarn_log_multiplier; /* as in the file: times 0.1 for RW_LLAMA_TENTH */
  double yarn_ext_factor, yarn_attn_factor, yarn_beta_fast, yarn_beta_slow;
  /* flags of the command line, which win over the file */
  double ext_factor, beta_fast, beta_slow;
  /* tensors: divisors of the angle, float32 in the file; NULL where they are not there */
  size_t pairs;
  double *freqs;                        /* rope_freqs.weight (pairs,) */
  double *factors_long, *factors_short; /* rope_factors_long.weight, _short (pairs,) */
  /* how freqs were made, where that is known: the llama3 rule with these numbers; else NaN */
  double llama3_factor, llama3_low, llama3_high, llama3_length;
} rw_llama_rope;

void rw_llama_rope_init (rw_llama_rope *r, const rw_llama_arch *arch); /* nothing said */
void rw_llama_rope_free (rw_llama_rope *r);                            /* NULL-safe */

/* ---- its keys, one row each (llama_keys.c): reading, writing and flags go by this table ---- */

typedef enum
{
  RW_LLAMA_FLOAT32, /* in the file */
  RW_LLAMA_UINT32,
  RW_LLAMA_FLAG /* not in a file: a flag of the command line */
} rw_llama_kind;

typedef struct
{
  const char *tail; /* the file's key without its architecture: "rope.freq_base" */
  size_t at;        /* offsetof the double in rw_llama_rope */
  rw_llama_kind kind;
  double lo, hi;    /* others are refused; inclusive */
  const char *flag; /* "--rope-freq-base", or NULL: --override-kv says it */
} rw_llama_key;

extern const rw_llama_key rw_llama_keys[]; /* ends with a NULL tail */
double rw_llama_get (const rw_llama_rope *r, const rw_llama_key *key);
void rw_llama_set (rw_llama_rope *r, const rw_llama_key *key, double x);

/* The tensors, in the same way.  */
typedef struct
{
  const char *name; /* "rope_freqs.weight" */
  size_t at;        /* offsetof the double * in rw_llama_rope */
} rw_llama_tensor;

extern const rw_llama_tensor rw_llama_tensors[]; /* ends with a NULL name */
/* (pairs,) or NULL.  */
const double *rw_llama_divisors (const rw_llama_rope *r, const rw_llama_tensor *tensor);
/* A zeroed list of r->pairs, which r owns; NULL when out of memory.  */
double *rw_llama_divisors_new (rw_llama_rope *r, const rw_llama_tensor *tensor);
void rw_llama_divisors_drop (rw_llama_rope *r, const rw_llama_tensor *tensor);

/* ---- to the struct ---- */

/* What the converter writes for this block (NULL: plain) of a model of geometry g; what it drops is
   noted.  */
rw_status rw_llama_of_block (const rw_config *c, const rw_geometry *g, const cJSON *block,
                             const char *path, rw_llama_rope *out, rw_notes *notes);
/* The config's object "llama.cpp": keys and tensors of a file without their architecture, and
   flags; each in place of what the converter writes, an empty list in place of a tensor.  */
rw_status rw_llama_of_object (const rw_config *c, const rw_geometry *g, const cJSON *object,
                              rw_llama_rope *out, rw_notes *notes);

/* The keys and tensors that make llama.cpp compute the model's ropes, in a file of this
   architecture (NULL: the model's own); with `flags` also flags of its command line, for a run-time
   that is told so.  What is NaN or NULL in *out must not stand in the file.  `lost` names what none
   of it can say; that the full layers' frequencies cannot be said is an error.  The caller frees
   *out.  */
rw_status rw_llama_rope_of (const rw_model *model, const rw_llama_arch *arch, bool flags,
                            rw_llama_rope *out, rw_notes *lost, rw_error *err);
/* The architecture that rw_llama_rope_of takes for the model's own.  */
const rw_llama_arch *rw_llama_arch_of_model (const rw_model *model);

/* The same for one schedule at one length; out->arch says what it is for.  Tables that the keys
   cannot say become divisors where the architecture loads some, else it is an error.  */
rw_status rw_llama_fit (const rw_object *schedule, const rw_geometry *m, double length, bool flags,
                        rw_llama_rope *out, rw_notes *lost, rw_error *err);
/* Holds what *r makes of a schedule against the schedule's own table at this length: both tables,
   for the caller to free, and the largest relative difference of their frequencies, infinite where
   *r cannot be run.  Only a lack of memory is an error.  */
rw_status rw_llama_misfit (const rw_llama_rope *r, const rw_object *schedule, const rw_geometry *m,
                           bool sliding, double length, rw_freqs *want, rw_freqs *got,
                           double *worst, rw_error *err);

/* ---- from the struct ---- */

/* What the run-time computes: a schedule object over the geometry g, which the caller frees;
   `sliding` is a sliding layer's.  */
rw_status rw_llama_schedule (const rw_llama_rope *r, const rw_geometry *g, bool sliding,
                             rw_object **out, rw_notes *notes, rw_error *err);

/* rw_stack's `write`: a patch that sets the config's object "llama.cpp", and the command line,
   which is NULL where divisors are needed, for only a file has them.  */
rw_status rw_llama_write (const rw_model *model, rw_words *out, rw_error *err);
/* rw_stack's `arithmetic`: the angle at position 1 as the CPU kernel computes it in float32, its
   iterated product, divisors, factor and mixture included; attention_factor is the kernel's.  */
rw_status rw_llama_float (const rw_object *schedule, const rw_geometry *m, double length,
                          rw_freqs *out, rw_error *err);

#endif
