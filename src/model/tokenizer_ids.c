/* tokenizer_ids: a growing list of token ids; see tokenizer.h.  */
#include "base/mem.h"
#include "model/tokenizer.h"

void
rw_ids_free (rw_ids *ids)
{
  rw_free (ids->id);
  *ids = (rw_ids){ 0 };
}

rw_status
rw_ids_add (rw_ids *ids, int32_t id, rw_error *err)
{
  if (ids->n == ids->room)
    {
      const size_t room = ids->room ? 2 * ids->room : 256;
      const rw_status status = rw_grow ((void **) &ids->id, ids->room, room, sizeof *ids->id, err);
      if (status)
        return status;
      ids->room = room;
    }
  ids->id[ids->n++] = id;
  return RW_OK;
}
