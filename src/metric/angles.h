/* angles: the angles m g of a pair over many positions, as parts of a turn.

   An angle is kept as a fraction of a turn in 64 bits, phase = frac (m g / 2 pi) 2^64: adding
   frequencies wraps by itself, so that the angle of position m is one exact integer product, with
   an error of m 2^-64 turns from the frequency's own rounding (1e-13 at a million tokens, where a
   product in double has 1e-10 radians).  */
#ifndef RW_METRIC_ANGLES_H
#define RW_METRIC_ANGLES_H

#include <stddef.h>
#include <stdint.h>

typedef enum
{
  RW_ANGLES_FLOAT32, /* product and remainder rounded to float, as the papers' scripts have it */
  RW_ANGLES_FLOAT64
} rw_angles_type;

/* phase (n,): the angles of positions 0 .. n-1.  */
void rw_angles_fill (rw_angles_type type, double inv_freq, size_t n, uint64_t *phase);

/* The same angles in rising order; `other` (n,) is room.  n is below 2^32.  */
void rw_angles_rising (rw_angles_type type, double inv_freq, size_t n, uint64_t *phase,
                       uint64_t *other);

/* How far the angles of n positions may lie below their ideal: four ulps of the frequency and the
   rounding of a phase.  A wavelength of W tokens has angles that are whole parts of the turn, and
   the rounding of 2 pi / W would put half of them into the part before; `rw_angles_count` takes
   what lies so little below a border as on it.  In float32 the border is that of float arithmetic,
   and the guard only undoes the rounding of the quotient.  */
uint64_t rw_angles_guard (rw_angles_type type, double inv_freq, size_t n);

/* Adds to count (bins,) how many phases lie in each of `bins` equal parts of the turn; one less
   than `guard` below a border is above it.  */
void rw_angles_count (const uint64_t *phase, size_t n, size_t bins, uint64_t guard,
                      uint32_t *count);

/* Sorts phase (n,) upwards; `other` (n,) is room.  n is below 2^32.  */
void rw_angles_sort (uint64_t *phase, uint64_t *other, size_t n);

/* cos and sin of m g with an error-free product: an ulp or two also where m g is large.  */
void rw_angles_point (double m, double inv_freq, double *cosine, double *sine);

#endif
