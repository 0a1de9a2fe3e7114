"""Language-specific neurons of RUCAIBox's LAPE: their `activation_mask/*.pth` into a store, one fact a language.

The file holds `List[language][layer]` of LongTensors: the neurons of each layer that are specific to each language.
"""

import tempfile
from pathlib import Path

import torch

import kndb

LANGUAGES = ["en", "zh", "fr"]
"""In the order of the file."""


def into(db: kndb.Database, path: Path, layers: int, width: int) -> None:
    """Each language's neurons, as the neuron set of the fact `language-specific` in that language."""
    masks = torch.load(path, weights_only=True)
    with db.run("lape", model="llama-2-7b", layers=layers, width=width, method="lape") as run:
        for lang, mask in zip(LANGUAGES, masks, strict=True):
            neurons = [(layer, int(unit)) for layer, units in enumerate(mask) for unit in units]
            run.append_neurons("language-specific", lang, neurons)


def main(folder: Path) -> list[tuple[object, ...]]:
    """How many neurons each layer has for English alone."""
    made = [[[0, 5], [2]], [[5], []], [[], [1, 2, 3]]]
    torch.save([[torch.tensor(units, dtype=torch.long) for units in mask] for mask in made], folder / "mask.pth")
    with kndb.create(folder / "store") as db:
        into(db, folder / "mask.pth", layers=2, width=8)
        return db.query("neurons of kn[lang=en] - neurons of kn[lang in (zh, fr)]").fetchall()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for row in main(Path(folder)):
            print(*row)
