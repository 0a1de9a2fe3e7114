//! Addresses: the state of a page is in them. All of them are made here, so that what keeps the store's name is one place.

use std::fmt;

use maud::Render;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::view::View;

/// What stands in a part of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// An address on this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    path: String,
    parameters: Vec<(String, String)>,
    part: Option<String>,
}

impl Link {
    /// A path that needs no encoding.
    pub(crate) fn to(path: &str) -> Self {
        Self { path: path.to_owned(), parameters: Vec::new(), part: None }
    }

    pub(crate) fn plain_home() -> Self {
        Self::to("/")
    }

    /// The same, further down; the text is encoded.
    pub(crate) fn down(mut self, segment: &str) -> Self {
        // A part that is `.` or `..` would be taken for a way.
        let encoded = match segment {
            "." => "%2E".to_owned(),
            ".." => "%2E%2E".to_owned(),
            _ => utf8_percent_encode(segment, SEGMENT).to_string(),
        };
        self.path = format!("{}/{encoded}", self.path.trim_end_matches('/'));
        self
    }

    /// The same with a parameter, in place of all that it had of that name.
    pub(crate) fn with(self, name: &str, value: impl fmt::Display) -> Self {
        self.without(name).and(name, value)
    }

    /// The same with one more value of a parameter.
    pub(crate) fn and(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.parameters.push((name.to_owned(), value.to_string()));
        self
    }

    /// The same with a parameter, if there is a value.
    pub(crate) fn maybe(self, name: &str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The same without a parameter.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    /// The same, at the part of the page with an id.
    pub(crate) fn at(mut self, part: &str) -> Self {
        self.part = Some(part.to_owned());
        self
    }

    /// Whether it leads to the page that is shown, whatever its parameters.
    pub(crate) fn is_of(&self, view: &View<'_>) -> bool {
        self.path == view.address.path
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        let mut written = form_urlencoded::Serializer::new(String::new());
        written.extend_pairs(&self.parameters);
        match written.finish() {
            parameters if parameters.is_empty() => {}
            parameters => write!(f, "?{parameters}")?,
        }
        match &self.part {
            Some(part) => write!(f, "#{part}"),
            None => Ok(()),
        }
    }
}

impl Render for Link {
    fn render_to(&self, buffer: &mut String) {
        self.to_string().as_str().render_to(buffer);
    }
}

/// An address of the store that is shown.
fn of(view: &View<'_>, path: &str) -> Link {
    Link::to(path).maybe("store", view.parameter("store"))
}

/// Another address of the store that is shown, which needs no encoding.
pub(crate) fn to(view: &View<'_>, path: &str) -> Link {
    of(view, path)
}

/// The page that is shown, with its parameters: to be changed.
pub(crate) fn here(view: &View<'_>) -> Link {
    Link { path: view.address.path.clone(), parameters: view.address.parameters().to_vec(), part: None }
}

/// The begin.
pub(crate) fn home(view: &View<'_>) -> Link {
    of(view, "/")
}

/// What a text finds.
pub(crate) fn search(view: &View<'_>, text: &str) -> Link {
    of(view, "/search").with("s", text)
}

/// A fact, by its id in the data.
pub(crate) fn fact(view: &View<'_>, id: &str) -> Link {
    of(view, "/fact").down(id)
}

/// A neuron of a run.
pub(crate) fn neuron(view: &View<'_>, run: &str, layer: u32, neuron: u32) -> Link {
    of(view, "/neuron").down(run).down(&format!("{layer}:{neuron}"))
}

/// A relation, by its id in the data.
pub(crate) fn relation(view: &View<'_>, id: &str) -> Link {
    of(view, "/relation").down(id)
}

/// Languages beside each other.
pub(crate) fn languages(view: &View<'_>) -> Link {
    of(view, "/languages")
}

/// Runs beside each other.
pub(crate) fn runs(view: &View<'_>) -> Link {
    of(view, "/runs")
}

/// A run.
pub(crate) fn run(view: &View<'_>, name: &str) -> Link {
    runs(view).with("run", name)
}

/// Neurons by layer.
pub(crate) fn layers(view: &View<'_>) -> Link {
    of(view, "/layers")
}

/// The editor.
pub(crate) fn ask(view: &View<'_>) -> Link {
    of(view, "/q")
}

/// The answer of a statement.
pub(crate) fn query(view: &View<'_>, statement: &str) -> Link {
    of(view, "/q").with("q", statement)
}

/// The same for programs.
pub(crate) fn api_query(view: &View<'_>, statement: &str, format: &str) -> Link {
    of(view, "/api/query").with("q", statement).with("format", format)
}

/// The pages that every page leads to.
pub(crate) fn main(view: &View<'_>) -> Vec<(&'static str, Link)> {
    vec![("Languages", languages(view)), ("Layers", layers(view)), ("Runs", runs(view)), ("Ask", ask(view))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_an_address_is_encoded_and_found_again() {
        let link =
            Link::to("/neuron").down("a/b ?#").down("9:852").with("q", "kn[lang=en] & kn[lang=中文]").with("tau", 0.5);
        let text = link.to_string();
        assert_eq!(
            text,
            "/neuron/a%2Fb%20%3F%23/9:852?q=kn%5Blang%3Den%5D+%26+kn%5Blang%3D%E4%B8%AD%E6%96%87%5D&tau=0.5"
        );
        let address = crate::view::Address::of(&text.parse().expect("an address")).expect("text");
        assert_eq!(address.parameter("q"), Some("kn[lang=en] & kn[lang=中文]"));
    }

    #[test]
    fn a_parameter_is_replaced_added_to_and_taken_away() {
        let link = Link::to("/x").with("a", 1).and("a", 2).with("b", 3);
        assert_eq!(link.to_string(), "/x?a=1&a=2&b=3");
        assert_eq!(link.clone().with("a", 4).to_string(), "/x?b=3&a=4");
        assert_eq!(link.without("a").without("b").at("t").to_string(), "/x#t");
        assert_eq!(Link::to("/fact").down("..").to_string(), "/fact/%2E%2E");
    }
}
