#!/usr/bin/env python3
"""kndb's attribution engine against EleutherAI's algorithm in PyTorch: same model, facts, points, machine, in one run.

    pip install torch==2.11.0 transformers==5.23.0 tokenizers==0.23.3 safetensors==0.8.0 numpy==2.4.6
    cargo build --release -p kndb-bench --bin attribution
    python bench/pytorch/compare.py [--shape bert-base] [--facts 3] [--threads 1 2]

Random weights, 16-token prompts, 20 points a layer. For each number of threads: PyTorch (`eleuther.py`, chunks of 20
rows, its fastest), kndb with every point computed, kndb with `--tolerance` (the command's default), one after the other. With two
threads PyTorch splits each operation and kndb takes two facts at a time. Scores are compared with PyTorch in float64:
largest difference over largest score, the worst fact. Prints a Markdown table.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
BINARY = os.path.join(HERE, "..", "..", "target", "release", "attribution")


def run(command, **environment):
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment})
    return json.loads(done.stdout)


def worst(found, exact):
    apart = np.abs(found - exact).reshape(len(exact), -1).max(axis=1)
    return float((apart / np.abs(exact).reshape(len(exact), -1).max(axis=1)).max())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", nargs="+", default=["bert-base", "gpt2-small"])
    parser.add_argument("--facts", type=int, default=2, help="facts that PyTorch attributes; kndb takes four times as many")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--tolerance", default="2e-5", help="of kndb's second column; the default is the command's")
    parser.add_argument("--binary", default=BINARY)
    args = parser.parse_args()
    few = f"tolerance {args.tolerance}"
    print(f"| shape | threads | PyTorch s/fact | kndb, every point | ratio | kndb, {few} | ratio | off float64: PyTorch, every, {args.tolerance} |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for shape in args.shape:
        with tempfile.TemporaryDirectory() as folder:
            script = [sys.executable, os.path.join(HERE, "eleuther.py")]
            subprocess.run([*script, "--make-weights", folder, "--shape", shape], check=True, capture_output=True)
            prompts = os.path.join(folder, "prompts.jsonl")
            for threads in args.threads:
                scores = os.path.join(folder, "torch")
                first = threads == args.threads[0]
                torch = run(
                    [*script, "--model", folder, "--prompts", prompts, "--limit", str(args.facts), "--batch", "20",
                     "--threads", str(threads), "--scores", scores, *(["--float64"] if first else [])],
                    OMP_NUM_THREADS=str(threads),
                )
                ours = {}
                for tolerance in ["0", args.tolerance]:
                    out = os.path.join(folder, "kndb.f32")
                    ours[tolerance] = run(
                        [args.binary, "--model", folder, "--prompts", prompts, "--limit", str(4 * args.facts),
                         "--threads", str(threads), "--tolerance", tolerance, "--scores", out]
                    )
                    exact = np.load(scores + "-f64.npy")
                    found = np.fromfile(out, dtype="<f4").reshape(-1, *exact.shape[1:])[: len(exact)]
                    ours[tolerance]["off"] = worst(found, exact)
                t, every, few = 1 / torch["facts_per_second"], ours["0"], ours[args.tolerance]
                off = worst(np.load(scores + ".npy"), exact)
                print(
                    f"| {shape} | {threads} | {t:.2f} | {every['seconds_per_fact']:.3f} | {t / every['seconds_per_fact']:.1f} | "
                    f"{few['seconds_per_fact']:.3f} | {t / few['seconds_per_fact']:.1f} | {off:.1e}, {every['off']:.1e}, {few['off']:.1e} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
