#!/usr/bin/env python3
"""kndb beside its peers: the same data, six questions, one run, all answers compared.

    python bench/peers/compare.py [--facts 512] [--rounds 7] [--peers numpy sqlite]

Builds kndb's side (`cargo build --release -p kndb-bench --bin peers`), makes a virtual environment for the peers
(`requirements.txt`) and their data under the target folder (14 GB for all facts, loaded in 15 minutes; kndb's own is written anew each time), starts
each system in a process of its own, and asks them in turn. Only asking is timed, inside each system's process. A difference between
answers is an error. With all facts the table of docs/performance.md is written, with fewer it is printed.
"""
import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import venv

# The folder of the sources stays as it is.
sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

from kinds import KINDS
from system import System, Unusable
from table import write

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Ways to ask kndb: the argument `--way` of its `peers serve`, and the name in the table.
WAYS = {"held": "kndb, prepared, of a snapshot", "columns": "kndb, prepared", "text": "kndb, text"}
QUESTIONS = ("q1", "q2", "q3", "q4", "q5", "q6")
FACTS = 10_240


def say(text):
    print(text, file=sys.stderr, flush=True)


def python(target):
    """The interpreter of the peers' environment, which is made anew when what it shall have changes."""
    folder, wanted = os.path.join(target, "venv"), os.path.join(HERE, "requirements.txt")
    found = os.path.join(folder, "bin", "python")
    stamp = os.path.join(folder, "requirements.txt")
    with open(wanted) as file:
        text = file.read()
    wanted_here = f"{text}# Python {sys.version}\n"
    if not os.path.exists(stamp) or open(stamp).read() != wanted_here:
        say("installing the peers")
        venv.create(folder, with_pip=True, clear=True)
        pip = [found, "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        if subprocess.run([*pip, "-r", wanted]).returncode:
            # One that cannot be installed must not take the others with it; it is reported when it is loaded.
            failed = [line for line in text.split() if subprocess.run([*pip, line]).returncode]
            if failed:
                # Tried again the next time: what failed may have been the network.
                say(f"not installed: {', '.join(failed)}")
                return found
        with open(stamp, "w") as file:
            file.write(wanted_here)
    return found


def generated(binary, data, facts):
    """A digest of the generated data, which is written anew on each run: the store must be one of this commit's."""
    say("generating")
    subprocess.run([binary, "data", data, "--facts", str(facts)], check=True)
    digest = hashlib.sha256()
    for name in sorted(os.listdir(data)):
        if name.endswith((".json", ".npy")):
            with open(os.path.join(data, name), "rb") as file:
                digest.update(name.encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.digest()


def loaded(name, data, of_data, interpreter):
    """The folder of a peer's data, loaded if it is not yet, and the seconds that took. Named by what is loaded, and by which code."""
    module = KINDS[name][0]
    digest = hashlib.sha256(of_data)
    for part in (module, "data"):
        with open(os.path.join(HERE, part + ".py")) as file:
            digest.update(file.read().split("\nclass Peer")[0].encode())
    folder = os.path.join(data, f"{name}-{digest.hexdigest()[:8]}")
    stamp = folder + ".seconds"
    if not os.path.exists(stamp):
        say(f"loading {name}")
        for old in filter(re.compile(rf"{name}-[0-9a-f]{{8}}(\.seconds)?").fullmatch, os.listdir(data)):
            old = os.path.join(data, old)
            shutil.rmtree(old) if os.path.isdir(old) else os.remove(old)
        os.makedirs(folder)
        begun = time.time()
        done = subprocess.run([interpreter, os.path.join(HERE, "worker.py"), "load", name, data, folder], stderr=subprocess.PIPE, text=True)
        if done.returncode:
            shutil.rmtree(folder)
            raise Unusable((done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1])
        with open(stamp, "w") as file:
            file.write(f"{time.time() - begun:.0f}")
    with open(stamp) as file:
        return folder, int(file.read())


def start(args, data, of_data, binary, interpreter):
    """All systems that can be used, kndb first; and of the others, why not."""
    systems, skipped = [], {}
    for way, title in WAYS.items():
        systems.append(System(title, [binary, "serve", data, "--way", way], os.path.join(data, "store"), version="this commit"))
    for name in args.peers:
        title = KINDS[name][1]
        try:
            folder, seconds = loaded(name, data, of_data, interpreter)
            system = System(title, [interpreter, os.path.join(HERE, "worker.py"), "serve", name, data, folder], folder, seconds)
            system.version = system.say("version")
            systems.append(system)
        except Unusable as reason:
            say(f"skipped: {title}: {reason}")
            skipped[title] = str(reason)
    return systems, skipped


def ask(systems, question, milliseconds, expected):
    for system in systems:
        if question in system.cannot:
            continue
        reply = system.say(f"ask {question} {milliseconds}")
        if "cannot" in reply:
            system.cannot[question] = reply["cannot"]
            continue
        answer = reply["answer"]
        if answer != expected.setdefault(question, answer):
            sys.exit(f"error: {question}: {system.title} answers {str(answer)[:300]}, expected, as {systems[0].title} does, {str(expected[question])[:300]}")
        if milliseconds:
            system.note(question, reply)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=FACTS)
    parser.add_argument("--rounds", type=int, default=7, help="times that each system is asked each question in turn")
    parser.add_argument("--milliseconds", type=int, default=250, help="how long a system is asked a question in a round, at least twice")
    parser.add_argument("--peers", nargs="+", choices=KINDS, default=list(KINDS), metavar="PEER", help=" ".join(KINDS))
    parser.add_argument("--target", default=os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")))
    parser.add_argument("--binary", help="a release build of kndb's side; without it, it is built")
    args = parser.parse_args()
    binary = args.binary
    if binary is None:
        subprocess.run(["cargo", "build", "--release", "-p", "kndb-bench", "--bin", "peers"], cwd=ROOT, check=True)
        binary = os.path.join(args.target, "release", "peers")
    target = os.path.join(args.target, "peers")
    interpreter = python(target)
    data = os.path.join(target, str(args.facts))
    of_data = generated(binary, data, args.facts)
    systems, skipped = start(args, data, of_data, binary, interpreter)
    load, expected, begun = [os.getloadavg()[0]], {}, time.time()
    for question in QUESTIONS:
        ask(systems, question, 0, expected)
    for number in range(args.rounds):
        for question in QUESTIONS:
            # Each round begins with another system: none always follows the same one.
            first = number % len(systems)
            ask(systems[first:] + systems[:first], question, args.milliseconds, expected)
        load.append(os.getloadavg()[0])
        say(f"round {number + 1} of {args.rounds}, load {load[-1]:.1f}")
    for system in systems:
        system.memory = system.say("memory")
        system.end()
    write(ROOT if args.facts == FACTS and len(args.peers) == len(KINDS) else None, systems, skipped, load, args, time.time() - begun)


if __name__ == "__main__":
    main()
