/* picture: a figure of a result file as a file of its own, drawn by gnuplot.  */
#ifndef RW_CLI_PICTURE_H
#define RW_CLI_PICTURE_H

#include "cli/drawing.h"
#include "lab/result.h"

extern const char *const picture_formats[]; /* "svg", "pdf", "png", as drawing_format; then NULL */

/* FOLDER/NAME.FORMAT; a name cannot leave the folder.  The caller frees it; NULL out of memory.  */
char *picture_path (const char *folder, const char *name, drawing_format format);

/* Whole or not at all.  */
rw_status picture_draw (const rw_result *result, const rw_outline_figure *figure,
                        drawing_format format, const char *path, rw_error *err);

#endif
