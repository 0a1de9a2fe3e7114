"""Results of EleutherAI's knowledge-neurons package into a store.

Their `get_refined_neurons` returns a list of [layer, neuron] pairs for a prompt; a study keeps one such list for each fact and paraphrase.
"""

import tempfile
from pathlib import Path

import kndb

# As their package returns them: {uuid: {prompt: [[layer, neuron], ...]}}.
RESULTS = {
    "en": {"P36-france": [[[9, 2141], [10, 122]], [[9, 2141], [11, 7]], [[9, 2141]]]},
    "fr": {"P36-france": [[[9, 2141], [8, 44]], [[9, 2141]], [[10, 122]]]},
}


def main(folder: Path) -> list[tuple[object, ...]]:
    """The neurons that both languages have in more than 0.3 of their prompts."""
    with kndb.create(folder / "store") as db:
        with db.run("eleuther", model="bert-base-multilingual-cased", layers=12, width=3072, preset="kn-eleuther") as run:
            for lang, facts in RESULTS.items():
                for fact, prompts in facts.items():
                    for prompt, neurons in enumerate(prompts):
                        run.append_neurons(fact, lang, neurons, prompt=prompt)
        return db.query("likn[lang in (en, fr)]").fetchall()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for row in main(Path(folder)):
            print(*row)
