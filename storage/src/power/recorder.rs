//! Looks on while a store works, and writes down which bytes and names changed and which were made durable.
//!
//! The whole folder is looked at whenever [`crate::files::disk`] does something. So sled's own writes are seen too, though only
//! as what they have come to by then: a lower bound of what a disk may hold in between.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What a disk writes at once, or not at all.
pub const SECTOR: usize = 512;

/// A file or folder, whatever its name.
pub type Node = u64;

/// Something that happened, in order.
#[derive(Clone, Debug)]
pub enum Happened {
    /// A sector of a file has other bytes; the last one may be shorter.
    Sector(Node, usize, Vec<u8>),
    /// A file has another length.
    Length(Node, usize),
    /// A name in a folder leads to another node, or to none.
    Name { folder: Node, name: String, now: Option<Node> },
    /// A node got another name in its folder: both at once.
    Moved { folder: Node, from: String, to: String, node: Node },
    /// A node is a folder.
    Folder(Node),
    /// A file's bytes, or a folder's names, are durable.
    Synced(Node),
    /// The writer was told that it is done; so many are.
    Acknowledged(usize),
}

#[derive(Clone, Debug)]
enum Content {
    File(Vec<u8>),
    Folder(BTreeMap<String, Node>),
}

pub struct Recorder {
    root: PathBuf,
    pub log: Vec<Happened>,
    nodes: BTreeMap<Node, Content>,
    /// Numbers of nodes by what the system calls them, which it does again after a removal.
    known: HashMap<(u64, Option<std::time::SystemTime>), Node>,
    next: Node,
}

impl Recorder {
    /// Looks on from now; node 0 is the folder itself, which is durable.
    pub fn new(root: &Path) -> Self {
        let nodes = BTreeMap::from([(0, Content::Folder(BTreeMap::new()))]);
        Self { root: root.to_owned(), log: Vec::new(), nodes, known: HashMap::new(), next: 1 }
    }

    fn node(&mut self, path: &Path) -> Option<Node> {
        if path == self.root {
            return Some(0);
        }
        let data = std::fs::symlink_metadata(path).ok()?;
        // Numbers are used again; the time of birth tells the new one.
        let key = (data.ino(), data.created().ok());
        let next = &mut self.next;
        Some(*self.known.entry(key).or_insert_with(|| {
            *next += 1;
            *next
        }))
    }

    /// Looks at everything below the folder.
    pub fn look(&mut self) {
        self.look_at(&self.root.clone(), 0);
    }

    fn look_at(&mut self, path: &Path, node: Node) {
        let Ok(entries) = std::fs::read_dir(path) else { return };
        let mut names = BTreeMap::new();
        let mut below = Vec::new();
        for entry in entries.flatten() {
            if let Some(found) = self.node(&entry.path()) {
                names.insert(entry.file_name().to_string_lossy().into_owned(), found);
                below.push((entry.path(), found));
            }
        }
        // What a name leads to has its bytes first.
        for (path, found) in below {
            if path.is_dir() {
                if let Entry::Vacant(new) = self.nodes.entry(found) {
                    new.insert(Content::Folder(BTreeMap::new()));
                    self.log.push(Happened::Folder(found));
                }
                self.look_at(&path, found);
            } else if let Ok(bytes) = std::fs::read(&path) {
                self.look_at_file(found, bytes);
            }
        }
        let before = match self.nodes.insert(node, Content::Folder(names.clone())) {
            Some(Content::Folder(before)) => before,
            _ => BTreeMap::new(),
        };
        self.compare_names(node, &before, &names);
    }

    fn look_at_file(&mut self, node: Node, bytes: Vec<u8>) {
        let before = match self.nodes.get(&node) {
            Some(Content::File(before)) => before.as_slice(),
            _ => &[],
        };
        if before == bytes.as_slice() {
            self.nodes.entry(node).or_insert(Content::File(bytes));
            return;
        }
        if before.len() != bytes.len() {
            self.log.push(Happened::Length(node, bytes.len()));
        }
        for (number, sector) in bytes.chunks(SECTOR).enumerate() {
            let begin = number * SECTOR;
            if before.get(begin..begin + sector.len()) != Some(sector) {
                self.log.push(Happened::Sector(node, number, sector.to_vec()));
            }
        }
        self.nodes.insert(node, Content::File(bytes));
    }

    fn compare_names(&mut self, folder: Node, before: &BTreeMap<String, Node>, now: &BTreeMap<String, Node>) {
        let mut moved = Vec::new();
        for (to, &node) in now.iter().filter(|&(name, node)| before.get(name) != Some(node)) {
            // sled syncs a snapshot's bytes before it gives it its name, and says so to nobody.
            if to.starts_with("snap.") && !to.ends_with(".generating") {
                self.log.push(Happened::Synced(node));
            }
            let from = before.iter().find(|&(name, &known)| known == node && now.get(name) != Some(&node));
            self.log.push(match from {
                Some((from, _)) => {
                    moved.push(from.clone());
                    Happened::Moved { folder, from: from.clone(), to: to.clone(), node }
                }
                None => Happened::Name { folder, name: to.clone(), now: Some(node) },
            });
        }
        for name in before.keys().filter(|name| !now.contains_key(*name) && !moved.contains(name)) {
            self.log.push(Happened::Name { folder, name: name.clone(), now: None });
        }
    }

    /// A file or folder was made durable as it is.
    pub fn synced(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if let Some(node) = path.starts_with(&self.root).then(|| self.node(&path)).flatten() {
            self.log.push(Happened::Synced(node));
        }
    }
}
