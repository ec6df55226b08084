/* files: the files that the sources of a plan read: where they are, and what is in them.

   A wish's path is looked up in the config's folder; where it is a folder, the wish's name is a
   file in it.  {layer} in either stands for the point's layer.  What is hashed is the files'
   content (base/digest.h), not where they lie.  */
#include "base/digest.h"
#include "plan/parts.h"
#include "source/source.h"

#include <string.h>
#include <sys/stat.h>

/* Appends `text` with {layer} replaced.  */
static void
expand (rw_text *out, const char *text, size_t layer)
{
  static const char word[] = "{layer}";
  for (const char *at; (at = strstr (text, word)); text = at + strlen (word))
    {
      rw_text_addn (out, text, (size_t) (at - text));
      rw_text_addf (out, "%zu", layer);
    }
  rw_text_add (out, text);
}

static bool
is_folder (const rw_text *path)
{
  struct stat st;
  return stat (rw_text_get (path), &st) == 0 && S_ISDIR (st.st_mode);
}

rw_status
rw_plan_file (const rw_plan *plan, const rw_source_wish *wish, size_t layer, rw_text *path,
              rw_text *name, rw_error *err)
{
  const char *folder = plan->parts->folder;
  *path = *name = (rw_text){ 0 };
  if (wish->path[0] != '/' && strcmp (folder, ".") != 0)
    rw_text_addf (path, "%s/", folder);
  expand (path, wish->path, layer);
  if (wish->name)
    expand (name, wish->name, layer);
  if (name->n && is_folder (path))
    {
      rw_text_addf (path, "/%s", name->s);
      rw_text_free (name);
    }
  if (!path->failed && !name->failed)
    return RW_OK;
  rw_text_free (path);
  rw_text_free (name);
  return rw_nomem (err, strlen (wish->path));
}

/* ---- what is in them ---- */

/* The place of `path` in the plan's list, which it joins with its digest where it is new.  */
static rw_status
add_file (struct rw_plan_parts *parts, const char *path, size_t *index, rw_error *err)
{
  for (*index = 0; *index < parts->n_files; ++*index)
    if (strcmp (parts->file_of[*index].path, path) == 0)
      return RW_OK;
  rw_plan_content file = { .path = rw_strdup (path) };
  rw_status s = file.path ? RW_OK : rw_nomem (err, strlen (path));
  if (!s)
    s = rw_digest_file (path, file.sha256, &file.bytes, err);
  if (!s)
    s = rw_grow ((void **) &parts->file_of, parts->n_files, parts->n_files + 1,
                 sizeof *parts->file_of, err);
  if (s)
    rw_free (file.path);
  else
    parts->file_of[parts->n_files++] = file;
  return s;
}

static rw_status
add_use (struct rw_plan_parts *parts, size_t index, rw_error *err)
{
  rw_status s = RW_OK;
  if (parts->n_uses == parts->room_uses)
    {
      const size_t room = 2 * parts->room_uses + 16;
      s = rw_grow ((void **) &parts->use, parts->room_uses, room, sizeof *parts->use, err);
      parts->room_uses = s ? parts->room_uses : room;
    }
  if (!s)
    parts->use[parts->n_uses++] = index;
  return s;
}

static rw_status
add_point (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  (void) data;
  rw_source_wish wish[RW_SOURCE_TENSORS];
  const rw_source *type = point->source ? (const rw_source *) point->source->module : NULL;
  const size_t n = type && type->wishes ? type->wishes (point->source->self, wish) : 0;
  rw_status s = RW_OK;
  for (size_t i = 0; !s && i < n; i++)
    {
      rw_text path, name;
      size_t index;
      s = rw_plan_file (plan, &wish[i], point->layer, &path, &name, err);
      if (s)
        break;
      s = add_file (plan->parts, rw_text_get (&path), &index, err);
      s = rw_within (err, s, "source.%s", wish[i].what);
      if (!s)
        s = add_use (plan->parts, index, err);
      rw_text_free (&path);
      rw_text_free (&name);
    }
  return s;
}

rw_status
rw_files_read (rw_plan *plan, rw_error *err)
{
  bool mask[RW_AXES_MAX] = { false };
  rw_walk_mask (plan, RW_ROLE_SOURCE, mask);
  rw_walk_mask_axis (plan, RW_COLUMN_LAYER, mask);
  return rw_walk_cells (plan, mask, RW_WALK_MAX, add_point, NULL, err);
}

void
rw_files_free (struct rw_plan_parts *parts)
{
  for (size_t i = 0; i < parts->n_files; i++)
    rw_free (parts->file_of[i].path);
  rw_free (parts->file_of);
  rw_free (parts->use);
}

bool
rw_plan_reads (const rw_plan *plan, const char *path)
{
  struct stat a, b;
  if (stat (path, &a))
    return false;
  for (size_t i = 0; i < plan->parts->n_files; i++)
    if (stat (plan->parts->file_of[i].path, &b) == 0 && a.st_dev == b.st_dev
        && a.st_ino == b.st_ino)
      return true;
  return false;
}
