//! Reads pages as a browser would, as far as tests need it: elements that are closed, tables, links, text.
#![allow(dead_code, reason = "every test file uses some of it")]

use kndb_query::{Column, Settings, Sink, Value, execute, parse};
use kndb_storage::Store;
use std::ops::ControlFlow;

/// A table of a page: its caption, and its rows as text, the header first.
#[derive(Debug, Default, PartialEq)]
pub struct Table {
    pub caption: String,
    pub rows: Vec<Vec<String>>,
    /// Links of each row, the header's among them.
    pub links: Vec<Vec<String>>,
}

impl Table {
    /// Rows without the header.
    pub fn body(&self) -> &[Vec<String>] {
        &self.rows[1..]
    }

    /// The values of a column.
    #[track_caller]
    pub fn column(&self, name: &str) -> Vec<&str> {
        let at = self.rows[0].iter().position(|header| header == name);
        let at = at.unwrap_or_else(|| panic!("no column {name}: {:?}", self.rows[0]));
        self.body().iter().map(|row| row[at].as_str()).collect()
    }
}

/// The tables of a page.
pub fn tables(page: &str) -> Vec<Table> {
    page.split("<table>").skip(1).filter_map(|rest| rest.split("</table>").next()).map(table).collect()
}

/// The only table whose caption begins so.
#[track_caller]
pub fn table_of(page: &str, caption: &str) -> Table {
    let mut found: Vec<Table> = tables(page).into_iter().filter(|table| table.caption.starts_with(caption)).collect();
    let captions: Vec<String> = tables(page).into_iter().map(|table| table.caption).collect();
    assert_eq!(found.len(), 1, "{caption}: {captions:?}");
    found.remove(0)
}

fn table(html: &str) -> Table {
    let caption = between(html, "<caption>", "</caption>").map(text).unwrap_or_default();
    let rows: Vec<&str> = html.split("<tr>").skip(1).filter_map(|rest| rest.split("</tr>").next()).collect();
    let cells = |row: &&str| {
        let row = row.replace("<th", "<td").replace("</th>", "</td>");
        row.split("<td").skip(1).map(|rest| text(rest.split_once('>').map_or("", |(_, rest)| rest))).collect()
    };
    Table { caption, rows: rows.iter().map(cells).collect(), links: rows.iter().map(|row| links(row)).collect() }
}

/// Where the links of a part of a page lead, decoded as HTML.
pub fn links(html: &str) -> Vec<String> {
    html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(decoded).collect()
}

/// A part of a page: what stands between two texts, the first of each.
pub fn between<'t>(text: &'t str, from: &str, to: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(inside, _)| inside)
}

/// The section with a heading of an id.
#[track_caller]
pub fn section<'t>(page: &'t str, id: &str) -> &'t str {
    between(page, &format!("<section aria-labelledby=\"{id}\">"), "</section>")
        .unwrap_or_else(|| panic!("no section {id}: {page}"))
}

/// The text of a part of a page, without tags; blanks are one.
pub fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        out += before;
        rest = tag.split_once('>').map_or("", |(_, rest)| rest);
    }
    decoded(&(out + rest)).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn decoded(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Statements that links of a part of a page ask.
pub fn statements(html: &str) -> Vec<String> {
    links(html).iter().filter_map(|link| statement(link)).collect()
}

/// The statement of a link to the editor.
pub fn statement(link: &str) -> Option<String> {
    let query = link.strip_prefix("/q?")?.split('#').next()?;
    query.split('&').find_map(|pair| pair.strip_prefix("q=")).map(unescaped)
}

/// What a browser sends for a percent-encoded text.
pub fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).expect("two digits")
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).expect("a text")
}

/// Fails where a page has elements that are not closed, scripts or handlers of its own, ids twice, or labels that name nothing.
#[track_caller]
pub fn is_sound(page: &str) {
    const VOID: [&str; 4] = ["meta", "link", "input", "br"];
    let mut open: Vec<&str> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    for rest in page.split('<').skip(1).filter(|rest| !rest.starts_with('!')) {
        let tag = rest.split_once('>').expect("a tag ends").0;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{tag}: {page}");
            continue;
        }
        let name = tag.split_whitespace().next().expect("a name");
        let attributes = tag.split('"').step_by(2).skip(usize::from(!tag.contains('"')));
        let mut values = tag.split('"').skip(1).step_by(2);
        for attribute in attributes.filter(|attribute| attribute.contains('=')) {
            let key = attribute.split_whitespace().last().unwrap_or_default().trim_end_matches('=');
            let value = values.next().unwrap_or_default();
            assert!(!key.starts_with("on") && key != "style", "{tag}");
            if key == "id" {
                assert!(!ids.contains(&value), "id {value} twice: {page}");
                ids.push(value);
            }
        }
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    for label in page.split("aria-labelledby=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(&label), "{label} is no id");
    }
}

/// Rows of a statement as text, asked without the explorer.
#[track_caller]
pub fn ask(store: &Store, statement: &str) -> Vec<Vec<String>> {
    let mut rows = Rows::default();
    let parsed = parse(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    execute(store, &Settings::default(), &parsed, &mut rows).unwrap_or_else(|error| panic!("{statement}: {error}"));
    rows.0
}

#[derive(Default)]
struct Rows(Vec<Vec<String>>);

impl Sink for Rows {
    fn columns(&mut self, _: &[Column]) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> std::io::Result<ControlFlow<()>> {
        let text = |value: &Value<'_>| match value {
            Value::Null => String::new(),
            Value::Text(text) | Value::Spelled(text) => text.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Score(score) => score.to_string(),
            Value::Ratio(ratio) => ratio.to_string(),
        };
        self.0.push(row.iter().map(text).collect());
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
