/* rotate_baseline: the turning kernels in what every processor of the architecture has; see
 * rotate_kernels.h.  */
#include "rope/rotate_kernels.h"
#include "rope/geometry.h"

#include <stdbool.h>
#include <string.h>

#define KERNELS rw_rotate_kernels_plain
#define ATTRIBUTE
#define TARGET static inline __attribute__ ((always_inline))
#define LADDER(step, name) step (name, 4) step (name, 1)
#define LADDER_8 LADDER

#define LANES 1
#include "rope/rotate_lanes.h"
#undef LANES
#define LANES 4
#include "rope/rotate_lanes.h"

#include "rope/rotate_ladder.h"
