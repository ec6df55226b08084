/* shelf: the experiments there are; see shelf.h.  */
#include "claim/shelf.h"
#include "base/mem.h"
#include "base/text.h"
#include "stack/stack.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static rw_status
look_for (const char *folder, const char *name, bool *there, rw_error *err)
{
  char *path = rw_format ("%s/%s", folder, name);
  *there = path && access (path, F_OK) == 0;
  rw_free (path);
  return path ? RW_OK : rw_nomem (err, strlen (folder));
}

/* Adds an experiment; both texts are then the shelf's, or freed.  */
static rw_status
add (rw_shelf *shelf, char *name, char *folder, rw_error *err)
{
  bool claims = false;
  rw_status s = name && folder ? look_for (folder, "expected.json", &claims, err)
                               : rw_nomem (err, sizeof *shelf->item);
  if (!s)
    s = rw_grow ((void **) &shelf->item, shelf->n, shelf->n + 1, sizeof *shelf->item, err);
  if (s)
    {
      rw_free (name);
      rw_free (folder);
      return s;
    }
  shelf->item[shelf->n++] = (rw_experiment){ .name = name, .folder = folder, .claims = claims };
  return RW_OK;
}

static int
by_name (const void *a, const void *b)
{
  const rw_experiment *p = a, *q = b;
  return strcmp (p->name, q->name);
}

/* Adds a folder of the shelf's, where it is an experiment.  */
static rw_status
add_entry (rw_shelf *shelf, const char *root, const char *name, rw_error *err)
{
  bool there = false;
  if (name[0] == '.')
    return RW_OK;
  char *folder = rw_format ("%s/%s", root, name);
  const rw_status s = folder ? look_for (folder, "config.json", &there, err) : rw_nomem (err, 0);
  if (there)
    return add (shelf, rw_strdup (name), folder, err);
  rw_free (folder);
  return s;
}

/* All folders with a config in the folder of experiments.  */
static rw_status
read_all (rw_shelf *shelf, rw_error *err)
{
  char *root = rw_format ("%s/experiments", rw_datadir ());
  if (!root)
    return rw_nomem (err, strlen (rw_datadir ()));
  DIR *dir = opendir (root);
  rw_status s = RW_OK;
  if (!dir)
    {
      s = rw_fail (err, RW_EIO, "%s: %s", root, strerror (errno));
      rw_hint (err, "set ROPEWALK_DATADIR to the folder that holds experiments/");
    }
  for (const struct dirent *e; dir && !s && (e = readdir (dir));)
    s = add_entry (shelf, root, e->d_name, err);
  if (dir)
    closedir (dir);
  rw_free (root);
  if (!s && shelf->n)
    qsort (shelf->item, shelf->n, sizeof *shelf->item, by_name);
  return s;
}

/* ---- by name ---- */

static const char *
experiment_name (size_t i, const void *data)
{
  const rw_shelf *shelf = data;
  return i < shelf->n ? shelf->item[i].name : NULL;
}

/* Those whose names begin so, all for "".  */
static void
list_names (const rw_shelf *shelf, const char *begin, rw_text *out)
{
  for (size_t i = 0; i < shelf->n; i++)
    if (strncmp (shelf->item[i].name, begin, strlen (begin)) == 0)
      rw_text_addf (out, "%s%s", out->n ? ", " : "", shelf->item[i].name);
}

static rw_status
refuse_name (const rw_shelf *all, const char *name, size_t times, rw_error *err)
{
  char near[96];
  rw_text list = { 0 };
  list_names (all, times ? name : "", &list);
  if (times)
    rw_fail (err, RW_EINVAL, "'%.80s' is the beginning of several experiments: %s", name,
             rw_text_get (&list));
  else
    rw_fail (err, RW_EINVAL, "no experiment '%.80s'%s; there are: %s", name,
             rw_did_you_mean (near, sizeof near, name, experiment_name, all),
             list.n ? rw_text_get (&list) : "none");
  rw_text_free (&list);
  return rw_hint (err, "a folder elsewhere is named with a slash, e.g. ./%.80s", name);
}

static bool
is_path (const char *name)
{
  return strchr (name, '/') || strcmp (name, ".") == 0 || strcmp (name, "..") == 0;
}

/* The index on the shelf; all->n where there is none.  */
static rw_status
find (const rw_shelf *all, const char *name, size_t *index, rw_error *err)
{
  size_t times = 0;
  for (size_t i = 0; i < all->n; i++)
    {
      if (strcmp (all->item[i].name, name) == 0)
        {
          *index = i;
          return RW_OK;
        }
      if (*name && strncmp (all->item[i].name, name, strlen (name)) == 0)
        {
          *index = i;
          times++;
        }
    }
  return times == 1 ? RW_OK : refuse_name (all, name, times, err);
}

/* The last word of a resolved path.  */
static const char *
last_word (const char *path)
{
  const char *slash = strrchr (path, '/');
  return slash && slash[1] ? slash + 1 : path;
}

/* A folder, under its own name; the same one comes once, another of that name is refused, because
   results lie under the name.  */
static rw_status
add_folder (rw_shelf *out, const char *folder, rw_error *err)
{
  bool there;
  char *real = realpath (folder, NULL);
  if (!real)
    return rw_fail (err, RW_EIO, "%s: %s", folder, strerror (errno));
  rw_status s = look_for (real, "config.json", &there, err);
  if (!s && !there)
    {
      s = rw_fail (err, RW_EIO, "%s: holds no config.json", folder);
      rw_hint (err, "an experiment is a folder with a config.json and an expected.json");
    }
  there = false;
  for (size_t i = 0; !s && i < out->n; i++)
    if (strcmp (out->item[i].name, last_word (real)) == 0)
      {
        char *other = realpath (out->item[i].folder, NULL);
        there = other && strcmp (other, real) == 0;
        free (other);
        if (!there)
          s = rw_fail (err, RW_EINVAL, "%s and %s are both called %s", out->item[i].folder, folder,
                       last_word (real));
      }
  if (!s && !there)
    s = add (out, rw_strdup (last_word (real)), rw_strdup (folder), err);
  free (real);
  return s;
}

static rw_status
add_named (rw_shelf *out, const rw_shelf *all, const char *name, rw_error *err)
{
  size_t i = 0;
  if (is_path (name))
    return add_folder (out, name, err);
  const rw_status s = find (all, name, &i, err);
  return s ? s : add_folder (out, all->item[i].folder, err);
}

rw_status
rw_shelf_open (const char *const *names, size_t n_names, rw_shelf *out, rw_error *err)
{
  rw_shelf all = { 0 };
  bool look = n_names == 0; /* where only paths are named, no folder of experiments is needed */
  *out = (rw_shelf){ 0 };
  for (size_t i = 0; i < n_names; i++)
    look = look || !is_path (names[i]);
  rw_status s = look ? read_all (&all, err) : RW_OK;
  if (!s && !n_names)
    {
      *out = all;
      return RW_OK;
    }
  for (size_t i = 0; i < n_names && !s; i++)
    s = add_named (out, &all, names[i], err);
  rw_shelf_free (&all);
  if (s)
    rw_shelf_free (out);
  return s;
}

void
rw_shelf_free (rw_shelf *shelf)
{
  for (size_t i = 0; i < shelf->n; i++)
    {
      rw_free (shelf->item[i].name);
      rw_free (shelf->item[i].folder);
    }
  rw_free (shelf->item);
  *shelf = (rw_shelf){ 0 };
}
