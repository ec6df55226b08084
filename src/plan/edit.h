/* edit: one override of the command line, made on the config's tree before it is read, so that an
   edited config is checked like a written one.  The tree stays the caller's; what is put into it is
   owned by it.  Private to src/plan.  */
#ifndef RW_PLAN_EDIT_H
#define RW_PLAN_EDIT_H

#include "json/json.h"

/* The value that n bytes write: JSON where they parse, else the text itself.  NULL: no memory.  */
cJSON *rw_edit_value (const char *text, size_t n);
/* A member to change, NULL where absent.  */
cJSON *rw_edit_member (const cJSON *object, const char *key);
/* The axis key that sweeps `path`, alone or linked; NULL for none.  */
cJSON *rw_edit_sweeping (const cJSON *root, const char *path);
/* Sets or replaces a member; null removes it.  Takes `value`, which may be NULL for no memory.  */
rw_status rw_edit_put (cJSON *object, const char *key, cJSON *value, rw_error *err);

/* --set path=value: replaces one value.  A swept path is refused.  */
rw_status rw_edit_set (cJSON *root, const char *edit, rw_error *err);
/* --axis path=v1,v2: adds an axis or replaces the values of one; a form may stand instead.  */
rw_status rw_edit_axis (cJSON *root, const char *edit, rw_error *err);

#endif
