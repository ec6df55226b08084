/* fft: discrete Fourier transforms of eight complex sequences side by side, for convolutions.

   An element of the data is the real parts of the eight sequences at one index, then their
   imaginary parts: x is (n, 2, RW_LANES).  Eight sequences need no shuffling of vectors at any
   pass, and what is gathered from rows of q or k lies so already.  The frequencies come in an
   order of their own, the same for every transform of a size: enough for products, and it spares
   both ways the reordering.

   Written here, not taken from a library, because a planner that measures gives other bits in every
   run and one that does not is half as fast (FFTW 3.3.10: doc/design.md).  */
#ifndef RW_SCORE_FFT_H
#define RW_SCORE_FFT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum
{
  RW_LANES = 8 /* sequences side by side: the widest vectors hold as many doubles */
};

typedef struct rw_fft rw_fft;

/* For transforms of n elements, a power of two from 1 to 2^20.  The caller frees it with
   rw_fft_free; it is read-only and may serve many threads.  */
rw_status rw_fft_new (size_t n, rw_fft **out, rw_error *err);
void rw_fft_free (rw_fft *f); /* NULL-safe */

/* In place: X_k = sum_j x_j e^{-2 pi i j k / n}, in scrambled order; and back, n times too large.
   The same bits with any vector instructions.  */
void rw_fft_forward (const rw_fft *f, double *x);
void rw_fft_inverse (const rw_fft *f, double *x);

/* In place: x_j times e^{-pi i j / n}, or, `back`, its conjugate.  Before a forward and after an
   inverse transform it makes the products negacyclic: half the sum of a cyclic and a negacyclic
   correlation is the linear one, without transforms of twice the size.  */
void rw_fft_spin (const rw_fft *f, double *x, bool back);

/* n elements from float32 values of any alignment: eight from re and eight from im on, `stride`
   values from one element to the next.  */
void rw_fft_widen (const void *re, const void *im, ptrdiff_t stride, size_t n, double *x);

/* At one frequency of many blocks: out_l = sum_b q_{b+l} conj (k_b), l < n, for elements q (n + 3,
   the last three 0), k (n,), out (n + 3,).  */
void rw_fft_shifts (const rw_fft *f, const double *q, const double *k, size_t n, double *out);

/* Frequency k = rw_fft_frequency (f, i) stands at index i of the scrambled order.  */
size_t rw_fft_frequency (const rw_fft *f, size_t i);

#endif
