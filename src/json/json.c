/* json: strict reading of JSON on cJSON; see json.h.

   The scanner (scan.c) checks the grammar with positions, cJSON builds the tree, and one walk over
   the tree finds repeated keys (sorted, so that many keys cost n log n) and numbers too large for a
   double.  The walk meets keys and numbers in the order of the text, so that their count is their
   place.  */
#include "json/json.h"
#include "base/mem.h"
#include "json/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the walk ---- */

typedef struct
{
  const char *name, *text;
  size_t n;
  size_t keys, numbers; /* met so far */
  rw_error *err;
} walk;

typedef struct
{
  const char *key;
  const cJSON *item;
  size_t i; /* the key's count in the text */
} member;

static int
by_key (const void *a, const void *b)
{
  const member *p = a, *q = b;
  const int c = strcmp (p->key, q->key);
  return c ? c : (p->i > q->i) - (p->i < q->i);
}

static size_t
length_of (const cJSON *group)
{
  size_t n = 0;
  for (const cJSON *c = group->child; c; c = c->next)
    n++;
  return n;
}

static rw_status
fail_twice (const walk *w, const member *first, const member *again)
{
  char here[512], there[512];
  rw_scan_place (w->name, w->text, w->n, RW_SCAN_KEY, again->i, here, sizeof here);
  rw_scan_place ("", w->text, w->n, RW_SCAN_KEY, first->i, there, sizeof there);
  rw_fail (w->err, RW_EINVAL, "%s: the key \"%.80s\" stands here twice (first at %s)", here,
           again->key, there + 1);
  return rw_hint (w->err, "remove one of the two");
}

static rw_status walk_value (walk *w, const cJSON *value);

static rw_status
walk_object (walk *w, const cJSON *object)
{
  const size_t n = length_of (object);
  member *m = rw_new (n, sizeof *m);
  if (!m)
    return rw_nomem (w->err, n * sizeof *m);
  rw_status s = RW_OK;
  size_t i = 0;
  for (const cJSON *c = object->child; c && !s; c = c->next, i++)
    {
      m[i] = (member){ .key = c->string, .item = c, .i = w->keys++ };
      s = walk_value (w, c);
    }
  if (!s)
    qsort (m, n, sizeof *m, by_key);
  for (i = 1; i < n && !s; i++)
    if (strcmp (m[i - 1].key, m[i].key) == 0)
      s = fail_twice (w, &m[i - 1], &m[i]);
  rw_free (m);
  return s;
}

static rw_status
walk_value (walk *w, const cJSON *value)
{
  if (cJSON_IsObject (value))
    return walk_object (w, value);
  rw_status s = RW_OK;
  if (cJSON_IsNumber (value))
    {
      const size_t i = w->numbers++;
      char place[512];
      if (!isfinite (value->valuedouble))
        s = rw_fail (
            w->err, RW_EINVAL, "%s: the number is too large for a double",
            rw_scan_place (w->name, w->text, w->n, RW_SCAN_NUMBER, i, place, sizeof place));
    }
  for (const cJSON *c = cJSON_IsArray (value) ? value->child : NULL; c && !s; c = c->next)
    s = walk_value (w, c);
  return s;
}

/* ---- reading ---- */

rw_status
rw_json_parse (const char *name, const char *text, size_t n, cJSON **out, rw_error *err)
{
  *out = NULL;
  if (n > RW_JSON_BYTES)
    return rw_fail (err, RW_EINVAL, "%s: %zu bytes; a JSON file has at most %d", name, n,
                    RW_JSON_BYTES);
  rw_status s = rw_scan_check (name, text, n, err);
  if (s)
    return s;
  char *copy = rw_new (n + 1, 1); /* cJSON wants a terminated text */
  if (!copy)
    return rw_nomem (err, n + 1);
  memcpy (copy, text, n);
  cJSON *tree = cJSON_Parse (copy);
  rw_free (copy);
  if (!tree)
    return rw_nomem (err, n); /* the grammar was checked: nothing else is left */
  walk w = { .name = name, .text = text, .n = n, .err = err };
  s = walk_value (&w, tree);
  if (s)
    cJSON_Delete (tree);
  else
    *out = tree;
  return s;
}

static rw_status
too_large (const char *path, rw_error *err)
{
  rw_fail (err, RW_EINVAL, "%s: the file is larger than %d bytes", path, RW_JSON_BYTES);
  return rw_hint (err, "configs are small; is this a model's weights or a result?");
}

/* All of a file, at most one byte more than allowed.  */
static rw_status
read_all (int fd, const char *path, rw_text *text, rw_error *err)
{
  char part[1 << 14];
  ssize_t got;
  while ((got = read (fd, part, sizeof part)) != 0)
    {
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
      rw_text_addn (text, part, (size_t) got);
      if (text->failed)
        return rw_nomem (err, text->n);
      if (text->n > RW_JSON_BYTES)
        return too_large (path, err);
    }
  return RW_OK;
}

static bool
is_stdin (const char *path)
{
  return strcmp (path, "-") == 0;
}

rw_status
rw_json_text (const char *path, rw_text *out, rw_error *err)
{
  const int fd = is_stdin (path) ? STDIN_FILENO : open (path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  if (fd < 0)
    return rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
  const bool large = fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && st.st_size > RW_JSON_BYTES;
  const rw_status s = large ? too_large (path, err) : read_all (fd, path, out, err);
  if (!is_stdin (path))
    close (fd);
  return s;
}

rw_status
rw_json_read (const char *path, cJSON **out, rw_error *err)
{
  rw_text text = { 0 };
  *out = NULL;
  rw_status s = rw_json_text (path, &text, err);
  if (!s)
    s = rw_json_parse (is_stdin (path) ? "stdin" : path, rw_text_get (&text), text.n, out, err);
  rw_text_free (&text);
  return s;
}

rw_status
rw_json_argument (const char *argument, const char *option, cJSON **out, rw_error *err)
{
  if (argument[0] == '@')
    return rw_json_read (argument + 1, out, err);
  rw_status s = rw_json_parse (option, argument, strlen (argument), out, err);
  if (s && err && !err->hint[0])
    rw_hint (err,
             "%s takes JSON in quotes, e.g. '{\"rope_type\": \"linear\", \"factor\": 4}', or "
             "@FILE",
             option);
  return s;
}

const cJSON *
rw_json_get (const cJSON *object, const char *key)
{
  return cJSON_IsObject (object) ? cJSON_GetObjectItemCaseSensitive (object, key) : NULL;
}

const char *
rw_json_kind (const cJSON *value)
{
  static const struct
  {
    int type;
    const char *text;
  } rows[] = { { cJSON_Number, "a number" },  { cJSON_String, "a text" },
               { cJSON_Object, "an object" }, { cJSON_Array, "a list" },
               { cJSON_True, "true" },        { cJSON_False, "false" },
               { cJSON_NULL, "null" },        { 0, NULL } };
  for (size_t i = 0; value && rows[i].text; i++)
    if ((value->type & 0xff) == rows[i].type)
      return rows[i].text;
  return "nothing";
}
