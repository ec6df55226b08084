/* rotate_ladder: the turning kernels of one instruction set; private, a template.

   Included last by the file of each instruction set, which defines KERNELS (the table's name),
   ATTRIBUTE, and LADDER (step, name): step (name, width) for every width, widest first, down to 1:
   a kernel takes the widest vectors while they fit, the rest in narrower ones.  LADDER_8 begins
   at 8.

   The numbers of a run are copied first: y is any memory, and could be the run's to a compiler.
   Its next row is fetched into the second cache, a line a step of 64 bytes: where rows are far
   apart, no processor foresees the jump.  */
#define STEP_TURN(name, lanes) i = name##_##lanes (i, n, gap, x, y, cos, sin, stream);
#define TURN(name, bytes)                                                                          \
  TARGET void name (const rw_rotate_run *run, const char *x, char *y, const float *cos,            \
                    const float *sin, bool stream)                                                 \
  {                                                                                                \
    const size_t rows = run->rows, n = run->n;                                                     \
    const ptrdiff_t x_step = run->x_step, y_step = run->y_step, row_step = run->row_step;          \
    const ptrdiff_t gap = run->gap, x_next = run->x_next, y_next = run->y_next;                    \
    for (size_t k = 0; k < rows; k++)                                                              \
      {                                                                                            \
        size_t i = 0;                                                                              \
        for (size_t at = 0; x_next && at < 2 * (bytes) *n; at += 64)                               \
          __builtin_prefetch (x + x_next + at, 1, 2);                                              \
        for (size_t at = 0; y_next && at < 2 * (bytes) *n; at += 64)                               \
          __builtin_prefetch (y + y_next + at, 1, 2);                                              \
        LADDER (STEP_TURN, name)                                                                   \
        x += x_step;                                                                               \
        y += y_step;                                                                               \
        cos += row_step;                                                                           \
        sin += row_step;                                                                           \
      }                                                                                            \
  }                                                                                                \
  ATTRIBUTE static void name##_stored (const rw_rotate_run *run, const char *x, char *y,           \
                                       const float *cos, const float *sin)                         \
  {                                                                                                \
    name (run, x, y, cos, sin, false);                                                             \
  }                                                                                                \
  ATTRIBUTE static void name##_streamed (const rw_rotate_run *run, const char *x, char *y,         \
                                         const float *cos, const float *sin)                       \
  {                                                                                                \
    name (run, x, y, cos, sin, true);                                                              \
  }
TURN (half_float32, 4)
TURN (half_bfloat16, 2)
TURN (half_float16, 2)
TURN (interleaved_float32, 4)
TURN (interleaved_bfloat16, 2)
TURN (interleaved_float16, 2)

ATTRIBUTE static void
fence (void)
{
#ifdef X86
  _mm_sfence ();
#endif
}

#define STEP_TAIL(name, lanes) i = name##_##lanes (i, n, x, y, scale);
#define TAIL(name)                                                                                 \
  ATTRIBUTE static void name (const rw_rotate_run *run, const char *x, char *y, float scale)       \
  {                                                                                                \
    const size_t rows = run->rows, n = run->n;                                                     \
    const ptrdiff_t x_step = run->x_step, y_step = run->y_step;                                    \
    for (size_t k = 0; k < rows; k++)                                                              \
      {                                                                                            \
        size_t i = 0;                                                                              \
        LADDER (STEP_TAIL, name)                                                                   \
        x += x_step;                                                                               \
        y += y_step;                                                                               \
      }                                                                                            \
  }
TAIL (tail_float32)
TAIL (tail_bfloat16)
TAIL (tail_float16)

#define STEP_ROW(name, lanes) i = name##_##lanes (i, n, cos, sin, scale, to, room);
ATTRIBUTE static void
row_scale (size_t n, const float *cos, const float *sin, float scale, float *to, size_t room)
{
  size_t i = 0;
  LADDER (STEP_ROW, row_scale)
}

ATTRIBUTE static void
row_undo (size_t n, const float *cos, const float *sin, float scale, float *to, size_t room)
{
  size_t i = 0;
  LADDER_8 (STEP_ROW, row_undo)
}

const rw_rotate_kernels KERNELS = {
  .turn = { [RW_HALF] = { half_float32_stored, half_bfloat16_stored, half_float16_stored },
            [RW_INTERLEAVED] = { interleaved_float32_stored, interleaved_bfloat16_stored,
                                 interleaved_float16_stored } },
  .stream = { [RW_HALF] = { half_float32_streamed, half_bfloat16_streamed, half_float16_streamed },
              [RW_INTERLEAVED] = { interleaved_float32_streamed, interleaved_bfloat16_streamed,
                                   interleaved_float16_streamed } },
  .fence = fence,
  .tail = { tail_float32, tail_bfloat16, tail_float16 },
  .scale = row_scale,
  .undo = row_undo,
};
