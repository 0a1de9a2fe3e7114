"""The examples, run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def example(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_eleutherai_s_results(tmp_path: Path) -> None:
    # In English 9:2141 is in 3 of 3 prompts, the others in 1 of 3, which is more than 0.3; in French 9:2141 in 2, 10:122 and 8:44 in 1.
    rows = example("eleutherai").main(tmp_path)
    assert sorted(row[4:6] for row in rows) == [(9, 2141), (10, 122)]


def test_inseq_s_json(tmp_path: Path) -> None:
    # τ 0.3: in English 0:1 and 1:1, in German 0:1 and 1:1.
    assert [row[4:6] for row in example("inseq").main(tmp_path)] == [(0, 1), (1, 1)]


def test_lape_s_masks(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed here")
    # 0:5 is Chinese's, too, and 1:2 French's.
    assert [row[:2] for row in example("lape").main(tmp_path)] == [(0, 0)]


def test_hooks_of_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed here")
    module = example("torch_hooks")
    rows = module.main(tmp_path)
    torch.manual_seed(1)
    config = transformers.BertConfig(vocab_size=32, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=24)
    model = transformers.BertForMaskedLM(config).eval()
    expected = set()
    for fact, question in module.FACTS.items():
        scores = module.scores_of(model, *question)
        expected |= {(fact, *divmod(at, 24)) for at in range(72) if scores.flatten()[at] > 0.5 * scores.max()}
    assert {(row[0], *row[4:6]) for row in rows} == expected


def test_traces_of_nnsight_find_what_hooks_find(tmp_path: Path) -> None:
    for needed in ("torch", "transformers", "nnsight"):
        pytest.importorskip(needed, reason=f"{needed} is not installed here")
    (tmp_path / "hooks").mkdir()
    rows = example("nnsight_trace").main(tmp_path)
    hooks = example("torch_hooks").main(tmp_path / "hooks")
    assert [row[:-1] for row in rows] == [row[:-1] for row in hooks]
    assert [row[-1] for row in rows] == pytest.approx([row[-1] for row in hooks], rel=1e-5)
