//! Configurations as they are published, with a fixture of the same `model_type`. Sizes and choices are facts of these models.

use serde_json::{Value, json};

/// BERT, RoBERTa and their relatives.
fn masked() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        (
            "bert-base-multilingual-cased",
            "bert",
            json!({"architectures": ["BertForMaskedLM"], "attention_probs_dropout_prob": 0.1, "directionality": "bidi",
                "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02,
                "intermediate_size": 3072, "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "bert",
                "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 0, "pooler_fc_size": 768,
                "pooler_num_attention_heads": 12, "pooler_num_fc_layers": 3, "pooler_size_per_head": 128,
                "pooler_type": "first_token_transform", "position_embedding_type": "absolute", "type_vocab_size": 2,
                "transformers_version": "4.6.0.dev0", "use_cache": true, "vocab_size": 119_547}),
        ),
        (
            "xlm-roberta-base",
            "roberta",
            json!({"architectures": ["XLMRobertaForMaskedLM"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 0,
                "eos_token_id": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768,
                "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-5,
                "max_position_embeddings": 514, "model_type": "xlm-roberta", "num_attention_heads": 12,
                "num_hidden_layers": 12, "output_past": true, "pad_token_id": 1, "position_embedding_type": "absolute",
                "type_vocab_size": 1, "use_cache": true, "vocab_size": 250_002}),
        ),
        (
            "distilbert-base-multilingual-cased",
            "distilbert",
            json!({"activation": "gelu", "architectures": ["DistilBertForMaskedLM"], "attention_dropout": 0.1, "dim": 768,
                "dropout": 0.1, "hidden_dim": 3072, "initializer_range": 0.02, "max_position_embeddings": 512,
                "model_type": "distilbert", "n_heads": 12, "n_layers": 6, "output_past": true, "pad_token_id": 0,
                "qa_dropout": 0.1, "seq_classif_dropout": 0.2, "sinusoidal_pos_embds": false, "tie_weights_": true,
                "vocab_size": 119_547}),
        ),
    ]
}

/// GPT-2, Pythia and Phi.
fn ungated() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        (
            "gpt2",
            "gpt2",
            json!({"activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1,
                "bos_token_id": 50_256, "embd_pdrop": 0.1, "eos_token_id": 50_256, "initializer_range": 0.02,
                "layer_norm_epsilon": 1e-5, "model_type": "gpt2", "n_ctx": 1024, "n_embd": 768, "n_head": 12,
                "n_layer": 12, "n_positions": 1024, "resid_pdrop": 0.1, "summary_activation": null,
                "summary_first_dropout": 0.1, "summary_proj_to_labels": true, "summary_type": "cls_index",
                "summary_use_proj": true, "task_specific_params": {"text-generation": {"do_sample": true}},
                "vocab_size": 50_257}),
        ),
        (
            "pythia-70m",
            "gpt-neox",
            json!({"architectures": ["GPTNeoXForCausalLM"], "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "gelu",
                "hidden_size": 512, "initializer_range": 0.02, "intermediate_size": 2048, "layer_norm_eps": 1e-5,
                "max_position_embeddings": 2048, "model_type": "gpt_neox", "num_attention_heads": 8,
                "num_hidden_layers": 6, "rotary_emb_base": 10_000, "rotary_pct": 0.25, "tie_word_embeddings": false,
                "torch_dtype": "float16", "use_cache": true, "use_parallel_residual": true, "vocab_size": 50_304}),
        ),
        (
            "phi-2",
            "phi",
            json!({"architectures": ["PhiForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 50_256,
                "embd_pdrop": 0.0, "eos_token_id": 50_256, "hidden_act": "gelu_new", "hidden_size": 2560,
                "initializer_range": 0.02, "intermediate_size": 10_240, "layer_norm_eps": 1e-5,
                "max_position_embeddings": 2048, "model_type": "phi", "num_attention_heads": 32,
                "num_hidden_layers": 32, "num_key_value_heads": 32, "partial_rotary_factor": 0.4,
                "qk_layernorm": false, "resid_pdrop": 0.1, "rope_scaling": null, "rope_theta": 10_000.0,
                "tie_word_embeddings": false, "torch_dtype": "float16", "use_cache": true, "vocab_size": 51_200}),
        ),
    ]
}

/// Llama and its relatives.
fn gated() -> Vec<(&'static str, &'static str, Value)> {
    let llama3 = json!({"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "rope_type": "llama3",
        "original_max_position_embeddings": 8192});
    vec![
        (
            "Llama-3.2-1B",
            "llama",
            json!({"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
                "bos_token_id": 128_000, "eos_token_id": 128_001, "head_dim": 64, "hidden_act": "silu",
                "hidden_size": 2048, "initializer_range": 0.02, "intermediate_size": 8192,
                "max_position_embeddings": 131_072, "mlp_bias": false, "model_type": "llama",
                "num_attention_heads": 32, "num_hidden_layers": 16, "num_key_value_heads": 8, "pretraining_tp": 1,
                "rms_norm_eps": 1e-5, "rope_scaling": llama3, "rope_theta": 500_000.0, "tie_word_embeddings": true,
                "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 128_256}),
        ),
        (
            "SmolLM2-135M",
            "llama",
            json!({"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
                "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 576,
                "initializer_range": 0.04, "intermediate_size": 1536, "is_llama_config": true,
                "max_position_embeddings": 8192, "mlp_bias": false, "model_type": "llama",
                "num_attention_heads": 9, "num_hidden_layers": 30, "num_key_value_heads": 3, "pad_token_id": 2,
                "pretraining_tp": 1, "rms_norm_eps": 1e-5, "rope_interleaved": false, "rope_scaling": null,
                "rope_theta": 100_000, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
                "transformers.js_config": {"kv_cache_dtype": {"fp16": "float16"}}, "use_cache": true,
                "vocab_size": 49_152}),
        ),
        (
            "Mistral-7B-v0.1",
            "mistral",
            json!({"architectures": ["MistralForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
                "hidden_size": 4096, "initializer_range": 0.02, "intermediate_size": 14_336,
                "max_position_embeddings": 32_768, "model_type": "mistral", "num_attention_heads": 32,
                "num_hidden_layers": 32, "num_key_value_heads": 8, "rms_norm_eps": 1e-5, "rope_theta": 10_000.0,
                "sliding_window": 4096, "tie_word_embeddings": false, "use_cache": true, "vocab_size": 32_000}),
        ),
        (
            "Qwen2.5-0.5B",
            "qwen2",
            json!({"architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151_643,
                "eos_token_id": 151_643, "hidden_act": "silu", "hidden_size": 896, "initializer_range": 0.02,
                "intermediate_size": 4864, "max_position_embeddings": 32_768, "max_window_layers": 24,
                "model_type": "qwen2", "num_attention_heads": 14, "num_hidden_layers": 24, "num_key_value_heads": 2,
                "rms_norm_eps": 1e-6, "rope_theta": 1_000_000.0, "sliding_window": 32_768,
                "tie_word_embeddings": true, "use_cache": true, "use_mrope": false, "use_sliding_window": false,
                "vocab_size": 151_936}),
        ),
        (
            "Qwen3-0.6B",
            "qwen3",
            json!({"architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
                "bos_token_id": 151_643, "eos_token_id": 151_645, "head_dim": 128, "hidden_act": "silu",
                "hidden_size": 1024, "initializer_range": 0.02, "intermediate_size": 3072,
                "max_position_embeddings": 40_960, "max_window_layers": 28, "model_type": "qwen3",
                "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8, "rms_norm_eps": 1e-6,
                "rope_scaling": null, "rope_theta": 1_000_000, "sliding_window": null, "tie_word_embeddings": true,
                "use_cache": true, "use_sliding_window": false, "vocab_size": 151_936}),
        ),
    ]
}

/// Gemma 1 to 3.
fn gemma() -> Vec<(&'static str, &'static str, Value)> {
    let kinds: Vec<&str> = (1..=18).map(|l| if l % 6 == 0 { "full_attention" } else { "sliding_attention" }).collect();
    vec![
        (
            "gemma-2b",
            "gemma",
            json!({"architectures": ["GemmaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
                "bos_token_id": 2, "eos_token_id": 1, "head_dim": 256, "hidden_act": "gelu",
                "hidden_activation": null, "hidden_size": 2048, "initializer_range": 0.02,
                "intermediate_size": 16_384, "max_position_embeddings": 8192, "model_type": "gemma",
                "num_attention_heads": 8, "num_hidden_layers": 18, "num_key_value_heads": 1, "pad_token_id": 0,
                "rms_norm_eps": 1e-6, "rope_scaling": null, "rope_theta": 10_000.0, "use_cache": true,
                "vocab_size": 256_000}),
        ),
        (
            "gemma-2-2b",
            "gemma2",
            json!({"architectures": ["Gemma2ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
                "attn_logit_softcapping": 50.0, "bos_token_id": 2, "cache_implementation": "hybrid",
                "eos_token_id": 1, "final_logit_softcapping": 30.0, "head_dim": 256,
                "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 2304,
                "initializer_range": 0.02, "intermediate_size": 9216, "max_position_embeddings": 8192,
                "model_type": "gemma2", "num_attention_heads": 8, "num_hidden_layers": 26,
                "num_key_value_heads": 4, "pad_token_id": 0, "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-6,
                "rope_theta": 10_000.0, "sliding_window": 4096, "use_cache": true, "vocab_size": 256_000}),
        ),
        (
            "gemma-3-270m",
            "gemma3",
            json!({"_sliding_window_pattern": 6, "architectures": ["Gemma3ForCausalLM"], "attention_bias": false,
                "attention_dropout": 0.0, "attn_logit_softcapping": null, "bos_token_id": 2, "eos_token_id": 1,
                "final_logit_softcapping": null, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
                "hidden_size": 640, "initializer_range": 0.02, "intermediate_size": 2048, "layer_types": kinds,
                "max_position_embeddings": 32_768, "model_type": "gemma3_text", "num_attention_heads": 4,
                "num_hidden_layers": 18, "num_key_value_heads": 1, "pad_token_id": 0,
                "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-6, "rope_local_base_freq": 10_000.0,
                "rope_scaling": null, "rope_theta": 1_000_000.0, "sliding_window": 512,
                "use_bidirectional_attention": false, "use_cache": true, "vocab_size": 262_144}),
        ),
    ]
}

/// Name, fixture, configuration.
pub fn all() -> Vec<(&'static str, &'static str, Value)> {
    [masked(), ungated(), gated(), gemma()].concat()
}
