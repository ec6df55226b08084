/* store_file: writes the result file of the plan made by hand, for the tests in other languages.

   store_file FILE.h5           the sweep of store_help.h: point 5 failed, point 7 left to do
   store_file FILE.h5 point     the plan of one point, no axis
   store_file FILE.h5 COUNT     COUNT points of a closed-form sweep (inv_freq, coverage, rotations
   of 64 pairs, three scalars); prints the seconds of writing and of finishing, beside a plain write
   and sync of as many bytes  */
#include "lab/store.h"
#include "store_help.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum
{
  MANY_PAIRS = 64,
  MANY_FIELDS = 6
};

static double room[MANY_FIELDS + FIELDS][64];

static int
fail (const rw_error *e)
{
  fprintf (stderr, "%s\n", e->text);
  return 1;
}

static int
small (const char *path, const rw_plan *plan)
{
  rw_error e = { 0 };
  rw_store *store;
  double *value[FIELDS];
  if (rw_store_create (path, plan, true, &store, &e))
    return fail (&e);
  for (size_t k = 0; k < FIELDS; k++)
    value[k] = room[k];
  for (size_t p = 0; p < plan->n_points; p++)
    {
      toy_fill (plan, p, value);
      if (p != 7
          && rw_store_put (store, p, p == 5 ? NULL : value, 0.25, p == 5 ? RW_FAILED : RW_DONE, &e))
        return fail (&e);
    }
  return rw_store_finish (store, "store_file", &e) ? fail (&e) : 0;
}

/* ---- the large one ---- */

static double
now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

/* As a sweep gives them: a base that changes with the point, its frequencies, shares in 0..1.  */
static void
closed_form (size_t point, double **value)
{
  const double base = 10000 * (1 + 0.0037 * (double) point), length = 4096;
  for (size_t i = 0; i < MANY_PAIRS; i++)
    {
      value[0][i] = pow (base, -(double) i / MANY_PAIRS);
      value[4][i] = value[0][i] * length / (2 * M_PI);
      value[3][i] = fmin (1, value[4][i] / (1 + (double) (point / 317 % 7)));
    }
  value[1][0] = 1 + 0.1 * log ((double) (point % 97 + 1));
  value[2][0] = 1;
  value[5][0] = (double) (point % 64);
}

static double
plain_write (const char *path, size_t bytes)
{
  double *p = rw_new (bytes, 1);
  const double t = now ();
  const int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (!p || fd < 0 || write (fd, p, bytes) < 0 || fsync (fd))
    return NAN;
  close (fd);
  rw_free (p);
  unlink (path);
  return now () - t;
}

static int
large (const char *path, size_t count)
{
  static const rw_field fields[] = {
    { .name = "coverage", .dims = { "pair" }, .kind = "exact", .long_name = "coverage" },
    { .name = "rotations_trained", .dims = { "pair" }, .kind = "exact", .long_name = "rotations" },
    { .name = "critical_pair", .kind = "exact", .long_name = "critical pair" },
    { 0 },
  };
  rw_plan_field own[MANY_FIELDS] = {
    { &point_fields[0], 1, 0, 1, { 0 }, MANY_PAIRS, "exact" },
    { &point_fields[1], 1, 1, 0, { 0 }, 1, "exact" },
    { &point_fields[2], 1, 2, 0, { 0 }, 1, "exact" },
    { &fields[0], 0, 0, 1, { 0 }, MANY_PAIRS, "exact" },
    { &fields[1], 0, 1, 1, { 0 }, MANY_PAIRS, "exact" },
    { &fields[2], 0, 2, 0, { 0 }, 1, "exact" },
  };
  rw_error e = { 0 };
  rw_store *store;
  rw_plan plan = toy_plan ();
  double *base = rw_new (count, sizeof *base), *value[MANY_FIELDS];
  rw_axis axis = { "schedule.base", "base", 0, count, base, NULL, NULL, "base" };
  for (size_t i = 0; i < count; i++)
    base[i] = (double) i;
  for (size_t k = 0; k < MANY_FIELDS; k++)
    value[k] = room[k];
  plan.n_axes = plan.n_dims = plan.n_own = 1;
  plan.axes = &axis;
  plan.shape[0] = plan.n_points = count;
  plan.own[0].n = MANY_PAIRS;
  plan.own[0].values = NULL;
  plan.n_fields = MANY_FIELDS;
  plan.fields = own;
  plan.n_figures = 0;
  const double start = now ();
  if (rw_store_create (path, &plan, true, &store, &e))
    return fail (&e);
  const double made = now ();
  double putting = 0;
  for (size_t p = 0; p < count; p++)
    {
      closed_form (p, value);
      const double t = now ();
      if (rw_store_put (store, p, value, 1e-5, RW_DONE, &e))
        return fail (&e);
      putting += now () - t;
    }
  const double put = now ();
  if (rw_store_finish (store, "store_file", &e))
    return fail (&e);
  const double end = now ();
  rw_free (base);
  char plain[4096];
  snprintf (plain, sizeof plain, "%s.plain", path);
  printf ("create %.3f s, put %.3f s, finish %.3f s; plain write %.3f s\n", made - start, putting,
          end - put, plain_write (plain, count * (3 * MANY_PAIRS + 4) * sizeof (double)));
  return 0;
}

int
main (int argc, char **argv)
{
  const rw_plan point = toy_point_plan (), plan = toy_plan ();
  if (argc < 2)
    return 2;
  if (argc > 2 && atoi (argv[2]) > 0)
    return large (argv[1], (size_t) atoi (argv[2]));
  return small (argv[1], argc > 2 ? &point : &plan);
}
