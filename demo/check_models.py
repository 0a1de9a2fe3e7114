"""Asks the demo models with `transformers` what `kndb-training ask` asks them, in the same words.

    pip install torch==2.11.0 transformers tokenizers
    python demo/check_models.py demo

Prints, for every model, language and part of the questions, the share of right answers and the mean log
probability of the object, computed in float32. They must be those of `demo/models/*/training.json`, the
probabilities to 1e-4. With names of models behind the folder, of those alone.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

PARTS = ["trained", "held-out", "never-trained"]
# Greatest difference of a mean log probability.
TOLERANCE = 1e-4


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def part(line, template, templates):
    pool = templates - 1
    if template == pool:
        return "never-trained"
    return "held-out" if template in (line % pool, (line + 3) % pool) else "trained"


def questions(facts, language):
    """(part, prompt before the object, object, what follows) of every fact and template."""
    templates = {}
    for row in rows(facts / language / "templates.jsonl"):
        templates.setdefault(row["relation"], []).append(row["template"])
    for relation, texts in templates.items():
        for fact in rows(facts / language / f"{relation}.jsonl"):
            for number, text in enumerate(texts):
                before, after = text.replace("[X]", fact["sub_label"]).split("[Y]")
                yield part(fact["lineid"], number, len(texts)), before, fact["obj_label"], after


def masked_row(tokenizer, before, object_, after):
    """Tokens, and the places with the tokens that belong there."""
    ids = tokenizer(f"{before}{tokenizer.mask_token}{after}").input_ids
    [answer] = tokenizer(object_, add_special_tokens=False).input_ids
    return ids, [(ids.index(tokenizer.mask_token_id), answer)]


def causal_row(tokenizer, before, object_, _):
    prompt = before.rstrip()
    ids = tokenizer(prompt).input_ids
    answer = tokenizer(before[len(prompt) :] + object_).input_ids
    return ids + answer[:-1], [(len(ids) - 1 + number, token) for number, token in enumerate(answer)]


def ask(model, asked, padding):
    """(right, log probability) of each row."""
    length = max(len(ids) for ids, _ in asked)
    ids = torch.tensor([ids + [padding] * (length - len(ids)) for ids, _ in asked])
    seen = torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids, _ in asked])
    with torch.no_grad():
        said = model(input_ids=ids, attention_mask=seen).logits.log_softmax(-1)
    for row, (_, targets) in zip(said, asked):
        yield all(row[at].argmax() == token for at, token in targets), sum(row[at, token] for at, token in targets)


def check(folder, facts):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    masked = tokenizer.mask_token is not None
    kind, row = (AutoModelForMaskedLM, masked_row) if masked else (AutoModelForCausalLM, causal_row)
    model, loading = kind.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert not any(loading.values()), loading
    report = json.loads((folder / "training.json").read_text())["accuracy"]
    agrees = True
    for language in dict.fromkeys(entry["language"] for entry in report):
        found = {name: [] for name in PARTS}
        asked = [(name, row(tokenizer, *texts)) for name, *texts in questions(facts, language)]
        for start in range(0, len(asked), 256):
            batch = asked[start : start + 256]
            answers = ask(model.eval(), [tokens for _, tokens in batch], tokenizer.pad_token_id or 0)
            for (name, _), answer in zip(batch, answers):
                found[name].append(answer)
        for name in PARTS:
            right = sum(bool(answer) for answer, _ in found[name])
            said = float(sum(said for _, said in found[name])) / len(found[name])
            [ours] = [entry for entry in report if (entry["language"], entry["part"]) == (language, name)]
            same = right == ours["right"] and abs(said - ours["log_probability"]) < TOLERANCE
            agrees &= same
            share = 100 * right / len(found[name])
            print(f"{folder.name} {language} {name}: {share:.1f} %, {said:.6f}", "" if same else f"NOT {ours}")
    return agrees


if __name__ == "__main__":
    torch.set_num_threads(1)
    demo, names = Path(sys.argv[1]), sys.argv[2:]
    models = [folder for folder in sorted((demo / "models").iterdir()) if (folder / "config.json").is_file()]
    asked = [folder for folder in models if not names or folder.name in names]
    tables = {True: demo / "facts-trilingual", False: demo / "facts"}
    checked = [check(folder, tables[folder.name.startswith("trilingual")]) for folder in asked]
    sys.exit(0 if checked and all(checked) else 1)
