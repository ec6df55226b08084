/* lint_part: what the rules of lint share: the model under the glass, and the making of findings.
   Private to src/stack.

   A rule's function looks at the rope (or the whole), and for each thing found calls rw_lint_add
   and then fills the texts of what it returns; NULL means that nobody wants the finding, and the
   rw_lint_say functions take it.  Rules own nothing.  */
#ifndef RW_STACK_LINT_PART_H
#define RW_STACK_LINT_PART_H

#include "schedule/schedule.h"
#include "stack/gguf_model.h"
#include "stack/lint.h"
#include "stack/llama.h"
#include "stack/ropes.h"

#include <math.h>

/* What a rule may ask of a rope.  */
struct rw_lint_rope
{
  char layer_type[48];
  char path[96];      /* of the block: "rope_scaling", "--rope" */
  const cJSON *block; /* NULL: plain.  Of a GGUF file: its schedule in our words */
  bool own;           /* the model's, not --rope's */
  bool nested;
  const char *type;       /* "yarn", "default", ...: as the block says it */
  rw_geometry m;          /* L, M, d, b as transformers reads them */
  double factor;          /* of the block; NaN where it has none */
  double block_original;  /* original_max_position_embeddings of the block; NaN */
  const rw_object *exact; /* the schedule that `exact` makes of it; NULL where it refuses */
};

/* A model as one stack reads it.  */
typedef struct
{
  const rw_stack *stack; /* NULL: not in this build */
  bool tried;
  rw_status status;
  rw_error err;
  rw_model model;
} rw_lint_reading;

struct rw_lint
{
  const rw_lint_request *ask;
  char *path;       /* of the file; owned */
  rw_text text;     /* the config as it was written */
  rw_text override; /* --rope as it was written */
  cJSON *tree, *rope;
  rw_gguf *gguf; /* NULL for a config.json */
  rw_config c;   /* of a config.json */
  char prefix[48];
  rw_notes notes;
  rw_shape shape;
  rw_layers layers;
  rw_sources_of_rope sources;
  size_t n_ropes;
  rw_lint_rope ropes[RW_SOURCES_MAX];
  cJSON *written[RW_SOURCES_MAX]; /* blocks made from schedules; owned */
  rw_lint_reading by[RW_LINT_STACKS];
  unsigned wanted; /* stacks that are asked about */
  double length;   /* planned: --length, else M */
  bool planned;    /* --length was given */
  const rw_lint_rule *rule;
  rw_findings *out;
  bool failed; /* out of memory */
};

/* ---- open.c: the model ---- */
rw_status rw_lint_open (rw_lint *l, const rw_lint_request *ask, rw_error *err);
void rw_lint_close (rw_lint *l);
/* The model as stack `bit` reads it; NULL where it refuses or is not in this build.  */
const rw_model *rw_lint_read_as (rw_lint *l, unsigned bit);
/* The rope of that stack for the same layer type; NULL for none.  */
const rw_rope *rw_lint_rope_as (rw_lint *l, unsigned bit, const rw_lint_rope *r);

/* ---- say.c: findings ---- */

/* A finding about `key` of the rope (r and key may be NULL), for those of `stacks` that are wanted;
   NULL where there are none, or where the same was said already.  */
rw_finding *rw_lint_add (rw_lint *l, const rw_lint_rope *r, const char *key, unsigned stacks);
void rw_lint_found (rw_finding *f, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
void rw_lint_effect (rw_finding *f, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));
void rw_lint_fix (rw_finding *f, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/* Puts the value that stands under the rope's key: `"factor": 4`.  */
void rw_lint_found_key (rw_finding *f, const rw_lint_rope *r, const char *key);

/* ---- ask.c: what stands there, and what changes ---- */

/* NaN where there is none.  */
static inline double
rw_lint_number (const cJSON *block, const char *key)
{
  const cJSON *item = rw_json_get (block, key);
  return cJSON_IsNumber (item) ? item->valuedouble : NAN;
}

bool rw_lint_is (const rw_lint_rope *r, const char *type);
/* The key that names the type there: "rope_type", or "type".  */
static inline const char *
rw_lint_type_key (const rw_lint_rope *r)
{
  return rw_json_get (r->block, "rope_type") || !rw_json_get (r->block, "type") ? "rope_type"
                                                                                : "type";
}

/* YaRN's factor: the block's, else M / L.  */
double rw_lint_stretch (const rw_lint_rope *r);
/* Whether the number was written without point and exponent.  */
bool rw_lint_is_integer (const rw_lint *l, const cJSON *number);
/* The class that reads the config, "" for an unknown one.  */
const char *rw_lint_family (const rw_lint *l);
/* What llama.cpp's converter makes of the config; RW_LLAMA_UNKNOWN where it is a guess.  */
const rw_llama_arch *rw_lint_arch (const rw_lint *l);

/* How two tables differ.  */
typedef struct
{
  size_t n, changed; /* pairs; those that differ by more than 1e-6 */
  double worst;      /* largest quotient, at least 1 */
  double phase;      /* largest difference of the angle at the last position, radians */
  double factor[2];  /* attention factors */
  double softmax[2]; /* softmax factors */
  char text[160];    /* "9 of 32 frequencies change, by up to 1.76 times" */
} rw_lint_change;

/* False where one of them cannot be filled.  */
bool rw_lint_compare (const rw_object *a, const rw_geometry *ma, const rw_object *b,
                      const rw_geometry *mb, double length, rw_lint_change *out);
/* The rope's own schedule beside itself with one number set otherwise, or as if L were another;
   `length` is the planned one.  */
bool rw_lint_compare_set (const rw_lint *l, const rw_lint_rope *r, const char *key, double value,
                          rw_lint_change *out);
/* The rope's own schedule at two lengths; the phase is that of `position`.  */
bool rw_lint_compare_lengths (const rw_lint_rope *r, double before, double after, double position,
                              rw_lint_change *out);
/* Attention factors of the stacks, "hf 1.139, vllm 1", for those that read the model; "" for
   none.  */
void rw_lint_factors (rw_lint *l, const rw_lint_rope *r, unsigned stacks, rw_text *out);

/* ---- the tables of rules, each in its file; they end with a NULL id ---- */
extern const rw_lint_rule rw_lint_keys[], rw_lint_attention[], rw_lint_lengths[], rw_lint_ranges[],
    rw_lint_shapes[], rw_lint_switches[], rw_lint_layers[], rw_lint_versions[], rw_lint_ggufs[],
    rw_lint_readings[];

#endif
