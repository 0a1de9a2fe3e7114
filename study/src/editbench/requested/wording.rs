//! Prompts of requests as templates.

use crate::editbench::requests::Request;
use crate::questions::Question;

/// The prompt with the old object, and with the new one.
pub(super) fn edit(request: &Request, language: &str) -> Result<[Question; 2], String> {
    let [subject, prompt, new] = [&request.subject, &request.prompt, &request.new].map(|text| text.trim());
    let old = request.old.as_deref().map(str::trim).unwrap_or_default();
    for (text, what) in [(subject, "subject"), (prompt, "prompt"), (old, "old object"), (new, "new object")] {
        if text.is_empty() {
            return Err(format!("a request without its {what}"));
        }
    }
    let template = with_place(prompt, subject).ok_or("a prompt without one place of its subject")?;
    let template = format!("{template}{}[Y]", gap(&filled(&request.prompt, subject)));
    let question =
        |fact: &str, object: &str| Question::in_one(language, (fact, &request.relation), [&template, subject, object]);
    // Its id is what the file of measurements says of the new object.
    Ok([question(&request.id, old), question(new, new)])
}

/// A prompt with `[X]` in the place of its subject: for `{}`; where there is none, for the last of the subject that stands by itself.
fn with_place(prompt: &str, subject: &str) -> Option<String> {
    let [before, after] = match prompt.matches("{}").count() {
        0 => {
            let ends = |at: usize| at + subject.len();
            let is_alone = |at: &usize| {
                let beside = [prompt[..*at].chars().next_back(), prompt[ends(*at)..].chars().next()];
                !beside.into_iter().flatten().any(char::is_alphanumeric)
            };
            let all: Vec<usize> = prompt.match_indices(subject).map(|(at, _)| at).collect();
            let at = all.iter().rev().find(|at| is_alone(at)).or(all.last()).copied()?;
            [&prompt[..at], &prompt[ends(at)..]]
        }
        1 => prompt.split_once("{}").map(|(before, after)| [before, after])?,
        _ => return None,
    };
    Some(format!("{before}[X]{after}"))
}

/// A prompt as it is asked, without blanks around it.
pub(super) fn filled(prompt: &str, subject: &str) -> String {
    let gap = if gap(prompt) == " " { "" } else { gap(prompt) };
    format!("{}{gap}", prompt.replace("{}", subject.trim()).trim())
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
            ("The mother tongue of {} is", "Marie", Some("The mother tongue of [X] is")),
            ("Who led the USS US of the US?", "US", Some("Who led the USS US of the [X]?")),
            ("Where is the USS?", "US", Some("Where is the [X]S?")),
            ("法国的首都是", "法国", Some("[X]的首都是")),
            ("Where does she live?", "Marie", None),
            ("{} and {}", "Marie", None),
        ] {
            assert_eq!(with_place(prompt, subject).as_deref(), template, "{prompt}");
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
        assert_eq!(reason(|request| request.prompt = "It is".into()), "a prompt without one place of its subject");
    }
}
