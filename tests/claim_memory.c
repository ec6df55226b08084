/* claim_memory: reading claims, judging them, and looking for experiments while every allocation in
   turn fails; see memory_help.h.  */
#include "claim/shelf.h"
#include "judge_help.h"
#include "memory_help.h"

static const char text[]
    = "{\"title\": \"t\", \"paper\": \"p\", \"optional\": [\"big.json\"], \"claims\": [\n"
      "{\"name\": \"a\", \"place\": \"p\", \"published\": 1.5, \"within\": {\"relative\": 0.5, "
      "\"why\": \"w\"},\n"
      " \"value\": {\"field\": \"similarity\", \"at\": {\"schedule\": \"yarn\", \"factor\": 4}, "
      "\"where\": {\"distance\": [1, 19]},\n"
      "  \"over\": {\"field\": \"tokens\", \"reduce\": \"max\"}, \"reduce\": \"mean\"},\n"
      " \"verdict\": \"slip\", \"slip\": {\"why\": \"w\", \"value\": {\"field\": \"tokens\", "
      "\"reduce\": \"count\"}, \"at_least\": 1},\n"
      " \"readings\": [{\"says\": \"s\", \"value\": {\"field\": \"none\"}}]}]}";

static const char *file, *result;

static int
read_once (const void *data)
{
  (void) data;
  rw_claims *c = NULL;
  rw_error e = { 0 };
  const rw_status s = rw_claims_read (file, &c, &e);
  rw_claims_free (c);
  return outcome (s, &e);
}

static int
judge_once (const void *data)
{
  (void) data;
  rw_result *results[2] = { NULL };
  rw_judgement out[1];
  rw_claims *c = NULL;
  rw_error e = { 0 };
  rw_arena *arena = rw_arena_new ();
  rw_status s = RW_ENOMEM;
  const bool ready
      = arena && !rw_claims_read (file, &c, &e) && !rw_result_open (result, &results[0], &e);
  if (ready)
    s = rw_judge (c, results, arena, out, &e);
  rw_result_close (results[0]);
  rw_claims_free (c);
  rw_arena_free (arena);
  return ready ? outcome (s, &e) : BAILED;
}

static int
shelf_once (const void *data)
{
  static const char *const names[] = { "01", "./." };
  const size_t n = *(const size_t *) data;
  rw_shelf shelf;
  rw_error e = { 0 };
  const rw_status s = rw_shelf_open (names, n, &shelf, &e);
  rw_shelf_free (&shelf);
  /* "./." is no experiment, which is found after all else.  */
  return s == RW_EIO && strstr (e.text, "holds no config.json") ? DONE : outcome (s, &e);
}

/* In a process of its own: this one must not have allocated before its children do.  */
static int
make_result (const void *data)
{
  (void) data;
  rw_result_close (toy_result (result));
  return DONE;
}

int
main (void)
{
  if (!make_folder ())
    return 99;
  file = write_expected (text, strlen (text));
  result = path_of ("toy");
  ok (in_a_process (make_result, NULL, 0) == DONE, "a result file is made");
  starve_until ("reading", read_once, NULL, 5);
  starve_until ("judging", judge_once, NULL, 3);
  starve_until ("all experiments", shelf_once, &(size_t){ 0 }, 5);
  starve_until ("named ones", shelf_once, &(size_t){ 2 }, 5);
  remove_folder ();
  return tap_end ();
}
