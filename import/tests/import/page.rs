//! The page of importing lists every format that there is, and what is read from where.

use kndb_import::formats;

const PAGE: &str = include_str!("../../../docs/importing.md");

/// The rows of the table below a heading, cells trimmed.
fn table(heading: &str) -> Vec<Vec<String>> {
    let (_, below) = PAGE.split_once(heading).expect("the heading is there");
    let rows = below.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

#[test]
fn every_format_has_a_row_with_its_extensions() {
    let rows = table("### Formats");
    for format in formats() {
        let row = rows.iter().find(|row| row[0] == format!("`{}`", format.name));
        let row = row.unwrap_or_else(|| panic!("no row of `{}`", format.name));
        for extension in format.extensions {
            assert!(row[1].contains(&format!("`.{extension}`")), "`{}` reads .{extension}", format.name);
        }
        assert_eq!(row[1].contains(".gz"), format.packed, "whether `{}` may be packed", format.name);
    }
    let known: Vec<_> = formats().iter().map(|format| format!("`{}`", format.name)).collect();
    if cfg!(feature = "parquet") {
        for row in rows {
            assert!(known.contains(&row[0]), "there is no format {}", row[0]);
        }
    }
}

#[test]
fn every_format_has_a_row_that_says_what_is_read_from_where() {
    let rows = table("### What is read from where");
    for format in formats() {
        let row = rows.iter().find(|row| row[0] == format!("`{}`", format.name));
        let row = row.unwrap_or_else(|| panic!("no row of `{}`", format.name));
        assert_eq!(row.len(), 6, "format, fact, language, prompt, relation, run: {row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "an empty cell: {row:?}");
    }
}
