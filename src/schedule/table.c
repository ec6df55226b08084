/* table: frequencies given by hand: exact, or as divisors of the trained ones.
   g_i = inv_freq_i, or f_i / factors_i; a and the factor of the scores as given.
   For results of a search, learned tables, and tables of other programs; f: RoFormer
   (arXiv 2104.09864), section 3.2.2.  A `file` is read by whoever reads the config, which puts its
   numbers into inv_freq: a schedule does not read files.  */
#include "schedule/schedule.h"

#include <math.h>
#include <string.h>

typedef struct
{
  rw_schedule_head head;
  rw_reals inv_freq, factors; /* (d/2,) */
  char *file;
  double attention_factor, softmax_factor;
} table;

static rw_status
check (const void *self, const rw_geometry *m, rw_error *err)
{
  const table *p = self;
  const size_t want = rw_geometry_pairs (m);
  if (p->inv_freq.n && p->factors.n)
    return rw_fail (err, RW_EINVAL, "table: both inv_freq and factors are given; one is expected");
  if (p->file && !p->inv_freq.n)
    return rw_fail (err, RW_EIO, "file: '%s' was not read", p->file);
  if (!p->inv_freq.n && !p->factors.n)
    {
      rw_fail (err, RW_EINVAL, "table: needs one of inv_freq, factors and file");
      return rw_hint (err, "add \"inv_freq\": %zu frequencies in radians per token", want);
    }
  const char *name = p->inv_freq.n ? "inv_freq" : "factors";
  const size_t got = p->inv_freq.n ? p->inv_freq.n : p->factors.n;
  if (got != want)
    return rw_fail (err, RW_EINVAL, "%s: %zu numbers for %zu pairs (rotary_dim / 2)", name, got,
                    want);
  return RW_OK;
}

static rw_status
fill (const void *self, const rw_geometry *m, double length, rw_freqs *out, rw_error *err)
{
  const table *p = self;
  (void) length, (void) err;
  out->attention_factor = p->attention_factor;
  out->softmax_factor = p->softmax_factor;
  if (p->inv_freq.n)
    {
      memcpy (out->inv_freq, p->inv_freq.v, out->n * sizeof *out->inv_freq);
      return RW_OK;
    }
  rw_geometry_trained (m, out->inv_freq);
  for (size_t i = 0; i < out->n; i++)
    out->inv_freq[i] /= p->factors.v[i];
  return RW_OK;
}

static const rw_param params[] = {
  { .name = "inv_freq",
    .type = RW_REALS,
    .at = offsetof (table, inv_freq),
    .defined = RW_FROM (0),
    .sensible = RW_BETWEEN (0, M_PI),
    .unit = "radians per token",
    .text = "the frequencies themselves, one a pair; 0 does not rotate" },
  { .name = "factors",
    .type = RW_REALS,
    .at = offsetof (table, factors),
    .defined = RW_ABOVE (0),
    .sensible = RW_BETWEEN (1, 1024),
    .text = "divisors of the trained frequencies, one a pair" },
  { .name = "file",
    .type = RW_TEXT,
    .at = offsetof (table, file),
    .text = "a file that holds the frequencies, read with the config in place of inv_freq" },
  { .name = "attention_factor",
    .type = RW_REAL,
    .at = offsetof (table, attention_factor),
    .value = 1,
    .defined = RW_FROM (0),
    .sensible = RW_BETWEEN (0.5, 2),
    .text = "factor a on cos and sin" },
  { .name = "softmax_factor",
    .type = RW_REAL,
    .at = offsetof (table, softmax_factor),
    .value = 1,
    .defined = RW_FROM (0),
    .sensible = RW_BETWEEN (0.5, 4),
    .text = "factor on the whole score" },
  { 0 },
};

const rw_schedule rw_schedule_table = {
  .as = { .name = "table",
          .size = sizeof (table),
          .params = params,
          .shared = rw_schedule_shared,
          .text = "frequencies given by hand, or divisors of the trained ones",
          .cite = "RoFormer, arXiv 2104.09864, section 3.2.2, for the trained frequencies" },
  .check = check,
  .fill = fill,
};
