/* shape: heads, channels and lengths of a model; see shape.h.

   The spellings are those of the published configs: transformers', GPT-J's and GPT-NeoX's, the
   remote code of ChatGLM, Qwen and Phi.  */
#include "stack/shape.h"

#include <math.h>
#include <string.h>

enum
{
  COUNT_MAX = 1 << 24 /* channels of a model, heads: far above any */
};

/* A base can be anything above 0 (a huge one is NoPE); partial factors are shares.  */
static const double THETA_MIN = 1e-6, THETA_MAX = 1e30;

/* A model's numbers of heads and channels.  */
static rw_status
read_heads (const rw_config *c, rw_shape *out, int64_t *hidden, int64_t *channels)
{
  static const char *const heads[]
      = { "num_attention_heads", "n_head", "num_heads", "n_heads", NULL };
  static const char *const kv_heads[]
      = { "num_key_value_heads", "multi_query_group_num", "num_kv_heads", "n_head_kv", NULL };
  static const char *const hiddens[] = { "hidden_size", "n_embd", "d_model", NULL };
  static const char *const head_dims[] = { "head_dim", "kv_channels", NULL };
  static const char *const ropes[] = { "qk_rope_head_dim", NULL };
  static const char *const globals[] = { "global_head_dim", NULL };
  rw_geometry *g = &out->geometry;
  g->heads = c->family->heads;
  g->kv_heads = c->family->kv_heads;
  *channels = c->family->head_dim;
  *hidden = c->family->hidden;
  rw_status s = rw_config_whole (c, heads, 1, COUNT_MAX, &g->heads);
  if (!s)
    s = rw_config_whole (c, kv_heads, 1, COUNT_MAX, &g->kv_heads);
  if (!s)
    s = rw_config_whole (c, hiddens, 1, COUNT_MAX, hidden);
  if (!s)
    s = rw_config_whole (c, head_dims, 1, RW_HEAD_DIM_MAX, channels);
  if (!s)
    s = rw_config_whole (c, ropes, 0, RW_HEAD_DIM_MAX, &out->qk_rope_head_dim);
  if (!s)
    s = rw_config_whole (c, globals, 1, RW_HEAD_DIM_MAX, &out->global_head_dim);
  return s;
}

static rw_status
read_head_dim (const rw_config *c, rw_shape *out)
{
  int64_t hidden = 0, channels = 0;
  rw_geometry *g = &out->geometry;
  rw_status s = read_heads (c, out, &hidden, &channels);
  if (s)
    return s;
  if (out->qk_rope_head_dim)
    g->head_dim = out->qk_rope_head_dim; /* MLA: the rope part is a head of its own */
  else if (channels)
    g->head_dim = channels;
  else if (hidden && g->heads)
    g->head_dim = hidden / g->heads;
  else
    {
      rw_config_fail (c, "head_dim",
                      "not there, and hidden_size and num_attention_heads are not "
                      "both there to tell it");
      return rw_hint (c->err, "add \"head_dim\", or \"hidden_size\" and \"num_attention_heads\"");
    }
  if (g->head_dim > RW_HEAD_DIM_MAX || g->head_dim < 2)
    return rw_config_fail (c, "head_dim",
                           "hidden_size / num_attention_heads is %lld; a head has "
                           "2 to %d channels",
                           (long long) g->head_dim, RW_HEAD_DIM_MAX);
  if (!g->kv_heads)
    g->kv_heads = g->heads;
  return RW_OK;
}

/* c of the logit where it is not 1/sqrt(head_dim): Gemma's scalar under a root, granite's
   multiplier as it is, MLA's whole head.  */
static rw_status
read_logit_scale (const rw_config *c, rw_shape *out)
{
  static const char *const scalar[] = { "query_pre_attn_scalar", NULL };
  static const char *const multiplier[] = { "attention_multiplier", NULL };
  static const char *const nope[] = { "qk_nope_head_dim", NULL };
  double x = 0;
  int64_t rest = 0;
  rw_status s = rw_config_number (c, scalar, 1e-6, 1e6, &x);
  if (!s && x > 0)
    out->geometry.logit_scale = 1 / sqrt (x);
  if (!s)
    s = rw_config_number (c, multiplier, 1e-9, 1e6, &out->geometry.logit_scale);
  if (!s && out->qk_rope_head_dim)
    s = rw_config_whole (c, nope, 0, RW_HEAD_DIM_MAX, &rest);
  if (!s && rest)
    out->geometry.logit_scale = 1 / sqrt ((double) (rest + out->qk_rope_head_dim));
  return s;
}

static rw_status
read_lengths (const rw_config *c, rw_shape *out)
{
  static const char *const maxima[]
      = { "max_position_embeddings", "n_positions", "seq_length",      "model_max_length",
          "max_sequence_length",     "max_seq_len", "rope_max_length", NULL };
  static const char *const originals[] = { "original_max_position_embeddings", NULL };
  rw_geometry *g = &out->geometry;
  static const char *const largest[] = { "max_position_embeddings", NULL };
  static const char *const trained[] = { "seq_length", NULL };
  const bool seq = c->family->flags & RW_TRAINED_SEQ;
  g->max_length = c->family->max_length;
  rw_status s = rw_config_number (c, seq ? largest : maxima, 1, RW_LENGTH_MAX, &g->max_length);
  if (!s)
    s = rw_config_number (c, originals, 1, RW_LENGTH_MAX, &out->top_original);
  if (!s && !rw_config_find (c, maxima) && g->max_length > 0)
    rw_note_add (c->notes, RW_NOTE_WARNING,
                 "max_position_embeddings is not in the config: the default of its class, %g, is "
                 "used",
                 g->max_length);
  if (!s && !(g->max_length > 0))
    {
      rw_config_fail (c, "max_position_embeddings", "not there");
      return rw_hint (c->err, "add \"max_position_embeddings\": the tokens the model is made for");
    }
  g->original_length = isnan (out->top_original) ? g->max_length : out->top_original;
  if (!s && seq)
    s = rw_config_number (c, trained, 1, RW_LENGTH_MAX, &g->original_length);
  return s;
}

/* DBRX keeps its base in attn_config.  */
static rw_status
read_inner_theta (const rw_config *c, double *theta)
{
  static const char *const keys[] = { "rope_theta", NULL };
  rw_config inner = *c;
  inner.text = rw_json_get (c->text, "attn_config");
  inner.prefix = "attn_config.";
  return rw_config_number (&inner, keys, THETA_MIN, THETA_MAX, theta);
}

static rw_status
read_theta (const rw_config *c, rw_shape *out)
{
  static const char *const thetas[]
      = { "rope_theta",          "rotary_emb_base",    "global_rope_theta",
          "rope_embedding_base", "rope_freq_constant", NULL };
  static const char *const locals[] = { "rope_local_base_freq", "local_rope_theta", NULL };
  static const char *const ratios[] = { "rope_ratio", NULL };
  double ratio = 1;
  rw_status s = RW_OK;
  out->theta = c->family->theta > 0 ? c->family->theta : 10000;
  if (c->family->flags & RW_HALF_HEAD)
    s = rw_config_number (c, ratios, THETA_MIN, THETA_MAX, &ratio);
  out->theta *= ratio;
  if (!s)
    s = read_inner_theta (c, &out->theta);
  if (!s)
    s = rw_config_number (c, thetas, THETA_MIN, THETA_MAX, &out->theta);
  out->local_theta = c->family->local_theta > 0 ? c->family->local_theta : out->theta;
  if (!s)
    s = rw_config_number (c, locals, THETA_MIN, THETA_MAX, &out->local_theta);
  return s;
}

static rw_status
read_partial (const rw_config *c, rw_shape *out)
{
  static const char *const partials[]
      = { "partial_rotary_factor", "rotary_pct",          "rope_pct", "rotary_percentage",
          "rope_percent",          "rotary_emb_fraction", NULL };
  static const char *const dims[] = { "rotary_dim", NULL };
  rw_status s = rw_config_number (c, partials, 1e-6, 1, &out->partial);
  if (s || !rw_config_find (c, dims))
    return s;
  if (!isnan (out->partial))
    {
      rw_config_ignored (c, "rotary_dim", "partial_rotary_factor is there too and is used");
      return RW_OK;
    }
  return rw_config_whole (c, dims, 2, RW_HEAD_DIM_MAX, &out->rotary_dim);
}

static rw_status
read_layout (const rw_config *c, rw_shape *out)
{
  bool interleaved = c->family->flags & RW_INTERLEAVES;
  rw_status s = rw_config_bool (c, "rope_interleave", &interleaved);
  if (!s)
    s = rw_config_bool (c, "rope_interleaved", &interleaved);
  if (!s)
    s = rw_config_bool (c, "rotary_emb_interleaved", &interleaved);
  out->geometry.layout = interleaved ? RW_INTERLEAVED : RW_HALF;
  return s;
}

static rw_status
check_rotary (const rw_config *c)
{
  const cJSON *kind = rw_json_get (c->text, "position_embedding_type");
  if (c->family->flags & RW_NOT_ROTARY)
    return rw_config_fail (c, "model_type", "'%s' has no rotary position embeddings",
                           c->family->model_type);
  if (cJSON_IsTrue (rw_json_get (c->text, "alibi")))
    return rw_config_fail (c, "alibi", "the model has ALiBi positions, not rotary ones");
  if (cJSON_IsString (kind) && !strstr (kind->valuestring, "rotary")
      && !strstr (kind->valuestring, "rope"))
    return rw_config_fail (c, kind->string, "'%.40s' positions are not rotary", kind->valuestring);
  return RW_OK;
}

rw_status
rw_shape_read (const rw_config *c, rw_shape *out)
{
  *out = (rw_shape){ .partial = NAN, .top_original = NAN };
  rw_status s = check_rotary (c);
  if (!s)
    s = read_head_dim (c, out);
  if (!s)
    s = read_logit_scale (c, out);
  if (!s)
    s = read_lengths (c, out);
  if (!s)
    s = read_theta (c, out);
  if (!s)
    s = read_partial (c, out);
  if (!s)
    s = read_layout (c, out);
  return s;
}

int64_t
rw_shape_rotary (const rw_shape *shape, const rw_family *family, int64_t head_dim, double partial)
{
  if (shape->qk_rope_head_dim)
    return head_dim;
  if (isnan (partial) && shape->rotary_dim)
    return shape->rotary_dim;
  if (isnan (partial))
    partial = shape->partial;
  if (isnan (partial) && family->flags & RW_HALF_HEAD)
    return head_dim / 2;
  if (isnan (partial))
    partial = family->partial > 0 ? family->partial : 1;
  return (int64_t) ((double) head_dim * partial);
}
