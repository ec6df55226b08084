/* claims: a fuzz target (libFuzzer): any bytes as an expected.json.

   Nothing may crash, leak, or run into undefined behaviour, and what is accepted must hold
   together: names and reasons are there, indices lie in their lists.  scripts/fuzz builds and runs
   it.  */
#include "claim/claim.h"
#include "claim/reduce.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_measure (const rw_claims *c, const rw_measure *m)
{
  assert (m->config < c->n_configs && *m->field && m->n_at <= RW_CLAIM_HELD
          && m->n_where <= RW_CLAIM_HELD);
  assert (!*m->reduce || rw_reduce_find (m->reduce));
  assert ((m->with != NULL) == (m->combine != RW_COMBINE_NONE));
  for (size_t i = 0; i < m->n_at; i++)
    assert (*m->at[i].dim && *m->at[i].text);
  for (size_t i = 0; i < m->n_where; i++)
    assert (*m->where[i].dim && m->where[i].from <= m->where[i].to);
  if (m->with)
    check_measure (c, m->with);
}

static void
check_bound (const rw_bound *b)
{
  assert (b->tolerance >= 0 && (b->kind == RW_HOLDS_EQUAL) == (*b->why != 0));
}

static void
check (const rw_claims *c)
{
  assert (*c->title && *c->paper && c->n_claims);
  for (size_t i = 0; i < c->n_configs; i++)
    assert (*c->config[i] && !strchr (c->config[i], '/'));
  for (size_t i = 0; i < c->n_claims; i++)
    {
      const rw_claim *a = &c->claim[i];
      assert (*a->name && *a->place && *a->published && a->expected < RW_VERDICT_NOT_RUN);
      assert (a->has_slip == (a->expected == RW_VERDICT_SLIP));
      check_measure (c, &a->value);
      check_bound (&a->bound);
      if (a->has_slip)
        {
          check_measure (c, &a->slip.value);
          check_bound (&a->slip.bound);
        }
      for (size_t k = 0; k < a->n_readings; k++)
        check_measure (c, &a->reading[k].value);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  rw_claims *claims = NULL;
  rw_error err;
  char path[32];
  const int fd = memfd_create ("expected", MFD_CLOEXEC);
  assert (fd >= 0 && write (fd, data, size) == (ssize_t) size);
  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  if (!rw_claims_read (path, &claims, &err))
    check (claims);
  rw_claims_free (claims);
  close (fd);
  return 0;
}
