#!/usr/bin/env python3
"""Facts that a model knows, in two languages or one, chosen among mLAMA's by what it answers.

    python3 demo/known_facts.py draw MLAMA OUT            # 130 facts of each relation that both languages have, seed 1
    python3 demo/known_facts.py best OUT ENTRIES.csv FACTS [RELATION …]   # of each relation the 60 with the greatest p, in the worse of the languages of ENTRIES
    python3 demo/known_facts.py paraphrase FACTS          # a second template for each relation, for paraphrases of `kndb edit-bench`

Templates are written here: mLAMA's Chinese ones were translated by a machine (P36 asks for a capital *letter*). ENTRIES.csv is what `kndb export
DB DIR --format csv` writes of a run over OUT; `--method activation` makes one with a pass a token.
"""
import csv
import json
import os
import random
import sys

TEMPLATES = {
    "P17": ("[X] is located in the country of [Y].", "[X]所在的国家是[Y]。"),
    "P30": ("[X] is located in the continent of [Y].", "[X]所在的大洲是[Y]。"),
    "P36": ("The capital of [X] is [Y].", "[X]的首都是[Y]。"),
    "P37": ("The official language of [X] is [Y].", "[X]的官方语言是[Y]。"),
    "P103": ("The native language of [X] is [Y].", "[X]的母语是[Y]。"),
    "P495": ("The country of origin of [X] is [Y].", "[X]的原产国是[Y]。"),
    "P1376": ("[X] is the capital of [Y].", "以[X]为首都的国家是[Y]。"),
    "P1412": ("The language spoken by [X] is [Y].", "[X]使用的语言是[Y]。"),
}
PARAPHRASES = {
    "P17": ("The country in which [X] is located is [Y].", "[X]位于的国家是[Y]。"),
    "P30": ("[X] belongs to the continent of [Y].", "[X]属于的大洲是[Y]。"),
    "P36": ("The name of the capital city of [X] is [Y].", "[X]的首都名叫[Y]。"),
    "P37": ("In [X], the official language is [Y].", "在[X],官方语言是[Y]。"),
    "P103": ("[X] is a native speaker of [Y].", "[X]从小说的语言是[Y]。"),
    "P495": ("[X] was created in the country of [Y].", "[X]来自的国家是[Y]。"),
    "P1376": ("The country whose capital is [X] is [Y].", "[X]这座首都所属的国家是[Y]。"),
    "P1412": ("[X] speaks and writes in [Y].", "[X]说的语言是[Y]。"),
}
LANGUAGES = ("en", "zh")
DRAWN, KEPT = 130, 60


def lines(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def write(rows, *path):
    os.makedirs(os.path.join(*path[:-1]), exist_ok=True)
    with open(os.path.join(*path), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_templates(out):
    for at, language in enumerate(LANGUAGES):
        write([{"relation": relation, "template": both[at]} for relation, both in TEMPLATES.items()], out, language, "templates.jsonl")


def draw(mlama, out):
    write_templates(out)
    for relation in TEMPLATES:
        found = {language: {row["uuid"]: row for row in lines(mlama, language, relation + ".jsonl")} for language in LANGUAGES}
        both = sorted(set.intersection(*map(set, found.values())))
        random.Random(1).shuffle(both)
        for language, rows in found.items():
            write([rows[fact] for fact in both[:DRAWN]], out, language, relation + ".jsonl")


def best(drawn, entries, out, relations):
    csv.field_size_limit(1 << 24)
    with open(entries, newline="", encoding="utf-8") as file:
        p = {(row["fact"], row["lang"]): float(row["p"] or 0) for row in csv.DictReader(file)}
    asked = {language for _, language in p}
    if not asked <= set(LANGUAGES) or not asked:
        sys.exit(f"{entries} has entries in {', '.join(sorted(asked)) or 'no language'}; expected some in {' or '.join(LANGUAGES)}")
    write_templates(out)
    for relation in relations or TEMPLATES:
        found = {language: {row["uuid"]: row for row in lines(drawn, language, relation + ".jsonl")} for language in LANGUAGES}
        order = sorted(found["en"], key=lambda fact: -min(p.get((fact, language), 0) for language in asked))
        for language, rows in found.items():
            write([rows[fact] for fact in order[:KEPT]], out, language, relation + ".jsonl")


def paraphrase(facts):
    """Behind the templates of a folder of facts, another one for each relation: prompt 1."""
    for at, language in enumerate(LANGUAGES):
        if not os.path.exists(os.path.join(facts, language, "templates.jsonl")):
            continue
        first = {}
        for row in lines(facts, language, "templates.jsonl"):
            first.setdefault(row["relation"], row)
        second = [{"relation": relation, "template": PARAPHRASES[relation][at]} for relation in first if relation in PARAPHRASES]
        write([*first.values(), *second], facts, language, "templates.jsonl")


def main():
    match sys.argv[1:]:
        case ["draw", mlama, out]:
            draw(mlama, out)
        case ["best", drawn, entries, out, *relations]:
            best(drawn, entries, out, relations)
        case ["paraphrase", facts]:
            paraphrase(facts)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
