/* network_part: finding the weights of a network in its file.  Private to src/model.  */
#ifndef RW_MODEL_NETWORK_PART_H
#define RW_MODEL_NETWORK_PART_H

#include "model/network.h"

typedef struct
{
  rw_network *n;
  bool *used; /* (tensors,) what has been asked for */
  rw_error *err;
} rw_weights;

/* The tensor NAME as (rows, cols); left without data where it is not there and not needed.  */
rw_status rw_weights_find (rw_weights *w, const char *name, bool needed, size_t rows, size_t cols,
                           rw_weight *out);
/* Fills layer l.  */
rw_status rw_weights_layer (rw_weights *w, size_t l);
/* Refuses tensors that nothing asked for: the network would not be what the file holds.  */
rw_status rw_weights_unused (const rw_weights *w);

#endif
