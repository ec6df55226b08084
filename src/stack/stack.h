/* stack: how each serving stack reads a rope config, and how it is told one.

   A stack turns a model's config (Hugging Face JSON) and an optional rope block into an rw_model:
   per layer type a geometry, a schedule object and the notes (keys used, ignored, warnings).  The
   rules of each stack stand in its own file with the source of each quirk.  `exact`, the default,
   reads by the rules of the newest transformers and evaluates the definitions in double; `hf` is
   transformers itself and refuses what it would crash on.  */
#ifndef RW_STACK_STACK_H
#define RW_STACK_STACK_H

#include "json/json.h"
#include "rope/freqs.h"
#include "rope/model.h"

/* A model's ropes in the words of a stack: what to change so that it computes them.  Free with
   rw_words_free.  */
typedef struct
{
  cJSON *patch;  /* RFC 7386 merge patch on the config.json that `read` takes; owned */
  char *line;    /* the same to paste: "--hf-overrides '{...}'", "--rope-scaling yarn ..."; NULL
                    where the patch is all there is; owned */
  rw_notes lost; /* warnings: what the stack cannot say, each by name */
} rw_words;

void rw_words_free (rw_words *words); /* frees what it owns and zeroes it; NULL-safe */
/* Wraps a patch, and the JSON in quotes of a line, for the part of config that describes the
   language model ("text_config"); leaves them alone where config is that itself.  */
rw_status rw_words_place (rw_words *words, const cJSON *config, rw_error *err);
/* What a patch says, without the nulls that take keys out.  The caller frees it.  */
cJSON *rw_words_said (const cJSON *patch);
/* Appends it as JSON for Python, which takes 4 for no float where 4.0 is one.  */
void rw_words_print (const cJSON *json, bool indented, rw_text *out);

typedef struct
{
  const char *name; /* "exact", "hf" */
  const char *text; /* what it is, with the version it stands for */
  const char *cite;
  /* The table is made once, for the planned length (max_model_len, n_ctx), not at every call; so a
     table without a length is the one of max_position_embeddings.  */
  bool planned;
  /* config is a Hugging Face config.json; rope NULL or a rope_parameters / rope_scaling block that
     replaces the model's (flat: full_attention only; nested: the layer types it names).  */
  rw_status (*read) (const char *name, const cJSON *config, const cJSON *rope, rw_model *out,
                     rw_error *err);
  /* OPTIONAL: the table in the stack's own arithmetic, each value widened to double; factors as
     rw_schedule_fill gives them.  */
  rw_status (*arithmetic) (const rw_object *schedule, const rw_geometry *m, double length,
                           rw_freqs *out, rw_error *err);
  /* OPTIONAL: the words for model's ropes, read by whatever stack.  Reading the patched config
     gives the same tables and factors, but for what words->lost names; a model of which nothing can
     be said is an error.  */
  rw_status (*write) (const rw_model *model, rw_words *out, rw_error *err);
} rw_stack;

const rw_stack *rw_stack_at (size_t i); /* NULL after the last */
rw_status rw_stack_find (const char *name, const rw_stack **out, rw_error *err);

/* MODEL of the command line: a preset name, a config.json or a folder holding one, a GGUF file
   (with the stacks `exact` and `llama.cpp`), or "-".  rope is NULL, JSON text, or @file.  The
   caller frees *out with rw_model_free.  */
rw_status rw_stack_model (const rw_stack *stack, const char *model, const char *rope, rw_model *out,
                          rw_error *err);

/* A MODEL before a stack reads it: opened once, read by several stacks and with several blocks.
   Free with rw_origin_free.  */
typedef struct
{
  char *name;    /* of the model; owned */
  char *path;    /* of its file; NULL for an inline object; owned */
  cJSON *config; /* in the words of Hugging Face; NULL for a GGUF file; owned */
} rw_origin;

rw_status rw_stack_open (const char *model, rw_origin *out, rw_error *err);
/* The `model` of a sweep config, as rw_stack_config_model takes it.  */
rw_status rw_stack_origin (const cJSON *model, const char *path, const char *folder, rw_origin *out,
                           rw_error *err);
void rw_origin_free (rw_origin *origin); /* zeroes it; NULL-safe */
/* What the stack makes of it; rope as in rw_stack.read.  An inline model's blocks are read as the
   stack reads them: rw_stack_config_model is stricter for `exact`.  */
rw_status rw_origin_read (const rw_origin *origin, const rw_stack *stack, const cJSON *rope,
                          rw_model *out, rw_error *err);
/* The block that a config has of its own for a layer type ("" for the only one); NULL where it has
   none.  */
const cJSON *rw_config_block (const cJSON *config, const char *layer_type);
/* A merge patch that gives one key of a rope another value, in its block or, for base, rotated
   share and trained length, where the config says them.  Takes `value` over; NULL: out of memory.
 */
cJSON *rw_config_turn (const cJSON *config, const char *layer_type, const char *key, cJSON *value);

/* The config.json that MODEL stands for, to be read by several stacks, or changed and read again;
   NULL for a GGUF file, which has none.  *name is what the model is called.  The caller frees
   *config with cJSON_Delete and *name with rw_free.  */
rw_status rw_stack_config (const char *model, cJSON **config, char **name, rw_error *err);

/* Tokens for which a stack's table is made where nobody gives a length: max_position_embeddings
   where it is planned, else 0, before the first token.  */
double rw_stack_length (const rw_stack *stack, const rw_rope *rope);

/* The `model` of a sweep config: a preset name or path (text), or an inline object
   {"head_dim", "rope_theta", "original_length", "rotary_dim"|"partial_rotary_factor", "layout",
   "rope", "layers"}, Hugging Face spellings accepted, read strictly.  `path` begins errors;
   `folder` is the config's.  */
rw_status rw_stack_config_model (const rw_stack *stack, const cJSON *model, const char *path,
                                 const char *folder, rw_model *out, rw_error *err);

/* Preset names: file names of DATADIR/configs/models without ".json" and of DATADIR/models without
   ".gguf", sorted.  The caller frees the
   list with rw_stack_presets_free.  */
rw_status rw_stack_presets (char ***names, size_t *n, rw_error *err);
void rw_stack_presets_free (char **names, size_t n);
/* Folder that holds configs/ and models/: ROPEWALK_DATADIR, else the installed one, else the source
 * tree.  */
const char *rw_datadir (void);

/* transformers' own float32 table for the rope at this length, each value widened to double:
   evaluated in the order of its code, so that it is within 3e-7 of torch on a CPU (whose pow is not
   libm's).  A dynamic schedule past max_length is the one of a forward pass, whose new base is
   float32 too.  Factors are those of rw_schedule_fill.  Schedules that transformers does not have
   are an error.  */
rw_status rw_stack_hf_float (const rw_object *schedule, const rw_geometry *m, double length,
                             rw_freqs *out, rw_error *err);

/* Hugging Face's config for a model: v5 `rope_parameters` (nested where there are several ropes).
   What the format cannot say is an error that names it.  The caller frees the tree.  */
rw_status rw_stack_write_hf (const rw_model *model, cJSON **out, rw_notes *notes, rw_error *err);

#endif
