//! When a page is the one that a browser has already: as long as nothing was committed, and the program is the same.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, header};

use super::assets;
use crate::view::View;

/// The tag of a page at the commit of its request. It is weak: bytes may differ where a program was built anew.
pub(crate) fn tag(view: &View<'_>) -> String {
    /// Options and code may be others after a new start.
    static BEGUN: LazyLock<u32> =
        LazyLock::new(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u32));
    format!("W/\"{}-{}-{:x}\"", view.state, assets::version(), *BEGUN)
}

/// Whether a browser has what a tag names.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.flat_map(|value| value.split(',')).any(|given| plain(given) == plain(tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_tag_is_known_among_others_and_weak_or_not() {
        let known = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(value));
            is_known(&headers, "W/\"a-1\"")
        };
        assert!(known("W/\"a-1\"") && known("\"a-1\"") && known("\"b\", W/\"a-1\""));
        assert!(!known("W/\"a-12\"") && !known("a-1") && !known(""));
        assert!(!is_known(&HeaderMap::new(), "W/\"a-1\""));
    }
}
