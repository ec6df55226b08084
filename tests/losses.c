/* losses: a program for tests: the loss of every token of one sequence under a GGUF file's own
   schedule, a line each.  Ids come as numbers on stdin, the last is a target only.

     losses MODEL.gguf LENGTH [THREADS [bfloat16]]  */
#include "model/forward.h"
#include "stack/stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  MOST = 1 << 16
};

static rw_status
run (const rw_forward_ask *ask, rw_error *e)
{
  static int32_t id[MOST];
  static double nll[MOST];
  size_t n = 0;
  while (n < MOST && scanf ("%d", &id[n]) == 1)
    n++;
  if (n < 2)
    return rw_fail (e, RW_EINVAL, "two ids or more were expected");
  const size_t start[] = { 0, n - 1 };
  const rw_batch b = { .n_sequences = 1, .start = start, .id = id, .target = id + 1, .nll = nll };
  rw_forward *f = NULL;
  rw_status s = rw_forward_new (ask, &f, e);
  s = s ? s : rw_forward_run (f, &b, e);
  for (size_t i = 0; !s && i + 1 < n; i++)
    printf ("%.17g\n", nll[i]);
  rw_forward_free (f);
  return s;
}

int
main (int argc, char **argv)
{
  const rw_stack *stack = NULL;
  rw_network *net = NULL;
  rw_model model = { 0 };
  rw_forward_tables tables = { 0 };
  rw_error e = { 0 };
  const double length = argc > 2 ? strtod (argv[2], NULL) : 0;
  rw_status s = argc > 2 ? RW_OK : rw_fail (&e, RW_EINVAL, "losses MODEL.gguf LENGTH");
  s = s ? s : rw_stack_find ("exact", &stack, &e);
  s = s ? s : rw_stack_model (stack, argv[1], NULL, &model, &e);
  s = s ? s : rw_network_open (argv[1], &net, &e);
  s = s ? s
        : rw_forward_tables_make (&model, net->hyper.layers, RW_NO_ROPE, NULL, length, &tables, &e);
  if (!s)
    s = run (&(rw_forward_ask){ .network = net,
                                .model = &model,
                                .freqs = tables.layer,
                                .length = length,
                                .bfloat16 = argc > 4 && strcmp (argv[4], "bfloat16") == 0,
                                .threads = argc > 3 ? atoi (argv[3]) : 1 },
             &e);
  if (s)
    fprintf (stderr, "losses: %s\n", e.text);
  rw_forward_tables_free (&tables);
  rw_network_close (net);
  rw_model_free (&model);
  return s ? 1 : 0;
}
