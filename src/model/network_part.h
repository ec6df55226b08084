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
/* Fills the network, whose file and hyperparameters are read.  Refuses a file with tensors that
   nothing asked for.  */
rw_status rw_weights_read (rw_network *n, rw_error *err);

#endif
