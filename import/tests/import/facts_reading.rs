//! Facts as lines of text, and what is said of those that are refused.

use std::path::Path;

use kndb_import::facts::{FactsFormat, FactsItem, FactsOptions, Understood, open};

use crate::folder::Folder;

pub fn text(item: &FactsItem) -> String {
    match item {
        FactsItem::Fact(row) => {
            let uris = (row.subject_uri.as_deref(), row.object_uri.as_deref());
            format!("{} {} {} {} {} {uris:?}", row.id, row.relation, row.language, row.subject, row.object)
        }
        FactsItem::Template(row) => format!("{} {} {}", row.relation, row.language, row.text),
        FactsItem::Candidates(row) => format!("{} {} {:?} {:?}", row.relation, row.language, row.subjects, row.objects),
        FactsItem::RelationName(row) => format!("{} {} is {}", row.relation, row.language, row.name),
    }
}

/// All items of a path, and what was understood of it.
pub fn understood(path: &Path, options: &FactsOptions) -> (FactsFormat, Vec<String>, Understood) {
    let mut reader = open(path, options).expect("facts");
    let items = reader.by_ref().map(|item| text(&item.expect("a valid row"))).collect();
    assert_eq!(reader.bytes_read(), reader.bytes_total());
    (reader.format(), items, reader.understood().clone())
}

pub fn read(path: &Path, language: Option<&str>) -> (FactsFormat, Vec<String>) {
    let options = FactsOptions { language: language.map(str::to_owned), ..FactsOptions::default() };
    let (format, items, _) = understood(path, &options);
    (format, items)
}

pub fn refusal(folder: &Folder, name: &str, options: &FactsOptions) -> String {
    let error = match open(&folder.path(name), options) {
        Ok(reader) => reader.filter_map(Result::err).next().expect("an error"),
        Err(error) => error,
    };
    folder.said(&error)
}
