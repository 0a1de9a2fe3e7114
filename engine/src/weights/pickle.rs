//! What PyTorch's pickles say of a tensor beyond its bytes: a negative bit, a class of its own, values that are elsewhere.
//!
//! The reader of checkpoints leaves that out, so that such a tensor would be read as another one, or as none. Here the pickle
//! is only walked through: nothing is executed, and no tensor is read.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

/// Longest text that is kept; names are shorter.
const LONGEST_TEXT: u64 = 1 << 12;
/// Deepest nesting of tuples.
const DEEPEST: u32 = 1_000;
/// Pickles of a checkpoint before PyTorch 1.6: magic number, version, system, the tensors.
const LEGACY_PICKLES: usize = 4;

/// A tensor that is not its bytes alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Odd {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// What it is.
    pub what: String,
}

/// The first such tensor of a checkpoint.
///
/// # Errors
/// A file that cannot be read, or is no pickle.
pub fn odd_tensor(path: &Path) -> io::Result<Option<Odd>> {
    let mut file = BufReader::new(File::open(path)?);
    let start = file.fill_buf()?;
    if start.get(257..262) == Some(b"ustar") {
        // Before PyTorch 0.1.10 there was nothing else to say.
        return Ok(None);
    }
    if start.starts_with(b"PK") {
        let mut archive = zip::ZipArchive::new(file).map_err(io::Error::other)?;
        for at in 0..archive.len() {
            let entry = archive.by_index(at).map_err(io::Error::other)?;
            let name = entry.name().map_err(io::Error::other)?;
            let is_pickle = name == "data.pkl" || name.ends_with("/data.pkl");
            if is_pickle && let Some(odd) = Walk::default().through(&mut BufReader::new(entry))? {
                return Ok(Some(odd));
            }
        }
        return Ok(None);
    }
    for number in 0..LEGACY_PICKLES {
        if number > 0 && file.fill_buf()?.is_empty() {
            break;
        }
        if let Some(odd) = Walk::default().through(&mut file)? {
            return Ok(Some(odd));
        }
    }
    Ok(None)
}

/// What of a value matters here.
#[derive(Clone)]
enum Item {
    Mark,
    Nothing,
    Text(Rc<str>),
    Flag(bool),
    /// A class or function, with its module.
    Global(Rc<str>),
    /// With the depth of its nesting.
    Tuple(Rc<[Item]>, u32),
    /// Keys, with whether their values are true; `None` for values of other kinds.
    Map(Rc<RefCell<BTreeMap<Rc<str>, Option<bool>>>>),
    /// A tensor that is not its bytes alone.
    Odd,
    /// An array of NumPy's.
    Array,
    Other,
}

#[derive(Default)]
struct Walk {
    stack: Vec<Item>,
    memo: HashMap<u32, Item>,
    found: Option<Odd>,
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn number<const N: usize>(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes[..N])?;
    Ok(u64::from_le_bytes(bytes))
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(LONGEST_TEXT).read_until(b'\n', &mut bytes)?;
    if bytes.pop() != Some(b'\n') {
        return Err(broken("a line that does not end"));
    }
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\r').to_owned())
}

fn text(from: &mut impl Read, length: u64) -> io::Result<Item> {
    if length > LONGEST_TEXT {
        return skipped(from, length);
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    Ok(Item::Text(String::from_utf8_lossy(&bytes).into()))
}

fn skipped(from: &mut impl Read, length: u64) -> io::Result<Item> {
    match io::copy(&mut from.take(length), &mut io::sink())? == length {
        true => Ok(Item::Other),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

impl Walk {
    /// Walks one pickle to its end.
    fn through(mut self, from: &mut impl BufRead) -> io::Result<Option<Odd>> {
        loop {
            let code = number::<1>(from)? as u8;
            match code {
                b'.' => return Ok(self.found),
                0x80 => drop(number::<1>(from)?),
                0x95 => drop(number::<8>(from)?),
                b'p' | b'q' | b'r' | 0x94 => self.remember(code, from)?,
                b'0' => drop(self.pop()?),
                b'1' => drop(self.pop_to_mark()?),
                b'a' | b'b' => drop(self.pop()?),
                b'e' | 0x90 => drop(self.pop_to_mark()?),
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.set(&[key, value])?;
                }
                b'u' => {
                    let pairs = self.pop_to_mark()?;
                    self.set(&pairs)?;
                }
                _ => {
                    let item = self.item(code, from)?;
                    self.stack.push(item);
                }
            }
        }
    }

    /// What an opcode pushes.
    fn item(&mut self, code: u8, from: &mut impl BufRead) -> io::Result<Item> {
        Ok(match code {
            b'(' => Item::Mark,
            b'2' => self.stack.last().cloned().ok_or_else(|| broken("nothing to double"))?,
            b'N' => Item::Nothing,
            0x88 | 0x89 => Item::Flag(code == 0x88),
            b'I' => match line(from)?.as_str() {
                "00" => Item::Flag(false),
                "01" => Item::Flag(true),
                _ => Item::Other,
            },
            b'L' | b'F' | b'P' => line(from).map(|_| Item::Other)?,
            b'V' => Item::Text(line(from)?.into()),
            b'K' => number::<1>(from).map(|_| Item::Other)?,
            b'M' => number::<2>(from).map(|_| Item::Other)?,
            b'J' => number::<4>(from).map(|_| Item::Other)?,
            b'G' => number::<8>(from).map(|_| Item::Other)?,
            b'U' | 0x8c => number::<1>(from).and_then(|length| text(from, length))?,
            b'T' | b'X' => number::<4>(from).and_then(|length| text(from, length))?,
            0x8d => number::<8>(from).and_then(|length| text(from, length))?,
            b'C' | 0x8a => number::<1>(from).and_then(|length| skipped(from, length))?,
            b'B' | 0x8b => number::<4>(from).and_then(|length| skipped(from, length))?,
            0x8e | 0x96 => number::<8>(from).and_then(|length| skipped(from, length))?,
            b'g' | b'h' | b'j' => self.recall(code, from)?,
            b'c' => {
                let module = line(from)?;
                Item::Global(format!("{module}.{}", line(from)?).into())
            }
            0x93 => match (self.pop()?, self.pop()?) {
                (Item::Text(name), Item::Text(module)) => Item::Global(format!("{module}.{name}").into()),
                _ => return Err(broken("a class without a name")),
            },
            b'Q' => self.pop().map(|_| Item::Other)?,
            b')' => Item::Tuple(Rc::new([]), 0),
            0x85..=0x87 => {
                let from = self.stack.len().checked_sub(usize::from(code - 0x84));
                let from = from.ok_or_else(|| broken("too few values for a tuple"))?;
                tuple(self.stack.split_off(from))?
            }
            b't' => tuple(self.pop_to_mark()?)?,
            b']' | 0x8f => Item::Other,
            b'l' | 0x91 => self.pop_to_mark().map(|_| Item::Other)?,
            b'}' => Item::Map(Rc::default()),
            b'd' => {
                let pairs = self.pop_to_mark()?;
                self.stack.push(Item::Map(Rc::default()));
                self.set(&pairs)?;
                self.pop()?
            }
            b'R' | 0x81 => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                self.called(&callable, &arguments, 0)?
            }
            0x92 => {
                let (_, arguments, callable) = (self.pop()?, self.pop()?, self.pop()?);
                self.called(&callable, &arguments, 0)?
            }
            _ => return Err(broken("an opcode that is not known")),
        })
    }

    /// What a call makes. Only those are looked into that make tensors.
    fn called(&mut self, callable: &Item, arguments: &Item, depth: u32) -> io::Result<Item> {
        let (Item::Global(name), Item::Tuple(given, _)) = (callable, arguments) else { return Ok(Item::Other) };
        if depth > DEEPEST {
            return Err(broken("calls nested too deeply"));
        }
        Ok(match &**name {
            "collections.OrderedDict" => Item::Map(Rc::default()),
            "torch._utils._rebuild_tensor" => Item::Other,
            "torch._utils._rebuild_tensor_v2" => self.with_metadata(given.get(6)),
            "torch._utils._rebuild_tensor_v3" => self.with_metadata(given.get(7)),
            "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state" => {
                given.first().cloned().unwrap_or(Item::Other)
            }
            "torch._tensor._rebuild_from_type_v2" => match (given.first(), given.get(1), given.get(2)) {
                (Some(function), Some(Item::Global(class)), Some(given)) if is_plain(class) => {
                    self.called(function, given, depth + 1)?
                }
                (_, Some(Item::Global(class)), _) => self.odd(format!("an object of the class `{class}`")),
                _ => self.odd("an object of a class without a name".into()),
            },
            "torch._utils._rebuild_meta_tensor_no_storage" => {
                self.odd("on the device `meta`: it has a shape, but no values".into())
            }
            "torch._utils._rebuild_sparse_tensor" | "torch._utils._rebuild_sparse_csr_tensor" => {
                self.odd("sparse: `to_dense()` gives all of its values".into())
            }
            "torch._utils._rebuild_qtensor" => self.odd("quantised: `dequantize()` gives its values".into()),
            name if name.starts_with("torch.") && name.contains("._rebuild") => {
                self.odd(format!("made by `{name}`, which kndb does not know"))
            }
            "numpy.core.multiarray._reconstruct" | "numpy._core.multiarray._reconstruct" => Item::Array,
            _ => Item::Other,
        })
    }

    /// A tensor, with what is said of it beside its bytes: bits that are set.
    fn with_metadata(&mut self, metadata: Option<&Item>) -> Item {
        let set = match metadata {
            None | Some(Item::Nothing) => None,
            Some(Item::Map(entries)) => {
                let entries = entries.borrow();
                entries.iter().find(|(_, value)| **value != Some(false)).map(|(key, _)| key.to_string())
            }
            Some(_) => Some("?".into()),
        };
        match set.as_deref() {
            None => Item::Other,
            Some("neg") => self.odd("stored with its negative bit set: `resolve_neg()` gives its values".into()),
            Some("conj") => self.odd("stored with its conjugate bit set: `resolve_conj()` gives its values".into()),
            Some(other) => self.odd(format!("stored with `{other}` set, which kndb does not know")),
        }
    }

    fn odd(&mut self, what: String) -> Item {
        self.found.get_or_insert(Odd { name: None, what });
        Item::Odd
    }

    /// Puts keys and values in turn into the map on top.
    fn set(&mut self, pairs: &[Item]) -> io::Result<()> {
        let top = self.stack.last().cloned().ok_or_else(|| broken("nothing to put a value into"))?;
        for pair in pairs.chunks_exact(2) {
            let Item::Text(key) = &pair[0] else { continue };
            match &pair[1] {
                Item::Odd => {
                    let unnamed = self.found.as_mut().filter(|odd| odd.name.is_none());
                    unnamed.into_iter().for_each(|odd| odd.name = Some(key.to_string()));
                }
                // Other arrays are the state of a random generator and the like.
                Item::Array if key.contains('.') && self.found.is_none() => {
                    let what = "an array of NumPy's, not a tensor: `torch.from_numpy` makes one of it".into();
                    self.found = Some(Odd { name: Some(key.to_string()), what });
                }
                _ => {}
            }
            if let Item::Map(entries) = &top {
                let value = match &pair[1] {
                    Item::Flag(flag) => Some(*flag),
                    Item::Nothing => Some(false),
                    _ => None,
                };
                entries.borrow_mut().insert(Rc::clone(key), value);
            }
        }
        Ok(())
    }

    fn remember(&mut self, code: u8, from: &mut impl BufRead) -> io::Result<()> {
        let at = match code {
            0x94 => self.memo.len() as u32,
            code => place(code, from)?,
        };
        let top = self.stack.last().cloned().ok_or_else(|| broken("nothing to remember"))?;
        self.memo.insert(at, top);
        Ok(())
    }

    fn recall(&mut self, code: u8, from: &mut impl BufRead) -> io::Result<Item> {
        let at = place(code, from)?;
        self.memo.get(&at).cloned().ok_or_else(|| broken("a value that was not remembered"))
    }

    fn pop(&mut self) -> io::Result<Item> {
        match self.stack.pop() {
            Some(Item::Mark) | None => Err(broken("a value is missing")),
            Some(item) => Ok(item),
        }
    }

    fn pop_to_mark(&mut self) -> io::Result<Vec<Item>> {
        let mark = self.stack.iter().rposition(|item| matches!(item, Item::Mark));
        let mark = mark.ok_or_else(|| broken("a mark is missing"))?;
        let items = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(items)
    }
}

/// Where a value is remembered.
fn place(code: u8, from: &mut impl BufRead) -> io::Result<u32> {
    match code {
        b'p' | b'g' => line(from)?.parse().map_err(|_| broken("a place that is no number")),
        b'q' | b'h' => number::<1>(from).map(|at| at as u32),
        _ => number::<4>(from).map(|at| at as u32),
    }
}

fn tuple(items: Vec<Item>) -> io::Result<Item> {
    let depth = |item: &Item| if let Item::Tuple(_, depth) = item { *depth } else { 0 };
    let depth = items.iter().map(depth).max().unwrap_or(0) + 1;
    if depth > DEEPEST { Err(broken("tuples nested too deeply")) } else { Ok(Item::Tuple(items.into(), depth)) }
}

/// Whether objects of a class are tensors and nothing else.
fn is_plain(class: &str) -> bool {
    let plain =
        ["Tensor", "_tensor.Tensor", "nn.Parameter", "nn.parameter.Parameter", "nn.Buffer", "nn.parameter.Buffer"];
    class.strip_prefix("torch.").is_some_and(|name| plain.contains(&name))
}
