/* command: the command of a run, quoted for the shell; see command.h.  */
#include "cli/command.h"

#include <string.h>

void
command_word (rw_text *t, const char *word)
{
  static const char *const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   "_-./=,:+@%";
  if (t->n)
    rw_text_add (t, " ");
  if (*word && word[strspn (word, plain)] == '\0')
    {
      rw_text_add (t, word);
      return;
    }
  rw_text_add (t, "'");
  for (const char *c = word; *c; c++)
    if (*c == '\'')
      rw_text_add (t, "'\\''");
    else
      rw_text_addn (t, c, 1);
  rw_text_add (t, "'");
}

rw_text
command_typed (int argc, char **argv)
{
  rw_text t = { 0 };
  rw_text_add (&t, argv[0]);
  for (int i = 1; i < argc; i++)
    command_word (&t, argv[i]);
  return t;
}

rw_text
command_resumed (int argc, char **argv, const char *output, bool resume)
{
  rw_text t = { 0 };
  rw_text_add (&t, argv[0]);
  for (int i = 1; i < argc; i++)
    if (strncmp (argv[i], "--f", 3) != 0 || strncmp ("--force", argv[i], strlen (argv[i])) != 0)
      command_word (&t, argv[i]);
  if (output)
    {
      command_word (&t, "-o");
      command_word (&t, output);
    }
  if (!resume)
    command_word (&t, "--resume");
  return t;
}
