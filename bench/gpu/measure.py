#!/usr/bin/env python3
"""kndb's engine on libtorch beside EleutherAI's algorithm in PyTorch on the same device; started by run.sh.

1. Parity: tiny models of three architectures. Integrated gradients against PyTorch in float64 (`../pytorch/eleuther.py` on
   the CPU), other methods against kndb's own CPU backend. Further apart than 1e-4 of the largest score: exit status 1.
2. BERT-base's and GPT-2-small's shape, random weights, 16-token prompts, 20 points a layer: PyTorch in chunks of 20 rows,
   where it is fastest, then kndb with passes of several sizes (`--batch`), with every point and with the command's tolerance.
   Seconds a fact, how many times as fast, the largest difference from PyTorch in float64, and the most memory: on a GPU what
   the driver says kndb's process holds, CUDA's own half a gigabyte included, and of PyTorch, whose process goes on to
   float64, what its allocator gave out in float32; on a CPU each process's resident set, of PyTorch with float64.

`KNDB_GPU_DEVICE` is cuda:0 (the default), another cuda:N, or cpu: kndb's device `torch`. What does not fit into
`--seconds` is left out, with a word. Prints Markdown; also into $OUT/tables.md, where OUT is set.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ELEUTHER = os.path.join(HERE, "..", "pytorch", "eleuther.py")
FIXTURES = os.path.join(HERE, "..", "..", "engine", "tests", "fixtures")
ALLOWED = 1e-4  # what docs/attribution.md promises of float32
METHODS = ["relp", "gradient-activation", "ablation", "log-probability", "cett"]


class OutOfTime(Exception):
    pass


class Run:
    """Commands within the time there is, and what they printed and took."""

    def __init__(self, args):
        self.args, self.ends, self.lines = args, time.monotonic() + args.seconds, []
        self.on_cpu = args.device == "cpu"
        self.ours = "torch" if self.on_cpu else args.device

    def say(self, line=""):
        print(line, flush=True)
        self.lines.append(line)

    def left(self):
        return self.ends - time.monotonic()

    def json(self, command, **environment):
        """The JSON a command prints, and the most memory it took, in bytes."""
        if self.left() < 5:
            raise OutOfTime
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(command, stdout=out, stderr=errors, text=True, env={**os.environ, **environment})
            card = Card(process.pid) if not self.on_cpu else None
            resident = self.wait(process)
            most = card.stop() if card else resident
            status = process.returncode
            out.seek(0)
            errors.seek(0)
            if status != 0:
                sys.exit(f"{' '.join(map(str, command))}\nended with {status}:\n{errors.read()[-4000:]}")
            found = json.loads(out.read())
        return found, most

    def wait(self, process):
        """The most memory a process had resident, in bytes, once it has ended; it is killed where the time is over."""
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                if self.left() <= 0:
                    raise OutOfTime
                return usage.ru_maxrss * 1024
            if self.left() <= 0:
                process.kill()
            time.sleep(0.02)

    def kndb(self, folder, prompts, scores, device=None, alone=False, **options):
        command = [self.args.binary, "--model", folder, "--prompts", prompts, "--scores", scores]
        command += ["--device", device or self.ours, "--threads", str(options.pop("threads", 1))]
        command += ["--alone"] if alone else []
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        return self.json(command)

    def pytorch(self, folder, prompts, scores, device, *more):
        command = [sys.executable, ELEUTHER, "--model", folder, "--prompts", prompts, "--batch", "20", "--device", device]
        return self.json([*command, "--threads", str(self.args.threads), "--scores", scores, *more])


class Card(threading.Thread):
    """The most memory that the driver says a process holds on the card."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.ended = pid, None, threading.Event()
        self.start()

    def run(self):
        command = ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
        whole = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        while not self.ended.wait(0.2):
            try:
                rows = [row.split(",") for row in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()]
                held = [int(row[1]) for row in rows if len(row) == 2 and row[0].strip() == str(self.pid) and row[1].strip().isdigit()]
                if not held:  # in a container other numbers are processes' names: then all that is in use
                    held = [int(line) for line in subprocess.run(whole, capture_output=True, text=True).stdout.split()[:1]]
                self.most = max([self.most or 0, *(megabytes << 20 for megabytes in held)])
            except (OSError, ValueError):
                return

    def stop(self):
        self.ended.set()
        self.join()
        return self.most


def apart(found, exact):
    """The largest difference over the largest score, of the worst fact."""
    exact = exact.reshape(len(exact), -1)
    found = found.reshape(-1, exact.shape[1])[: len(exact)]
    return float((np.abs(found - exact).max(1) / np.abs(exact).max(1)).max())


def read(path):
    return np.fromfile(path, dtype="<f4")


def memory(bytes_):
    return "" if bytes_ is None else f"{bytes_ / 1e9:.1f} GB"


def parity(run, folder):
    """Whether all of it holds."""
    run.say("| tiny model | integrated gradients, from PyTorch in float64 | " + " | ".join(f"{m}, from kndb on the CPU" for m in METHODS) + " |")
    run.say("|---" * (len(METHODS) + 2) + "|")
    holds = True
    for name in ["bert", "gpt2", "llama"]:
        model = os.path.join(FIXTURES, name)
        with open(os.path.join(model, "config.json")) as f:
            size = json.load(f)["vocab_size"]
        draw, prompts = random.Random(name), os.path.join(folder, name + ".jsonl")
        with open(prompts, "w") as f:
            for tokens in [4, 7, 7, 9]:
                position = tokens - 2 if name == "bert" else tokens - 1
                ids = [draw.randrange(5, size) for _ in range(tokens)]
                f.write(json.dumps({"ids": ids, "position": position, "target": draw.randrange(5, size)}) + "\n")
        out, scores = os.path.join(folder, "ours"), os.path.join(folder, "torch")
        run.pytorch(model, prompts, scores, "cpu", "--float64")
        run.kndb(model, prompts, out, tolerance=0)
        found = [apart(read(out), np.load(scores + "-f64.npy"))]
        for method in METHODS:
            both = []
            for device in [run.ours, "cpu"]:
                run.kndb(model, prompts, out, device=device, method=method)
                both.append(read(out).reshape(4, -1))
            found.append(apart(both[0], both[1]))
        holds &= all(value <= ALLOWED for value in found)
        run.say(f"| {name} | " + " | ".join(f"{value:.1e}" for value in found) + " |")
    run.say()
    run.say("All within 1e-4." if holds else "NOT all within 1e-4.")
    run.say()
    return holds


def speed(run, folder):
    args = run.args
    run.say("| shape | what | rows of a pass | facts | s/fact | times as fast | off float64 | memory |")
    run.say("|---|---|---|---|---|---|---|---|")
    for shape in args.shape:
        where = os.path.join(folder, shape)
        make = [sys.executable, ELEUTHER, "--make-weights", where, "--shape", shape, "--facts", str(args.facts)]
        if args.layers:
            make += ["--layers", str(args.layers)]
        if run.left() < 30:
            run.say(f"| {shape} | left out: no time | | | | | | |")
            continue
        subprocess.run(make, check=True, capture_output=True)
        prompts, scores = os.path.join(where, "prompts.jsonl"), os.path.join(folder, "torch")
        named = shape + (f", {args.layers} layers" if args.layers else "")
        theirs = None
        try:
            found, most = run.pytorch(where, prompts, scores, args.device, "--limit", str(args.pytorch_facts), "--float64")
            theirs = 1 / found["facts_per_second"]
            exact = np.load(scores + "-f64.npy")
            most = found.get("bytes_on_card", None if args.device == "cpu" else most)
            off = apart(np.load(scores + ".npy"), exact)
            run.say(f"| {named} | PyTorch | 20 | {found['facts']} | {theirs:.3f} | 1 | {off:.1e} | {memory(most)} |")
            ways = [("2e-5", "each fact in its own passes", args.batch[1], True)]
            for tolerance, what in [("0", "every point"), ("2e-5", "tolerance 2e-5")]:
                ways += [(tolerance, what, batch, False) for batch in args.batch]
            for tolerance, what, batch, alone in ways:
                out = os.path.join(folder, "ours")
                limit = min(args.facts, 16) if alone else args.facts
                found, most = run.kndb(where, prompts, out, batch=batch, tolerance=tolerance, limit=limit, alone=alone)
                seconds, off = found["seconds_per_fact"], apart(read(out), exact)
                run.say(
                    f"| {named} | kndb, {what}, {found['facts_at_once']} at a time | {batch:,} | {found['facts']} | {seconds:.4f} | "
                    f"{theirs / seconds:.1f} | {off:.1e} | {memory(most)} |"
                )
        except OutOfTime:
            run.say(f"| {named} | the rest was left out: no time | | | | | | |")


def machine(device):
    import torch

    if device == "cpu":
        with open("/proc/cpuinfo") as f:
            names = [line.split(":", 1)[1].strip() for line in f if line.startswith("model name")]
        return f"{names[0] if names else 'a CPU'} ({len(names)} cores), PyTorch {torch.__version__}"
    if not torch.cuda.is_available():
        sys.exit("PyTorch finds no GPU here. KNDB_GPU_DEVICE=cpu measures on libtorch's CPU.")
    card = torch.cuda.get_device_properties(device)
    driver = subprocess.run(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"], capture_output=True, text=True)
    told = (driver.stdout.split() or ["?"])[0]
    return f"{card.name} ({card.total_memory / 1e9:.0f} GB), driver {told}, PyTorch {torch.__version__}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--device", default=os.environ.get("KNDB_GPU_DEVICE", "cuda:0"))
    parser.add_argument("--shape", nargs="+", default=["bert-base", "gpt2-small"])
    parser.add_argument("--layers", type=int, help="fewer layers than the shape has")
    parser.add_argument("--batch", nargs="+", type=int, default=[512, 4096, 16384, 65536])
    parser.add_argument("--facts", type=int, default=256, help="that kndb takes")
    parser.add_argument("--pytorch-facts", type=int, default=4, help="that PyTorch takes, in float64 too")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch on the CPU")
    parser.add_argument("--seconds", type=int, default=460)
    parser.add_argument("--small", action="store_true", help="2 layers, 8 facts, passes of 128 and 2048 rows: for a look on a CPU")
    args = parser.parse_args()
    if args.small:
        args.layers, args.facts, args.pytorch_facts, args.batch = 2, 8, 2, [128, 2048]
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    run = Run(args)
    run.say(f"{machine(args.device)}, {time.strftime('%Y-%m-%d')}")
    run.say()
    holds = True
    with tempfile.TemporaryDirectory() as folder:
        try:
            holds = parity(run, folder)
        except OutOfTime:
            run.say("The rest was left out: no time.")
        speed(run, folder)
    if os.environ.get("OUT"):
        with open(os.path.join(os.environ["OUT"], "tables.md"), "w") as f:
            f.write("\n".join(run.lines) + "\n")
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
