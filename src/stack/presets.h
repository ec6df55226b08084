/* presets: where the models lie that come with ropewalk.  Private to src/stack.  */
#ifndef RW_STACK_PRESETS_H
#define RW_STACK_PRESETS_H

#include "base/status.h"

/* DATADIR/configs/models/NAME.json, else DATADIR/models/NAME.gguf; *path is NULL where there is
   neither.  The caller frees it.  */
rw_status rw_preset_path (const char *name, char **path, rw_error *err);

/* The file that MODEL of the command line means ("-" for stdin); the caller frees *path.  *name
   borrows from model or is constant: what the model is called.  */
rw_status rw_stack_file (const char *model, char **path, const char **name, rw_error *err);

#endif
