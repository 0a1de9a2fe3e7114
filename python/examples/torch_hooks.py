"""Scores from a PyTorch loop with hooks over a `transformers` model, straight into a run.

The model is made on the spot, so that nothing is downloaded; any model with feed-forward layers goes the same way. A score here is activation ×
gradient of the right token's logit, the cheapest of attribution methods (nnsight's traces end in the same two tensors).
"""

import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import BertConfig, BertForMaskedLM

import kndb

FACTS = {"f1": ([2, 11, 12, 1, 3], 3, 21), "f2": ([2, 13, 12, 1, 3], 3, 22)}
"""Fact: token ids, the place of the mask, the right token."""


def scores_of(model: Any, tokens: list[int], place: int, right: int) -> torch.Tensor:
    """Activation × gradient at the mask, of shape (layers, width)."""
    kept: list[torch.Tensor] = []

    def keep(module: torch.nn.Module, inputs: object, output: torch.Tensor) -> None:
        output.retain_grad()
        kept.append(output)

    hooks = [layer.intermediate.register_forward_hook(keep) for layer in model.bert.encoder.layer]
    try:
        model(torch.tensor([tokens])).logits[0, place, right].backward()
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack([output[0, place] * output.grad[0, place] for output in kept])


def main(folder: Path) -> list[tuple[object, ...]]:
    """The best neurons of each fact."""
    torch.manual_seed(1)
    config = BertConfig(vocab_size=32, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=24)
    model = BertForMaskedLM(config).eval()
    with kndb.create(folder / "store") as db:
        with db.run("hooks", model="toy-bert", layers=3, width=24, method="activation×gradient", if_exists="skip") as run:
            for fact, (tokens, place, right) in FACTS.items():
                if run.has(fact, "en"):
                    continue
                run.append(fact, "en", scores_of(model, tokens, place, right))
        return db.query("kn[lang=en, tau=0.5]").fetchall()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for row in main(Path(folder)):
            print(*row)
