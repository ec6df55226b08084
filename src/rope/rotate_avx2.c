/* rotate_avx2: the turning kernels in AVX2; see rotate_kernels.h.  Every processor with AVX2 has
 * F16C.  */
#include "rope/rotate_kernels.h"

#if defined __x86_64__
#  include "rope/geometry.h"

#  include <immintrin.h>
#  include <stdbool.h>
#  include <string.h>

#  define KERNELS rw_rotate_kernels_avx2
#  define ATTRIBUTE __attribute__ ((target ("avx2,f16c")))
#  define TARGET ATTRIBUTE static inline __attribute__ ((always_inline))
#  define X86
#  define LADDER(step, name) step (name, 8) step (name, 4) step (name, 1)
#  define LADDER_8 LADDER

#  define LANES 1
#  include "rope/rotate_lanes.h"
#  undef LANES
#  define LANES 4
#  include "rope/rotate_lanes.h"
#  undef LANES
#  define LANES 8
#  include "rope/rotate_lanes.h"

#  include "rope/rotate_ladder.h"
#endif
