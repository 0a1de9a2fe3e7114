"""One peer in a process of its own. `worker.py load PEER DATA FOLDER`, or `worker.py serve PEER DATA FOLDER`.

Serving: a line `ask q2 250` is answered by `{"ns": [...], "processor_ms": ..., "answer": ...}`. The question is asked again and again
for 250 milliseconds, at least twice. Only the asking is timed; making the answer comparable is not. Processor time is that of
all threads and all these answers together.
"""
import importlib
import importlib.metadata
import json
import sqlite3
import sys
import time

from data import Data
from kinds import KINDS

# Most answers that one line is timed by: as many as tell a median, and no more.
MOST = 1_000


def timed(ask, budget):
    begun, times, clock = time.perf_counter_ns(), [], time.perf_counter_ns
    while True:
        started = clock()
        answer = ask()
        times.append(clock() - started)
        if len(times) >= MOST or (len(times) >= 2 and clock() - begun >= budget):
            return times, answer


def memory():
    """Megabytes of this process: its own, and pages of mapped files that it has touched."""
    with open("/proc/self/status") as file:
        status = dict(line.split(":", 1) for line in file)
    return {name: int(status[key].split()[0]) // 1000 for name, key in (("own", "RssAnon"), ("files", "RssFile"))}


def serve(module, peer):
    for line in sys.stdin:
        words = line.split()
        if words == ["memory"]:
            reply = memory()
        elif words == ["version"]:
            # SQLite comes with Python.
            reply = importlib.metadata.version(module.DISTRIBUTION) if module.DISTRIBUTION else sqlite3.sqlite_version
        else:
            _, question, milliseconds = words
            ask = getattr(peer, question, None)
            if ask is None:
                reply = {"cannot": getattr(module, "CANNOT", {}).get(question, "not asked")}
            else:
                before = time.process_time()
                times, answer = timed(ask, int(milliseconds) * 1_000_000)
                processor = (time.process_time() - before) * 1e3
                reply = {"ns": times, "processor_ms": processor, "answer": module.comparable(question, answer)}
        print(json.dumps(reply), flush=True)


def main():
    action, name, data, folder = sys.argv[1:]
    module = importlib.import_module(KINDS[name][0])
    if action == "load":
        module.load(Data(data), folder)
    else:
        serve(module, module.Peer(folder, Data(data).meta))


main()
