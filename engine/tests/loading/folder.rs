//! Copies of fixtures to break.

use kndb_engine::Model;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

#[derive(Clone)]
pub struct Stored {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// A copy of a fixture, gone when it is dropped.
pub struct Folder(TempDir);

pub fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub fn device() -> burn::tensor::Device {
    kndb_engine::device("cpu").expect("the CPU is there")
}

fn fixture(name: &str) -> PathBuf {
    fixtures().join(name)
}

fn model(folder: &Path) -> kndb_engine::Result<Model> {
    Model::load(folder, &device())
}

/// A fixture as it is.
pub fn load(name: &str) -> Model {
    model(&fixture(name)).expect("the fixture loads")
}

impl Folder {
    pub fn of(name: &str) -> Self {
        let copy = TempDir::new().expect("a temporary folder");
        for entry in std::fs::read_dir(fixture(name)).expect("the fixture") {
            let path = entry.expect("a file of the fixture").path();
            let file = path.file_name().expect("a name");
            if file != "goldens.json" {
                std::fs::copy(&path, copy.path().join(file)).expect("a copy");
            }
        }
        Self(copy)
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub fn load(&self) -> Model {
        model(self.0.path()).expect("the folder loads")
    }

    /// What loading it says; names the folder's files.
    pub fn error(&self) -> String {
        match model(self.0.path()) {
            Ok(_) => panic!("the broken folder was loaded"),
            Err(error) => error.to_string(),
        }
    }

    pub fn read(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.path(file)).expect("a file of the folder")
    }

    pub fn write(&self, file: &str, bytes: &[u8]) {
        std::fs::write(self.path(file), bytes).expect("a writable folder");
    }

    pub fn remove(&self, file: &str) {
        std::fs::remove_file(self.path(file)).expect("a file of the folder");
    }

    /// Replaces a text wherever it is in a file; it must be there.
    pub fn replace(&self, file: &str, old: &str, new: &str) {
        let text = String::from_utf8(self.read(file)).expect("a text file");
        assert!(text.contains(old), "{file} has no {old}");
        self.write(file, text.replace(old, new).as_bytes());
    }

    pub fn config(&self, edit: impl FnOnce(&mut serde_json::Value)) {
        let mut config = serde_json::from_slice(&self.read("config.json")).expect("a configuration");
        edit(&mut config);
        self.write("config.json", config.to_string().as_bytes());
    }

    pub fn tensors(&self, edit: impl FnOnce(&mut BTreeMap<String, Stored>)) {
        self.tensors_and(None, edit);
    }

    /// The tensors as they are.
    pub fn all(&self) -> BTreeMap<String, Stored> {
        let mut all = BTreeMap::new();
        self.tensors(|tensors| all.clone_from(tensors));
        all
    }

    /// Values of a tensor of f32.
    pub fn floats(&self, name: &str) -> Vec<f32> {
        self.all()[name].bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
    }

    /// Changes the tensors, and writes metadata beside them.
    pub fn tensors_and(
        &self,
        metadata: Option<HashMap<String, String>>,
        edit: impl FnOnce(&mut BTreeMap<String, Stored>),
    ) {
        let bytes = self.read("model.safetensors");
        let file = SafeTensors::deserialize(&bytes).expect("the fixture's weights");
        let stored = file.iter().map(|(name, view)| {
            let stored = Stored { dtype: view.dtype(), shape: view.shape().to_vec(), bytes: view.data().to_vec() };
            (name.to_owned(), stored)
        });
        let mut tensors = stored.collect();
        edit(&mut tensors);
        let views = tensors.iter().map(|(name, t)| {
            (name.as_str(), TensorView::new(t.dtype, t.shape.clone(), &t.bytes).expect("a tensor of its shape"))
        });
        self.write("model.safetensors", &serialize(views, metadata).expect("weights"));
    }

    /// Writes every tensor, f32 so far, in another type.
    pub fn convert(&self, dtype: Dtype, value: impl Fn(f32) -> Vec<u8>) {
        self.tensors(|tensors| {
            for tensor in tensors.values_mut() {
                let floats = tensor.bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
                tensor.bytes = floats.flat_map(&value).collect();
                tensor.dtype = dtype;
            }
        });
    }
}
