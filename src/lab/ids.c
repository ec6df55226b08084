/* ids: token ids from a JSON list or an NPY array; see ids.h.  */
#include "lab/ids.h"
#include "base/mapping.h"
#include "base/mem.h"
#include "base/npy.h"
#include "json/json.h"
#include "lab/blame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  const char *path;
  size_t vocabulary;
  bool nested; /* documents have numbers of their own */
  rw_ids *list;
  size_t n;
  rw_error *err;
} reading;

enum
{
  PLACE = 64 /* bytes of "[12][345]" */
};

/* "[12][345]": where in the file number `i` of document `d` stands; SIZE_MAX: the document.  */
static const char *
place_of (const reading *r, size_t d, size_t i, char buf[PLACE])
{
  int used = 0;
  buf[0] = 0;
  if (r->nested)
    used = snprintf (buf, PLACE, "[%zu]", d);
  if (i != SIZE_MAX)
    snprintf (buf + used, PLACE - (size_t) used, "[%zu]", i);
  return buf;
}

static rw_status
new_list (reading *r, size_t n)
{
  if (!n)
    return rw_fail (r->err, RW_EIO, "%s: holds no ids", r->path);
  r->list = rw_new (n, sizeof *r->list);
  r->n = r->list ? n : 0;
  return r->list ? RW_OK : rw_nomem (r->err, n * sizeof *r->list);
}

static rw_status
need_some (const reading *r, size_t d, size_t n)
{
  char place[PLACE];
  if (n)
    return RW_OK;
  place_of (r, d, SIZE_MAX, place);
  return rw_fail (r->err, RW_EIO, "%s: %s%sholds no ids", r->path, place, place[0] ? " " : "");
}

static rw_status
add (const reading *r, size_t d, double x)
{
  char place[PLACE], number[32];
  rw_ids *to = &r->list[d];
  if (x >= 0 && x < (double) r->vocabulary && x == floor (x))
    return rw_ids_add (to, (int32_t) x, r->err);
  rw_fail (r->err, RW_EINVAL, "%s: %s: %s is no id of a vocabulary of %zu, counted from 0", r->path,
           place_of (r, d, to->n, place), rw_number_text (x, number), r->vocabulary);
  return rw_hint (r->err, "were the ids made by this model's tokenizer?");
}

/* ---- JSON ---- */

static rw_status
add_list (const reading *r, size_t d, const cJSON *list)
{
  char place[PLACE];
  rw_status s = need_some (r, d, list->child != NULL);
  for (const cJSON *c = list->child; !s && c; c = c->next)
    if (cJSON_IsNumber (c))
      s = add (r, d, c->valuedouble);
    else
      s = rw_fail (r->err, RW_EIO, "%s: %s: expected an id, got %s", r->path,
                   place_of (r, d, r->list[d].n, place), rw_json_kind (c));
  return s;
}

static rw_status
add_lists (reading *r, const cJSON *tree)
{
  size_t d = 0;
  if (!cJSON_IsArray (tree))
    return rw_fail (r->err, RW_EIO, "%s: expected a list of ids, or of lists of ids, got %s",
                    r->path, rw_json_kind (tree));
  r->nested = cJSON_IsArray (tree->child);
  rw_status s = new_list (r, r->nested ? (size_t) cJSON_GetArraySize (tree) : tree->child != NULL);
  if (s || !r->nested)
    return s ? s : add_list (r, 0, tree);
  for (const cJSON *c = tree->child; !s && c; c = c->next, d++)
    if (cJSON_IsArray (c))
      s = add_list (r, d, c);
    else
      s = rw_fail (r->err, RW_EIO, "%s: [%zu]: expected a list like the first, got %s", r->path, d,
                   rw_json_kind (c));
  return s;
}

static rw_status
read_json (reading *r, const rw_mapping *m)
{
  cJSON *tree = NULL;
  if (m->size > RW_JSON_BYTES)
    {
      rw_fail (r->err, RW_EIO, "%s: larger than the %d bytes of a JSON file", r->path,
               RW_JSON_BYTES);
      return rw_hint (r->err, "write many ids with numpy.save");
    }
  rw_status s = rw_blame_file (rw_json_parse (r->path, m->data, m->size, &tree, r->err), r->err);
  if (!s)
    s = add_lists (r, tree);
  cJSON_Delete (tree);
  return s;
}

/* ---- NPY ---- */

static rw_status
add_row (const reading *r, const rw_npy_integers *a, size_t d)
{
  const size_t n = a->shape[a->rank - 1], step = a->stride[a->rank - 1];
  const size_t from = a->rank == 2 ? d * a->stride[0] : 0;
  rw_status s = need_some (r, d, n);
  for (size_t i = 0; !s && i < n; i++)
    {
      int64_t x;
      s = add (r, d, rw_npy_integer (a, from + i * step, &x) ? (double) x : INFINITY);
    }
  return s;
}

static rw_status
read_npy (reading *r, const rw_mapping *m)
{
  rw_npy_integers a;
  rw_status s
      = rw_blame_file (rw_npy_integers_read (r->path, m->data, m->size, &a, r->err), r->err);
  if (!s && a.rank != 1 && a.rank != 2)
    s = rw_fail (r->err, RW_EIO,
                 "%s: an array of %zu dimensions; expected one, or two: documents by tokens",
                 r->path, a.rank);
  if (s)
    return s;
  r->nested = a.rank == 2;
  s = new_list (r, r->nested ? a.shape[0] : 1);
  for (size_t d = 0; !s && d < r->n; d++)
    s = add_row (r, &a, d);
  return s;
}

rw_status
rw_ids_read (const char *path, size_t vocabulary, rw_ids **out, size_t *n, rw_error *err)
{
  reading r = { .path = path, .vocabulary = vocabulary, .err = err };
  rw_mapping m;
  rw_status s = rw_mapping_open (path, &m, err);
  if (s)
    return s;
  const size_t magic = sizeof RW_NPY_MAGIC - 1;
  const bool npy = m.size >= magic && memcmp (m.data, RW_NPY_MAGIC, magic) == 0;
  if (!m.size)
    s = rw_fail (err, RW_EIO, "%s: is empty", path);
  else
    s = npy ? read_npy (&r, &m) : read_json (&r, &m);
  rw_mapping_close (&m);
  *out = r.list;
  *n = r.n;
  return s;
}

void
rw_ids_list_free (rw_ids *list, size_t n)
{
  for (size_t d = 0; list && d < n; d++)
    rw_ids_free (&list[d]);
  rw_free (list);
}
