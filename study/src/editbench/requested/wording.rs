//! Prompts of requests as templates.

use crate::editbench::requests::Request;
use crate::questions::Question;
use unicode_script::{Script, UnicodeScript};

/// The prompt with the old object, and with the new one.
pub(super) fn edit(request: &Request, language: &str) -> Result<[Question; 2], String> {
    let [subject, prompt, new] = [&request.subject, &request.prompt, &request.new].map(|text| text.trim());
    let old = request.old.as_deref().map(str::trim).unwrap_or_default();
    for (text, what) in [(subject, "subject"), (prompt, "prompt"), (old, "old object"), (new, "new object")] {
        if text.is_empty() {
            return Err(format!("a request without its {what}"));
        }
    }
    let template = with_place(prompt, subject)?;
    let template = format!("{template}{}[Y]", gap(&filled(&request.prompt, subject)));
    let question =
        |fact: &str, object: &str| Question::in_one(language, (fact, &request.relation), [&template, subject, object]);
    // Its id is what the file of measurements says of the new object.
    Ok([question(&request.id, old), question(new, new)])
}

/// A prompt with `[X]` in the place of its subject: for `{}`; where there is none, for the last of the subject that stands by itself, or else for the
/// last one beside letters of scripts that have no blanks between words.
fn with_place(prompt: &str, subject: &str) -> Result<String, &'static str> {
    if let Some((before, after)) = prompt.split_once("{}") {
        let is_one = !after.contains("{}");
        return is_one.then(|| format!("{before}[X]{after}")).ok_or("a prompt with more than one {}");
    }
    let all: Vec<usize> = prompt.match_indices(subject).map(|(at, _)| at).collect();
    if all.is_empty() {
        return Err("a prompt without its subject");
    }
    let end = |at: usize| at + subject.len();
    let last = |may_stand_beside: fn(char) -> bool| {
        let stands = |at: usize| {
            let beside = [prompt[..at].chars().next_back(), prompt[end(at)..].chars().next()];
            beside.into_iter().flatten().all(may_stand_beside)
        };
        all.iter().rev().copied().find(|&at| stands(at))
    };
    let at = last(|beside| !is_of_word(beside)).or_else(|| last(|beside| !is_of_word(beside) || has_no_blanks(beside)));
    let at = at.ok_or("a prompt with its subject only inside another word")?;
    Ok(format!("{}[X]{}", &prompt[..at], &prompt[end(at)..]))
}

/// Letters, digits, and marks upon them.
fn is_of_word(of: char) -> bool {
    of.is_alphanumeric() || of.script() == Script::Inherited
}

/// Whether words of its script stand without blanks between them. Extensions: the long sign of Katakana is of no one script.
fn has_no_blanks(of: char) -> bool {
    use Script::{Han, Hiragana, Katakana, Khmer, Lao, Myanmar, Thai, Tibetan};
    // Marks that go upon letters of any script are in all extensions.
    let is_of_one = of.script() != Script::Inherited;
    let all = [Han, Hiragana, Katakana, Khmer, Lao, Myanmar, Thai, Tibetan];
    is_of_one && of.script_extension().iter().any(|script| all.contains(&script))
}

/// A prompt about the request's own fact as it is asked, with the subject in the place of `{}`.
pub(super) fn filled(prompt: &str, subject: &str) -> String {
    as_asked(&prompt.replace("{}", subject.trim()))
}

/// A prompt as it is asked: without blanks around it, but with white space of another kind that it ends with.
pub(super) fn as_asked(prompt: &str) -> String {
    let gap = if gap(prompt) == " " { "" } else { gap(prompt) };
    format!("{}{gap}", prompt.trim())
}

/// A question of which nothing is edited: all of its prompt stands for the subject.
pub(super) fn whole(of: &Question, language: &str, prompt: &str, object: &str) -> Question {
    let template = format!("[X]{}[Y]", gap(prompt));
    Question::in_one(language, (&of.fact, &of.relation), [&template, prompt.trim(), object])
}

/// What stands between a prompt and its object: a blank, as in released codes; nothing behind signs of Chinese and Japanese, as in their templates;
/// the white space that the prompt ends with, such as a new line.
fn gap(prompt: &str) -> &str {
    let text = prompt.trim_end();
    let wide = |c: char| matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}');
    match &prompt[text.len()..] {
        "" if text.ends_with(wide) => "",
        "" => " ",
        space => space,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_the_mark_or_the_last_place_where_it_stands_by_itself() {
        for (prompt, subject, template) in [
            ("The mother tongue of {} is", "Marie", Ok("The mother tongue of [X] is")),
            ("Who led the USS US of the US?", "US", Ok("Who led the USS US of the [X]?")),
            ("US ships: USS", "US", Ok("[X] ships: USS")),
            ("Marie's tongue is", "Marie", Ok("[X]'s tongue is")),
            // Chinese, Japanese with a long sign, Thai; a name in other letters among them.
            ("法国的首都是", "法国", Ok("[X]的首都是")),
            ("位于US的", "US", Ok("位于[X]的")),
            ("スターリンのリーダーはレーニン", "レーニン", Ok("スターリンのリーダーは[X]")),
            ("リーダー東京", "東京", Ok("リーダー[X]")),
            ("เมืองหลวงของไทยคือ", "ไทย", Ok("เมืองหลวงของ[X]คือ")),
            ("Where is the USS?", "US", Err("a prompt with its subject only inside another word")),
            ("Is 12 odd?", "1", Err("a prompt with its subject only inside another word")),
            ("Where is Jose\u{301}?", "Jose", Err("a prompt with its subject only inside another word")),
            ("프랑스의 수도는", "프랑스", Err("a prompt with its subject only inside another word")),
            ("Where does she live?", "Marie", Err("a prompt without its subject")),
            ("{} and {}", "Marie", Err("a prompt with more than one {}")),
        ] {
            assert_eq!(with_place(prompt, subject), template.map(str::to_owned), "{prompt}");
        }
    }

    #[test]
    fn a_blank_stands_before_the_object_but_for_behind_wide_signs_and_white_space() {
        let request = |prompt: &str| Request {
            subject: "法国".into(),
            prompt: prompt.into(),
            old: Some("a".into()),
            new: "b".into(),
            ..Request::default()
        };
        for (prompt, template) in [
            (" {} is ", "[X] is [Y]"),
            ("{}的首都是", "[X]的首都是[Y]"),
            ("The name is {}", "The name is [X][Y]"),
            ("Q: {}?\nA:\n", "Q: [X]?\nA:\n[Y]"),
        ] {
            let [own, target] = edit(&request(prompt), "zh").expect("a whole request");
            assert_eq!((own.claim(0).template, target.claim(0).template), (template, template));
            let other = whole(&own, "zh", &filled(prompt, "法国"), "a");
            let claim = other.claim(0);
            let text = |template: &str, subject: &str| template.replace("[X]", subject);
            assert_eq!(text(claim.template, claim.subject), text(template, "法国"), "the same text");
        }
        let reason = |change: fn(&mut Request)| {
            let mut request = request("{} is");
            change(&mut request);
            edit(&request, "zh").expect_err("something is missing")
        };
        assert_eq!(reason(|request| request.old = None), "a request without its old object");
        assert_eq!(reason(|request| request.new = " ".into()), "a request without its new object");
        assert_eq!(reason(|request| request.subject = String::new()), "a request without its subject");
        assert_eq!(reason(|request| request.prompt = "It is".into()), "a prompt without its subject");
    }
}
