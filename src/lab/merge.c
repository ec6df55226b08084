/* merge: finished shards of one plan joined into one file; see store.h.

   A point belongs to the first shard in which it is done, else to the first in which it failed.
   Shards that have done the same point must agree bit by bit, `seconds` aside.  The merged file is
   written by the same ordered pass as any other, so it is what one run would have written.  */
#include "config.h"

#include "base/text.h"
#include "lab/disk.h"
#include "lab/finish.h"
#include "lab/result.h"
#include "lab/store.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum
{
  STATUS, /* places of the shared variables in every outline */
  SECONDS
};

typedef struct
{
  size_t n;
  rw_result **part; /* (n,) */
  uint8_t **status; /* (n,) (n_points,) of each part */
  size_t *owner;    /* (n_points,) index of a part, or n: in no part */
  double *other;    /* (room,) a block of one part */
  size_t room;
} shards;

/* ---- do they belong together? ---- */

static rw_status
differ (rw_error *err, const rw_result *a, const rw_result *b, const char *what)
{
  rw_fail (err, RW_EMISMATCH, "%s and %s: not shards of one plan: another %s", a->path, b->path,
           what);
  rw_hint (err, "run the shards again with one config and one build of ropewalk");
  return RW_EMISMATCH;
}

static bool
same_var (const rw_outline_var *a, const rw_outline_var *b)
{
  return strcmp (a->name, b->name) == 0 && a->bytes == b->bytes && a->n_dims == b->n_dims
         && a->size == b->size && a->total == b->total
         && memcmp (a->dim, b->dim, a->n_dims * sizeof *a->dim) == 0;
}

static rw_status
check_pair (const rw_result *a, const rw_result *b, rw_error *err)
{
  static const char *const same[] = { "config_sha256", "build_id", NULL };
  for (size_t i = 0; same[i]; i++)
    if (strcmp (rw_outline_get (a->outline, same[i]), rw_outline_get (b->outline, same[i])) != 0)
      return differ (err, a, b, same[i]);
  if (a->outline->n_points != b->outline->n_points || a->outline->n_vars != b->outline->n_vars)
    return differ (err, a, b, "shape");
  for (size_t k = 0; k < a->outline->n_vars; k++)
    if (!same_var (&a->outline->vars[k], &b->outline->vars[k]))
      return differ (err, a, b, a->outline->vars[k].name);
  return RW_OK;
}

static rw_status
check_first (const rw_result *r, rw_error *err)
{
  const rw_outline *l = r->outline;
  if (l->n_vars < RW_SHARED_VARS || strcmp (l->vars[STATUS].name, "status") != 0
      || !l->vars[STATUS].bytes || strcmp (l->vars[SECONDS].name, "seconds") != 0)
    return rw_fail (err, RW_EIO, "%s: has no status and seconds", r->path);
  return RW_OK;
}

/* Bit-identity is promised for one choice of kernels, so a merged file names all of them.  */
static rw_status
join_kernels (shards *s, rw_error *err)
{
  rw_text names = { 0 };
  for (size_t p = 0; p < s->n; p++)
    {
      const char *name = rw_outline_get (s->part[p]->outline, "kernels");
      if (!strstr (rw_text_get (&names), name))
        rw_text_addf (&names, "%s%s", p ? ", " : "", name);
    }
  const rw_status status
      = names.failed ? rw_nomem (err, names.n)
                     : rw_outline_set (s->part[0]->outline, "kernels", rw_text_get (&names), err);
  rw_text_free (&names);
  return status;
}

/* ---- who has which point ---- */

static rw_status
read_status (shards *s, size_t p, double *v, rw_error *err)
{
  const rw_result *r = s->part[p];
  const size_t n = r->outline->n_points;
  const rw_status status = rw_result_read (r, STATUS, NULL, v, err);
  s->status[p] = rw_new (n, 1);
  if (!s->status[p])
    return rw_nomem (err, n);
  for (size_t i = 0; i < n && !status; i++)
    {
      s->status[p][i] = (uint8_t) v[i];
      const size_t has = s->owner[i] < s->n ? s->status[s->owner[i]][i] : RW_TODO;
      if (s->status[p][i] && (has == RW_TODO || (has == RW_FAILED && v[i] == RW_DONE)))
        s->owner[i] = p;
    }
  return status;
}

static rw_status
share_out (shards *s, rw_error *err)
{
  const size_t n = s->part[0]->outline->n_points;
  s->owner = rw_new (n, sizeof *s->owner);
  s->status = rw_new (s->n, sizeof *s->status);
  double *v = rw_new (n, sizeof *v);
  rw_status status = s->owner && s->status && v ? RW_OK : rw_nomem (err, n * sizeof *v);
  for (size_t i = 0; i < n && !status; i++)
    s->owner[i] = s->n;
  for (size_t p = 0; p < s->n && !status; p++)
    status = read_status (s, p, v, err);
  rw_free (v);
  return status;
}

/* ---- values ---- */

/* Takes part p's points of the block from `from`; what another part did too must be equal.  */
static rw_status
take (const shards *s, size_t p, size_t k, const rw_block *b, const double *from, double *out,
      rw_error *err)
{
  const rw_outline_var *var = &s->part[0]->outline->vars[k];
  for (size_t i = 0; i < b->n;)
    {
      const size_t point = (b->at + i) / var->size;
      const size_t left = (point + 1) * var->size - (b->at + i);
      const size_t n = left < b->n - i ? left : b->n - i;
      if (s->owner[point] == p)
        memcpy (out + i, from + i, n * sizeof *out);
      else if (k != SECONDS && s->status[p][point] == RW_DONE
               && memcmp (out + i, from + i, n * sizeof *out) != 0)
        return rw_fail (err, RW_EMISMATCH, "%s and %s: both did point %zu, with another %s",
                        s->part[s->owner[point]]->path, s->part[p]->path, point, var->name);
      i += n;
    }
  return RW_OK;
}

static bool
has_any (const shards *s, size_t p, size_t size, const rw_block *b)
{
  for (size_t point = b->at / size; point <= (b->at + b->n - 1) / size; point++)
    if (s->owner[point] == p || s->status[p][point] == RW_DONE)
      return true;
  return false;
}

static rw_status
read_block (void *data, size_t k, const rw_block *b, void *out, rw_error *err)
{
  shards *s = data;
  rw_span span[RW_RANK_MAX];
  const size_t size = s->part[0]->outline->vars[k].size;
  for (size_t i = 0; k == STATUS && i < b->n; i++)
    ((uint8_t *) out)[i]
        = s->owner[b->at + i] < s->n ? s->status[s->owner[b->at + i]][b->at + i] : RW_TODO;
  if (k == STATUS)
    return RW_OK;
  for (size_t i = 0; i < b->n; i++)
    ((double *) out)[i] = NAN;
  for (size_t d = 0; d < b->rank; d++)
    span[d] = (rw_span){ b->first[d], b->count[d] };
  rw_status status
      = rw_grow ((void **) &s->other, 0, b->n > s->room ? b->n : 0, sizeof *s->other, err);
  if (b->n > s->room)
    s->room = b->n;
  for (size_t p = 0; p < s->n && !status; p++)
    if (has_any (s, p, size, b))
      {
        status = rw_result_read (s->part[p], k, span, s->other, err);
        if (!status)
          status = take (s, p, k, b, s->other, out, err);
      }
  return status;
}

/* ---- the whole ---- */

static void
shards_clear (shards *s)
{
  for (size_t p = 0; p < s->n; p++)
    {
      if (s->part)
        rw_result_close (s->part[p]);
      if (s->status)
        rw_free (s->status[p]);
    }
  rw_free (s->part);
  rw_free (s->status);
  rw_free (s->owner);
  rw_free (s->other);
}

static rw_status
shards_open (shards *s, const char *const *paths, rw_error *err)
{
  s->part = rw_new (s->n, sizeof *s->part);
  if (!s->part)
    return rw_nomem (err, s->n * sizeof *s->part);
  rw_status status = RW_OK;
  for (size_t p = 0; p < s->n && !status; p++)
    {
      status = rw_result_open (paths[p], &s->part[p], err);
      if (!status)
        status = p ? check_pair (s->part[0], s->part[p], err) : check_first (s->part[0], err);
    }
  if (!status)
    status = join_kernels (s, err);
  return status ? status : share_out (s, err);
}

/* The file is written; what is wrong with the points in it?  */
static rw_status
count_up (const shards *s, const char *out, rw_error *err)
{
  const size_t n = s->part[0]->outline->n_points;
  size_t missing = 0, failed = 0;
  for (size_t i = 0; i < n; i++)
    if (s->owner[i] == s->n)
      missing++;
    else
      failed += s->status[s->owner[i]][i] == RW_FAILED;
  if (!missing && !failed)
    return RW_OK;
  rw_fail (err, RW_EPOINTS, "%s: written, but of %zu points %zu are in no part and %zu failed", out,
           n, missing, failed);
  rw_hint (err, "run the missing shards and merge again with --force");
  return RW_EPOINTS;
}

rw_status
rw_store_merge (const char *out, const char *const *parts, size_t n, bool force, rw_error *err)
{
  shards s = { .n = n };
  if (!n)
    return rw_fail (err, RW_EINVAL, "nothing to merge: expected one result file or more");
  if (!force && rw_disk_exists (out))
    {
      rw_fail (err, RW_EEXIST, "%s: exists", out);
      rw_hint (err, "the result comes first, then its parts; --force overwrites it");
      return RW_EEXIST;
    }
  rw_status status = rw_disk_plain (out, err);
  if (!status)
    status = shards_open (&s, parts, err);
  if (!status)
    status = rw_finish (out, s.part[0]->outline, NULL, read_block, &s, err);
  if (!status)
    status = count_up (&s, out, err);
  shards_clear (&s);
  return status;
}
