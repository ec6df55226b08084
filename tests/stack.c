/* stack: the rules of reading a config, one by one: spellings, priorities, layers, --rope, inline
   models, and everything that is refused.  */
#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/stack.h"
#include "tap.h"

static rw_error err;
static rw_model model;

/* The model of a config and a rope block (or NULL), by a stack; NULL where refused.  */
static const rw_model *
read_by (const char *stack_name, const char *config, const char *rope)
{
  cJSON *tree = NULL, *block = NULL;
  const rw_stack *stack = NULL;
  rw_model_free (&model);
  err = (rw_error){ 0 };
  rw_status s = rw_stack_find (stack_name, &stack, &err);
  if (!s)
    s = rw_json_parse ("t", config, strlen (config), &tree, &err);
  if (!s && rope)
    s = rw_json_parse ("--rope", rope, strlen (rope), &block, &err);
  if (!s)
    s = stack->read ("c.json", tree, block, &model, &err);
  cJSON_Delete (tree);
  cJSON_Delete (block);
  return s ? NULL : &model;
}

static const rw_model *
read_config (const char *config)
{
  return read_by ("exact", config, NULL);
}

static const rw_rope *
rope_of (const rw_model *m, const char *type)
{
  const rw_rope *r = NULL;
  return m && !rw_model_rope (m, type, &r, &err) ? r : NULL;
}

/* The geometry of the first rope; zeros where the config was refused.  */
static rw_geometry
geometry (const char *config)
{
  const rw_model *m = read_config (config);
  if (!m)
    printf ("# %s\n", err.text);
  return m ? m->rope[0].geometry : (rw_geometry){ 0 };
}

static double
param (const rw_rope *r, const char *name)
{
  const rw_param *p = r ? rw_module_find (r->schedule->module, name, NULL) : NULL;
  return p ? rw_param_get (p, r->schedule->self).number : NAN;
}

static int
noted (const rw_rope *r, rw_note_kind kind, const char *text)
{
  for (size_t i = 0; r && i < r->notes.n; i++)
    if (r->notes.note[i].kind == kind && strstr (r->notes.note[i].text, text))
      return 1;
  return 0;
}

#define SIZE "\"hidden_size\": 4096, \"num_attention_heads\": 32, \"max_position_embeddings\": 8192"

static void
spellings_are_known (void)
{
  rw_geometry g = geometry ("{" SIZE ", \"rope_theta\": 2.385e5}");
  near (g.rope_theta, 2.385e5, 0, "rope_theta");
  ok (g.head_dim == 128 && g.rotary_dim == 128, "head_dim is hidden_size / num_attention_heads");
  near (geometry ("{" SIZE "}").rope_theta, 10000, 0, "rope_theta is 10000 where nothing says it");
  near (geometry ("{" SIZE ", \"rotary_emb_base\": 31000}").rope_theta, 31000, 0,
        "rotary_emb_base");
  near (geometry ("{" SIZE ", \"rope_parameters\": {\"rope_theta\": 77000, \"rope_type\": "
                  "\"default\"}, \"rope_theta\": 5}")
            .rope_theta,
        77000, 0, "the block's rope_theta wins over the top level's");
  ok (geometry ("{" SIZE ", \"head_dim\": 96}").head_dim == 96, "head_dim wins");
  g = geometry ("{" SIZE
                ", \"head_dim\": 96, \"qk_rope_head_dim\": 64, \"qk_nope_head_dim\": 128}");
  ok (g.head_dim == 64 && g.rotary_dim == 64, "qk_rope_head_dim wins over head_dim");
  near (g.logit_scale, 1 / sqrt (192), TOL0, "the logit scale is the whole head's");
  ok (geometry ("{" SIZE ", \"rotary_pct\": 0.25}").rotary_dim == 32, "rotary_pct");
  ok (geometry ("{" SIZE ", \"partial_rotary_factor\": 0.4, \"head_dim\": 80}").rotary_dim == 32,
      "partial_rotary_factor, int(80 * 0.4)");
  ok (geometry ("{" SIZE ", \"rotary_dim\": 64}").rotary_dim == 64, "rotary_dim");
  g = geometry ("{\"n_embd\": 4096, \"n_head\": 16, \"n_positions\": 2048, \"rotary_dim\": 64, "
                "\"model_type\": \"gptj\"}");
  ok (g.head_dim == 256 && g.rotary_dim == 64 && g.layout == RW_INTERLEAVED && g.max_length == 2048,
      "GPT-J's words");
  g = geometry ("{\"model_type\": \"chatglm\", \"hidden_size\": 4096, \"num_attention_heads\": 32, "
                "\"kv_channels\": 128, \"rope_ratio\": 500, \"seq_length\": 131072}");
  ok (g.rotary_dim == 64 && g.layout == RW_INTERLEAVED, "ChatGLM rotates half of kv_channels");
  near (g.rope_theta, 5e6, 0, "its base is 10000 rope_ratio");
  ok (geometry ("{\"text_config\": {" SIZE ", \"head_dim\": 80}, \"hidden_size\": 7}").head_dim
          == 80,
      "a nested text_config");
  near (geometry ("{" SIZE ", \"model_type\": \"gemma2\", \"query_pre_attn_scalar\": 144}")
            .logit_scale,
        1 / 12., TOL0, "Gemma's scalar stands under a root");
  near (geometry ("{" SIZE ", \"attention_multiplier\": 0.0078125}").logit_scale, 0.0078125, 0,
        "granite's multiplier stands as it is");
  ok (geometry ("{" SIZE ", \"model_type\": \"cohere\"}").layout == RW_INTERLEAVED,
      "a family's layout");
}

static void
lengths_have_an_order (void)
{
  const rw_rope *r = rope_of (
      read_config ("{" SIZE ", \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 2}}"), NULL);
  near (param (r, "original_max_position_embeddings"), 8192, 0, "no original length: M");
  r = rope_of (read_config ("{" SIZE ", \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 2, "
                            "\"original_max_position_embeddings\": 4000}}"),
               NULL);
  near (param (r, "original_max_position_embeddings"), 4000, 0, "the block's");
  near (r ? r->geometry.original_length : NAN, 4000, 0, "which is the geometry's");
  r = rope_of (read_config ("{" SIZE ", \"original_max_position_embeddings\": 2000, "
                            "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": null, "
                            "\"original_max_position_embeddings\": 4000}}"),
               NULL);
  near (param (r, "original_max_position_embeddings"), 2000, 0, "the top level's wins");
  ok (noted (r, RW_NOTE_WARNING, "the 2000 of the top level is used"), "with a warning");
  rw_freqs freqs = { 0 };
  ok (r && !rw_schedule_fill (r->schedule, &r->geometry, 0, &freqs, &err), "factor null fills");
  near (freqs.inv_freq[freqs.n - 1], pow (10000, -126. / 128) * 2000 / 8192, TOL2,
        "and is M / L"); /* pow's order differs */
  rw_freqs_free (&freqs);
}

static void
blocks_are_told_apart (void)
{
  const rw_model *m = read_config (
      "{" SIZE ", \"num_hidden_layers\": 2, \"layer_types\": [\"sliding_attention\", "
      "\"full_attention\"], \"rope_parameters\": {\"sliding_attention\": {\"rope_type\": "
      "\"default\", \"rope_theta\": 11000}, \"full_attention\": {\"rope_type\": \"linear\", "
      "\"factor\": 8, \"rope_theta\": 22000}}}");
  ok (m && m->n_ropes == 2 && strcmp (m->rope[0].layer_type, "full_attention") == 0,
      "a nested block gives two ropes, full_attention first");
  near (rope_of (m, "sliding_attention")->geometry.rope_theta, 11000, 0, "each its own base");
  ok (m->rope_of_layer[0] == 1 && m->rope_of_layer[1] == 0, "each layer its rope");
  m = read_config ("{" SIZE ", \"model_type\": \"gemma3_text\", \"num_hidden_layers\": 12, "
                   "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 8}}");
  near (param (rope_of (m, "full_attention"), "factor"), 8, 0, "Gemma 3: full layers stretch");
  ok (strcmp (rope_of (m, "sliding_attention")->schedule->module->name, "default") == 0,
      "and sliding ones do not");
  near (rope_of (m, "sliding_attention")->geometry.rope_theta, 10000, 0,
        "with a base of their own");
  near (rope_of (m, "full_attention")->geometry.rope_theta, 1e6, 0, "beside the class's base");
  ok (m->rope_of_layer[5] == 0 && m->rope_of_layer[4] == 1 && m->rope_of_layer[11] == 0,
      "every sixth layer is full");
  const char *tiny = "{" SIZE ", \"num_hidden_layers\": 1, \"layer_types\": [\"full_attention\"], "
                     "\"rope_parameters\": {\"sliding_attention\": {\"rope_type\": \"default\"}, "
                     "\"full_attention\": {\"rope_type\": \"linear\", \"factor\": 8}}}";
  m = read_by ("exact", tiny, NULL);
  ok (m && m->n_ropes == 2, "a clearly nested block is read whatever layers there are");
  m = read_by ("hf", tiny, NULL);
  ok (m && m->n_ropes == 2, "and by transformers, where one of its keys is a layer type");
  m = read_by ("hf",
               "{" SIZE ", \"rope_parameters\": {\"full_attention\": {\"rope_type\": "
               "\"linear\", \"factor\": 8}}}",
               NULL);
  ok (m && m->n_ropes == 1 && noted (&m->rope[0], RW_NOTE_WARNING, "trl#6961"),
      "where none is, transformers reads it as a flat one, and we say so");
  m = read_config ("{" SIZE ", \"num_hidden_layers\": 1, \"layer_types\": [\"full_attention\"], "
                   "\"rope_parameters\": {\"rope_type\": \"default\", \"full_attention\": "
                   "{\"rope_type\": \"linear\", \"factor\": 8}}}");
  ok (m && strcmp (m->rope[0].schedule->module->name, "linear") == 0,
      "a block by layer type is read also where other keys stand beside it");
  m = read_config ("{" SIZE ", \"rope_scaling\": {\"type\": \"proportional\", "
                   "\"partial_rotary_factor\": 0.25}}");
  ok (m && m->rope[0].geometry.rotary_dim == m->rope[0].geometry.head_dim,
      "proportional under its old key `type` rotates in the whole head too");
  const char *su = "{" SIZE ", \"model_type\": \"llama\", \"rope_scaling\": {\"type\": \"su\", "
                   "\"short_factor\": [1, 1, 1, 1], \"long_factor\": [1, 1, 1, 1]}}";
  ok (!read_by ("hf", su, NULL) && strstr (err.text, "no rope type 'su'"),
      "transformers knows su in Phi-3 alone");
  m = read_config ("{" SIZE ", \"num_hidden_layers\": 4, \"no_rope_layers\": [1, 1, 1, 0]}");
  ok (m && m->rope_of_layer[2] == 0 && m->rope_of_layer[3] == RW_NO_ROPE,
      "no_rope_layers: 1 means that the layer rotates");
  m = read_config ("{" SIZE ", \"num_hidden_layers\": 5, \"no_rope_layer_interval\": 2}");
  ok (m && m->rope_of_layer[0] == 0 && m->rope_of_layer[1] == RW_NO_ROPE
          && m->rope_of_layer[3] == RW_NO_ROPE,
      "no_rope_layer_interval");
}

static void
types_and_keys_are_judged (void)
{
  const rw_rope *r = rope_of (read_config ("{" SIZE ", \"rope_scaling\": {\"type\": \"mrope\", "
                                           "\"mrope_section\": [16, 24, 24]}}"),
                              NULL);
  ok (r && strcmp (r->schedule->module->name, "default") == 0, "mrope is read as default");
  ok (noted (r, RW_NOTE_WARNING, "mrope is read as default")
          && noted (r, RW_NOTE_IGNORED, "rope_scaling.mrope_section"),
      "with a note");
  r = rope_of (read_config ("{" SIZE
                            ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"type\": \"yarn\", "
                            "\"factor\": 4, \"attn_factor\": 0.878, \"finetuned\": true, "
                            "\"low_freq_factor\": 1, \"_note\": 3}}"),
               NULL);
  ok (noted (r, RW_NOTE_IGNORED, "rope_scaling.attn_factor")
          && noted (r, RW_NOTE_IGNORED, "rope_scaling.finetuned")
          && noted (r, RW_NOTE_IGNORED, "rope_scaling.low_freq_factor")
          && noted (r, RW_NOTE_IGNORED, "rope_scaling.type"),
      "keys that take no part are noted as ignored");
  ok (noted (r, RW_NOTE_WARNING, "attention_factor, not attn_factor"),
      "attn_factor with the right one");
  ok (!noted (r, RW_NOTE_IGNORED, "_note"), "notes are not");
  ok (noted (r, RW_NOTE_USED, "rope_scaling.factor") && noted (r, RW_NOTE_USED, "hidden_size"),
      "used keys are noted with their paths");
  r = rope_of (
      read_config ("{" SIZE ", \"model_type\": \"deepseek_v3\", \"qk_rope_head_dim\": 64, "
                   "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 40, \"mscale\": 1.0, "
                   "\"mscale_all_dim\": 1.0, \"original_max_position_embeddings\": 4096}}"),
      NULL);
  rw_freqs freqs = { 0 };
  ok (r && !rw_schedule_fill (r->schedule, &r->geometry, 0, &freqs, &err), "DeepSeek-V3 fills");
  near (freqs.attention_factor, 1, 0, "its factor on cos and sin is 1");
  near (freqs.softmax_factor, pow (0.1 * log (40) + 1, 2), TOL0, "its factor on the scores is not");
  rw_freqs_free (&freqs);
  r = rope_of (read_config ("{" SIZE ", \"rope_condense_ratio\": 8, \"rotary_bias\": null, "
                            "\"use_logn_attn\": true, \"rope_theta\": 1000, "
                            "\"rotary_emb_base\": 3000, "
                            "\"rope_parameters\": {\"rope_theta\": 2000}}"),
               NULL);
  ok (noted (r, RW_NOTE_IGNORED, "rope_condense_ratio")
          && noted (r, RW_NOTE_IGNORED, "use_logn_attn")
          && !noted (r, RW_NOTE_IGNORED, "rotary_bias"),
      "so are keys about rotation at the top level");
  ok (noted (r, RW_NOTE_WARNING, "rotary_emb_base: rope_theta is there too and is used"),
      "and another spelling with another value");
  ok (noted (r, RW_NOTE_WARNING, "rope_parameters.rope_theta: used instead of the 1000"),
      "and a base that another one replaces");
  near (geometry ("{\"model_type\": \"qwen\", \"head_dim\": 128, \"seq_length\": 8192, "
                  "\"max_position_embeddings\": 32768}")
            .original_length,
        8192, 0, "Qwen's seq_length is what it was trained on");
  const char *minimax
      = "{" SIZE ", \"model_type\": \"minimax_m2\", \"head_dim\": 128, \"rotary_dim\": 64}";
  ok (read_by ("exact", minimax, NULL)->rope[0].geometry.rotary_dim == 64, "rotary_dim is read");
  ok (read_by ("hf", minimax, NULL)->rope[0].geometry.rotary_dim == 64,
      "by transformers too, since MiniMaxM2Config reads it");
}

static void
a_rope_block_replaces (void)
{
  const char *llama = "{" SIZE ", \"rope_theta\": 500000, \"num_hidden_layers\": 1}";
  const rw_rope *r
      = rope_of (read_by ("exact", llama, "{\"rope_type\": \"linear\", \"factor\": 4}"), NULL);
  near (param (r, "factor"), 4, 0, "a flat block replaces the only rope");
  near (r->geometry.rope_theta, 500000, 0, "the base stays the model's");
  r = rope_of (read_by ("exact", llama, "{\"rope_type\": \"default\", \"rope_theta\": 123000}"),
               NULL);
  near (r->geometry.rope_theta, 500000, 0, "also where the block has another one");
  near (rw_schedule_geometry (r->schedule, &r->geometry).rope_theta, 123000, 0,
        "which is the schedule's");
  ok (read_by ("exact", llama, "{\"full_attention\": {\"rope_type\": \"linear\", \"factor\": 3}}")
          && param (rope_of (&model, NULL), "factor") == 3,
      "full_attention is the only rope of a plain model");
  ok (!read_by ("exact", llama, "{\"sliding_attention\": {\"rope_type\": \"default\"}}"),
      "another layer type is refused");
  has (err.text, "--rope: 'sliding_attention' is not a layer type of the model", "by its name");
  ok (!read_by ("exact", llama, "[1]"), "a list is refused");
  ok (read_by ("exact", llama, "{\"rope_type\": \"mrrope\", \"factor\": 4}") != NULL,
      "exact knows ropewalk's own schedules");
  ok (!read_by ("hf", llama, "{\"rope_type\": \"mrrope\", \"factor\": 4}"), "hf does not");
  ok (read_by ("exact", llama, "{\"rope_type\": \"pi\", \"factor\": 4}")
          && strcmp (model.rope[0].schedule->module->name, "linear") == 0,
      "exact knows other names");
  ok (!read_by ("hf", llama, "{\"rope_type\": \"pi\", \"factor\": 4}"), "hf does not");
}

static void
families_have_their_ways (void)
{
  const rw_model *m = read_by ("hf",
                               "{" SIZE ", \"model_type\": \"hunyuan_v1_dense\", \"rope_scaling\": "
                               "{\"type\": \"dynamic\", \"alpha\": 1000, \"factor\": 1}}",
                               NULL);
  ok (m && strcmp (m->rope[0].schedule->module->name, "ntk") == 0
          && param (&m->rope[0], "factor") == 1000,
      "HunYuan's alpha is static NTK");
  ok (m && noted (&m->rope[0], RW_NOTE_IGNORED, "rope_scaling.factor"), "whose factor is ignored");
  m = read_config ("{" SIZE ", \"model_type\": \"exaone4\", \"num_hidden_layers\": 8, "
                   "\"sliding_window_pattern\": \"LLLG\"}");
  ok (m && m->rope_of_layer[3] == RW_NO_ROPE && m->rope_of_layer[4] == 0,
      "EXAONE's letters, and its global layers without rope");
  near (geometry ("{\"model_type\": \"dbrx\", \"d_model\": 6144, \"n_heads\": 48, \"max_seq_len\": "
                  "32768, \"attn_config\": {\"rope_theta\": 510000}}")
            .rope_theta,
        510000, 0, "DBRX keeps its base in attn_config");
  ok (geometry ("{\"text_config\": {\"model_type\": \"llama\"}}").head_dim == 128,
      "a text_config that leaves its class's defaults out");
  m = read_config (
      "{\"model_type\": \"deepseek_v4\", \"qk_rope_head_dim\": 64, \"num_hidden_layers\": 3, "
      "\"compress_ratios\": [0, 4, 128, 0], \"compress_rope_theta\": 161000, "
      "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 16, "
      "\"original_max_position_embeddings\": 65536}}");
  const rw_rope *r = rope_of (m, "heavily_compressed_attention");
  near (r ? r->geometry.rope_theta : NAN, 161000, 0, "DeepSeek-V4's compressed layers: their base");
  near (param (r, "attention_factor"), 1, 0, "and no magnitude");
  r = rope_of (m, "sliding_attention");
  ok (r && strcmp (r->schedule->module->name, "default") == 0 && r->geometry.rope_theta == 10000,
      "its sliding layers are plain");
  near (r ? r->geometry.original_length : NAN, 65536, 0, "and trained on the same length");
  m = read_config (
      "{" SIZE ", \"model_type\": \"deepseek_v4\", \"rope_parameters\": {\"main\": "
      "{\"rope_type\": \"default\", \"rope_theta\": 12000}, \"compress\": {\"rope_type\": "
      "\"linear\", \"factor\": 3, \"rope_theta\": 34000}}}");
  near (rope_of (m, "sliding_attention") ? rope_of (m, "sliding_attention")->geometry.rope_theta
                                         : 0,
        12000, 0, "transformers' own writing of the two: main");
  near (param (rope_of (m, "compressed_sparse_attention"), "factor"), 3, 0, "and compress");
}

static void
refused (const char *config, const char *message)
{
  char name[160];
  snprintf (name, sizeof name, "%.100s is refused", config);
  const rw_model *m = read_by ("hf", config, NULL);
  has (m ? "(accepted)" : err.text, message, name);
}

static void
bad_configs_are_refused (void)
{
  refused ("[1]", "c.json: expected an object, got a list");
  refused ("{}", "c.json: head_dim: not there");
  refused ("{\"head_dim\": 128}", "max_position_embeddings: not there");
  refused ("{\"head_dim\": \"128\"}", "c.json: head_dim: expected a number, got a text");
  refused ("{\"head_dim\": 1.5}", "head_dim: 1.5 is not a whole number");
  refused ("{\"head_dim\": -2}", "head_dim: -2 is outside its range");
  refused ("{\"head_dim\": 1e300}", "is outside its range");
  refused ("{\"text_config\": {\"head_dim\": []}}",
           "text_config.head_dim: expected a number, got a list");
  refused ("{\"hidden_size\": 8, \"num_attention_heads\": 8}",
           "hidden_size / num_attention_heads is 1");
  refused ("{\"head_dim\": 7, \"max_position_embeddings\": 10}", "rotary_dim: 7 is odd");
  refused ("{" SIZE ", \"rope_theta\": 0}", "rope_theta: 0 is outside its range");
  refused ("{" SIZE ", \"rope_theta\": true}", "rope_theta: expected a number, got true");
  refused ("{" SIZE ", \"partial_rotary_factor\": 1.5}", "partial_rotary_factor: 1.5 is outside");
  refused ("{" SIZE ", \"rope_scaling\": 4}", "rope_scaling: expected an object, got a number");
  refused ("{" SIZE ", \"rope_scaling\": {\"type\": 4}}", "rope_scaling.type: expected a text");
  refused ("{" SIZE ", \"rope_scaling\": {\"type\": \"yran\"}}", "did you mean 'yarn'?");
  refused ("{" SIZE ", \"rope_scaling\": {\"type\": \"linear\"}}",
           "rope_scaling.factor: 'linear' needs it");
  refused ("{" SIZE ", \"rope_scaling\": {\"type\": \"linear\", \"factor\": \"8\"}}",
           "rope_scaling.factor: expected number");
  refused ("{" SIZE ", \"rope_scaling\": {\"type\": \"linear\", \"factor\": -8}}",
           "rope_scaling.factor: -8 is outside its range");
  refused ("{" SIZE ", \"rope_scaling\": {\"type\": \"llama3\", \"factor\": 8}}",
           "low_freq_factor: 'llama3' needs it");
  refused ("{" SIZE ", \"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1, 2], "
           "\"long_factor\": [1]}}",
           "short_factor: 2 numbers for 64 pairs");
  refused ("{" SIZE ", \"num_hidden_layers\": 2, \"layer_types\": [\"full_attention\"]}",
           "layer_types: 1 types for 2 layers");
  refused ("{" SIZE ", \"layer_types\": \"x\"}", "layer_types: expected a list, got a text");
  refused ("{" SIZE ", \"num_hidden_layers\": 1e9}", "num_hidden_layers: 1e+09 is outside");
  refused ("{" SIZE ", \"num_hidden_layers\": 2, \"no_rope_layers\": [1]}",
           "no_rope_layers: 1 entries for 2 layers");
  refused ("{" SIZE ", \"model_type\": \"bloom\"}", "'bloom' has no rotary position embeddings");
  refused ("{" SIZE ", \"alibi\": true}", "ALiBi");
  refused ("{" SIZE ", \"position_embedding_type\": \"absolute\"}", "are not rotary");
}

/* ---- inline models of sweep configs ---- */

static const rw_model *
read_inline (const char *text)
{
  cJSON *tree = NULL;
  rw_model_free (&model);
  err = (rw_error){ 0 };
  rw_status s = rw_json_parse ("t", text, strlen (text), &tree, &err);
  if (!s)
    s = rw_stack_config_model (rw_stack_at (0), tree, "model", NULL, &model, &err);
  cJSON_Delete (tree);
  return s ? NULL : &model;
}

static void
inline_refused (const char *text, const char *message)
{
  char name[160];
  snprintf (name, sizeof name, "%.100s is refused", text);
  has (read_inline (text) ? "(accepted)" : err.text, message, name);
}

static void
inline_models_are_strict (void)
{
  const rw_model *m
      = read_inline ("{\"head_dim\": 64, \"rope_theta\": 23850, \"original_length\": 4096, "
                     "\"rotary_dim\": 32, \"layout\": \"interleaved\", "
                     "\"layers\": [\"full_attention\", null, \"full_attention\"]}");
  if (!ok (m != NULL, "an inline model is read"))
    printf ("# %s\n", err.text);
  const rw_geometry g = m ? m->rope[0].geometry : (rw_geometry){ 0 };
  ok (g.head_dim == 64 && g.rotary_dim == 32 && g.rope_theta == 23850 && g.original_length == 4096
          && g.max_length == 4096 && g.layout == RW_INTERLEAVED,
      "with its geometry");
  ok (m && m->n_layers == 3 && m->rope_of_layer[1] == RW_NO_ROPE && m->rope_of_layer[2] == 0,
      "null is a layer without rope");
  m = read_inline (
      "{\"head_dim\": 64, \"original_length\": 4096, \"rope\": {\"rope_type\": \"yarn\", "
      "\"factor\": 4, \"ramp\": \"rotations\"}}");
  near (param (rope_of (m, NULL), "factor"), 4, 0, "its rope is any schedule block");
  ok (m && rw_schedule_geometry (m->rope[0].schedule, &m->rope[0].geometry).original_length == 4096,
      "which stretches from its original length");
  m = read_inline (
      "{\"head_dim\": 64, \"max_position_embeddings\": 4096, \"layers\": [\"a\", \"b\"], "
      "\"rope\": {\"a\": {\"rope_type\": \"ntk\", \"factor\": 4}, \"b\": {\"rope_type\": \"none\"}}}");
  ok (m && m->n_ropes == 2 && m->rope_of_layer[1] == 1, "nested by any layer types");
  ok (read_inline ("\"llama-2-7b\"") != NULL, "a text is a preset");
  const char digest = model.sha256[0];
  ok (digest && strlen (model.sha256) == 64, "whose content has a digest");
  inline_refused ("{\"head_dim\": 64}", "model.original_length: a model needs its trained length");
  inline_refused ("{\"head_dimm\": 64}",
                  "model.head_dimm: not a key of a model; known: name, head_dim");
  inline_refused ("{\"head_dim\": 64, \"original_length\": 0}",
                  "model.original_length: expected a number from 1 to 2^40");
  inline_refused ("{\"head_dim\": 64, \"original_length\": 9, \"rope\": {\"rope_type\": \"yarn\", "
                  "\"facter\": 4}}",
                  "model.rope_parameters.facter: not a parameter of 'yarn'");
  inline_refused ("{\"head_dim\": 64, \"original_length\": 9, \"layout\": \"gptj\"}",
                  "model.layout: expected \"half\" or \"interleaved\"");
  inline_refused ("{\"head_dim\": 64, \"original_length\": 9, \"rope\": {}, \"rope_scaling\": {}}",
                  "model.rope_scaling: stands there under two names");
  inline_refused ("{\"head_dim\": 64, \"rotary_dim\": 128, \"original_length\": 9}",
                  "model.rotary_dim: 128 is above head_dim 64");
  inline_refused ("\"llama-2-8b\"",
                  "model: 'llama-2-8b' is no preset, file or folder; did you mean");
  inline_refused ("7", "model: expected a preset, a path or an object, got a number");
}

int
main (void)
{
  spellings_are_known ();
  lengths_have_an_order ();
  blocks_are_told_apart ();
  types_and_keys_are_judged ();
  a_rope_block_replaces ();
  families_have_their_ways ();
  bad_configs_are_refused ();
  inline_models_are_strict ();
  rw_model_free (&model);
  return tap_end ();
}
