/* config: typed reading of a Hugging Face config, with notes of the keys that took part.

   A reader knows several spellings of one idea and takes the first that is there and not null.
   Private to src/stack.  */
#ifndef RW_STACK_CONFIG_H
#define RW_STACK_CONFIG_H

#include "json/block.h"
#include "json/json.h"
#include "stack/family.h"

struct rw_rope_site;
struct rw_llama_rope;

/* A key that a stack passes over, and why.  */
typedef struct
{
  const char *key, *why;
} rw_key_why;

/* How transformers' reading is departed from; one row a stack, in its file.  */
typedef struct
{
  const char *name;
  const char *who;     /* in notes and errors: "transformers", "vLLM" */
  const char *unknown; /* "unknown to transformers" */
  /* The stack's own rope types; NULL: those of transformers 5, and ropewalk's schedules.  */
  const struct rw_hf_type *types;
  const rw_key_why *whys;  /* keys of a rope block that it ignores; ends with a NULL key; or NULL */
  bool hf_types_only;      /* refuses rope types that transformers does not have */
  bool truncate_flat_only; /* a nested block's `truncate` is lost (6.4 of the method notes) */
  bool nested_by_types;    /* nested only if a key is a layer type (trl#6961) */
  /* OPTIONAL: makes a rope in place of rw_rope_make; see ropes.h.  */
  rw_status (*make) (const struct rw_rope_site *site);
  bool top_level; /* transformers before 5: base and partial factor at the top level, one
                     flat rope_scaling, no rope_parameters */
  const char *const *no_softmax; /* model_types whose class lacks the square of mscale_all_dim's
                                    magnitude, NULL-terminated; or NULL */
} rw_hf_rules;

typedef struct
{
  const char *file;   /* begins errors: "FILE: KEY: ..."; NULL for an inline model */
  const char *prefix; /* begins key paths: "", "text_config.", "model." */
  const cJSON *root;  /* the whole config */
  const cJSON *text;  /* the part that describes the language model; root or inside it */
  const rw_family *family;
  const rw_hf_rules *rules;
  const struct rw_llama_rope *llama; /* what the GGUF file says that was read, or NULL */
  rw_reading reading;
  rw_notes *notes;
  rw_error *err;
} rw_config;

/* The part that describes the language model: root, or inside it; prefix is the way there.  */
const cJSON *rw_config_text (const cJSON *root, char prefix[48]);
/* Picks the language model's part of `root` and its family.  `prefix` is at least 48 bytes.  */
rw_status rw_config_open (rw_config *c, const char *file, const cJSON *root, char prefix[48],
                          rw_notes *notes, rw_error *err);

/* The language model's model_type, else the whole config's; "" where there is none.  */
const char *rw_config_model_type (const rw_config *c);

/* The first of the keys (NULL-terminated) that is there and not null, or NULL.  Not noted.  */
const cJSON *rw_config_find (const rw_config *c, const char *const *keys);

/* A number from lo to hi; *out is unchanged where no key is there.  */
rw_status rw_config_number (const rw_config *c, const char *const *keys, double lo, double hi,
                            double *out);
/* The same for whole numbers.  */
rw_status rw_config_whole (const rw_config *c, const char *const *keys, int64_t lo, int64_t hi,
                           int64_t *out);
/* True or false; *out is unchanged where the key is not there.  */
rw_status rw_config_bool (const rw_config *c, const char *key, bool *out);

void rw_config_used (const rw_config *c, const char *key);
void rw_config_ignored (const rw_config *c, const char *key, const char *why);

/* After everything was read: keys about rotation that took no part are noted as ignored.  */
void rw_config_leftovers (const rw_config *c);

/* "FILE: PREFIXkey: " and the message.  */
rw_status rw_config_fail (const rw_config *c, const char *key, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

#endif
