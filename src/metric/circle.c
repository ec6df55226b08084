/* circle: the Wasserstein-1 distance between two samples on a circle.

   W = min over c of integral |F(u) - G(u) - c| du over one turn, F and G the two distribution
   functions from any common start; the best c is a median of F - G, weighted by length.
   Rabin, Delon and Gousseau (2011), "Transportation distances on the circle".
   F - G is constant between neighbours, so that the integral is a finite sum: no bins.
   The excess is kept as n m (F - G) = i m - j n, a whole number below 2^49: equal values are equal,
   and only the lengths are rounded.  */
#include "metric/circle.h"

#include <math.h>
#include <string.h>

/* The intervals between neighbours, in any order.  */
typedef struct
{
  size_t n;
  double *gap;      /* (n,) length, turns */
  double *excess;   /* (n,) n m (F - G) on it */
  double low, high; /* of excess */
} cells;

enum
{
  PARTS = 512, /* of the excess's range */
  ROWS = 4,    /* neighbours have like excesses: their weights go to rows of their own */
  BLOCK = 256  /* terms that are summed without compensation */
};

static double
turns (uint64_t phase)
{
  return (double) (int64_t) (phase >> 32) * 0x1p-32
         + (double) (int64_t) (phase & 0xffffffffu) * 0x1p-64;
}

static inline void
put (cells *c, uint64_t gap, double excess)
{
  c->gap[c->n] = turns (gap);
  c->excess[c->n] = excess;
  c->low = excess < c->low ? excess : c->low; /* fmin is a call here */
  c->high = excess > c->high ? excess : c->high;
  c->n += gap > 0;
}

/* Both samples by their position; without branches as long as there are two, since which is next
   cannot be foreseen.  */
static cells
merge (const uint64_t *a, size_t n, const uint64_t *b, size_t m, double *room)
{
  cells c = { .gap = room, .excess = room + n + m }; /* a copy of its own stays in registers */
  const uint64_t first = a[0] < b[0] ? a[0] : b[0];
  uint64_t last = first;
  size_t i = 0, j = 0;
  while (i < n && j < m)
    {
      const uint64_t x = a[i], y = b[j], next = x < y ? x : y;
      put (&c, next - last, (double) ((int64_t) (i * m) - (int64_t) (j * n)));
      i += x <= y;
      j += y <= x;
      last = next;
    }
  for (; i < n; last = a[i++])
    put (&c, a[i] - last, (double) ((int64_t) (i * m) - (int64_t) (m * n)));
  for (; j < m; last = b[j++])
    put (&c, b[j] - last, (double) ((int64_t) (n * m) - (int64_t) (j * n)));
  /* From the last back to the first, where both have counted everything.  */
  c.gap[c.n] = 1 - turns (last - first);
  c.excess[c.n++] = 0;
  return c;
}

static void
swap (cells *c, size_t i, size_t j)
{
  const double gap = c->gap[i], excess = c->excess[i];
  c->gap[i] = c->gap[j], c->excess[i] = c->excess[j];
  c->gap[j] = gap, c->excess[j] = excess;
}

/* Reorders cells [from, end) into below, at and above the pivot; [*low, *high) are those at it.  */
static void
part (cells *c, size_t from, size_t end, double pivot, size_t *low, size_t *high)
{
  *low = from, *high = end;
  while (from < *high)
    if (c->excess[from] < pivot)
      swap (c, from++, (*low)++);
    else if (c->excess[from] > pivot)
      swap (c, from, --*high);
    else
      from++;
}

static double
weight (const cells *c, size_t from, size_t end)
{
  double sum = 0;
  for (size_t i = from; i < end; i++)
    sum += c->gap[i];
  return sum;
}

/* Quickselect by length in cells [0, end), under which `below` turns lie.  */
static double
select_half (cells *c, size_t end, double below)
{
  size_t from = 0;
  uint64_t state = end; /* pivots from a fixed generator: the same input, the same bits */
  while (end - from > 1)
    {
      size_t low, high;
      state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
      const double pivot = c->excess[from + (state >> 32) % (end - from)];
      part (c, from, end, pivot, &low, &high);
      const double under = below + weight (c, from, low);
      const double up_to = under + weight (c, low, high);
      if (under > 0.5 && low > from)
        end = low;
      else if (up_to >= 0.5 || high == end)
        return pivot;
      else
        {
          below = up_to;
          from = high;
        }
    }
  return c->excess[from];
}

static size_t
part_of (const cells *c, double scale, size_t i)
{
  return (size_t) (int64_t) ((c->excess[i] - c->low) * scale);
}

/* The excess below and above which lies at most half a turn: first the part of the range that holds
   it, then a selection among the few cells there.  A slip in the weights' last digits moves it
   where the integral is flat, and costs nothing.  */
static double
median (cells *c)
{
  double sum[ROWS][PARTS], below = 0, here = 0;
  if (c->low == c->high)
    return c->low;
  const double scale = (PARTS - 1) / (c->high - c->low);
  size_t k = 0, found = 0;
  memset (sum, 0, sizeof sum);
  for (size_t i = 0; i < c->n; i++)
    sum[i % ROWS][part_of (c, scale, i)] += c->gap[i];
  for (; k < PARTS; k++, below += here)
    {
      here = sum[0][k] + sum[1][k] + sum[2][k] + sum[3][k];
      if (below + here >= 0.5)
        break;
    }
  for (size_t i = 0; i < c->n; i++)
    if (part_of (c, scale, i) == k)
      swap (c, i, found++);
  return found ? select_half (c, found, below) : c->high;
}

double
rw_circle_distance (const uint64_t *a, size_t n, const uint64_t *b, size_t m, double *room)
{
  cells c = merge (a, n, b, m, room);
  const double middle = median (&c);
  double sum = 0, lost = 0; /* Kahan: as many terms as positions */
  for (size_t i = 0; i < c.n; i += BLOCK)
    {
      const size_t end = c.n - i < BLOCK ? c.n : i + BLOCK;
      double s[2] = { 0 };
      for (size_t k = i; k < end; k++)
        s[k % 2] += c.gap[k] * fabs (c.excess[k] - middle);
      const double term = s[0] + s[1] - lost, next = sum + term;
      lost = (next - sum) - term;
      sum = next;
    }
  return sum / ((double) n * (double) m);
}
