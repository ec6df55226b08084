/* circle: the Wasserstein-1 distance between two samples on a circle.

   W = min over c of integral |F(u) - G(u) - c| du over one turn, F and G the two distribution
   functions from any common start; the best c is a median of F - G, weighted by length.
   Rabin, Delon and Gousseau (2011), "Transportation distances on the circle".
   F - G is constant between neighbours, so that the integral is a finite sum: no bins.  */
#include "metric/circle.h"

#include <math.h>

static const double PHASE = 0x1p-64; /* turns */

static size_t
merge (const uint64_t *a, size_t n, const uint64_t *b, size_t m, rw_circle_cell *cell)
{
  const uint64_t first = a[0] < b[0] ? a[0] : b[0];
  uint64_t last = first;
  size_t i = 0, j = 0, cells = 0;
  while (i < n || j < m)
    {
      const uint64_t next = j == m || (i < n && a[i] <= b[j]) ? a[i] : b[j];
      if (next != last)
        cell[cells++]
            = (rw_circle_cell){ .gap = (double) (next - last) * PHASE,
                                .excess = (double) i / (double) n - (double) j / (double) m };
      last = next;
      while (i < n && a[i] == next)
        i++;
      while (j < m && b[j] == next)
        j++;
    }
  /* From the last back to the first, where both have counted everything.  */
  cell[cells++] = (rw_circle_cell){ .gap = 1 - (double) (last - first) * PHASE };
  return cells;
}

static void
swap (rw_circle_cell *x, rw_circle_cell *y)
{
  const rw_circle_cell t = *x;
  *x = *y;
  *y = t;
}

/* Reorders cell (n,) into below, at and above the pivot; [*low, *high) are those at it.  */
static void
part (rw_circle_cell *cell, size_t n, double pivot, size_t *low, size_t *high)
{
  size_t i = 0;
  *low = 0, *high = n;
  while (i < *high)
    if (cell[i].excess < pivot)
      swap (&cell[i++], &cell[(*low)++]);
    else if (cell[i].excess > pivot)
      swap (&cell[i], &cell[--*high]);
    else
      i++;
}

static double
weight (const rw_circle_cell *cell, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += cell[i].gap;
  return sum;
}

/* The excess below and above which lies at most half a turn: quickselect by length.  A slip in the
   weights' last digits moves c where the integral is flat, and costs nothing.  */
static double
median (rw_circle_cell *cell, size_t n)
{
  double below = 0;
  uint64_t state = n; /* pivots from a fixed generator: the same input, the same bits */
  while (n > 1)
    {
      size_t low, high;
      state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
      const double pivot = cell[(state >> 32) % n].excess;
      part (cell, n, pivot, &low, &high);
      const double under = below + weight (cell, low);
      const double up_to = under + weight (cell + low, high - low);
      if (under > 0.5 && low > 0)
        n = low;
      else if (up_to >= 0.5 || high == n)
        return pivot;
      else
        {
          below = up_to;
          cell += high;
          n -= high;
        }
    }
  return cell[0].excess;
}

double
rw_circle_distance (const uint64_t *a, size_t n, const uint64_t *b, size_t m, rw_circle_cell *cell)
{
  const size_t cells = merge (a, n, b, m, cell);
  const double c = median (cell, cells);
  double sum = 0, lost = 0; /* Kahan: as many terms as positions */
  for (size_t i = 0; i < cells; i++)
    {
      const double term = cell[i].gap * fabs (cell[i].excess - c) - lost;
      const double next = sum + term;
      lost = (next - sum) - term;
      sum = next;
    }
  return sum;
}
