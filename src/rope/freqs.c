/* freqs: storage of a frequency table; see freqs.h.  */
#include "rope/freqs.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

rw_status
rw_freqs_size (rw_freqs *f, size_t n, rw_error *err)
{
  if (n > f->room)
    {
      double *p = rw_new (n, sizeof *p);
      if (!p)
        return rw_nomem (err, n * sizeof *p);
      rw_free (f->inv_freq);
      f->inv_freq = p;
      f->room = n;
    }
  if (n)
    memset (f->inv_freq, 0, n * sizeof *f->inv_freq);
  f->n = n;
  f->attention_factor = f->softmax_factor = 1;
  f->ramp[0] = f->ramp[1] = NAN;
  return RW_OK;
}

void
rw_freqs_free (rw_freqs *f)
{
  rw_free (f->inv_freq);
  *f = (rw_freqs){ 0 };
}
