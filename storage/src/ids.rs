//! The ids of the store, as newtypes: one kind of number is never taken for another.
//!
//! Ids are small integers given out by the store. People and files use names (a UUID, `en`,
//! `P36`); [`crate::Snapshot`] translates both ways.

use std::fmt;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident($inner:ty), $prefix:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "-{}"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

id!(
    /// One attribution pass or import: a model, a method and all its parameters.
    RunId(u32),
    "run"
);
id!(
    /// A (subject, relation, object) triple with an external id, the same in every language.
    FactId(u32),
    "fact"
);
id!(
    /// A relation such as `P36` (capital).
    RelationId(u32),
    "relation"
);
id!(
    /// A language, by the code its data uses (`en`, `zh`).
    LanguageId(u16),
    "language"
);
id!(
    /// The number of a prompt template within (relation, language), from 0.
    PromptId(u16),
    "prompt"
);
id!(
    /// A segment or dictionary file; later files have larger ids.
    FileId(u64),
    "file"
);
id!(
    /// A transformer layer (feed-forward block), from 0.
    Layer(u32),
    "layer"
);
id!(
    /// A neuron of the whole model: `layer × width + unit`.
    Neuron(u32),
    "neuron"
);

/// The feed-forward shape of a model: how [`Neuron`] and (layer, unit) translate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Number of feed-forward blocks.
    pub layers: u32,
    /// Units of one block.
    pub width: u32,
}

impl Shape {
    /// A shape, if it is one kndb can address: both positive, `layers × width ≤ 2^32`.
    pub fn new(layers: u32, width: u32) -> Option<Self> {
        let fits = u64::from(layers) * u64::from(width) <= 1 << 32;
        (layers > 0 && width > 0 && fits).then_some(Self { layers, width })
    }

    /// Number of neurons in the model.
    pub fn neurons(self) -> u64 {
        u64::from(self.layers) * u64::from(self.width)
    }

    /// The neuron `unit` of `layer`, if both lie within the shape.
    pub fn neuron(self, layer: u32, unit: u32) -> Option<Neuron> {
        (layer < self.layers && unit < self.width).then(|| Neuron(layer * self.width + unit))
    }

    /// Layer and unit of a neuron.
    pub fn split(self, neuron: Neuron) -> (Layer, u32) {
        (Layer(neuron.0 / self.width), neuron.0 % self.width)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} layers × {}", self.layers, self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_translates_both_ways_and_refuses_what_lies_outside() {
        let bert = Shape::new(12, 3072).expect("12 × 3072 fits");
        let neuron = bert.neuron(9, 852).expect("within the model");
        assert_eq!(neuron, Neuron(28_500));
        assert_eq!(bert.split(neuron), (Layer(9), 852));
        assert_eq!(bert.neuron(12, 0), None);
        assert_eq!(bert.neuron(0, 3072), None);
    }

    #[test]
    fn the_largest_model_has_two_to_the_32_neurons() {
        assert!(Shape::new(1 << 16, 1 << 16).is_some());
        assert!(Shape::new((1 << 16) + 1, 1 << 16).is_none());
        assert!(Shape::new(0, 8).is_none());
    }
}
