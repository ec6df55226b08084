/* attend_check: what rw_attend and its reference refuse.  */
#include "model/attend_part.h"

static rw_status
check_heads (const rw_attention *a, rw_error *err)
{
  const size_t dim = (size_t) a->geometry->head_dim;
  if (a->heads == 0 || a->kv_heads == 0 || a->heads % a->kv_heads)
    return rw_fail (err, RW_EINVAL,
                    "attend: %zu heads of %zu kv heads: a multiple was expected, above 0", a->heads,
                    a->kv_heads);
  if (2 * a->freqs->n > dim)
    return rw_fail (err, RW_EINVAL, "attend: %zu pairs do not fit into %zu channels", a->freqs->n,
                    dim);
  if (a->value_dim == 0)
    return rw_fail (err, RW_EINVAL, "attend: value_dim is 0");
  return RW_OK;
}

static rw_status
check_token (const char *name, size_t step, size_t heads, size_t dim, rw_error *err)
{
  if (step >= heads * dim)
    return RW_OK;
  return rw_fail (err, RW_EINVAL, "attend: tokens of %s are %zu values apart, below %zu x %zu",
                  name, step, heads, dim);
}

rw_status
rw_attend_check (const rw_attention *a, rw_error *err)
{
  const size_t dim = (size_t) a->geometry->head_dim;
  rw_status s = check_heads (a, err);
  if (!s && a->freqs->bias)
    s = rw_fail (err, RW_EINVAL, "attend: a network's own attention has no bias");
  if (!s && a->n_queries > a->n_keys)
    s = rw_fail (err, RW_EINVAL, "attend: %zu queries, but only %zu keys", a->n_queries, a->n_keys);
  if (!s && !(a->cap >= 0))
    s = rw_fail (err, RW_EINVAL, "attend: cap is %g: 0 or a number above was expected", a->cap);
  if (!s)
    s = check_token ("q", a->q_token, a->heads, dim, err);
  if (!s)
    s = check_token ("k", a->k_token, a->kv_heads, dim, err);
  if (!s)
    s = check_token ("v", a->v_token, a->kv_heads, a->value_dim, err);
  if (!s)
    s = check_token ("out", a->out_token, a->heads, a->value_dim, err);
  if (!s && a->out == a->q && (a->out_token != a->q_token || a->value_dim != dim))
    s = rw_fail (err, RW_EINVAL, "attend: out is q, but tokens or heads are not as wide");
  if (!s && a->turns && (a->turns->n < a->n_keys || a->turns->pairs != a->freqs->n))
    s = rw_fail (err, RW_EINVAL,
                 "attend: turns of %zu positions and %zu pairs, but there are %zu keys and %zu "
                 "pairs",
                 a->turns->n, a->turns->pairs, a->n_keys, a->freqs->n);
  return s;
}
