//! `tsv`: tab-separated values, quoted like csv where a value holds a tab, a quote or a newline.

use std::io::Write;

use super::csv::{Delimited, delimited};
use super::spelled::Spelled;

/// A sink that writes tab-separated values.
pub fn tsv(headers: bool, out: &mut dyn Write) -> Spelled<'_, Delimited> {
    delimited(b'\t', headers, out)
}

#[cfg(test)]
mod tests {
    use crate::testing::Mode;
    use crate::testing::{hard_rows, print};

    #[test]
    fn tsv_quotes_tabs_and_leaves_commas_alone() {
        let expected = "subject\tlayer\tscore\tshare
\"日本, \"\"Nippon\"\"\"\t11\t0.1\t0.3333333333333333
\"two\nlines|\ttab\"\t9\t1e-10\t1.0
\t\t\t
";
        assert_eq!(print(Mode::Tsv, true, &hard_rows()), expected);
    }
}
