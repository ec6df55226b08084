/* block: module objects from JSON blocks and back.

   A block is an object whose key kind->key (rope_type for schedules, with "type" as the old
   spelling; name for the rest) names a module and whose other keys are its parameters.  A bare
   text "yarn" is a block without parameters.  `label` is allowed everywhere.  Nested blocks
   (base_schedule) are read the same way.

   Strict reading (sweep configs) refuses unknown keys with the valid ones and "did you mean",
   except keys that Hugging Face defines for some rope_type: those are noted as a warning.
   Lenient reading (model configs and --rope, as the stacks read them) notes unknown keys as
   ignored.  Both note the keys that took part as used, as "PATH.key".  */
#ifndef RW_JSON_BLOCK_H
#define RW_JSON_BLOCK_H

#include "base/module.h"
#include "json/json.h"

typedef enum
{
  RW_STRICT,
  RW_LENIENT
} rw_reading;

/* `path` begins error texts and notes ("schedule", "axes.schedule[2]", "rope_scaling").
   Required parameters are NOT checked here (an axis may still set them): rw_schedule_check or
   rw_object_check does.  The caller owns *out.  A `table` schedule's `file` (JSON list, CSV or NPY,
   relative to `folder`, which may be NULL for the current one) is read here and becomes inv_freq.
 */
rw_status rw_block_read (const cJSON *block, const rw_kind *kind, rw_reading reading,
                         const char *path, const char *folder, rw_notes *notes, rw_object **out,
                         rw_error *err);

/* A JSON value as a parameter value.  NUMBERS are stored in *numbers, which the caller frees with
   rw_free; an OBJECT value is not made here (nested blocks go through rw_block_read).  */
rw_status rw_block_value (const cJSON *item, const char *path, rw_value *out, double **numbers,
                          rw_error *err);

/* The block as JSON: kind->key, then every parameter that has a value, defaults filled in, in the
   order of the tables; `label` where there is one.  `given_only` leaves defaults out.  The caller
   frees it.  */
cJSON *rw_block_write (const rw_object *object, const rw_kind *kind, bool given_only);

/* Adds the parameter's default to an object as "default"; nothing where it has none.  */
void rw_block_add_default (cJSON *object, const rw_param *p);

/* True for keys that Hugging Face defines for some rope_type (transformers 5, modeling_rope_utils).
 */
bool rw_block_is_hf_key (const char *key);

#endif
