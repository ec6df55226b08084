/* presets: the models that come with ropewalk, geometries and whole ones, and the folder they lie
   in; see stack.h and presets.h.  */
#include "stack/presets.h"
#include "base/mem.h"
#include "stack/stack.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
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

/* The folders of presets, below rw_datadir, and what their files end with.  */
static const struct
{
  const char *folder, *end;
  bool needed;
} places[] = { { "configs/models", ".json", true }, { "models", ".gguf", false } };

enum
{
  PLACES = sizeof places / sizeof *places
};

rw_status
rw_preset_path (const char *name, char **path, rw_error *err)
{
  *path = NULL;
  if (!*name || strchr (name, '/'))
    return RW_OK;
  for (size_t i = 0; i < PLACES; i++)
    {
      *path = rw_format ("%s/%s/%s%s", rw_datadir (), places[i].folder, name, places[i].end);
      if (!*path)
        return rw_nomem (err, strlen (name));
      if (access (*path, F_OK) == 0)
        return RW_OK;
      rw_free (*path);
      *path = NULL;
    }
  return RW_OK;
}

/* ---- the list ---- */

typedef struct
{
  char **name; /* (n,) owned */
  size_t n, room;
} list;

static rw_status
add_name (list *l, const char *file, const char *end, rw_error *err)
{
  const size_t length = strlen (file), tail = strlen (end);
  if (length <= tail || strcmp (file + length - tail, end) != 0 || file[0] == '.')
    return RW_OK;
  if (l->n == l->room)
    {
      const size_t more = l->room ? 2 * l->room : 64;
      rw_status s = rw_grow ((void **) &l->name, l->n, more, sizeof *l->name, err);
      if (s)
        return s;
      l->room = more;
    }
  char *name = rw_strdup (file);
  if (!name)
    return rw_nomem (err, length);
  name[length - tail] = 0;
  l->name[l->n++] = name;
  return RW_OK;
}

static rw_status
add_place (list *l, size_t place, rw_error *err)
{
  char *folder = rw_format ("%s/%s", rw_datadir (), places[place].folder);
  DIR *dir = folder ? opendir (folder) : NULL;
  rw_status s = folder ? RW_OK : rw_nomem (err, 0);
  if (folder && !dir && places[place].needed)
    {
      s = rw_fail (err, RW_EIO, "%s: %s", folder, strerror (errno));
      rw_hint (err, "set ROPEWALK_DATADIR to the folder that holds configs/ and models/");
    }
  for (struct dirent *e; dir && !s && (e = readdir (dir));)
    s = add_name (l, e->d_name, places[place].end, err);
  if (dir)
    closedir (dir);
  rw_free (folder);
  return s;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* Sorted; a name that both folders have stands there once.  */
static void
sort (list *l)
{
  size_t kept = 0;
  if (l->n)
    qsort (l->name, l->n, sizeof *l->name, by_name);
  for (size_t i = 0; i < l->n; i++)
    if (kept && strcmp (l->name[kept - 1], l->name[i]) == 0)
      rw_free (l->name[i]);
    else
      l->name[kept++] = l->name[i];
  l->n = kept;
}

rw_status
rw_stack_presets (char ***names, size_t *n, rw_error *err)
{
  list l = { 0 };
  rw_status s = RW_OK;
  *names = NULL;
  *n = 0;
  for (size_t i = 0; i < PLACES && !s; i++)
    s = add_place (&l, i, err);
  if (s)
    {
      rw_stack_presets_free (l.name, l.n);
      return s;
    }
  sort (&l);
  *names = l.name;
  *n = l.n;
  return RW_OK;
}

void
rw_stack_presets_free (char **names, size_t n)
{
  for (size_t i = 0; i < n; i++)
    rw_free (names[i]);
  rw_free (names);
}
