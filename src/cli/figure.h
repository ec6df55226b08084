/* figure: a figure that a result file declares, read and ready to draw.

   The file says which field is drawn, which dimensions are x, lines and panels, and where the
   others are held; what comes out is a drawing: numbers and texts, nothing of the file's format.
   Missing values and files that do not hold together are errors, not crashes: files come from
   strangers.  */
#ifndef RW_CLI_FIGURE_H
#define RW_CLI_FIGURE_H

#include "cli/drawing.h"
#include "lab/result.h"

/* Reads the values and makes the texts; the drawing lives in the arena, and borrows from the
   result.  */
rw_status figure_read (const rw_result *result, const rw_outline_figure *figure, rw_arena *arena,
                       drawing *out, rw_error *err);

#endif
