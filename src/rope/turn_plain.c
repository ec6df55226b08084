/* turn_plain: the turning kernels in what every processor of the architecture has; see turn.h.  */
#include "rope/turn.h"
#include "rope/geometry.h"

#include <string.h>

#define KERNELS rw_turn_plain
#define ATTRIBUTE
#define TARGET static inline __attribute__ ((always_inline))
#define LADDER(step, name) step (name, 4) step (name, 1)
#define LADDER_8 LADDER

#define LANES 1
#include "rope/turn_lanes.h"
#undef LANES
#define LANES 4
#include "rope/turn_lanes.h"

#include "rope/turn_ladder.h"
