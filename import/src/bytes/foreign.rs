//! Files that stand where scores are expected, told by their first bytes for what they are.

/// What a file is that kndb does not read, and what to do instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// What it is, as a phrase: "a pickle".
    pub what: &'static str,
    /// The way out.
    pub instead: &'static str,
}

const TORCH: &str = "load it with torch and write what it holds with `safetensors.torch.save_file({f\"{fact}/{language}\": scores}, …)`, \
                     scores of layers × width";
/// What the weights of a model are, in a message, and the way out.
pub(crate) const MODEL: &str = "a model's weights, not scores";
pub(crate) const ASK_MODEL: &str = "`kndb attribute DB --model FOLDER` computes scores with the model in its folder";
const PICKLE: &str = "load it in Python, where it came from, and write what it holds as .safetensors, .npz or .parquet";
const FRAME: &str = "write it as .parquet, with `to_parquet` of pandas or `write_parquet` of Polars";
const AGAIN: &str = "it came in place of the file: download it again";
const TABLE: &str = "write the table of scores as .csv or .parquet";

/// First bytes that are letters only, and what a file is that has them where the bytes after them are no text: the
/// first line of a table may begin so, `ORCID,fact,…`.
const LETTERS: &[(&[u8], &str, &str)] = &[
    (b"ORC", "an ORC file", FRAME),
    (
        b"GGUF",
        "a GGUF file: a model, not scores",
        "`kndb attribute --model` takes the Hugging Face folder it was made from",
    ),
    #[cfg(not(feature = "parquet"))]
    (b"PAR1", "a Parquet file", BUILT_WITHOUT),
    #[cfg(not(feature = "parquet"))]
    (b"ARROW1\0\0", "an Arrow file", BUILT_WITHOUT),
];

#[cfg(not(feature = "parquet"))]
const BUILT_WITHOUT: &str = "this kndb was built without Parquet and Arrow, which are among its default features";

/// First bytes, and what a file is that has them.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (b"\x89HDF\r\n", "an HDF5 file", "write its arrays as .npz (NumPy) or .safetensors"),
    (b"Obj\x01", "an Avro file", FRAME),
    (b"SQLite format 3\0", "an SQLite database", TABLE),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file", "write its arrays as .npz, with `scipy.io.loadmat` and `numpy.savez`"),
    (b"%PDF-", "a PDF", "scores come as arrays, tables or JSON"),
    (b"\x89PNG", "a picture", "scores come as arrays, tables or JSON"),
    (b"\xFF\xD8\xFF", "a picture", "scores come as arrays, tables or JSON"),
    (b"BZh91AY&SY", "a file packed with bzip2", "unpack it first; .gz and .zst of text formats are read as they are"),
    (b"\xFD7zXZ", "a file packed with xz", "unpack it first; .gz and .zst of text formats are read as they are"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (b"RDX2\n", "a file of R", TABLE),
    (b"RDX3\n", "a file of R", TABLE),
];

/// What a file is that begins so, if it is known and no format of kndb's.
pub(crate) fn foreign(head: &[u8]) -> Option<Foreign> {
    let told = |what, instead| Some(Foreign { what, instead });
    let text = String::from_utf8_lossy(&head[..head.len().min(512)]).to_lowercase();
    let text = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    if text.starts_with("version https://git-lfs") {
        return told(
            "a git-lfs pointer, not the file itself",
            "run `git lfs pull` where it was cloned, or download the file",
        );
    }
    if ["<!doctype", "<html>", "<html ", "<head>"].iter().any(|tag| text.starts_with(tag)) {
        return told("a web page, not the file itself", AGAIN);
    }
    if text.starts_with("<?xml") {
        return told("XML", "scores come as arrays, tables or JSON");
    }
    // A model's config.json: records of facts have no sizes of layers.
    if text.starts_with('{')
        && ["\"model_type\": \"", "\"model_type\":\"", "\"architectures\": [", "\"architectures\":["]
            .iter()
            .any(|key| text.contains(key))
        && ["\"hidden_", "\"attention_", "\"n_embd\"", "\"vocab_size\"", "\"d_model\"", "\"attn_", "\"bos_token_id\""]
            .iter()
            .any(|key| text.contains(key))
    {
        return told("the configuration of a model, not scores", ASK_MODEL);
    }
    if is_utf16(head) {
        return told(
            "text in UTF-16",
            "write it again in UTF-8 (in pandas: `encoding=\"utf-8\"`; in Excel: CSV UTF-8)",
        );
    }
    if ["entry not found", "invalid username or password", "repository not found"].iter().any(|it| text.starts_with(it))
    {
        return told("a server's answer that the file is not there or not allowed", AGAIN);
    }
    // A zip of NumPy's has members `….npy`; PyTorch's has its pickle first, an Excel file its list of parts.
    if head.starts_with(b"PK\x03\x04") {
        let has = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
        if has(b"data.pkl") {
            return told("a PyTorch checkpoint (torch.save)", TORCH);
        }
        if has(b"[Content_Types].xml") {
            return told("an Office document", "write the sheet as .csv");
        }
        // The name of its first member, after its length.
        let length = head.get(26..28).map_or(0, |bytes| usize::from(u16::from_le_bytes([bytes[0], bytes[1]])));
        let name = String::from_utf8_lossy(head.get(30..30 + length).unwrap_or_default()).to_lowercase();
        if ["csv", "tsv", "json", "jsonl", "ndjson", "parquet", "pq", "arrow", "feather", "safetensors", "npz"]
            .iter()
            .any(|extension| name.rsplit_once('.').is_some_and(|(_, found)| found == *extension))
        {
            return told(
                "a zip archive of other files",
                "unpack it first; .gz and .zst of text formats are read as they are",
            );
        }
        return None;
    }
    if matches!(head, [0x80, 2..=5, ..]) && !begins_tensors(head) {
        let torch = head.windows(10).any(|window| window == b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");
        return if torch { told("a PyTorch checkpoint (torch.save)", TORCH) } else { told("a pickle", PICKLE) };
    }
    if head.get(257..262) == Some(b"ustar") {
        return told("a tar archive", "unpack it first");
    }
    let is_text = head[..head.len().min(512)].iter().all(|byte| *byte >= b' ' || byte.is_ascii_whitespace());
    let letters = LETTERS.iter().filter(|_| !is_text);
    let row = MAGIC.iter().chain(letters).find(|(magic, ..)| head.starts_with(magic))?;
    told(row.1, row.2)
}

/// Whether a file begins as one of safetensors: the length of its header, of eight bytes, may begin with any, but its larger half
/// is always 0, and the header an object.
pub(crate) fn begins_tensors(head: &[u8]) -> bool {
    head.get(8) == Some(&b'{') && head.get(4..8) == Some(&[0; 4])
}

/// Whether a text is in UTF-16, with a byte order mark or without: of the first letters every second byte is 0.
fn is_utf16(head: &[u8]) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    match head {
        // Four bytes for a sign would be UTF-32.
        [0xFF, 0xFE, rest @ ..] => !rest.starts_with(&[0, 0]) && !begins_tensors(head),
        [0xFE, 0xFF, ..] => !begins_tensors(head),
        [a, 0, b, 0, c, 0, ..] | [0, a, 0, b, 0, c, ..] => [a, b, c].into_iter().all(|byte| is_letter(*byte)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(head: &[u8]) -> Option<&'static str> {
        foreign(head).map(|it| it.what)
    }

    #[test]
    fn what_python_writes_is_told_apart() {
        assert_eq!(what(b"PK\x03\x04\x00\x00scores/data.pkl"), Some("a PyTorch checkpoint (torch.save)"));
        assert_eq!(what(b"PK\x03\x04\x14\x00scores.npy"), None);
        // pickle.dumps({}, 4), and the first bytes of torch.save(…, _use_new_zipfile_serialization=False).
        assert_eq!(what(b"\x80\x04}\x94."), Some("a pickle"));
        assert_eq!(what(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."), Some("a PyTorch checkpoint (torch.save)"));
        // A safetensors header of 640 bytes begins like a pickle of protocol 2.
        assert_eq!(what(b"\x80\x02\x00\x00\x00\x00\x00\x00{\"a\":"), None);
    }

    #[test]
    fn a_length_of_a_header_is_no_mark_of_utf_16() {
        for mark in [[0xFF, 0xFE], [0xFE, 0xFF]] {
            let length = [mark[0], mark[1], 1, 0, 0, 0, 0, 0];
            assert_eq!(what(&[&length[..], b"{\"a\":"].concat()), None, "{mark:?}");
        }
        let text = |letters: &str| {
            [&[0xFE, 0xFF][..], &letters.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()].concat()
        };
        assert_eq!(what(&text("abc符")), Some("text in UTF-16"), "7B 26");
    }

    #[test]
    fn what_a_download_left_is_told() {
        assert!(what(b"version https://git-lfs.github.com/spec/v1\n").is_some_and(|it| it.contains("git-lfs")));
        assert!(what(b"\n <!DOCTYPE HTML><html>").is_some_and(|it| it.contains("web page")));
        assert!(what(b"Entry not found").is_some_and(|it| it.contains("answer")));
    }

    #[test]
    fn a_first_line_of_names_is_no_magic_number() {
        for line in
            ["ORCID,fact,layer", "GGUF,fact,layer", "BZh,fact", "RDX,fact", "%PDF,fact", "<htmlx,fact", "Rar!,f"]
        {
            assert_eq!(what(line.as_bytes()), None, "{line}");
        }
        assert_eq!(what(b"ORC\x0a\x06\x12\x04\x08\x01"), Some("an ORC file"));
        assert_eq!(what(b"GGUF\x03\0\0\0"), Some("a GGUF file: a model, not scores"));
        assert_eq!(what(b"BZh91AY&SY\x01"), Some("a file packed with bzip2"));
        assert_eq!(what(br#"{"model_type": [[0, 1]], "vocab_size": [[0, 2]]}"#), None, "facts of those names");
    }

    #[test]
    fn what_kndb_reads_is_not_foreign() {
        for head in
            [&b"\x93NUMPY\x01"[..], b"PAR1", b"ARROW1", b"{\"f\": [[0, 1]]}", b"fact,layer\n", b"\x1f\x8b\x08", b""]
        {
            assert_eq!(what(head), None, "{head:?}");
        }
    }

    #[test]
    fn tables_are_foreign_to_a_build_that_does_not_read_them() {
        let told = |what| if cfg!(feature = "parquet") { None } else { Some(what) };
        assert_eq!(what(b"PAR1\x15\x04"), told("a Parquet file"));
        assert_eq!(what(b"ARROW1\0\0\xff\xff\xff\xff"), told("an Arrow file"));
        assert_eq!(what(b"PAR1,fact,layer"), None, "the first line of a table");
    }
}
