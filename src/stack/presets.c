/* presets: the models whose geometry comes with ropewalk, and the folder they lie in; see
   stack.h.  */
#include "base/mem.h"
#include "stack/stack.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *
rw_datadir (void)
{
  const char *given = getenv ("ROPEWALK_DATADIR");
  if (given && *given)
    return given;
  return access (RW_DATADIR "/configs/models", R_OK) == 0 ? RW_DATADIR : RW_SRCDIR;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static rw_status
add_name (char ***names, size_t *n, size_t *room, const char *file, rw_error *err)
{
  const size_t length = strlen (file);
  if (length < 6 || strcmp (file + length - 5, ".json") != 0 || file[0] == '.')
    return RW_OK;
  if (*n == *room)
    {
      const size_t more = *room ? 2 * *room : 64;
      rw_status s = rw_grow ((void **) names, *n, more, sizeof **names, err);
      if (s)
        return s;
      *room = more;
    }
  char *name = rw_strdup (file);
  if (!name)
    return rw_nomem (err, length);
  name[length - 5] = 0;
  (*names)[(*n)++] = name;
  return RW_OK;
}

rw_status
rw_stack_presets (char ***names, size_t *n, rw_error *err)
{
  char *folder = rw_format ("%s/configs/models", rw_datadir ());
  DIR *dir = folder ? opendir (folder) : NULL;
  size_t room = 0;
  rw_status s = RW_OK;
  *names = NULL;
  *n = 0;
  if (!folder)
    return rw_nomem (err, 0);
  if (!dir)
    {
      s = rw_fail (err, RW_EIO, "%s: %s", folder, strerror (errno));
      rw_hint (err, "set ROPEWALK_DATADIR to the folder that holds configs/");
    }
  for (struct dirent *e; dir && !s && (e = readdir (dir));)
    s = add_name (names, n, &room, e->d_name, err);
  if (dir)
    closedir (dir);
  rw_free (folder);
  if (s)
    {
      rw_stack_presets_free (*names, *n);
      *names = NULL;
      *n = 0;
    }
  else if (*n)
    qsort (*names, *n, sizeof **names, by_name);
  return s;
}

void
rw_stack_presets_free (char **names, size_t n)
{
  for (size_t i = 0; i < n; i++)
    rw_free (names[i]);
  rw_free (names);
}
