/* say_part: a rope on its way into the words of a stack.  Private to src/stack.

   A type's function says the rope and returns true, or leaves it to rw_say_table.  */
#ifndef RW_STACK_SAY_PART_H
#define RW_STACK_SAY_PART_H

#include "stack/words.h"

typedef struct
{
  const rw_tongue *tongue;
  const rw_rope *rope;
  const rw_object *schedule;
  rw_geometry g;  /* as the schedule sees it */
  rw_freqs freqs; /* at max_length */
  bool nested;
  rw_said *out;
  rw_notes *lost;
  rw_error *err;
} rw_saying;

bool rw_say_has (const rw_saying *w, unsigned flags); /* any of them */
/* A parameter of the schedule; none where it has none of this name.  */
rw_value rw_say_value (const rw_saying *w, const char *name);
/* A number or truth of the schedule; NaN where it has none of this name.  */
double rw_say_number (const rw_saying *w, const char *name);
/* A share p with int (head_dim p) = d, as all stacks count.  */
double rw_say_share (int64_t d, int64_t head_dim);

void rw_say_put (const rw_saying *w, const char *key, double x);
/* rope_type, rope_theta, and the share where it is not the whole head.  */
void rw_say_begin (const rw_saying *w, const char *type, double theta, int64_t d);
void rw_say_original (const rw_saying *w, double length);
void rw_say_longrope_factor (const rw_saying *w);

bool rw_say_yarn (const rw_saying *w);
rw_status rw_say_table (const rw_saying *w);

#endif
