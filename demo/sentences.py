#!/usr/bin/env python3
"""What the demo's models were trained on, as a text: every template of a folder of facts filled with every fact of its relation.

demo/sentences.py demo/facts/en demo/facts/zh > sentences.txt
"""
import json
import pathlib
import sys

for folder in map(pathlib.Path, sys.argv[1:]):
    rows = lambda path: [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    for template in rows(folder / "templates.jsonl"):
        facts = folder / f"{template['relation']}.jsonl"
        for fact in rows(facts) if facts.exists() else []:  # mLAMA has templates of relations without facts
            print(template["template"].replace("[X]", fact["sub_label"]).replace("[Y]", fact["obj_label"]))
