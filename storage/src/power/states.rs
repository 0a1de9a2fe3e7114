//! What a disk may hold after a cut: all that was synced, and of the rest any part.

use super::recorder::{Happened, Node, SECTOR};
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Clone, Default)]
struct Disk {
    files: BTreeMap<Node, Vec<u8>>,
    folders: BTreeMap<Node, BTreeMap<String, Node>>,
}

/// How much of what was not synced is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Luck {
    Nothing,
    Everything,
    /// The first so many of a file or folder.
    Beginning,
    Anything,
}

/// A generator of made-up numbers.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) % limit.max(1) as u64) as usize
    }

    fn luck(&mut self) -> Luck {
        [Luck::Nothing, Luck::Everything, Luck::Beginning, Luck::Anything][self.below(4)]
    }
}

impl Disk {
    fn apply(&mut self, happened: &Happened) {
        match happened {
            Happened::Sector(node, number, bytes) => {
                let file = self.files.entry(*node).or_default();
                let begin = number * SECTOR;
                if file.len() < begin + bytes.len() {
                    file.resize(begin + bytes.len(), 0);
                }
                file[begin..begin + bytes.len()].copy_from_slice(bytes);
            }
            Happened::Length(node, length) => self.files.entry(*node).or_default().resize(*length, 0),
            Happened::Name { folder, name, now: Some(node) } => {
                self.folders.entry(*folder).or_default().insert(name.clone(), *node);
            }
            Happened::Name { folder, name, now: None } => {
                self.folders.entry(*folder).or_default().remove(name);
            }
            Happened::Moved { folder, from, to, node } => {
                let names = self.folders.entry(*folder).or_default();
                names.remove(from);
                names.insert(to.clone(), *node);
            }
            Happened::Folder(_) | Happened::Synced(_) | Happened::Acknowledged(_) => {}
        }
    }

    fn write(&self, node: Node, path: &Path, folders: &[Node]) {
        for (name, &below) in self.folders.get(&node).into_iter().flatten() {
            let path = path.join(name);
            if folders.contains(&below) {
                std::fs::create_dir(&path).expect("makes a folder");
                self.write(below, &path, folders);
            } else {
                let bytes = self.files.get(&below).map_or(&[][..], Vec::as_slice);
                std::fs::write(&path, bytes).expect("writes");
            }
        }
    }
}

/// Whose bytes or names it changes.
fn changes(happened: &Happened) -> Option<Node> {
    match happened {
        Happened::Sector(node, ..) | Happened::Length(node, _) => Some(*node),
        Happened::Name { folder, .. } | Happened::Moved { folder, .. } => Some(*folder),
        Happened::Folder(_) | Happened::Synced(_) | Happened::Acknowledged(_) => None,
    }
}

/// Writes a state that the disk may have after the first `cut` things that happened; says how many works were acknowledged by then.
pub fn write_state(log: &[Happened], cut: usize, random: &mut Random, to: &Path) -> usize {
    let mut disk = Disk::default();
    let mut pending: BTreeMap<Node, Vec<&Happened>> = BTreeMap::new();
    let mut acknowledged = 0;
    for happened in &log[..cut] {
        match happened {
            Happened::Synced(node) => pending.remove(node).unwrap_or_default().into_iter().for_each(|p| disk.apply(p)),
            Happened::Acknowledged(count) => acknowledged = *count,
            Happened::Folder(_) => {}
            _ => pending.entry(changes(happened).unwrap_or(0)).or_default().push(happened),
        }
    }
    let same_for_all = random.luck();
    let each = random.below(2) == 0;
    for changes in pending.values() {
        let luck = if each { random.luck() } else { same_for_all };
        let beginning = random.below(changes.len() + 1);
        for (at, change) in changes.iter().enumerate() {
            let there = match luck {
                Luck::Nothing => false,
                Luck::Everything => true,
                Luck::Beginning => at < beginning,
                Luck::Anything => random.below(2) == 0,
            };
            if there {
                disk.apply(change);
            }
        }
    }
    let is_folder = |happened: &Happened| match happened {
        Happened::Folder(node) => Some(*node),
        _ => None,
    };
    let folders: Vec<Node> = log.iter().filter_map(is_folder).collect();
    disk.write(0, to, &folders);
    acknowledged
}
