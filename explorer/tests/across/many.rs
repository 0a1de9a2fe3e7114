//! Runs of very many entries: what looks at all of them is shown where the address asks for it.

use crate::served::{Served, stores};
use kndb_explorer::Limits;

/// [`stores::capitals`] has five entries, three of them in English: more than a page may look at unasked.
fn served(made: &stores::Made) -> Served {
    Served::with(&[&made.path], Limits { unasked: 4, ..Limits::default() })
}

#[test]
fn a_run_of_many_entries_is_looked_at_whole_only_where_that_is_asked_for() {
    let made = stores::capitals();
    let served = served(&made);
    for address in ["/runs?run=ig", "/runs?run=ig&show=completeness"] {
        let page = served.page(address);
        let all = format!("{address}&all=yes").replace('&', "&amp;");
        assert!(page.contains(&format!("<a href=\"{all}\">Look at all 5 entries</a>")), "{page}");
        let asked = served.page(&format!("{address}&all=yes"));
        assert!(!asked.contains("Look at all"), "{asked}");
    }
    assert!(served.page("/runs?run=ig&all=yes").contains("<caption>Entries by language"));
}

#[test]
fn languages_with_the_most_entries_are_shown_and_it_is_said_that_there_are_more() {
    let made = stores::capitals();
    let served = served(&made);
    for (address, alone, both) in [
        ("/layers?run=ig", "kn[lang=en] by layer", "kn[lang=zh] by layer"),
        ("/runs?run=ig&show=neurons", "kn[lang=en] by relation", "kn by relation"),
    ] {
        let page = served.page(address);
        assert!(page.contains("These are 1 of 2 languages, those with the most entries"), "{page}");
        assert!(page.contains(&format!(">{alone}<")) && !page.contains(&format!(">{both}<")), "{page}");
        let asked = served.page(&format!("{address}&lang=en&lang=zh"));
        assert!(asked.contains(&format!(">{both}<")) && !asked.contains("These are"), "{asked}");
    }
}

#[test]
fn relations_that_use_a_neuron_are_those_of_the_language_that_is_looked_at() {
    let made = stores::capitals();
    let page = served(&made).page("/neuron/ig/1:2?lang=en&tau=0.2");
    assert!(page.contains(">kn[tau=0.2, lang=en] &amp; neurons(1:2) by relation, lang order by facts<"), "{page}");
    let whole = Served::of(&[&made.path]).page("/neuron/ig/1:2?lang=en&tau=0.2");
    assert!(whole.contains(">kn[tau=0.2] &amp; neurons(1:2) by relation, lang order by facts<"), "{whole}");
}
