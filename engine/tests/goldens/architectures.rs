//! A test of each tiny model, by its name.

/// `every_architecture!(check);` is a test for each, which calls `check("gpt2")`.
macro_rules! every_architecture {
    ($check:path) => {
        every_architecture! { @each $check;
            bert: "bert";
            gpt2: "gpt2";
            gpt2_in_half_precision: "gpt2-f16";
            llama: "llama";
            qwen2: "qwen2";
            qwen3: "qwen3";
            gemma3: "gemma3";
            llama_3_with_scaled_positions_and_biases: "llama3";
            mistral_with_yarn: "mistral";
            gemma: "gemma";
            gemma2: "gemma2";
            roberta: "roberta";
            distilbert: "distilbert";
            gpt_neox: "gpt-neox";
            gpt_neox_with_attention_first: "gpt-neox-in-turn";
            phi: "phi";
        }
    };
    (@each $check:path; $($test:ident: $name:literal;)*) => {$(
        #[test]
        fn $test() {
            $check($name);
        }
    )*};
}
