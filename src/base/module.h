/* module: what schedules, metrics, sources, rules and query scales have in common.

   A *module* is a static const description: name, sentence, paper, parameter table, size of its
   parameter struct; each kind's own struct (rw_schedule, rw_metric, ...) begins with one.
   An *object* is a module with its parameters set: what one block of a config becomes.
   A *kind* is a registry of modules: the built-in table (generated from modules.am) and what
   plug-ins add before work starts; it is the library's only mutable global.  */
#ifndef RW_BASE_MODULE_H
#define RW_BASE_MODULE_H

#include "base/param.h"

#define RW_ABI 4 /* of the module structs; a plug-in made for another number is refused */

typedef struct
{
  const char *name;           /* the config's word: "yarn" */
  const char *const *aliases; /* other words for it, NULL-terminated, or NULL */
  const char *text;           /* one sentence: what it does */
  const char *cite;           /* paper, arXiv number, equation */
  size_t size;                /* sizeof the parameter struct; 0 for none */
  const rw_param *params;     /* own parameters, ends with a NULL name; NULL for none */
  const rw_param
      *shared; /* parameters every module of the kind has, at the struct's head; or NULL */
} rw_module;

typedef struct rw_object
{
  const rw_module *module;
  void *self;     /* the parameter struct; owned */
  char *label;    /* the block's `label` key, or NULL; owned */
  uint64_t given; /* bit i: parameter i (own, then shared) was set by hand (null counts where
                     nullable) */
} rw_object;

enum
{
  RW_ADDED_MAX = 64, /* plug-in modules a kind */
  RW_PARAMS_MAX = 64 /* parameters a module, own and shared */
};

typedef struct rw_kind
{
  const char *noun;                /* "schedule" */
  const char *key;                 /* the block's key that names the module: "rope_type", "name" */
  const rw_module *const *builtin; /* NULL-terminated, in the order of modules.am */
  const rw_module *added[RW_ADDED_MAX];
  size_t n_added;
} rw_kind;

/* ---- kinds ---- */
const rw_module *rw_kind_at (const rw_kind *kind, size_t i); /* NULL after the last */
/* By name or alias; an unknown name is an error that lists the known ones and says "did you mean".
 */
rw_status rw_kind_find (const rw_kind *kind, const char *name, const rw_module **out,
                        rw_error *err);
/* Refuses a name that is taken, a table without end, a missing text.  */
rw_status rw_kind_add (rw_kind *kind, const rw_module *module, rw_error *err);

/* ---- parameters of a module: own first, then shared; an own name hides the shared one ---- */
const rw_param *rw_module_param (const rw_module *module, size_t i); /* NULL after the last */
/* By name or alias; NULL if there is none.  *index (may be NULL) is its place.  */
const rw_param *rw_module_find (const rw_module *module, const char *name, size_t *index);

/* ---- objects; the caller owns what `new` and `copy` return and frees it with rw_object_free ----
 */
rw_status rw_object_new (const rw_module *module, rw_object **out, rw_error *err); /* defaults */
rw_status rw_object_copy (const rw_object *from, rw_object **out, rw_error *err);
void rw_object_free (rw_object *object); /* NULL-safe */
/* The same module with the same values, whatever their labels; NULL is the same as NULL.  */
bool rw_object_same (const rw_object *a, const rw_object *b);
/* Unknown names list the valid ones.  */
rw_status rw_object_set (rw_object *object, const char *name, const rw_value *value,
                         rw_notes *notes, rw_error *err);
/* Every required parameter was set?  `where` (a config path, may be "") begins the error.  */
rw_status rw_object_check (const rw_object *object, const char *where, rw_error *err);
bool rw_object_given (const rw_object *object, const char *name);

#endif
