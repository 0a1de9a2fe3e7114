"""Unit attributions as inseq saves them (`FeatureAttributionOutput.save`, JSON) into a store.

inseq keeps arrays as nested lists under `sequence_attributions`; attributed to the units of feed-forward layers, the array of an example is
`(generated tokens, layers, width)`, and the first generated token is the answer's.
"""

import json
import tempfile
from pathlib import Path

import numpy as np

import kndb

SAVED = {
    "info": {"model_name": "gpt2", "attribution_method": "integrated_gradients"},
    "sequence_attributions": [
        {"id": "f1", "lang": "en", "target": ["Paris"], "unit_attributions": [[[0.1, 0.9], [0.0, 0.4]]]},
        {"id": "f1", "lang": "de", "target": ["Paris"], "unit_attributions": [[[0.0, 0.7], [0.1, 0.5]]]},
    ],
}


def main(folder: Path) -> list[tuple[object, ...]]:
    """The neurons that both languages have."""
    (folder / "inseq.json").write_text(json.dumps(SAVED))
    saved = json.loads((folder / "inseq.json").read_text())
    examples = saved["sequence_attributions"]
    layers, width = np.shape(examples[0]["unit_attributions"][0])
    with kndb.create(folder / "store") as db:
        info = saved["info"]
        with db.run("inseq", model=info["model_name"], layers=layers, width=width, method=info["attribution_method"]) as run:
            for example in examples:
                scores = np.asarray(example["unit_attributions"][0], dtype=np.float32)
                run.append(example["id"], example["lang"], scores, answer=example["target"][0])
        return db.query("likn[lang in (en, de), tau=0.3]").fetchall()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for row in main(Path(folder)):
            print(*row)
