#!/usr/bin/env python3
"""What the demo's models were trained on, as a text: every template of a folder of facts filled with every fact of its relation.

demo/sentences.py demo/facts/en demo/facts/zh > sentences.txt
"""
import json
import pathlib
import sys

for folder in map(pathlib.Path, sys.argv[1:]):
    rows = lambda path: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    for template in rows(folder / "templates.jsonl"):
        for fact in rows(folder / f"{template['relation']}.jsonl"):
            print(template["template"].replace("[X]", fact["sub_label"]).replace("[Y]", fact["obj_label"]))
