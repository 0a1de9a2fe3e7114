#!/usr/bin/env python3
"""kndb's attribution engine against EleutherAI's algorithm in PyTorch: same model, facts, points, machine, in one run.

    pip install torch==2.11.0 transformers==5.23.0 tokenizers==0.23.3 safetensors==0.8.0 numpy==2.4.6
    cargo build --release -p kndb-bench --bin attribution
    python bench/pytorch/compare.py [--shape bert-base] [--facts 3] [--threads 1 2]

Random weights, 16-token prompts, 20 points a layer. For each number of threads: PyTorch (`eleuther.py`, chunks of 20
rows, its fastest), kndb with every point computed, kndb with `--tolerance` (the command's default), one after the other. With two
threads PyTorch splits each operation and kndb takes two facts at a time. Scores are compared with PyTorch in float64:
largest difference over largest score, the worst fact. Where the processor multiplies bfloat16 in hardware, PyTorch is timed once more with
that precision allowed (`--bfloat16`: autocast; `torch.set_float32_matmul_precision("medium")` alone changes nothing on most processors).

Prints the processor and a Markdown table. Operations are those of the matrix products, counted from the shapes: kndb's by the program from the
points that it computed, PyTorch's here; a way back counts like a way forward.
"""
import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
STEPS, TOKENS = 20, 16  # as in eleuther.py
BINARY = os.path.join(HERE, "..", "..", "target", "release", "attribution")


def run(command, **environment):
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment})
    return json.loads(done.stdout)


def processor():
    """Its name, and what it has for matrices."""
    with open("/proc/cpuinfo") as f:
        fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in f.read().split("\n\n")[0].splitlines())}
    flags = fields.get("flags", "").split()
    parts = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
    model = f"{fields.get('model name', platform.machine())} (family {fields.get('cpu family', '?')}, model {fields.get('model', '?')})"
    return model, parts


def operations_of_pytorch(folder):
    """GFLOP a fact of `eleuther.py`: for each layer a pass for its activation, then `STEPS` passes of all layers and the head at all positions, and
    their way back to the layer."""
    with open(os.path.join(folder, "config.json")) as f:
        config = json.load(f)
    layers, hidden, vocabulary = (config.get(a, config.get(b)) for a, b in [("num_hidden_layers", "n_layer"), ("hidden_size", "n_embd"), ("vocab_size", "")])
    width = config.get("intermediate_size") or config.get("n_inner") or 4 * hidden
    # Two operations a weight; attention's pairs of tokens twice.
    block = TOKENS * 2 * (4 * hidden * hidden + 2 * hidden * width + 2 * TOKENS * hidden)
    head = TOKENS * 2 * vocabulary * hidden + (TOKENS * 2 * hidden * hidden if config["model_type"] == "bert" else 0)
    joined = TOKENS * 2 * hidden * width
    forward = layers * block + head
    back = sum((layers - 1 - layer) * block + joined + head for layer in range(layers))
    return ((layers * (STEPS + 1)) * forward + STEPS * back) / 1e9


def worst(found, exact):
    apart = np.abs(found - exact).reshape(len(exact), -1).max(axis=1)
    return float((apart / np.abs(exact).reshape(len(exact), -1).max(axis=1)).max())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", nargs="+", default=["bert-base", "gpt2-small"])
    parser.add_argument("--facts", type=int, default=2, help="facts that PyTorch attributes; kndb takes four times as many")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--tolerance", nargs="+", default=["2e-5", "1e-4"], help="of kndb's rows; the first is the command's default")
    parser.add_argument("--bfloat16", action="store_true", help="time PyTorch with bfloat16 allowed, whatever the processor")
    parser.add_argument("--binary", default=BINARY)
    args = parser.parse_args()
    name, parts = processor()
    print(f"{name}, with {', '.join(parts) or 'nothing wide'}; PyTorch {version('torch')}\n")
    print("| shape | threads | who | s/fact | PyTorch ÷ it | GFLOP/fact | GFLOP/s | points a path | off float64 |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for shape in args.shape:
        with tempfile.TemporaryDirectory() as folder:
            script = [sys.executable, os.path.join(HERE, "eleuther.py")]
            subprocess.run([*script, "--make-weights", folder, "--shape", shape], check=True, capture_output=True)
            prompts = os.path.join(folder, "prompts.jsonl")
            scores = os.path.join(folder, "torch")
            for threads in args.threads:
                baseline = None

                def row(who, seconds, operations, points, off):
                    print(
                        f"| {shape} | {threads} | {who} | {seconds:.3f} | {(baseline or seconds) / seconds:.1f} | {operations:,.0f} | "
                        f"{operations / seconds:,.0f} | {points:.1f} | {off:.1e} |",
                        flush=True,
                    )

                def pytorch(*more):
                    found = run(
                        [*script, "--model", folder, "--prompts", prompts, "--limit", str(args.facts), "--batch", "20",
                         "--threads", str(threads), "--scores", scores, *more],
                        OMP_NUM_THREADS=str(threads),
                    )
                    return 1 / found["facts_per_second"], worst(np.load(scores + ".npy"), np.load(scores + "-f64.npy"))

                seconds, off = pytorch(*(["--float64"] if threads == args.threads[0] else []))
                baseline = seconds
                row("PyTorch", seconds, operations_of_pytorch(folder), STEPS, off)
                if args.bfloat16 or "amx_bf16" in parts or "avx512_bf16" in parts:
                    seconds, off = pytorch("--bfloat16")
                    row("PyTorch, bfloat16", seconds, operations_of_pytorch(folder), STEPS, off)
                for tolerance in ["0", *args.tolerance]:
                    out = os.path.join(folder, "kndb.f32")
                    ours = run(
                        [args.binary, "--model", folder, "--prompts", prompts, "--limit", str(4 * args.facts),
                         "--threads", str(threads), "--tolerance", tolerance, "--scores", out]
                    )
                    exact = np.load(scores + "-f64.npy")
                    found = np.fromfile(out, dtype="<f4").reshape(-1, *exact.shape[1:])[: len(exact)]
                    who = "kndb, every point" if tolerance == "0" else f"kndb, {tolerance}"
                    # A thread of kndb takes a fact of its own: its seconds a fact are of all threads together.
                    row(who, ours["seconds_per_fact"], ours["gflop_per_fact"], ours["points_per_path"], worst(found, exact))


if __name__ == "__main__":
    main()
