/* similarity: B(m) = sum_i w_i cos (m g_i) over the pairs of a frequency table, for runs of
   integers m; all w_i are 1 unless others are given.

   An rw_similarity holds the step tables of one frequency table.  Its memory comes from the arena
   it was taken from and lives as long; `set` fills it for another table of the same size without
   allocating.  After `set` it is read-only: many threads may run it at once.

   Every value depends on its m alone, not on where the run starts, on threads, or on the vector
   instructions in use: the kernels do the same operations in the same order, without contraction.
 */
#ifndef RW_ROPE_SIMILARITY_H
#define RW_ROPE_SIMILARITY_H

#include "base/mem.h"
#include "base/simd.h"

#include <stddef.h>
#include <stdint.h>

typedef struct rw_similarity rw_similarity;

/* The kernels address integers in aligned blocks of this many; work divided at its multiples is
   divided best.  */
enum
{
  RW_SIMILARITY_BLOCK = 1 << 14
};

/* Room for tables of n pairs (about 4 KB a pair); NULL when out of memory.  The kernel is
   rw_simd_get()'s choice; rw_similarity_use takes another that the CPU has.  */
rw_similarity *rw_similarity_take (rw_arena *arena, size_t n);
void rw_similarity_use (rw_similarity *s, rw_simd simd);
size_t rw_similarity_pairs (const rw_similarity *s); /* n */

/* inv_freq is (n,) with n as taken; borrowed until the next set.  Each is 0 to 2 pi in size.  */
void rw_similarity_set (rw_similarity *s, const double *inv_freq);
/* Weights (n,), finite; borrowed until the next set, which takes them away.  */
void rw_similarity_weigh (rw_similarity *s, const double *weight);

/* out[j] = B(from + j), j < n; from >= 0.  Within rw_similarity_bound of the exact value while
   every angle stays below 2^40: the angle of a block start is an exact product.  */
void rw_similarity_run (const rw_similarity *s, int64_t from, size_t n, double *out);

/* The bound of the error of `run` for n pairs, at any m: 5e-13 for 64 pairs, 5e-12 for 256.  */
double rw_similarity_error (size_t n);
/* The same times the largest weight.  */
double rw_similarity_bound (const rw_similarity *s);

/* B at one place, whole or not: for single values, where tables do not pay.  weight may be NULL.
   Within the same bound.  */
double rw_similarity_one (const double *inv_freq, const double *weight, size_t n_pairs, double m);

/* The naive reference: the same sums from cos (m g_i), whose angle is one rounded product, so its
   own error grows as m times 2^-53 times the sum of the frequencies.  */
void rw_similarity_plain (const double *inv_freq, size_t n_pairs, int64_t from, size_t n,
                          double *out);

/* B(m) in long double with exact angles: within n 2^-64 (8 + n / 2) where long double has 64 bits.
   `at` is the same for the table that was set, with its weights.  */
long double rw_similarity_exact (const double *inv_freq, size_t n_pairs, int64_t m);
long double rw_similarity_at (const rw_similarity *s, int64_t m);

/* B over all integers of [from, last]; counts are exact: a value within the error bound of zero is
   decided by rw_similarity_at.  (A sum of cosines of algebraic angles is never exactly 0 unless
   nothing turns, by Lindemann and Weierstrass; what 64 bits cannot tell apart goes by their sign.)
 */
typedef struct
{
  double negative_count;
  double first_negative; /* NaN where there is none */
  double min;            /* B at min_at, by rw_similarity_at */
  double min_at;         /* where `run` is smallest, the first of equals; NaN for no integers */
} rw_similarity_summary;

void rw_similarity_scan (const rw_similarity *s, int64_t from, int64_t last, int threads,
                         rw_similarity_summary *out);

/* The first m of [from, last] with B(m) < 0, NaN where there is none; stops soon after it.  */
double rw_similarity_first_negative (const rw_similarity *s, int64_t from, int64_t last,
                                     int threads);

#endif
