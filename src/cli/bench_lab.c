/* bench_lab: a sweep of closed-form points: the store alone, and all of it.

   The sweep is the one of configs/examples/hundred-thousand.json: frequencies, coverage and the
   critical pair of 100,000 points, to a finished file.  The store writes the same file with numbers
   that cost nothing.  Beside it stands the disk: as many bytes written plainly and synced.  */
#include "config.h"

#include "base/mem.h"
#include "base/text.h"
#include "cli/bench.h"
#include "lab/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum
{
  PATH_ROOM = 4096,
  LENGTHS = 1000,
  LENGTHS_QUICK = 4,
  FACTORS = 25, /* and four schedules: 100 points a length */
};

typedef struct
{
  rw_plan *plan;
  char folder[PATH_ROOM - 16], path[PATH_ROOM];
  int threads;
} lab;

static rw_status
lab_open (lab *l, const bench *b, rw_error *err)
{
  *l = (lab){ .threads = b->threads };
  rw_text t = { 0 };
  rw_text_addf (&t,
                "{\"name\": \"bench\", \"model\": {\"head_dim\": 128, \"rope_theta\": 10000,"
                " \"original_length\": 4096}, \"axes\": {\"schedule\": [\"linear\", \"ntk\","
                " \"dynamic\", \"yarn\"], \"schedule.factor\": {\"linspace\": [1, 25, %d]},"
                " \"length\": {\"range\": [4096, %d, 4096]}}, \"metrics\": [\"coverage\"]}",
                FACTORS, 4096 * (b->quick ? LENGTHS_QUICK : LENGTHS));
  const char *tmp = getenv ("TMPDIR");
  snprintf (l->folder, sizeof l->folder, "%s/ropewalk-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
  rw_status s = t.failed ? rw_nomem (err, t.n) : RW_OK;
  if (!s)
    s = rw_plan_parse ("bench", rw_text_get (&t), t.n, NULL, NULL, &l->plan, err);
  rw_text_free (&t);
  if (!s && !mkdtemp (l->folder))
    s = rw_fail (err, RW_EIO, "%s: %s", l->folder, strerror (errno));
  if (s)
    {
      l->folder[0] = '\0';
      return s;
    }
  snprintf (l->path, sizeof l->path, "%s/bench.h5", l->folder);
  return RW_OK;
}

static void
lab_close (lab *l)
{
  DIR *folder = l->folder[0] ? opendir (l->folder) : NULL;
  for (const struct dirent *e; folder && (e = readdir (folder));)
    unlinkat (dirfd (folder), e->d_name, 0); /* "." and ".." refuse */
  if (folder)
    {
      closedir (folder);
      rmdir (l->folder);
    }
  rw_plan_free (l->plan);
}

/* ---- the disk: the bytes of the points, plainly ---- */

static double
point_bytes (const rw_plan *plan)
{
  double values = 1; /* seconds */
  for (size_t k = 0; k < plan->n_fields; k++)
    values += (double) plan->fields[k].size;
  return values * sizeof (double) + 1; /* and a byte of status */
}

static rw_status
write_plainly (void *data, rw_error *err)
{
  lab *l = data;
  static const char block[1 << 16];
  const int file = open (l->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  double left = point_bytes (l->plan) * (double) l->plan->n_points;
  bool good = file >= 0;
  for (; good && left > 0; left -= sizeof block)
    good = write (file, block, sizeof block) == (ssize_t) sizeof block;
  good = good && fdatasync (file) == 0;
  const rw_status s = good ? RW_OK : rw_fail (err, RW_EIO, "%s: %s", l->path, strerror (errno));
  if (file >= 0)
    close (file);
  unlink (l->path);
  return s;
}

/* ---- the store alone ---- */

/* Every point with the same values: what is timed is the writing.  */
static rw_status
put_all (const lab *l, rw_store *store, rw_error *err)
{
  const rw_plan *plan = l->plan;
  size_t largest = 1;
  for (size_t k = 0; k < plan->n_fields; k++)
    largest = plan->fields[k].size > largest ? plan->fields[k].size : largest;
  double *block = rw_new (largest, sizeof *block);
  double **value = rw_new (plan->n_fields, sizeof *value);
  rw_status s = block && value ? RW_OK : rw_nomem (err, largest * sizeof *block);
  for (size_t k = 0; !s && k < plan->n_fields; k++)
    value[k] = block;
  for (size_t i = 0; !s && i < largest; i++)
    block[i] = pow (10000, -(double) i / (double) largest); /* as hard to pack as a real table */
  for (size_t i = 0; !s && i < plan->n_points; i++)
    s = rw_store_put (store, i, value, 0, RW_DONE, err);
  rw_free (block);
  rw_free (value);
  return s;
}

static rw_status
write_points (void *data, rw_error *err)
{
  lab *l = data;
  rw_store *store;
  rw_status s = rw_store_create (l->path, l->plan, true, &store, err);
  if (s)
    return s;
  s = put_all (l, store, err);
  if (s)
    rw_store_close (store);
  else
    s = rw_store_finish (store, "ropewalk bench store", err);
  return s;
}

static rw_status
row_of (bench *b, const lab *l, const char *name, double seconds, double disk)
{
  bench_row row = { .name = name, .seconds = seconds, .unit = "points/s", .share = NAN };
  row.rate = (double) l->plan->n_points / seconds;
  if (disk > 0)
    {
      row.limit = "disk";
      row.share = disk / seconds;
    }
  const double unpacked = point_bytes (l->plan) * (double) l->plan->n_points;
  snprintf (row.size, sizeof row.size, "%zu points, %.4g MB", l->plan->n_points,
            unpacked / (1 << 20));
  b->emit (b, &row);
  return RW_OK;
}

rw_status
bench_store (bench *b, rw_error *err)
{
  lab l;
  double disk = 0, seconds = 0;
  rw_status s = lab_open (&l, b, err);
  if (!s)
    s = bench_time (b, write_plainly, &l, &disk, err);
  if (!s)
    s = row_of (b, &l, "disk", disk, 0);
  if (!s)
    s = bench_time (b, write_points, &l, &seconds, err);
  if (!s)
    s = row_of (b, &l, "store", seconds, disk);
  lab_close (&l);
  return s;
}

/* ---- the sweep ---- */

static rw_status
sweep_points (void *data, rw_error *err)
{
  lab *l = data;
  rw_store *store;
  rw_status s = rw_store_create (l->path, l->plan, true, &store, err);
  if (s)
    return s;
  const rw_run_options options = { .threads = l->threads };
  rw_run_summary summary;
  s = rw_run (l->plan, store, &options, &summary, err);
  if (s)
    rw_store_close (store);
  else
    s = rw_store_finish (store, "ropewalk bench sweep", err);
  return s;
}

rw_status
bench_sweep (bench *b, rw_error *err)
{
  lab l;
  double seconds = 0;
  rw_status s = lab_open (&l, b, err);
  if (!s)
    s = bench_time (b, sweep_points, &l, &seconds, err);
  if (!s)
    s = row_of (b, &l, "sweep", seconds, 0);
  lab_close (&l);
  return s;
}
