"""Scores from an nnsight trace, straight into a run.

The model is made on the spot, so that nothing is downloaded; `nnsight.LanguageModel("…")` goes the same way. A score here is activation × gradient
of the right token's logit.
"""

import tempfile
from pathlib import Path
from typing import Any

import torch
from nnsight import NNsight
from transformers import BertConfig, BertForMaskedLM

import kndb

FACTS = {"f1": ([2, 11, 12, 1, 3], 3, 21), "f2": ([2, 13, 12, 1, 3], 3, 22)}
"""Fact: token ids, the place of the mask, the right token."""


def scores_of(model: Any, tokens: list[int], place: int, right: int) -> torch.Tensor:
    """Activation × gradient at the mask, of shape (layers, width)."""
    layers = model.bert.encoder.layer
    kept: list[torch.Tensor] = []
    gradients: list[torch.Tensor] = []
    with model.trace(torch.tensor([tokens])):
        for layer in layers:
            kept.append(layer.intermediate.output)
        logit = model.output.logits[0, place, right]
        with logit.backward():
            # A backward pass comes to the last layer first.
            for activation in reversed(kept):
                gradients.insert(0, activation.grad)
    return torch.stack([one[0, place] * gradient[0, place] for one, gradient in zip(kept, gradients, strict=True)])


def main(folder: Path) -> list[tuple[object, ...]]:
    """The best neurons of each fact."""
    torch.manual_seed(1)
    config = BertConfig(vocab_size=32, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=24)
    model = NNsight(BertForMaskedLM(config).eval())
    with kndb.create(folder / "store") as db:
        with db.run("trace", model="toy-bert", layers=3, width=24, method="activation×gradient", if_exists="skip") as run:
            for fact, (tokens, place, right) in FACTS.items():
                if run.has(fact, "en"):
                    continue
                run.append(fact, "en", scores_of(model, tokens, place, right))
        return db.query("kn[lang=en, tau=0.5]").fetchall()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for row in main(Path(folder)):
            print(*row)
