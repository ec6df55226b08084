/* view: one head of a captured array as rows of tokens.

   An array has up to five axes, told by words ("head,token,channel") or, where nothing is said, by
   its rank.  Rows are a view into the array where its channels lie side by side; only others are
   copied, one head at a time.  Private to src/source.  */
#ifndef RW_SOURCE_VIEW_H
#define RW_SOURCE_VIEW_H

#include "base/mem.h"
#include "base/tensor.h"

typedef enum
{
  RW_VIEW_BATCH, /* of one text: its size must be 1 */
  RW_VIEW_LAYER,
  RW_VIEW_HEAD,
  RW_VIEW_TOKEN,
  RW_VIEW_CHANNEL,
  RW_VIEW_AXES
} rw_view_axis;

typedef struct
{
  const rw_tensor *t;    /* borrowed */
  const char *what;      /* "q", "k", ...: begins errors */
  bool per_layer;        /* another array for every layer */
  int dim[RW_VIEW_AXES]; /* dimension of t, -1 for none */
} rw_view;

/* `axes` says what the dimensions are, outermost first; NULL: by their number, for tokens (2 to 4
   dimensions).  Errors begin with `what`.  */
rw_status rw_view_new (const rw_tensor *t, const char *what, const char *axes, bool per_layer,
                       rw_view *out, rw_error *err);
/* Values along an axis; 1 where there is no such axis.  */
size_t rw_view_size (const rw_view *v, rw_view_axis axis);
/* The layer is in the array.  */
rw_status rw_view_layer (const rw_view *v, size_t layer, rw_error *err);
/* The first n tokens of a head.  *owned is from rw_new where something was copied, else NULL.  */
rw_status rw_view_rows (const rw_view *v, size_t layer, size_t head, size_t n, rw_rows *out,
                        void **owned, rw_error *err);

#endif
