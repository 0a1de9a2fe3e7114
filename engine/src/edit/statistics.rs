//! C = E[k·kᵀ]: how what a layer's second feed-forward matrix reads is spread over the tokens of a text.
//!
//! ROME and MEMIT change a matrix as little as they can for the keys of other texts, and C stands for these (Meng et al. 2022, eq. 2). A layer of n
//! neurons has n² numbers, kept in 64 bits: 75 MB for 3,072, 328 MB for 6,400.

use super::save::{has_folder, read, replace_tensors};
use super::tensors::{Source, Written};
use crate::corpus::Windows;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::transformer::to_host;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// Metadata of the file: the hash of the model's weights, the text's, tokens, tokens of a window.
const MODEL: &str = "kndb_model";
const TEXT: &str = "kndb_text";
const TOKENS: &str = "kndb_tokens";
const WINDOW: &str = "kndb_window";
/// Hash of all of that and of the numbers.
const CONTENT: &str = "kndb_content";

/// C of some layers of a model over a text.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyStatistics {
    weights_hash: String,
    text_hash: String,
    tokens: u64,
    window: usize,
    width: usize,
    /// By layer, `[width × width]`, symmetric.
    layers: BTreeMap<usize, Vec<f64>>,
}

/// What is read of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Tokens of a window, those that the tokenizer adds included.
    pub window: usize,
    /// At most so many tokens.
    pub tokens: Option<usize>,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { window: 256, tokens: None }
    }
}

impl KeyStatistics {
    /// Reads a text, as `kndb activations` does, in windows that know nothing of each other; every token of the text counts once.
    /// `progress` gets the tokens read and all of them.
    ///
    /// # Errors
    /// A text that cannot be read or has no token; a layer the model does not have; [`Error::Stopped`].
    pub fn of_text(
        model: &Model,
        path: &Path,
        layers: &[usize],
        options: TextOptions,
        interrupt: &(dyn Fn() -> bool + Sync),
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self> {
        let bytes = fs::read(path).map_err(|source| Error::Text { path: path.to_owned(), source })?;
        let wrong = |reason: String| Error::File { path: path.to_owned(), reason };
        let text = std::str::from_utf8(&bytes)
            .map_err(|why| wrong(format!("not UTF-8 behind byte {}; expected a text", why.valid_up_to())))?;
        let windows = Windows::of(&model.asking(), text, options.window, options.tokens).map_err(wrong)?;
        let width = model.network.width();
        let mut all: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for &layer in layers {
            if layer >= model.network.blocks.len() {
                return Err(no_layer(layer, model.network.blocks.len()));
            }
            all.insert(layer, vec![0.0; width * width]);
        }
        let last = layers.iter().copied().max().unwrap_or(0);
        let mut read = 0;
        for number in 0..windows.count() {
            super::method::go_on(interrupt)?;
            let window = windows.window(number);
            let counted = window.counted.clone();
            model.network.traced(&window.ids, last, |layer, trace| {
                let Some(sums) = all.get_mut(&layer) else { return };
                let keys = trace.neurons.slice_dim(0, counted.clone());
                let products = to_host(keys.clone().transpose().matmul(keys));
                sums.iter_mut().zip(products).for_each(|(sum, product)| *sum += f64::from(product));
            });
            read += counted.len() as u64;
            progress(read, windows.tokens() as u64);
        }
        model.must_be_unchanged()?;
        for (layer, sums) in &mut all {
            sums.iter_mut().for_each(|sum| *sum /= read as f64);
            if let Some(value) = sums.iter().find(|value| !value.is_finite()) {
                return Err(Error::NotFinite { layer: *layer as u32, what: "an activation", value: *value as f32 });
            }
        }
        Ok(Self {
            weights_hash: model.weights_hash().to_owned(),
            text_hash: format!("xxh3-{:032x}", xxh3_128(&bytes)),
            tokens: read,
            // What the model has places for.
            window: options.window.min(model.asking().max_tokens),
            width,
            layers: all,
        })
    }

    /// Tokens of the text.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// The layers it has, ascending.
    pub fn layers(&self) -> impl Iterator<Item = usize> + '_ {
        self.layers.keys().copied()
    }

    /// C of a layer, `[width × width]`.
    pub fn of_layer(&self, layer: usize) -> Option<&[f64]> {
        self.layers.get(&layer).map(Vec::as_slice)
    }

    /// What it is of, as provenance: the text's hash, its tokens, those of a window.
    pub fn told(&self) -> String {
        format!("text {}, {} tokens in windows of {}", self.text_hash, self.tokens, self.window)
    }

    /// Writes it as a safetensors file: `layer.N`, F64. The file becomes visible whole; what was there is replaced.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let metadata = HashMap::from(
            [
                (MODEL, self.weights_hash.clone()),
                (TEXT, self.text_hash.clone()),
                (TOKENS, self.tokens.to_string()),
                (WINDOW, self.window.to_string()),
                (CONTENT, self.content()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let bytes: Vec<(String, Vec<u8>)> = self
            .layers
            .iter()
            .map(|(layer, values)| (format!("layer.{layer}"), values.iter().flat_map(|v| v.to_le_bytes()).collect()))
            .collect();
        let shape = [self.width, self.width];
        let views = bytes.iter().map(|(name, bytes)| {
            (name.as_str(), Written { dtype: Dtype::F64, shape: &shape, bytes: Source::New(bytes) })
        });
        has_folder(path)?;
        replace_tensors(views.collect(), metadata, path)
    }

    /// The hash of all that the file says: a number that a copy lost would else decide an edit.
    fn content(&self) -> String {
        let mut hash = Xxh3::new();
        let mut take = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        for text in [&self.weights_hash, &self.text_hash] {
            take(text.as_bytes());
        }
        for number in [self.tokens, self.window as u64, self.width as u64] {
            take(&number.to_le_bytes());
        }
        for (&layer, values) in &self.layers {
            take(&(layer as u64).to_le_bytes());
            values.iter().for_each(|value| take(&value.to_bits().to_le_bytes()));
        }
        format!("xxh3-{:032x}", hash.digest128())
    }

    /// Reads what [`KeyStatistics::write`] wrote, of this model.
    ///
    /// # Errors
    /// A file that cannot be read or is none of these; another model's.
    pub fn read(path: &Path, model: &Model) -> Result<Self> {
        let bytes = read(path)?;
        let wrong = |reason: String| Error::File { path: path.to_owned(), reason };
        let other = |e| wrong(format!("not a safetensors file: {e}; expected statistics that `kndb edit` wrote"));
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(other)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let field = |name: &str| {
            let found = metadata.get(name).cloned();
            found.ok_or_else(|| {
                wrong(format!("has no `{name}` in its metadata; expected statistics that `kndb edit` of this version wrote: make them again with --corpus, in another file"))
            })
        };
        let number = |name: &str| {
            let value = field(name)?;
            value.parse::<u64>().map_err(|_| wrong(format!("`{name}` is {value:?}; expected a whole number")))
        };
        let weights_hash = field(MODEL)?;
        if weights_hash != model.weights_hash() {
            return Err(wrong(format!(
                "holds statistics of weights {weights_hash}; {} has {}: give --corpus to make its own, in another file",
                model.name(),
                model.weights_hash()
            )));
        }
        let width = model.network.width();
        let mut layers = BTreeMap::new();
        for (name, view) in SafeTensors::deserialize(&bytes).map_err(other)?.iter() {
            let layer = name.strip_prefix("layer.").and_then(|number| number.parse::<usize>().ok());
            let plain = layer.filter(|layer| name == format!("layer.{layer}"));
            let Some(layer) = plain.filter(|_| view.dtype() == Dtype::F64 && view.shape() == [width, width]) else {
                return Err(wrong(format!(
                    "tensor `{name}` is {:?} {:?}; expected `layer.N`, F64 [{width}, {width}]",
                    view.dtype(),
                    view.shape()
                )));
            };
            let values: Vec<f64> =
                view.data().as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
            is_a_mean_of_squares(&values, width)
                .map_err(|(row, column)| wrong(format!(
                    "`{name}` at row {row}, column {column} is no E[k·kᵀ]: expected finite numbers, the same on both sides of the diagonal"
                )))?;
            layers.insert(layer, values);
        }
        let (tokens, window) = (number(TOKENS)?, number(WINDOW)? as usize);
        let this = Self { weights_hash, text_hash: field(TEXT)?, tokens, window, width, layers };
        match (field(CONTENT)?, this.content()) {
            (hash, found) if hash == found => Ok(this),
            (hash, found) => Err(wrong(format!(
                "is damaged: its content has the hash {found}, and was written with {hash:?}; copy it again, or give --corpus and another file"
            ))),
        }
    }
}

/// Where numbers are not finite, or other than on the other side of the diagonal by more than float32's sums can be.
fn is_a_mean_of_squares(values: &[f64], width: usize) -> std::result::Result<(), (usize, usize)> {
    const APART: f64 = 1e-4;
    for row in 0..width {
        let own = values[row * width + row];
        for column in 0..=row {
            let (below, above) = (values[row * width + column], values[column * width + row]);
            // By Cauchy and Schwarz no entry is larger than this.
            let size = (own * values[column * width + column]).sqrt();
            let fits = own >= 0.0 && (below - above).abs() <= APART * size && below.abs() <= (1.0 + APART) * size;
            if !(fits && below.is_finite() && above.is_finite()) {
                return Err((row, column));
            }
        }
    }
    Ok(())
}

fn no_layer(layer: usize, layers: usize) -> Error {
    Error::Option { option: "layer", given: layer.to_string(), expected: format!("0 to {}", layers.saturating_sub(1)) }
}

/// C of one layer, ready to be solved with; without statistics the identity.
pub(super) enum Solver {
    Identity,
    Factored(Cholesky<f64, Dyn>),
}

impl Solver {
    /// C + ridge · mean(diagonal of C) · I.
    ///
    /// # Errors
    /// A layer without statistics; a C that cannot be inverted.
    pub fn of(statistics: Option<&KeyStatistics>, layer: usize, ridge: f64) -> Result<Self> {
        let Some(statistics) = statistics else { return Ok(Self::Identity) };
        let c = matrix(statistics, layer)?;
        factored(c, ridge, layer, statistics.tokens).map(Self::Factored)
    }

    /// C⁻¹·k.
    pub fn solved(&self, key: &[f64]) -> Vec<f64> {
        match self {
            Self::Identity => key.to_vec(),
            Self::Factored(factor) => factor.solve(&DVector::from_column_slice(key)).as_slice().to_vec(),
        }
    }
}

/// (λ·C + K·Kᵀ)⁻¹·K of keys, a column each: the columns.
///
/// # Errors
/// As [`Solver::of`].
pub(super) fn spread(
    statistics: Option<&KeyStatistics>,
    layer: usize,
    (weight, ridge): (f64, f64),
    keys: &[Vec<f64>],
) -> Result<Vec<Vec<f64>>> {
    let width = keys.first().map_or(0, Vec::len);
    let columns = DMatrix::from_fn(width, keys.len(), |row, column| keys[column][row]);
    let c = match statistics {
        Some(statistics) => matrix(statistics, layer)?,
        None => DMatrix::identity(width, width),
    };
    let whole = c * weight + &columns * columns.transpose();
    let factor = factored(whole, ridge, layer, statistics.map_or(0, KeyStatistics::tokens))?;
    let solved = factor.solve(&columns);
    Ok(solved.column_iter().map(|column| column.iter().copied().collect()).collect())
}

fn matrix(statistics: &KeyStatistics, layer: usize) -> Result<DMatrix<f64>> {
    let width = statistics.width;
    let values = statistics.of_layer(layer).ok_or_else(|| Error::Option {
        option: "statistics",
        given: format!("of the layers {}", statistics.layers().map(|l| l.to_string()).collect::<Vec<_>>().join(", ")),
        expected: format!("those of layer {layer}; give --corpus and another file to make them"),
    })?;
    Ok(DMatrix::from_column_slice(width, width, values))
}

fn factored(mut c: DMatrix<f64>, ridge: f64, layer: usize, tokens: u64) -> Result<Cholesky<f64, Dyn>> {
    /// Least quotient of the factor's smallest and largest entry on its diagonal: behind it, a solution has few digits that are the text's.
    const SINGULAR: f64 = 1e-8;
    let width = c.nrows();
    let more = ridge * c.trace() / width.max(1) as f64;
    (0..width).for_each(|at| c[(at, at)] += more);
    let factor = Cholesky::new(c).filter(|factor| {
        let diagonal = factor.l_dirty().diagonal();
        diagonal.min() > SINGULAR * diagonal.max()
    });
    factor.ok_or_else(|| Error::Option {
        option: "statistics",
        given: format!("of {tokens} tokens, by which the {width} neurons of layer {layer} cannot be told apart"),
        expected: format!(
            "a longer text (some times {width} tokens), or a share of the identity added (--ridge 0.001), or none of them (the identity)"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_by_two(values: [f64; 4]) -> KeyStatistics {
        KeyStatistics {
            weights_hash: String::new(),
            text_hash: String::new(),
            tokens: 2,
            window: 8,
            width: 2,
            layers: BTreeMap::from([(0, values.to_vec())]),
        }
    }

    #[test]
    fn numbers_that_are_no_mean_of_squares_are_found() {
        assert_eq!(is_a_mean_of_squares(&[2.0, 1.0, 1.0 + 1e-6, 1.0], 2), Ok(()));
        assert_eq!(is_a_mean_of_squares(&[0.0, 0.0, 0.0, 1.0], 2), Ok(()), "a neuron that is never active");
        for (wrong, at) in [
            ([f64::NAN, 1.0, 1.0, 1.0], (0, 0)),
            ([-2.0, 1.0, 1.0, 1.0], (0, 0)),
            ([2.0, 1.0, 0.5, 1.0], (1, 0)),
            ([2.0, 3.0, 3.0, 1.0], (1, 0)),
            ([2.0, f64::INFINITY, f64::INFINITY, 1.0], (1, 0)),
        ] {
            assert_eq!(is_a_mean_of_squares(&wrong, 2), Err(at), "{wrong:?}");
        }
    }

    #[test]
    fn systems_by_hand() {
        // C = (2 1; 1 1), whose inverse is (1 −1; −1 2).
        let c = two_by_two([2.0, 1.0, 1.0, 1.0]);
        let solved = Solver::of(Some(&c), 0, 0.0).expect("it can be inverted").solved(&[3.0, 1.0]);
        assert!((solved[0] - 2.0).abs() < 1e-12 && (solved[1] + 1.0).abs() < 1e-12, "{solved:?}");
        // With λ = 1 and a key (1, 0): C + kkᵀ = (3 1; 1 1), whose inverse is (1 −1; −1 3)/2.
        let keys = spread(Some(&c), 0, (1.0, 0.0), &[vec![1.0, 0.0]]).expect("it can be inverted");
        assert!((keys[0][0] - 0.5).abs() < 1e-12 && (keys[0][1] + 0.5).abs() < 1e-12, "{keys:?}");
        // The identity: (2I + kkᵀ)⁻¹k = k/(2 + ‖k‖²).
        let keys = spread(None, 0, (2.0, 0.0), &[vec![1.0, 2.0]]).expect("it can be inverted");
        assert!((keys[0][0] - 1.0 / 7.0).abs() < 1e-12 && (keys[0][1] - 2.0 / 7.0).abs() < 1e-12, "{keys:?}");
    }

    #[test]
    fn what_cannot_be_inverted_is_refused_and_a_ridge_mends_it() {
        let c = two_by_two([1.0, 2.0, 2.0, 4.0]);
        let error = Solver::of(Some(&c), 0, 0.0).err().expect("its rows are multiples").to_string();
        assert!(error.contains("2 tokens") && error.contains("--ridge"), "{error}");
        assert!(Solver::of(Some(&c), 0, 0.1).is_ok());
        let error = Solver::of(Some(&c), 3, 0.0).err().expect("no such layer").to_string();
        assert!(error.contains("layer 3"), "{error}");
    }
}
