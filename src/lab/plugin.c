/* plugin: modules from shared objects; see plugin.h.  */
#include "lab/plugin.h"
#include "base/mem.h"
#include "base/module.h"
#include "base/text.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

rw_status
rw_plugin_load (const char *path, rw_error *err)
{
  /* Without a slash dlopen searches the system's folders, not the current one.  */
  char *file = rw_format ("%s%s", strchr (path, '/') ? "" : "./", path);
  if (!file)
    return rw_nomem (err, strlen (path) + 3);
  void *handle = dlopen (file, RTLD_NOW | RTLD_LOCAL);
  rw_free (file);
  if (!handle)
    return rw_fail (err, RW_EIO, "plug-in %s: %s", path, dlerror ());
  const int *abi = dlsym (handle, "rw_plugin_abi");
  rw_status (*enter) (rw_error *) = NULL;
  *(void **) &enter = dlsym (handle, "rw_plugin_register"); /* POSIX's way to get a function */
  rw_status s = RW_OK;
  if (!abi || !enter)
    s = rw_fail (err, RW_EINVAL, "plug-in %s: no %s in it", path,
                 abi ? "rw_plugin_register" : "rw_plugin_abi");
  else if (*abi != RW_ABI)
    {
      rw_fail (err, RW_EINVAL, "plug-in %s: made for ABI %d, this is ABI %d", path, *abi, RW_ABI);
      s = rw_hint (err, "build it again against this version's headers (pkg-config ropewalk)");
    }
  else
    s = rw_within (err, enter (err), "plug-in %s", path);
  if (s)
    dlclose (handle); /* a loaded one stays: its modules are in use until exit */
  return s;
}

static int
is_shared_object (const struct dirent *e)
{
  const size_t n = strlen (e->d_name);
  return n > 3 && strcmp (e->d_name + n - 3, ".so") == 0;
}

/* Every plug-in of a folder; the first failure is kept in err, the others still load.  */
static rw_status
load_folder (const char *folder, rw_error *err)
{
  struct dirent **entry = NULL;
  const int n = scandir (folder, &entry, is_shared_object, alphasort);
  rw_status first = RW_OK;
  for (int i = 0; i < n; i++)
    {
      char *path = rw_format ("%s/%s", folder, entry[i]->d_name);
      const rw_status s = path ? rw_plugin_load (path, first ? NULL : err) : RW_ENOMEM;
      first = first ? first : s;
      rw_free (path);
      free (entry[i]);
    }
  free (entry);
  return first;
}

rw_status
rw_plugin_load_all (rw_error *err)
{
  rw_status first = RW_OK;
  const char *search = getenv ("ROPEWALK_PLUGIN_PATH");
  char *list = rw_format ("%s:%s", search ? search : "", RW_PLUGINDIR), *rest = NULL;
  if (!list)
    return rw_nomem (err, 0);
  for (char *f = strtok_r (list, ":", &rest); f; f = strtok_r (NULL, ":", &rest))
    {
      const rw_status s = load_folder (f, first ? NULL : err);
      first = first ? first : s;
    }
  rw_free (list);
  return first;
}
