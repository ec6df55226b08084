/* run_help: making plans, running them to finished files, and reading these, in a folder of the
   test's own.  */
#ifndef RW_TESTS_RUN_HELP_H
#define RW_TESTS_RUN_HELP_H

#include "lab/result.h"
#include "lab/run.h"
#include "tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

static char folder[] = "run-test-XXXXXX";
static rw_error err;

__attribute__ ((unused)) static bool
make_folder (void)
{
  return mkdtemp (folder) != NULL;
}

__attribute__ ((unused)) static void
remove_folder (void)
{
  DIR *d = opendir (folder);
  for (const struct dirent *e; d && (e = readdir (d));)
    unlinkat (dirfd (d), e->d_name, 0);
  if (d)
    closedir (d);
  rmdir (folder);
}

__attribute__ ((unused)) static rw_plan *
plan_of (const char *text)
{
  rw_plan *plan = NULL;
  if (rw_plan_parse ("test", text, strlen (text), NULL, NULL, &plan, &err))
    {
      printf ("Bail out! %s\n", err.text);
      exit (1);
    }
  return plan;
}

__attribute__ ((unused)) static char *
path_of (const char *name)
{
  static char path[8][256];
  static int next;
  char *p = path[next++ % 8];
  snprintf (p, sizeof path[0], "%s/%s.h5", folder, name);
  return p;
}

/* One run into a finished file.  */
__attribute__ ((unused)) static rw_status
run_to (const rw_plan *plan, const char *path, const rw_run_options *options, rw_run_summary *sum)
{
  rw_store *store = NULL;
  rw_status s = rw_store_create (path, plan, true, &store, &err);
  if (s)
    return s;
  s = rw_run (plan, store, options, sum, &err);
  if (s && s != RW_EPOINTS)
    {
      rw_store_close (store);
      return s;
    }
  rw_error finish = { 0 };
  ok (rw_store_finish (store, "test", &finish) == RW_OK, "%s finishes: %s", path, finish.text);
  return s;
}

/* All variables but seconds, bit by bit.  */
__attribute__ ((unused)) static int
same (const char *a, const char *b)
{
  rw_result *r[2] = { NULL, NULL };
  int equal = rw_result_open (a, &r[0], &err) == RW_OK && rw_result_open (b, &r[1], &err) == RW_OK;
  for (size_t k = 0; equal && k < r[0]->outline->n_vars; k++)
    {
      const rw_outline_var *v = &r[0]->outline->vars[k];
      double *x = rw_new (v->total, sizeof *x), *y = rw_new (v->total, sizeof *y);
      if (strcmp (v->name, "seconds") != 0)
        equal = rw_result_read (r[0], k, NULL, x, &err) == RW_OK
                && rw_result_read (r[1], k, NULL, y, &err) == RW_OK
                && memcmp (x, y, v->total * sizeof *x) == 0;
      if (!equal)
        printf ("# %s differs in %s and %s\n", v->name, a, b);
      rw_free (x);
      rw_free (y);
    }
  rw_result_close (r[0]);
  rw_result_close (r[1]);
  return equal;
}

/* The value of a variable at a point; `k` is the place among the point's own values.  */
__attribute__ ((unused)) static double
value_of (const char *path, const char *name, size_t point, size_t k)
{
  rw_result *r = NULL;
  double value = NAN;
  if (rw_result_open (path, &r, &err))
    return NAN;
  const size_t i = rw_outline_var_find (r->outline, name);
  if (i < r->outline->n_vars)
    {
      const rw_outline_var *v = &r->outline->vars[i];
      double *x = rw_new (v->total, sizeof *x);
      if (rw_result_read (r, i, NULL, x, &err) == RW_OK)
        value = x[point * v->size + k];
      rw_free (x);
    }
  rw_result_close (r);
  return value;
}

#endif
