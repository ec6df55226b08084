/* logit: one score, as the definitions have it, in double: the reference of every kernel.

   S(m,n) = tau(m) c sigma [ sum_i a(m,n) Re (q_i conj(k_i) e^{j phi_i(m,n)}) + sum_unrotated q k ],
   with c the model's logit scale, sigma the softmax factor, a the product of the factors on cos and
   sin of both sides, phi under the position rule, tau the query scale.  */
#ifndef RW_RULE_LOGIT_H
#define RW_RULE_LOGIT_H

#include "rope/freqs.h"
#include "rope/geometry.h"

/* c: 1/sqrt(head_dim) where the geometry has none of its own.  */
double rw_logit_scale (const rw_geometry *g);

/* q and k are (head_dim,) before rotation; pairs follow the layout: channels (i, i + n) of 2n
   rotated ones, n = f->n, or (2i, 2i + 1).  `trained` is (f->n,); only rules like `start` read it.
 */
double rw_logit (const rw_geometry *g, const rw_freqs *f, const double *trained, double length,
                 const double *q, const double *k, double m, double n);

#endif
