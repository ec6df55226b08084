/* corpus: the files of a corpus: a text, ids, or the *.txt of a folder, sorted by name.

   A relative path is looked up in the config's folder, and where nothing is there, in the folder of
   what comes with ropewalk, so that a config finds the texts that are shipped wherever it lies.  */
#include "config.h" /* scandir's order must not be the locale's */

#include "base/text.h"
#include "plan/parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
rw_paths_free (rw_paths *paths)
{
  for (size_t i = 0; i < paths->n; i++)
    rw_free (paths->path[i]);
  rw_free (paths->path);
  *paths = (rw_paths){ 0 };
}

/* Takes the path, which may be NULL (out of memory).  */
static rw_status
add_path (rw_paths *paths, char *path, rw_error *err)
{
  rw_status s
      = path ? rw_grow ((void **) &paths->path, paths->n, paths->n + 1, sizeof *paths->path, err)
             : rw_nomem (err, sizeof *path);
  if (s)
    rw_free (path);
  else
    paths->path[paths->n++] = path;
  return s;
}

/* Where the file or folder is; NULL: out of memory.  The caller frees it.  */
static char *
locate (const rw_plan *plan, const char *path)
{
  const char *folder = plan->parts->folder;
  if (path[0] == '/')
    return rw_strdup (path);
  char *beside = strcmp (folder, ".") ? rw_format ("%s/%s", folder, path) : rw_strdup (path);
  if (!beside || access (beside, F_OK) == 0)
    return beside;
  char *shipped = rw_format ("%s/%s", rw_datadir (), path);
  const bool there = shipped && access (shipped, F_OK) == 0;
  rw_free (there || !shipped ? beside : shipped);
  return there || !shipped ? shipped : beside;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static bool
is_text (const char *name)
{
  const char *dot = strrchr (name, '.');
  return name[0] != '.' && dot && strcmp (dot, ".txt") == 0;
}

static rw_status
add_folder (rw_paths *paths, const char *folder, rw_error *err)
{
  DIR *dir = opendir (folder);
  rw_status s = RW_OK;
  if (!dir)
    return rw_fail (err, RW_EIO, "%s: %s", folder, strerror (errno));
  for (const struct dirent *e; !s && (e = readdir (dir));)
    if (is_text (e->d_name))
      s = add_path (paths, rw_format ("%s/%s", folder, e->d_name), err);
  closedir (dir);
  if (!s && !paths->n)
    {
      rw_fail (err, RW_EIO, "%s: the folder holds no *.txt file", folder);
      return rw_hint (err, "name the text file itself, or end the names of the texts in .txt");
    }
  if (!s)
    qsort (paths->path, paths->n, sizeof *paths->path, by_name);
  return s;
}

rw_status
rw_plan_corpus (const rw_plan *plan, const rw_corpus_wish *wish, rw_paths *out, rw_error *err)
{
  struct stat st;
  *out = (rw_paths){ 0 };
  char *path = locate (plan, wish->text ? wish->text : wish->tokens);
  if (!path)
    return rw_nomem (err, sizeof *path);
  const bool folder = wish->text && stat (path, &st) == 0 && S_ISDIR (st.st_mode);
  const rw_status s = folder ? add_folder (out, path, err) : add_path (out, path, err);
  if (folder)
    rw_free (path);
  if (s)
    rw_paths_free (out);
  return s;
}

rw_status
rw_corpus_check (const rw_corpus_wish *wish, rw_error *err)
{
  if (!wish->text || !wish->tokens)
    return RW_OK;
  rw_fail (err, RW_EINVAL, "tokens: text is given too; expected one of them");
  return rw_hint (err, "text is cut by the model's own tokenizer, tokens are ids already");
}
