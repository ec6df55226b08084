/* store: the part file and the finished one: any order, any thread, killed, damaged, full disk.  */
#include "lab/result.h"
#include "lab/store.h"
#include "store_help.h"
#include "tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "store-XXXXXX";
static char room[FIELDS][32 * sizeof (double)];

static const char *
at (const char *name)
{
  static char path[4][256];
  static int turn;
  char *p = path[turn++ % 4];
  snprintf (p, sizeof path[0], "%s/%s", folder, name);
  return p;
}

static rw_status
put (rw_store *store, const rw_plan *plan, size_t point, double seconds, unsigned char status,
     rw_error *err)
{
  double *value[FIELDS];
  for (size_t k = 0; k < FIELDS; k++)
    value[k] = (double *) room[k];
  toy_fill (plan, point, value);
  return rw_store_put (store, point, status == RW_DONE ? value : NULL, seconds, status, err);
}

/* Every point, in an order that steps by `stride` (coprime to the count).  */
static int
write_all (const char *path, const rw_plan *plan, size_t stride, size_t shard, size_t shards)
{
  rw_error e = { 0 };
  rw_store *store;
  if (rw_store_create (path, plan, true, &store, &e))
    {
      printf ("# %s\n", e.text);
      return 0;
    }
  int good = 1;
  for (size_t i = 0, p = 0; i < plan->n_points; i++, p = (p + stride) % plan->n_points)
    if (p % shards == shard)
      good &= !put (store, plan, p, 0.25, RW_DONE, &e);
  good &= !rw_store_finish (store, "test", &e);
  if (!good)
    printf ("# %s\n", e.text);
  return good;
}

/* ---- reading back ---- */

static int
same (double a, double b)
{
  return memcmp (&a, &b, sizeof a) == 0 || (isnan (a) && isnan (b));
}

static int
holds (const char *path, const rw_plan *plan)
{
  rw_error e = { 0 };
  rw_result *r;
  if (rw_result_open (path, &r, &e))
    {
      printf ("# %s\n", e.text);
      return 0;
    }
  int good = r->outline->n_vars == RW_SHARED_VARS + plan->n_fields;
  for (size_t k = 0; k < plan->n_fields && good; k++)
    {
      const size_t size = plan->fields[k].size, v = RW_SHARED_VARS + k;
      double *got = rw_new (plan->n_points * size, sizeof *got);
      good = !rw_result_read (r, v, NULL, got, &e)
             && strcmp (r->outline->vars[v].name, plan->fields[k].field->name) == 0;
      for (size_t i = 0; good && i < plan->n_points * size; i++)
        good = same (got[i], toy_value (i / size, k, i % size));
      rw_free (got);
    }
  if (!good)
    printf ("# %s\n", e.text);
  rw_result_close (r);
  return good;
}

/* The bytes of a file; *n 0 where it cannot be read.  */
static unsigned char *
slurp (const char *path, size_t *n)
{
  struct stat s;
  const int fd = open (path, O_RDONLY);
  *n = 0;
  if (fd < 0 || fstat (fd, &s))
    return NULL;
  unsigned char *p = rw_new ((size_t) s.st_size, 1);
  if (p && read (fd, p, (size_t) s.st_size) == s.st_size)
    *n = (size_t) s.st_size;
  close (fd);
  return p;
}

static void
spill (const char *path, const unsigned char *p, size_t n)
{
  const int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd < 0 || write (fd, p, n) != (ssize_t) n)
    printf ("# cannot write %s\n", path);
  close (fd);
}

/* Bytes equal, but for `created`.  */
static int
equal_files (const char *a, const char *b)
{
  size_t n, m;
  unsigned char *p = slurp (a, &n), *q = slurp (b, &m);
  int good = n && n == m;
  size_t differ = 0;
  for (size_t i = 0; good && i < n; i++)
    differ += p[i] != q[i];
  rw_free (p);
  rw_free (q);
  return good && differ <= 14; /* the digits of `created`, which stands in one place */
}

/* ---- the tests ---- */

static void
order_does_not_matter (void)
{
  const rw_plan plan = toy_plan ();
  ok (write_all (at ("a.h5"), &plan, 1, 0, 1), "points in order");
  ok (holds (at ("a.h5"), &plan), "read back, bit by bit");
  ok (write_all (at ("b.h5"), &plan, 7, 0, 1), "points in another order");
  ok (equal_files (at ("a.h5"), at ("b.h5")), "the same file");
  ok (access (at ("a.h5.part"), F_OK) && access (at ("a.h5.tmp"), F_OK), "nothing else is left");
}

static void
one_point_without_axes (void)
{
  const rw_plan plan = toy_point_plan ();
  ok (write_all (at ("point.h5"), &plan, 1, 0, 1) && holds (at ("point.h5"), &plan),
      "a plan of one point has only own dimensions");
}

/* Attributes of 64 KiB and more do not fit into an object header.  */
static void
a_long_config (void)
{
  enum
  {
    LONG = 300000
  };
  rw_plan plan = toy_plan ();
  rw_error e = { 0 };
  rw_result *r = NULL;
  char *text = rw_new (LONG + 1, 1);
  for (size_t i = 0; i < LONG; i++)
    text[i] = (char) ('a' + i % 23);
  plan.config = plan.normal = text;
  ok (write_all (at ("long.h5"), &plan, 5, 0, 1) && holds (at ("long.h5"), &plan)
          && !rw_result_open (at ("long.h5"), &r, &e)
          && !strcmp (rw_outline_get (r->outline, "config"), text),
      "a config of 300 kB");
  rw_result_close (r);
  rw_free (text);
}

static void
threads_do_not_matter (void)
{
  const rw_plan plan = toy_plan ();
  rw_error e = { 0 };
  rw_store *store;
  int bad = !!rw_store_create (at ("t.h5"), &plan, true, &store, &e);
#pragma omp parallel for num_threads(4) reduction(+ : bad)
  for (size_t p = 0; p < plan.n_points; p++)
    {
      double own[FIELDS][32], *value[FIELDS];
      for (size_t k = 0; k < FIELDS; k++)
        value[k] = own[k];
      toy_fill (&plan, p, value);
      bad += !!rw_store_put (store, p, value, 0.25, RW_DONE, NULL);
    }
  bad += !!rw_store_finish (store, "test", &e);
  ok (!bad && equal_files (at ("a.h5"), at ("t.h5")), "four threads write the same file");
}

/* A child writes some points and kills itself in the middle of one.  */
static void
killed_and_resumed (void)
{
  const rw_plan plan = toy_plan ();
  rw_error e = { 0 };
  rw_store *store;
  int state;
  const pid_t child = fork ();
  if (child == 0)
    {
      if (rw_store_create (at ("k.h5"), &plan, false, &store, &e))
        _exit (1);
      for (size_t p = 0; p < 11; p++)
        put (store, &plan, 2 * p, 0.25, p == 3 ? RW_FAILED : RW_DONE, &e);
      kill (getpid (), SIGKILL);
    }
  ok (waitpid (child, &state, 0) == child && WIFSIGNALED (state), "a run is killed");
  ok (rw_store_create (at ("k.h5"), &plan, false, &store, &e) == RW_EEXIST && !store,
      "its part file is not overwritten");
  has (e.hint, "--resume", "and the hint says how to go on");
  if (!ok (!rw_store_resume (at ("k.h5"), &plan, &store, &e) && store, "it is taken up again"))
    return;
  const unsigned char *status = rw_store_status (store);
  ok (status[4] == RW_DONE && status[6] == RW_FAILED && status[5] == RW_TODO,
      "what is done, failed and to do is known");
  rw_store *second;
  ok (rw_store_resume (at ("k.h5"), &plan, &second, &e) == RW_EIO && !second,
      "a second run on the same file is refused");
  has (e.text, "another run", "and told why");
  ok (rw_store_create (at ("k.h5"), &plan, true, &second, &e) == RW_EIO, "even when it is forced");
  int bad = 0;
  for (size_t p = 0; p < plan.n_points; p++)
    if (status[p] != RW_DONE)
      bad += !!put (store, &plan, p, 0.25, RW_DONE, &e);
  bad += !!rw_store_sync (store, &e);
  bad += !!rw_store_finish (store, "test", &e);
  ok (!bad && equal_files (at ("a.h5"), at ("k.h5")), "and ends with the same file");
  ok (rw_store_resume (at ("k.h5"), &plan, &store, &e) == RW_EEXIST && !store,
      "a finished file is not done again");
}

/* The bytes of a part file as a machine that lost power may leave them: statuses on the disk whose
   values are not, and another boot id.  */
static void
power_is_lost (void)
{
  const rw_plan plan = toy_plan ();
  rw_error e = { 0 };
  rw_store *store;
  char id[37] = "";
  size_t n, found = 0;
  const int fd = open ("/proc/sys/kernel/random/boot_id", O_RDONLY);
  if (fd < 0 || read (fd, id, 36) != 36)
    {
      skip ("no boot id here", "a machine that died");
      return;
    }
  close (fd);
  rw_store_create (at ("p.h5"), &plan, false, &store, &e);
  for (size_t p = 0; p < 9; p++)
    {
      put (store, &plan, p, 0.25, RW_DONE, &e);
      if (p == 5)
        rw_store_sync (store, &e);
    }
  unsigned char *p = slurp (at ("p.h5.part"), &n);
  rw_store_close (store);
  spill (at ("p.h5.part"), p, n);
  int good = !rw_store_resume (at ("p.h5"), &plan, &store, &e);
  ok (good && rw_store_status (store)[8] == RW_DONE, "a killed process loses nothing");
  rw_store_close (store);
  for (size_t i = 0; i + 36 < n; i++)
    if (memcmp (p + i, id, 36) == 0)
      {
        p[i] ^= 1;
        found++;
      }
  spill (at ("p.h5.part"), p, n);
  good = !rw_store_resume (at ("p.h5"), &plan, &store, &e);
  ok (found == 1 && good && rw_store_status (store)[5] == RW_DONE
          && rw_store_status (store)[6] == RW_TODO,
      "a machine that died: only what was synced counts");
  put (store, &plan, 6, 0.25, RW_DONE, &e);
  rw_store_close (store);
  good = !rw_store_resume (at ("p.h5"), &plan, &store, &e);
  ok (good && rw_store_status (store)[6] == RW_DONE && rw_store_status (store)[7] == RW_TODO,
      "and then it goes on as usual");
  rw_store_close (store);
  rw_free (p);
}

static void
others_are_refused (void)
{
  rw_plan plan = toy_plan ();
  rw_error e = { 0 };
  rw_store *store;
  ok (!rw_store_resume (at ("none.h5"), &plan, &store, &e) && !store, "no part file: start fresh");
  ok (!rw_store_create (at ("o.h5"), &plan, false, &store, &e), "a part file is made");
  rw_store_close (store);
  plan.sha256[5] = 'b';
  ok (rw_store_resume (at ("o.h5"), &plan, &store, &e) == RW_EMISMATCH && !store,
      "another config's part file is refused");
  has (e.hint, "--force", "with what to do");
  ok (rw_store_resume (at ("a.h5"), &plan, &store, &e) == RW_EMISMATCH && !store,
      "another config's finished file is refused");
  ok (!rw_store_create (at ("o.h5"), &plan, true, &store, &e), "force starts over");
  rw_store_close (store);
  ok (rw_store_create (at ("no/such/folder.h5"), &plan, true, &store, &e) == RW_EIO,
      "a folder that is not there");
  has (e.text, "no/such/folder.h5", "is named");
}

/* Every kind of damage is an error or does not matter; nothing crashes.  A flipped bit inside the
   values cannot be told from a value; a status or anything else can.  */
static void
damage_is_seen (void)
{
  const rw_plan plan = toy_plan ();
  rw_error e = { 0 };
  rw_store *store;
  size_t n, silent = 0, wrong = 0, cuts = 0;
  rw_store_create (at ("d.h5"), &plan, true, &store, &e);
  for (size_t p = 0; p < plan.n_points; p++)
    put (store, &plan, p, 0.25, RW_DONE, &e);
  rw_store_close (store);
  unsigned char *p = slurp (at ("d.h5.part"), &n);
  const size_t values = 24 * (8 + 8 * (PAIRS + 2 + DISTANCES + 1 + DTYPES * DISTANCES + 1));
  for (size_t i = 0; i < n; i += 13)
    {
      p[i] ^= 0x55;
      spill (at ("d.h5.part"), p, n);
      const rw_status s = rw_store_resume (at ("d.h5"), &plan, &store, &e);
      silent += s == RW_OK;
      wrong += s != RW_OK && s != RW_EIO && s != RW_EMISMATCH;
      rw_store_close (store);
      p[i] ^= 0x55;
    }
  for (size_t i = 0; i < n; i += 97)
    {
      spill (at ("d.h5.part"), p, i);
      cuts += rw_store_resume (at ("d.h5"), &plan, &store, &e) == RW_EIO && !store;
    }
  ok (n > values && silent <= (values + 24 + 48) / 13 + 10 && !wrong,
      "every flipped byte outside the values");
  ok (cuts == (n + 96) / 97, "every cut");
  has (e.hint, "--force", "with what to do");
  spill (at ("d.h5.part"), (const unsigned char *) "a letter", 8);
  ok (rw_store_resume (at ("d.h5"), &plan, &store, &e) == RW_EIO, "a foreign file");
  rw_free (p);
  ok (rw_store_create (at ("d.h5"), &plan, true, &store, &e) == RW_OK, "force replaces it");
  rw_store_close (store);
}

/* In a child: a limit of `bytes` on file sizes; 0 the part file, 1 the finished one hits it.  */
static int
limited (rlim_t bytes, int finishing)
{
  rw_plan plan = toy_plan ();
  rw_error e = { 0 };
  rw_store *store;
  const struct rlimit limit = { bytes, bytes };
  signal (SIGXFSZ, SIG_IGN);
  if (finishing && rw_store_create (at ("full.h5"), &plan, true, &store, &e))
    return 1;
  for (size_t p = 0; finishing && p < plan.n_points; p++)
    put (store, &plan, p, 0.25, RW_DONE, &e);
  if (setrlimit (RLIMIT_FSIZE, &limit))
    return 2;
  const rw_status s = finishing ? rw_store_finish (store, "test", &e)
                                : rw_store_create (at ("full.h5"), &plan, true, &store, &e);
  if (s != RW_EIO || !strstr (e.text, "full.h5"))
    return 3;
  printf ("# %s; hint: %s\n", e.text, e.hint);
  fflush (stdout);
  return access (at ("full.h5"), F_OK) && access (at ("full.h5.tmp"), F_OK) ? 0 : 4;
}

static int
in_child (rlim_t bytes, int finishing)
{
  int state;
  const pid_t child = fork ();
  if (child == 0)
    exit (limited (bytes, finishing));
  if (waitpid (child, &state, 0) != child || !WIFEXITED (state))
    return -1;
  return WEXITSTATUS (state);
}

static void
full_disk_is_told (void)
{
  const rw_plan plan = toy_plan ();
  rw_error e = { 0 };
  rw_store *store;
  ok (in_child (4096, 0) == 0, "no room for the part file");
  ok (access (at ("full.h5.part"), F_OK) != 0, "leaves none");
  ok (in_child (4096, 1) == 0, "no room for the finished file");
  ok (!rw_store_resume (at ("full.h5"), &plan, &store, &e) && store, "leaves the part file");
  ok (!rw_store_finish (store, "test", &e) && equal_files (at ("a.h5"), at ("full.h5")),
      "from which it is finished later");
}

static void
shards_merge (void)
{
  const rw_plan plan = toy_plan ();
  rw_error e = { 0 };
  char first[256], second[256], third[256];
  snprintf (first, sizeof first, "%s/s0.h5", folder);
  snprintf (second, sizeof second, "%s/s1.h5", folder);
  snprintf (third, sizeof third, "%s/s2.h5", folder);
  const char *parts[] = { first, second, third };
  for (size_t i = 0; i < 3; i++)
    ok (write_all (parts[i], &plan, 5, i, 3), "shard %zu", i);
  ok (rw_store_merge (at ("m.h5"), parts, 2, false, &e) == RW_EPOINTS, "a shard is missing");
  has (e.text, "8 are in no part", "and counted");
  ok (rw_store_merge (at ("m.h5"), parts, 3, false, &e) == RW_EEXIST, "not overwritten unasked");
  ok (!rw_store_merge (at ("m.h5"), parts, 3, true, &e), "all shards merge");
  ok (equal_files (at ("a.h5"), at ("m.h5")), "into the same file");
  parts[1] = at ("a.h5");
  ok (!rw_store_merge (at ("m.h5"), parts, 3, true, &e), "overlapping ones that agree");
  rw_plan other = toy_plan ();
  other.sha256[0] = 'c';
  write_all (second, &other, 5, 1, 3);
  parts[1] = second;
  ok (rw_store_merge (at ("m.h5"), parts, 3, true, &e) == RW_EMISMATCH, "another plan's shard");
  has (e.text, "config_sha256", "is named");
  rw_store *store;
  double *const none[FIELDS] = { NULL };
  rw_store_create (second, &plan, true, &store, &e);
  rw_store_put (store, 3, none, 0.25, RW_DONE, &e);
  rw_store_finish (store, "test", &e);
  ok (rw_store_merge (at ("m.h5"), parts, 3, true, &e) == RW_EMISMATCH, "shards that disagree");
  has (e.text, "point 3", "at which point");
}

static void
selections (void)
{
  const rw_plan plan = toy_plan ();
  rw_error e = { 0 };
  rw_result *r;
  if (!ok (!rw_result_open (at ("a.h5"), &r, &e), "a finished file opens"))
    return;
  const rw_outline *o = r->outline;
  size_t index;
  rw_span span[RW_RANK_MAX];
  double got[PAIRS];
  const size_t k = rw_outline_var_find (o, "inv_freq");
  const rw_outline_coord *schedule = rw_result_scale (r, 0), *factor = rw_result_scale (r, 1);
  ok (!rw_coord_find (r, schedule, "yarn r", &index, &e) && index == 2, "a label by its beginning");
  ok (!rw_coord_find (r, schedule, "yarn", &index, &e) && index == 1, "an exact label wins");
  ok (rw_coord_find (r, schedule, "y", &index, &e) == RW_EINVAL, "two labels begin so");
  has (e.text, "default, yarn, yarn ramp=rotations", "the labels are listed");
  ok (!rw_coord_find (r, factor, "2.385", &index, &e) && index == 1, "a number");
  ok (rw_coord_find (r, factor, "2.4", &index, &e) == RW_EINVAL, "a number that is not there");
  has (e.text, "1, 2.385, 4, 8", "the numbers are listed");
  rw_result_whole (r, k, span);
  span[0] = (rw_span){ 2, 1 };
  span[1] = (rw_span){ 1, 1 };
  span[2] = (rw_span){ 1, 1 };
  span[3] = (rw_span){ 1, 3 };
  ok (rw_span_size (span, 4) == 3 && !rw_result_read (r, k, span, got, &e)
          && same (got[2], toy_value ((2 * 4 + 1) * 2 + 1, 0, 3)),
      "a selection");
  span[3].count = 5;
  ok (rw_result_read (r, k, span, got, &e) == RW_EINVAL, "one that reaches outside");
  ok (o->n_dims == 6 && o->n_swept == 3 && o->n_points == 24 && o->seed == plan.seed,
      "the outline's counts");
  ok (o->n_figures == 2 && !strcmp (o->figures[0].lines, "schedule")
          && !strcmp (o->figures[0].panels[0], "factor") && o->figures[0].at[0].dim == 2
          && o->figures[0].at[0].index == 1 && !strcmp (o->figures[0].title, plan.figures[0].title)
          && o->figures[1].n_at == 0,
      "the figures as declared");
  ok (!strcmp (rw_outline_get (o, "config"), plan.config), "the config's text");
  near (o->trained_length, 4096, 0, "the trained length");
  rw_result_close (r);
  ok (rw_result_open (at ("d.h5.part"), &r, &e) == RW_OK, "a part file opens too");
  rw_result_close (r);
  ok (rw_result_open (at ("absent.h5"), &r, &e) == RW_EIO && !r, "one that is not there");
}

static void
clean (void)
{
  DIR *d = opendir (folder);
  for (struct dirent *f; d && (f = readdir (d));)
    if (f->d_name[0] != '.')
      unlink (at (f->d_name));
  if (d)
    closedir (d);
  rmdir (folder);
}

int
main (void)
{
  if (!mkdtemp (folder))
    return 99;
  order_does_not_matter ();
  one_point_without_axes ();
  a_long_config ();
  threads_do_not_matter ();
  killed_and_resumed ();
  power_is_lost ();
  others_are_refused ();
  damage_is_seen ();
  full_disk_is_told ();
  shards_merge ();
  selections ();
  clean ();
  return tap_end ();
}
