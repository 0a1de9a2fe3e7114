"""The table of docs/performance.md, from one run."""
import datetime
import math
import os
import re
import statistics
import subprocess

BEGIN, END = "<!-- written by bench/peers/compare.py: begin -->", "<!-- written by bench/peers/compare.py: end -->"
QUESTIONS = ("q1", "q2", "q3", "q4", "q5", "q6")


def machine():
    """Processor, cores and memory, as Linux tells them."""
    with open("/proc/cpuinfo") as file:
        processor = dict(line.split(":", 1) for line in file.read().split("\n\n")[0].splitlines() if ":" in line)
    processor = {key.strip(): value.strip() for key, value in processor.items()}
    with open("/proc/meminfo") as file:
        gigabytes = int(file.readline().split()[1]) / 2**20
    family = f" (family {processor['cpu family']}, model {processor['model']})" if "cpu family" in processor else ""
    return f"{processor.get('model name', 'unknown processor')}{family}, {os.cpu_count()} cores, {gigabytes:.0f} GiB"


def commit(root):
    done = subprocess.run(["git", "-C", root, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def number(value):
    """Two or three digits that mean something, without powers of ten."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.3g}"
    return f"{value:.{1 - math.floor(math.log10(value))}f}" if value > 0 else "0"


def rows(systems):
    medians = {system: {q: statistics.median(times) for q, times in system.times.items()} for system in systems}
    yield "| ms | " + " | ".join(q.upper() for q in QUESTIONS) + " | disk, MB | memory, MB: own + mapped | loading, s |"
    yield "|---" * (len(QUESTIONS) + 4) + "|"
    ours = [system for system in systems if system.title.startswith("kndb")]
    peers = [system for system in systems if system not in ours]
    for system in systems:
        cells = [number(medians[system][q]) if q in medians[system] else "–" for q in QUESTIONS]
        name = system.title if system in ours else f"{system.title} ({system.version})"
        memory = f"{system.memory['own']:,} + {system.memory['files']:,}"
        loading = "" if system.seconds is None else f"{system.seconds:,}"
        yield f"| {name} | " + " | ".join(cells) + f" | {system.disk():,.0f} | {memory} | {loading} |"
    for system in ours:
        cells = []
        for q in QUESTIONS:
            asked = [peer for peer in peers if q in medians[peer]]
            fastest = min(asked, key=lambda peer: medians[peer][q], default=None)
            cells.append("–" if fastest is None else f"**{number(medians[fastest][q] / medians[system][q])}×** {fastest.title}")
        yield f"| fastest peer ÷ {system.title} | " + " | ".join(cells) + " | | | |"


def processor(systems):
    yield "| processor ms, all threads together | " + " | ".join(q.upper() for q in QUESTIONS) + " |"
    yield "|---" * (len(QUESTIONS) + 1) + "|"
    for system in systems:
        spent = system.processor
        cells = [number(spent[q][0] / spent[q][1]) if q in spent else "–" for q in QUESTIONS]
        yield f"| {system.title} | " + " | ".join(cells) + " |"


def spread(systems):
    """How much longer the slowest round of a cell took than the fastest: the middle of all cells."""
    apart = (max(times) / min(times) for system in systems for times in system.times.values())
    return statistics.median(apart)


def write(root, systems, skipped, load, args, seconds):
    here = os.path.dirname(os.path.abspath(__file__))
    lines = [
        BEGIN,
        f"{datetime.date.today()}, {machine()}, kndb {commit(here)}; {args.facts:,} facts × 2 languages; {args.rounds} rounds in {seconds / 60:.0f} minutes, load average"
        f" {min(load):.1f} to {max(load):.1f} (the comparison itself is up to {os.cpu_count()} of it). The slowest round of a cell"
        f" took {spread(systems):.2f} times the fastest, in the middle. All answers were equal.",
        "",
        *rows(systems),
        "",
        *processor(systems),
        "",
    ]
    cannot = {f"{system.title}: {reason} ({q.upper()})": None for system in systems for q, reason in system.cannot.items()}
    lines += [f"Not asked: {'; '.join(cannot)}."] if cannot else []
    lines += [f"Skipped: {title}: {reason}" for title, reason in skipped.items()]
    lines.append(END)
    text = "\n".join(lines)
    print(text)
    if root is None:
        return
    page = os.path.join(root, "docs", "performance.md")
    with open(page) as file:
        old = file.read()
    new, count = re.subn(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: text, old, flags=re.S)
    if count != 1:
        raise SystemExit(f"error: {page}: found {count} places for the table, expected 1, between {BEGIN!r} and {END!r}")
    with open(page, "w") as file:
        file.write(new)
