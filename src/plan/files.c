/* files: the files that the sources and metrics of a plan read: where they are, and what is in
   them.

   A wish's path is looked up in the config's folder; where it is a folder, the wish's name is a
   file in it.  {layer} in either stands for the point's layer.  What is hashed is the files'
   content (base/digest.h), not where they lie.  Corpora stand in corpus.c.  */
#include "base/digest.h"
#include "plan/parts.h"
#include "source/source.h"

#include <stdio.h>
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

/* The arrays that a source wants.  */
static rw_status
add_wishes (const rw_plan *plan, const rw_point *point, rw_error *err)
{
  rw_source_wish wish[RW_SOURCE_TENSORS];
  const rw_source *type = (const rw_source *) point->source->module;
  const size_t n = type->wishes ? type->wishes (point->source->self, wish) : 0;
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

static rw_status
add_texts (struct rw_plan_parts *parts, const rw_paths *paths, rw_plan_texts *out, rw_error *err)
{
  rw_status s = RW_OK;
  if (!(out->file = rw_new (paths->n, sizeof *out->file)))
    return rw_nomem (err, paths->n * sizeof *out->file);
  for (; !s && out->n < paths->n; out->n++)
    s = add_file (parts, paths->path[out->n], &out->file[out->n], err);
  return s;
}

/* The documents of a corpus; `where` is the config path of the block that asks for it.  */
static rw_status
add_corpus (const rw_plan *plan, const rw_corpus_wish *wish, const char *where, rw_error *err)
{
  struct rw_plan_parts *parts = plan->parts;
  rw_plan_texts texts = { .tokens = wish->tokens };
  rw_paths paths;
  if (!wish->text && !wish->tokens)
    return RW_OK;
  rw_status s = rw_plan_corpus (plan, wish, &paths, err);
  if (!s)
    s = add_texts (parts, &paths, &texts, err);
  rw_paths_free (&paths);
  s = rw_within (err, s, "%s.%s", where, texts.tokens ? "tokens" : "text");
  if (s == RW_EIO && err && !err->hint[0])
    rw_hint (err,
             "a relative path is looked up beside the config, then in %s; scripts/fetch-text gets "
             "the text of the experiments",
             rw_datadir ());
  if (!s)
    s = rw_grow ((void **) &parts->corpus, parts->n_corpora, parts->n_corpora + 1,
                 sizeof *parts->corpus, err);
  if (s)
    rw_free (texts.file);
  else
    parts->corpus[parts->n_corpora++] = texts;
  return s;
}

static rw_status
add_source (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  (void) data;
  if (!point->source)
    return RW_OK;
  const rw_corpus_wish wish = rw_source_corpus (point->source);
  const rw_status s = add_wishes (plan, point, err);
  return s ? s : add_corpus (plan, &wish, "source", err);
}

static rw_status
add_metric (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  const size_t *k = data;
  char where[32];
  const rw_corpus_wish wish = rw_metric_corpus (point->metrics[*k]);
  snprintf (where, sizeof where, "metrics[%zu]", *k);
  return add_corpus (plan, &wish, where, err);
}

rw_status
rw_files_read (rw_plan *plan, rw_error *err)
{
  bool mask[RW_AXES_MAX] = { false };
  rw_walk_mask (plan, RW_ROLE_SOURCE, mask);
  rw_walk_mask_axis (plan, RW_COLUMN_LAYER, mask);
  rw_status s = rw_walk_cells (plan, mask, RW_WALK_MAX, add_source, NULL, err);
  for (size_t k = 0; !s && k < plan->n_metrics; k++)
    if (((const rw_metric *) plan->metrics[k]->module)->corpus)
      {
        bool own[RW_AXES_MAX] = { false };
        rw_walk_mask (plan, RW_ROLE_METRIC + k, own);
        s = rw_walk_cells (plan, own, RW_WALK_MAX, add_metric, &k, err);
      }
  return s;
}

void
rw_files_free (struct rw_plan_parts *parts)
{
  for (size_t i = 0; i < parts->n_files; i++)
    rw_free (parts->file_of[i].path);
  for (size_t i = 0; i < parts->n_corpora; i++)
    rw_free (parts->corpus[i].file);
  rw_free (parts->corpus);
  rw_free (parts->file_of);
  rw_free (parts->use);
}

static bool
is_file (const char *path, const struct stat *of)
{
  struct stat st;
  return path && stat (path, &st) == 0 && st.st_dev == of->st_dev && st.st_ino == of->st_ino;
}

bool
rw_plan_reads (const rw_plan *plan, const char *path)
{
  struct stat st;
  bool reads = false;
  if (stat (path, &st))
    return false;
  for (size_t i = 0; i < plan->parts->n_files; i++)
    reads = reads || is_file (plan->parts->file_of[i].path, &st);
  for (size_t i = 0; i < plan->n_models; i++)
    reads = reads || is_file (plan->models[i].weights, &st);
  return reads;
}
