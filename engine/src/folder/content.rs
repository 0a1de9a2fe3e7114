//! What a file holds, by its first bytes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Kinds of files that stand where others are expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A git-lfs pointer.
    LfsPointer,
    /// A web page.
    Html,
    /// llama.cpp's format.
    Gguf,
    /// What llama.cpp had before it.
    Ggml,
    /// A zip archive, as PyTorch's checkpoints are.
    Zip,
    /// A pickle, as older checkpoints of PyTorch are.
    Pickle,
    /// HDF5, as Keras writes it.
    Hdf5,
    /// Something packed.
    Packed,
    /// What the hub answers for a file that is not there or not allowed.
    Refusal,
    /// Anything else.
    Other,
}

impl Content {
    /// Of a file that can be read; of others, [`Content::Other`].
    pub fn of(path: &Path) -> Self {
        let mut start = Vec::new();
        let read = File::open(path).and_then(|file| file.take(512).read_to_end(&mut start));
        if read.is_err() { Self::Other } else { Self::of_bytes(&start) }
    }

    fn of_bytes(start: &[u8]) -> Self {
        let text = String::from_utf8_lossy(start).to_lowercase();
        let text = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
        let begins = |magic: &[u8]| start.starts_with(magic);
        if text.starts_with("version https://git-lfs") {
            Self::LfsPointer
        } else if ["<!doctype", "<html", "<head", "<?xml"].iter().any(|tag| text.starts_with(tag)) {
            Self::Html
        } else if text.starts_with("entry not found")
            || text.starts_with("invalid username or password")
            || text.starts_with("access to model")
            || text.starts_with("repository not found")
        {
            Self::Refusal
        } else if begins(b"GGUF") {
            Self::Gguf
        } else if [b"lmgg", b"tjgg", b"fmgg"].iter().any(|magic| begins(*magic)) {
            Self::Ggml
        } else if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") {
            Self::Zip
        } else if begins(b"\x89HDF\r\n") {
            Self::Hdf5
        } else if begins(b"\x1f\x8b") || begins(b"\x28\xb5\x2f\xfd") || begins(b"BZh") || begins(b"\xfd7zXZ") {
            Self::Packed
        } else if matches!(start, [0x80, 2..=5, ..]) && start.get(8) != Some(&b'{') {
            Self::Pickle
        } else {
            Self::Other
        }
    }

    /// What it is, and what to do; nothing for [`Content::Other`].
    pub fn told(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::LfsPointer => (
                "a git-lfs pointer, not the file itself",
                "run `git lfs pull` where it was cloned, or download the file",
            ),
            Self::Html => (
                "a web page, not the file itself",
                "it may ask to log in: download the file again, on huggingface.co from its `resolve` address and with a \
                 token where the model is gated",
            ),
            Self::Refusal => (
                "the hub's answer that the file is not there or not allowed, not the file itself",
                "download it again, with a token where the model is gated",
            ),
            Self::Gguf => ("a GGUF file of llama.cpp", "give it a name that ends in .gguf: it is read as such then"),
            Self::Ggml => ("a file of llama.cpp from before GGUF", super::clues::ORIGINAL),
            Self::Zip => ("a zip archive or a PyTorch checkpoint", super::clues::STATE),
            Self::Pickle => ("a pickle", super::clues::STATE),
            Self::Hdf5 => ("an HDF5 file, as TensorFlow and Keras write weights", super::clues::CONVERTED),
            Self::Packed => ("a packed file", "unpack it first"),
            Self::Other => return None,
        })
    }
}
