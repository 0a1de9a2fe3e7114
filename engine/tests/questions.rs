//! From facts and templates to token ids, positions, targets and words, on the tokenizers of the fixtures.
//!
//! WordPiece writes a word's later pieces as `##…`, byte-level BPE a leading blank as `Ġ` and Chinese in bytes.

use kndb_engine::{Asking, Model, Question, Skip, Step, device};
use std::cell::RefCell;
use std::path::PathBuf;

struct Fixture {
    model: Model,
    tokens: tokenizers::Tokenizer,
}

impl Fixture {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        let model = Model::load(&folder, &device("cpu").expect("the CPU is there")).expect("the fixture loads");
        let tokens = tokenizers::Tokenizer::from_file(folder.join("tokenizer.json")).expect("the fixture's tokenizer");
        Self { model, tokens }
    }

    fn ask(&self, template: &str, subject: &str, object: &str) -> Result<Question, Skip> {
        self.model.asking().question(template, subject, object)
    }

    fn asked(&self, template: &str, subject: &str, object: &str) -> Question {
        self.ask(template, subject, object).unwrap_or_else(|skip| panic!("{template} cannot be asked: {skip}"))
    }

    fn skipped(&self, template: &str, subject: &str, object: &str) -> Skip {
        self.ask(template, subject, object).expect_err("this cannot be asked")
    }

    fn token(&self, id: u32) -> String {
        self.tokens.id_to_token(id).expect("an id of the vocabulary")
    }

    fn tokens(&self, step: &Step) -> String {
        step.ids.iter().map(|&id| self.token(id)).collect::<Vec<_>>().join(" ")
    }

    fn words(&self, step: &Step) -> String {
        step.words.iter().map(|&at| self.token(step.ids[at])).collect::<Vec<_>>().join(" ")
    }

    fn targets(&self, question: &Question) -> String {
        question.steps.iter().map(|step| self.token(step.target)).collect::<Vec<_>>().join(" ")
    }
}

const CAPITAL: &str = "The capital of [X] is [Y] .";
const CITY: &str = "[X] is a city in [Y] .";

#[test]
fn masked_with_one_token() {
    let bert = Fixture::new("bert");
    let question = bert.asked(CAPITAL, "France", "Paris");
    assert_eq!(question.steps.len(), 1);
    let step = &question.steps[0];
    assert_eq!(bert.tokens(step), "[CLS] the capital of france is [MASK] . [SEP]");
    assert_eq!(step.position, 6);
    assert_eq!(bert.token(step.target), "paris");
    assert_eq!(step.words, [1, 2, 3, 4, 5, 7], "neither the tokens around the text nor the mask are words");
}

#[test]
fn masked_with_several_tokens_gives_the_gold_ones() {
    let bert = Fixture::new("bert");
    let question = bert.asked(CAPITAL, "France", "Kenya");
    assert_eq!(bert.targets(&question), "ken ##ya");
    let [first, second] = question.steps.as_slice() else { panic!("two tokens, two steps") };
    assert_eq!(bert.tokens(first), "[CLS] the capital of france is [MASK] [MASK] . [SEP]");
    assert_eq!(bert.tokens(second), "[CLS] the capital of france is ken [MASK] . [SEP]");
    assert_eq!((first.position, second.position), (6, 7));
    assert_eq!(bert.words(first), "the capital of france is .");
    assert_eq!(bert.words(second), "the capital of france is ken .", "a token that is given is a word");
}

#[test]
fn masked_models_take_the_object_first_too() {
    let bert = Fixture::new("bert");
    let question = bert.asked("[Y] is the capital of [X] .", "France", "Kenya");
    assert_eq!(bert.tokens(&question.steps[0]), "[CLS] [MASK] [MASK] is the capital of france . [SEP]");
    assert_eq!(question.steps.iter().map(|step| step.position).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn masked_in_chinese() {
    let bert = Fixture::new("bert");
    let question = bert.asked("[X]的首都是[Y]。", "法国", "巴黎");
    assert_eq!(bert.targets(&question), "巴 黎");
    assert_eq!(bert.tokens(&question.steps[0]), "[CLS] 法 国 的 首 都 是 [MASK] [MASK] 。 [SEP]");
    assert_eq!(bert.tokens(&question.steps[1]), "[CLS] 法 国 的 首 都 是 巴 [MASK] 。 [SEP]");
    assert_eq!(bert.words(&question.steps[0]), "法 国 的 首 都 是 。");
}

#[test]
fn masks_of_the_text_itself_are_not_taken_for_the_objects() {
    let bert = Fixture::new("bert");
    assert_eq!(bert.skipped(CAPITAL, "[MASK]", "Paris"), Skip::Masks);
    assert_eq!(bert.skipped("the [MASK] of [X] is [Y] .", "France", "Paris"), Skip::Masks);
}

#[test]
fn causal_with_one_token() {
    let gpt2 = Fixture::new("gpt2");
    let question = gpt2.asked(CAPITAL, "France", "Paris");
    assert_eq!(question.steps.len(), 1);
    let step = &question.steps[0];
    // What comes after the object is not part of the prompt; the blank before it belongs to the object.
    assert_eq!(gpt2.tokens(step), "The Ġc ap it al Ġof ĠFr ance Ġis");
    assert_eq!(gpt2.token(step.target), "ĠParis");
    assert_eq!(step.position, 8);
    assert_eq!(step.words, (0..9).collect::<Vec<_>>(), "nothing is around the text: every token is a word");
}

#[test]
fn causal_with_several_tokens_gives_the_gold_ones() {
    let gpt2 = Fixture::new("gpt2");
    let question = gpt2.asked(CAPITAL, "France", "Kenya");
    assert_eq!(gpt2.targets(&question), "ĠKen y a");
    let last = &question.steps[2];
    assert_eq!(gpt2.tokens(last), "The Ġc ap it al Ġof ĠFr ance Ġis ĠKen y");
    assert_eq!(question.steps.iter().map(|step| step.position).collect::<Vec<_>>(), [8, 9, 10]);
    assert_eq!(last.words, (0..11).collect::<Vec<_>>(), "tokens that are given are words");
}

#[test]
fn causal_with_a_token_before_the_text() {
    let llama = Fixture::new("llama");
    let question = llama.asked(CAPITAL, "France", "Kenya");
    assert_eq!(llama.tokens(&question.steps[0]), "<s> The Ġc ap it al Ġof ĠFr ance Ġis");
    assert_eq!(llama.targets(&question), "ĠKen y a", "the object's own tokens have no <s>");
    assert_eq!(question.steps[0].words, (1..10).collect::<Vec<_>>(), "<s> is no word");
    assert_eq!(question.steps[2].words, (1..12).collect::<Vec<_>>());
}

#[test]
fn causal_in_chinese() {
    // No blank before the object, none is put there.
    let gpt2 = Fixture::new("gpt2");
    let question = gpt2.asked("[X]的首都是[Y]。", "法国", "巴黎");
    assert_eq!(gpt2.tokens(&question.steps[0]), "æ ³ ķ å Ľ ½ çļĦé¦ĸéĥ½ æĺ¯");
    assert_eq!(gpt2.targets(&question), "å·´ é»İ");
    // Qwen's fixture merges the prompt's last character with the object's first: the object has no tokens of its own.
    let qwen2 = Fixture::new("qwen2");
    assert_eq!(qwen2.skipped("[X]的首都是[Y]。", "法国", "巴黎"), Skip::Border);
}

#[test]
fn blanks_at_the_ends_change_nothing() {
    let gpt2 = Fixture::new("gpt2");
    let plain = gpt2.asked(CAPITAL, "France", "Paris");
    for (template, subject, object) in
        [("The capital of [X] is   [Y] .", "France", "Paris"), (CAPITAL, " France\n", "  Paris ")]
    {
        assert_eq!(gpt2.asked(template, subject, object), plain, "{template:?} {subject:?} {object:?}");
    }
    // Without a blank before the object, the target has none either.
    assert_eq!(gpt2.targets(&gpt2.asked("The capital of [X] is:[Y]", "France", "Paris")), "Paris");
    let bert = Fixture::new("bert");
    assert_eq!(
        bert.asked("  The capital of [X]  is [Y] . ", " France ", "Paris\n"),
        bert.asked(CAPITAL, "France", "Paris")
    );
}

#[test]
fn marks_in_a_subject_are_text() {
    let gpt2 = Fixture::new("gpt2");
    for mark in ["X", "Y"] {
        let question = gpt2.asked("[X] is [Y] .", &format!("[{mark}]"), "Paris");
        assert_eq!(gpt2.tokens(&question.steps[0]), format!("[ {mark} ] Ġis"));
        assert_eq!(gpt2.targets(&question), "ĠParis");
    }
}

#[test]
fn causal_models_read_the_subject_first() {
    let (gpt2, bert) = (Fixture::new("gpt2"), Fixture::new("bert"));
    for template in ["[Y] is the capital of [X] .", "In [Y] lies [X]"] {
        assert_eq!(gpt2.skipped(template, "France", "Paris"), Skip::SubjectAfterObject);
        bert.asked(template, "France", "Paris");
    }
    assert_eq!(
        gpt2.model.asking().released_code("[Y] is the capital of [X] .", "France", "Paris", |_, _| 0),
        Err(Skip::SubjectAfterObject)
    );
}

#[test]
fn templates_need_one_of_each_mark() {
    for name in ["bert", "gpt2"] {
        let fixture = Fixture::new(name);
        for template in ["[X] is a city .", "a city in [Y] .", "[X] and [X] in [Y]", "[X] is [Y] in [Y]", ""] {
            assert_eq!(fixture.skipped(template, "Nairobi", "Kenya"), Skip::Template, "{name}: {template}");
        }
    }
}

#[test]
fn labels_may_be_missing() {
    for name in ["bert", "gpt2"] {
        let fixture = Fixture::new(name);
        for (subject, object) in [("", "Kenya"), ("Nairobi", ""), ("  ", "Kenya"), ("Nairobi", "\n")] {
            assert_eq!(fixture.skipped(CITY, subject, object), Skip::NoLabel, "{name}: {subject:?}, {object:?}");
        }
    }
}

#[test]
fn an_object_may_be_unknown() {
    let bert = Fixture::new("bert");
    for object in ["Ωmega", "paris Ω"] {
        assert_eq!(bert.skipped(CAPITAL, "France", object), Skip::UnknownObject, "{object}");
    }
    // An unknown subject is read as such, and told. Bytes know no unknown.
    let unknown = bert.asked(CAPITAL, "Ωmega", "Paris");
    assert!(bert.tokens(&unknown.steps[0]).contains("[UNK]"));
    assert!(unknown.unknown_subject);
    assert!(bert.asked("[Y] is the capital of [X] .", "paris Ω", "Paris").unknown_subject);
    assert!(!Fixture::new("gpt2").asked(CAPITAL, "Ωmega", "Ωmega").unknown_subject);
}

#[test]
fn what_is_unknown_of_a_template_is_told_apart_from_the_subject() {
    let parts = |name: &str, template: &str, subject: &str| {
        let question = Fixture::new(name).asked(template, subject, "Paris");
        (question.unknown_subject, question.unknown_template)
    };
    for template in [
        "Ω the capital of [X] is [Y] .",
        "The capital Ω [X] is [Y] .",
        "[X] is [Y] Ω",
        "Ω [Y] is the capital of [X] .",
        "[Y] is the capital of [X] Ω",
    ] {
        assert_eq!(parts("bert", template, "France"), (false, true), "{template}");
        assert_eq!(parts("bert", template, "Ωmega"), (true, true), "{template}");
        assert_eq!(parts("bert", &template.replace('Ω', ""), "Ωmega"), (true, false), "{template}");
    }
    assert_eq!(parts("gpt2", "Ω: the capital of [X] is [Y] .", "Ωmega"), (false, false), "bytes know no unknown");
    let bert = Fixture::new("bert");
    for (template, expected) in [("Ω [X] is [Y] .", (false, true)), ("[Y] is the capital of [X] .", (false, false))] {
        let released = bert.model.asking().released_code(template, "France", "Paris", |_, _| 0).expect("is asked");
        assert_eq!((released.unknown_subject, released.unknown_template), expected, "{template}");
    }
}

#[test]
fn a_prompt_may_be_too_long() {
    // Masked: 10 tokens with both masks. Causal: nine, and two given ones in the last step.
    for (name, longest) in [("bert", 10), ("gpt2", 11)] {
        let fixture = Fixture::new(name);
        let limited = |max_tokens: usize| {
            let asking = Asking { max_tokens, ..fixture.model.asking() };
            asking.question(CAPITAL, "France", "Kenya")
        };
        assert_eq!(limited(longest), Ok(fixture.asked(CAPITAL, "France", "Kenya")), "{name}");
        assert_eq!(limited(longest - 1), Err(Skip::TooLong), "{name}");
        let subject = "a ".repeat(100);
        assert_eq!(fixture.skipped(CAPITAL, &subject, "Paris"), Skip::TooLong, "{name}");
        let released = fixture.model.asking().released_code(CAPITAL, &subject, "Paris", |_, _| 0);
        assert_eq!(released, Err(Skip::TooLong), "{name}");
    }
}

#[test]
fn every_skip_says_what_was_in_the_way() {
    for (skip, part) in [
        (Skip::SubjectAfterObject, "subject after object"),
        (Skip::Template, "[X]"),
        (Skip::NoLabel, "label"),
        (Skip::UnknownObject, "vocabulary"),
        (Skip::TooLong, "longer"),
        (Skip::NothingBeforeObject, "nothing before"),
        (Skip::Masks, "mask"),
        (Skip::NoTemplate, "template"),
        (Skip::Tokenizer, "tokenizer"),
        (Skip::Normalisation, "normalised"),
        (Skip::NotFinite, "finite"),
        (Skip::ScoreType, "--score-type f32"),
        (Skip::Border, "not kept apart"),
        (Skip::NoEmbedding, "embedding"),
    ] {
        assert!(skip.to_string().contains(part), "{skip}");
    }
}

#[test]
fn released_code_of_a_causal_model() {
    let gpt2 = Fixture::new("gpt2");
    let answer = gpt2.tokens.token_to_id("Ġof").expect("a token");
    let asked = RefCell::new(Vec::new());
    let first_answer = |ids: &[u32], position: usize| {
        asked.borrow_mut().push((ids.to_vec(), position));
        answer
    };
    let question =
        gpt2.model.asking().released_code(CAPITAL, "France", "Kenya", first_answer).expect("this can be asked");
    // The object's tokens by itself, without the blank; the model's own first answer is appended again and again.
    assert_eq!(gpt2.targets(&question), "Ke n y a");
    let [first, second, third, _] = question.steps.as_slice() else { panic!("four tokens, four steps") };
    assert_eq!(gpt2.tokens(first), "The Ġc ap it al Ġof ĠFr ance Ġis");
    assert_eq!(gpt2.tokens(second), "The Ġc ap it al Ġof ĠFr ance Ġis Ġof");
    assert_eq!(gpt2.tokens(third), "The Ġc ap it al Ġof ĠFr ance Ġis Ġof Ġof");
    assert_eq!((first.position, third.position), (8, 10));
    assert_eq!(*asked.borrow(), [(first.ids.clone(), 8)], "the model is asked once");
}

#[test]
fn released_code_of_a_masked_model() {
    let bert = Fixture::new("bert");
    let answer = bert.tokens.token_to_id("city").expect("a token");
    let question =
        bert.model.asking().released_code(CAPITAL, "France", "Paris", |_, _| answer).expect("this can be asked");
    // The special tokens around the object are targets, and everything is a word, the mask too.
    assert_eq!(bert.targets(&question), "[CLS] paris [SEP]");
    assert_eq!(bert.tokens(&question.steps[0]), "[CLS] the capital of france is [MASK] . [SEP]");
    assert_eq!(bert.tokens(&question.steps[2]), "[CLS] the capital of france is [MASK] . city ##c ##i ##t ##y [SEP]");
    for step in &question.steps {
        assert_eq!(step.position, 6);
        assert_eq!(step.words, (0..step.ids.len()).collect::<Vec<_>>());
    }
}
