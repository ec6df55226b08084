/* report_text: texts of strangers, made harmless; see report.h.  */
#include "config.h"

#include "cli/report.h"

void
report_text (rw_text *out, const char *text, bool (*escape) (rw_text *out, char c))
{
  for (; *text; text++)
    if ((unsigned char) *text < ' ' || *text == 0x7f)
      rw_text_add (out, " ");
    else if (!escape (out, *text))
      rw_text_addn (out, text, 1);
}
