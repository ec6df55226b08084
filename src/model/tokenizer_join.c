/* tokenizer_join: joins symbols side by side, the best pair first; see tokenizer_part.h.

   Both families are one algorithm: of all pairs that may be joined the one of the smallest order is
   taken, the leftmost of equals, until there is none.  Symbols are a linked list, pairs wait in a
   heap; a pair whose symbols have changed since is known by its length, for symbols only grow.
   Sennrich et al. 2016, arXiv:1508.07909, algorithm 1, with the agenda of SentencePiece
   (bpe_model.cc, github.com/google/sentencepiece).  */
#include "base/mem.h"
#include "model/tokenizer_part.h"

rw_status
rw_joiner_begin (rw_joiner *j, size_t n, rw_error *err)
{
  j->n = j->heaped = 0;
  if (n > INT32_MAX)
    return rw_fail (err, RW_EINVAL, "text: a piece of %zu bytes that nothing cuts; at most %d", n,
                    INT32_MAX);
  if (n > j->symbols)
    {
      rw_free (j->symbol); /* nothing in it is kept */
      j->symbols = 0;
      if (!(j->symbol = rw_new (n, sizeof *j->symbol)))
        return rw_nomem (err, n * sizeof *j->symbol);
      j->symbols = n;
    }
  return RW_OK;
}

void
rw_joiner_add (rw_joiner *j, size_t n, int32_t id)
{
  const size_t i = j->n++;
  const uint32_t at = i ? j->symbol[i - 1].at + j->symbol[i - 1].n : 0;
  if (i)
    j->symbol[i - 1].next = (int32_t) i;
  j->symbol[i]
      = (rw_symbol){ .at = at, .n = (uint32_t) n, .id = id, .prev = (int32_t) i - 1, .next = -1 };
}

static void
heap_up (rw_joiner *j, rw_join x)
{
  size_t i = j->heaped++;
  for (; i && j->heap[(i - 1) / 2].key > x.key; i = (i - 1) / 2)
    j->heap[i] = j->heap[(i - 1) / 2];
  j->heap[i] = x;
}

static rw_join
heap_take (rw_joiner *j)
{
  const rw_join best = j->heap[0], last = j->heap[--j->heaped];
  size_t i = 0;
  for (size_t child; (child = 2 * i + 1) < j->heaped; i = child)
    {
      if (child + 1 < j->heaped && j->heap[child + 1].key < j->heap[child].key)
        child++;
      if (j->heap[child].key >= last.key)
        break;
      j->heap[i] = j->heap[child];
    }
  j->heap[i] = last;
  return best;
}

/* The pair of symbols l and r, either of which may be -1, waits for its turn if it has one.  */
static rw_status
pair_add (rw_joiner *j, int32_t l, int32_t r, rw_join_rule *rule, const void *data, rw_error *err)
{
  rw_join x;
  uint32_t order;
  if (l < 0 || r < 0 || !rule (data, &j->symbol[l], &j->symbol[r], &order, &x.id))
    return RW_OK;
  if (j->heaped == j->heaps)
    {
      const size_t room = j->heaps ? 2 * j->heaps : 64;
      const rw_status status = rw_grow ((void **) &j->heap, j->heaps, room, sizeof *j->heap, err);
      if (status)
        return status;
      j->heaps = room;
    }
  x.key = (uint64_t) order << 32 | (uint32_t) l;
  x.n = j->symbol[l].n + j->symbol[r].n;
  heap_up (j, x);
  return RW_OK;
}

rw_status
rw_joiner_run (rw_joiner *j, rw_join_rule *rule, const void *data, rw_error *err)
{
  rw_status status = RW_OK;
  for (size_t i = 1; i < j->n && !status; i++)
    status = pair_add (j, (int32_t) i - 1, (int32_t) i, rule, data, err);
  while (j->heaped && !status)
    {
      const rw_join x = heap_take (j);
      const int32_t left = (int32_t) (uint32_t) x.key;
      rw_symbol *l = &j->symbol[left];
      if (!l->n || l->next < 0 || l->n + j->symbol[l->next].n != x.n)
        continue;
      rw_symbol *r = &j->symbol[l->next];
      l->n = x.n;
      l->id = x.id;
      l->next = r->next;
      r->n = 0;
      if (l->next >= 0)
        j->symbol[l->next].prev = left;
      status = pair_add (j, l->prev, left, rule, data, err);
      if (!status)
        status = pair_add (j, left, l->next, rule, data, err);
    }
  return status;
}

void
rw_joiner_free (rw_joiner *j)
{
  rw_free (j->symbol);
  rw_free (j->heap);
  *j = (rw_joiner){ 0 };
}
