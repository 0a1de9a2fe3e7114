//! Names of folders as Hive writes them: `lang=zh`, with percent signs where a name has what a path cannot have.

use crate::error::{ExportError, Result};

/// What Hive, and all who read its folders, take for no value.
pub(crate) const NO_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";

/// The longest name that file systems take.
const LONGEST: usize = 255;

/// A folder's name; a missing value is a name of its own.
///
/// # Errors
/// When it is too long for a file system.
pub(crate) fn folder(key: &str, value: Option<&str>) -> Result<String> {
    let name = format!("{key}={}", value.map_or_else(|| NO_VALUE.to_owned(), escaped));
    if name.len() <= LONGEST {
        return Ok(name);
    }
    let short: String = value.unwrap_or_default().chars().take(60).collect();
    Err(ExportError::Unfit {
        what: format!("the name {short:?}…"),
        format: "folders by run, language and relation",
        found: format!("{} bytes in a folder's name", name.len()),
        expected: format!("at most {LONGEST}; `kndb rename-run` gives a run another name"),
    })
}

/// A value with `%` and two hexadecimal digits for each byte that Hive escapes.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        // A name that others would take for no value, and for this folder or the one above.
        let is_first_of_special = at == 0 && (value == NO_VALUE || value.starts_with('.'));
        if c.is_ascii_control() || "\"#%'*/:=?\\{}[]^".contains(c) || is_first_of_special {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_hive_does() {
        let of = |value| folder("run", Some(value)).expect("short");
        assert_eq!(of("plain name, zh-Hans 中"), "run=plain name, zh-Hans 中");
        assert_eq!(of("a/b=c%"), "run=a%2Fb%3Dc%25");
        assert_eq!(of(".."), "run=%2E.");
        assert_eq!(of(NO_VALUE), "run=%5F_HIVE_DEFAULT_PARTITION__");
        assert_eq!(folder("relation", None).expect("short"), "relation=__HIVE_DEFAULT_PARTITION__");
    }

    #[test]
    fn a_name_that_no_file_system_takes_is_refused() {
        assert!(folder("run", Some(&"a".repeat(251))).is_ok());
        assert!(folder("run", Some(&"a".repeat(252))).is_err());
        assert!(folder("run", Some(&"=".repeat(100))).is_err());
    }
}
