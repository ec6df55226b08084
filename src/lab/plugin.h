/* plugin: modules from shared objects, loaded before any work.

   A plug-in is a .so that defines
       const int rw_plugin_abi = RW_ABI;
       rw_status rw_plugin_register (rw_error *err);
   and adds its modules there with rw_kind_add (&rw_schedules, &mine.as, err).  The same source file
   can be built in. See examples/plugin.  */
#ifndef RW_LAB_PLUGIN_H
#define RW_LAB_PLUGIN_H

#include "base/status.h"

/* Loads one file.  Refuses another ABI number, a missing entry point, a name that is taken.  */
rw_status rw_plugin_load (const char *path, rw_error *err);
/* Loads every *.so of the folders in ROPEWALK_PLUGIN_PATH and of the installed plug-in folder,
 * sorted by name.  */
rw_status rw_plugin_load_all (rw_error *err);

#endif
