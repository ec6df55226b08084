/* expected: what the experiments of the tree claim can be asked: every expected.json reads, its
   configs are sweeps, and every value finds its field and dimensions in them and ends with one
   number.  Nothing is run.  */
#include "claim/judge.h"
#include "claim/shelf.h"
#include "tap.h"

#include <unistd.h>

/* The outline of a config; NULL where it is optional and its model is not there.  */
static rw_outline *
outline_of (const rw_experiment *e, const char *config, bool optional, rw_plan **plan)
{
  rw_error err = { 0 };
  rw_outline *out = NULL;
  char *path = rw_format ("%s/%s", e->folder, config);
  const rw_status s = rw_plan_read (path, NULL, plan, &err);
  if (!ok (s == RW_OK || (optional && s == RW_EIO && access (path, R_OK) == 0), "%s: %s is a sweep",
           e->name, config))
    printf ("# %s\n", err.text);
  if (!s)
    ok (rw_outline_new (*plan, &out, &err) == RW_OK, "%s: and has an outline", config);
  rw_free (path);
  return out;
}

static void
test_experiment (const rw_experiment *e)
{
  rw_error err = { 0 };
  rw_claims *c = NULL;
  char *path = rw_format ("%s/expected.json", e->folder);
  char *readme = rw_format ("%s/README.md", e->folder);
  ok (access (readme, R_OK) == 0, "%s: has a README", e->name);
  if (ok (rw_claims_read (path, &c, &err) == RW_OK, "%s: expected.json reads", e->name))
    {
      rw_plan **plan = rw_new (c->n_configs, sizeof *plan);
      rw_outline **outline = rw_new (c->n_configs, sizeof *outline);
      for (size_t k = 0; k < c->n_configs; k++)
        outline[k] = outline_of (e, c->config[k], c->optional[k], &plan[k]);
      if (!ok (rw_judge_rehearse (c, outline, &err) == RW_OK, "%s: %zu claims can be asked",
               e->name, c->n_claims))
        printf ("# %s\n", err.text);
      for (size_t k = 0; k < c->n_configs; k++)
        {
          rw_outline_free (outline[k]);
          rw_plan_free (plan[k]);
        }
      rw_free (plan);
      rw_free (outline);
    }
  else
    printf ("# %s\n", err.text);
  rw_claims_free (c);
  rw_free (path);
  rw_free (readme);
}

int
main (void)
{
  rw_shelf shelf;
  rw_error err = { 0 };
  if (!ok (rw_shelf_open (NULL, 0, &shelf, &err) == RW_OK && shelf.n, "there are experiments"))
    printf ("# %s\n", err.text);
  for (size_t i = 0; i < shelf.n; i++)
    if (shelf.item[i].claims)
      test_experiment (&shelf.item[i]);
  rw_shelf_free (&shelf);
  return tap_end ();
}
