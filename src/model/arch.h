/* arch: what the table of architectures (hyper.h) has beside its rows.  Private to src/model.  */
#ifndef RW_MODEL_ARCH_H
#define RW_MODEL_ARCH_H

#include "model/hyper.h"

/* The same architecture with attention and feed-forward one after the other.  */
const rw_arch *rw_arch_serial (const rw_arch *arch);

#endif
