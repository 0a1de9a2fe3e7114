"""From nothing to an answer, in an environment with nothing but the wheel."""

import tempfile
from pathlib import Path

import numpy as np

import kndb

with tempfile.TemporaryDirectory() as folder, kndb.create(Path(folder) / "my.kndb") as db:
    with db.run("first", model="toy", layers=2, width=3) as run:
        run.append("f1", "en", np.array([[0.1, 0.9, 0.0], [0.8, 0.0, 0.4]]))
        run.append("f1", "zh", np.array([[0.7, 0.6, 0.0], [0.1, 0.0, 0.5]]))
    result = db.query("likn[lang in (en, zh), tau=0.3]")
    assert [row[4:6] for row in result] == [(0, 1), (1, 2)], result.fetchall()
    assert result.fetchnumpy()["layer"].tolist() == [0, 1]
    print(result)
