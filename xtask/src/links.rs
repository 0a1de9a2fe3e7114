//! Finds relative links of Markdown files that lead to no file, or to no heading of one.
//!
//! Reads inline links and images, `[text](target)`, outside code. Links to the web are not
//! followed: that would make the gate depend on the network.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Checks `README.md` and the pages of `docs/`, in the repository at `root`.
pub fn run(root: &Path) -> Result<(), String> {
    let mut pages = Vec::new();
    collect(&root.join("docs"), &mut pages)?;
    let readme = root.join("README.md");
    if readme.exists() {
        pages.push(readme);
    }
    let mut broken = Vec::new();
    for page in &pages {
        let text = read(page)?;
        for (line, target) in links(&text) {
            if let Some(problem) = problem(page, &text, target)? {
                let shown = page.strip_prefix(root).unwrap_or(page).display();
                broken.push(format!("{shown}:{line}: {target}: {problem}"));
            }
        }
    }
    match broken.len() {
        0 => Ok(()),
        count => Err(format!("{count} link(s) lead nowhere:\n  {}", broken.join("\n  "))),
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|failure| format!("cannot read {}: {failure}", path.display()))
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> Result<(), String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry.map_err(|failure| failure.to_string())?.path();
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    Ok(())
}

/// What is wrong with a link of a page, if anything is.
fn problem(page: &Path, text: &str, target: &str) -> Result<Option<String>, String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(None);
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let linked = match file {
        "" => page.to_owned(),
        _ => page.parent().unwrap_or(Path::new("")).join(file),
    };
    if !linked.exists() {
        return Ok(Some("there is no such file".into()));
    }
    let is_page = linked.extension().is_some_and(|extension| extension == "md");
    if heading.is_empty() || !is_page {
        return Ok(None);
    }
    let known = match file {
        "" => anchors(text),
        _ => anchors(&read(&linked)?),
    };
    let there = known.iter().any(|anchor| anchor == heading);
    Ok((!there).then(|| "there is no such heading in it".into()))
}

/// The lines of a page that are not code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fence && !fenced).then_some((index + 1, line))
    })
}

/// The targets of inline links, with their line numbers.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        let mut code = false;
        for (place, c) in line.char_indices() {
            code ^= c == '`';
            if code || c != ']' {
                continue;
            }
            if let Some(rest) = line[place + 1..].strip_prefix('(')
                && let Some(end) = rest.find(')')
                && let Some(target) = rest[..end].split_whitespace().next()
            {
                found.push((number, target.trim_matches(['<', '>'])));
            }
        }
    }
    found
}

/// The anchors GitHub gives to a page's headings.
fn anchors(text: &str) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut anchors = Vec::new();
    for (_, line) in prose(text) {
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let anchor: String = heading
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let times = seen.entry(anchor.clone()).or_default();
        anchors.push(match *times {
            0 => anchor,
            again => format!("{anchor}-{again}"),
        });
        *times += 1;
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_code_are_not_links() {
        let text = "\
[a](one.md) and ![b](two.png \"title\")
`kn[lang=en](x)`
```
[c](three.md)
```
[d](#here)";
        assert_eq!(links(text), [(1, "one.md"), (1, "two.png"), (6, "#here")]);
    }

    #[test]
    fn anchors_are_those_of_github() {
        let text = "# The `kndb` command\n## Where does a score live?\n## Notes\n## Notes\n#no";
        let expected = ["the-kndb-command", "where-does-a-score-live", "notes", "notes-1"];
        assert_eq!(anchors(text), expected);
    }

    #[test]
    fn broken_links_are_told_with_file_and_line() {
        let root = tempfile::tempdir().expect("a folder");
        let docs = root.path().join("docs");
        fs::create_dir(&docs).expect("a folder");
        let write = |path: PathBuf, text: &str| fs::write(path, text).expect("a file");
        write(docs.join("a.md"), "# Title\n[up](../README.md#kndb) [self](#title)\n");
        write(root.path().join("README.md"), "# kndb\n[docs](docs/a.md) [web](https://x.org/y)\n");
        assert_eq!(run(root.path()), Ok(()));

        write(docs.join("a.md"), "# Title\n\n[gone](b.md) [wrong](../README.md#kdb)\n");
        let told = run(root.path()).expect_err("two broken links");
        assert!(told.contains("docs/a.md:3: b.md: there is no such file"), "{told}");
        assert!(told.contains("../README.md#kdb: there is no such heading"), "{told}");
    }
}
