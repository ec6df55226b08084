/* rotate_ladder: the turning kernels of one instruction set; private, a template.

   Included last by the file of each instruction set, which defines KERNELS (the table's name),
   ATTRIBUTE, and LADDER (step, name): step (name, width) for every width, widest first, down to 1:
   a kernel takes the widest vectors while they fit, the rest in narrower ones.  LADDER_8 begins
   at 8.  */
#define STEP_HEAD(name, lanes) i = name##_##lanes (t, x, y, i);
#define STEP_ROW(name, lanes) i = name##_##lanes (row, cos, sin, i);

#define HEADS(name)                                                                                \
  ATTRIBUTE static void name (const rw_rotate_heads *turn)                                         \
  {                                                                                                \
    const rw_rotate_heads own = *turn, *t = &own; /* which no store to y can be */                 \
    const char *x = t->x;                                                                          \
    char *y = t->y;                                                                                \
    for (size_t h = 0; h < t->heads; h++, x += t->x_head, y += t->y_head)                          \
      {                                                                                            \
        size_t i = 0;                                                                              \
        LADDER (STEP_HEAD, name)                                                                   \
      }                                                                                            \
  }
HEADS (half_float32)
HEADS (half_bfloat16)
HEADS (half_float16)
HEADS (interleaved_float32)
HEADS (interleaved_bfloat16)
HEADS (interleaved_float16)
HEADS (tail_float32)
HEADS (tail_bfloat16)
HEADS (tail_float16)

ATTRIBUTE static void
row_scale (const rw_rotate_heads *row, float *cos, float *sin)
{
  size_t i = 0;
  LADDER (STEP_ROW, row_scale)
}

ATTRIBUTE static void
row_undo (const rw_rotate_heads *row, float *cos, float *sin)
{
  size_t i = 0;
  LADDER_8 (STEP_ROW, row_undo)
}

const rw_rotate_kernels KERNELS = {
  .turn = { [RW_HALF] = { half_float32, half_bfloat16, half_float16 },
            [RW_INTERLEAVED] = { interleaved_float32, interleaved_bfloat16, interleaved_float16 } },
  .tail = { tail_float32, tail_bfloat16, tail_float16 },
  .scale = row_scale,
  .undo = row_undo,
};
