"""A system in a process of its own, asked line by line."""
import json
import os
import subprocess


class Unusable(Exception):
    """A peer that cannot be installed, loaded or started."""


class System:
    def __init__(self, title, command, folder, seconds=None, version=None):
        self.title, self.folder, self.seconds, self.version = title, folder, seconds, version
        # Medians of the rounds in milliseconds, by question; and what cannot be asked, with the reason.
        self.times, self.cannot, self.memory = {}, {}, None
        # By question: processor milliseconds of all answers together, and their number.
        self.processor = {}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def say(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        reply = self.process.stdout.readline()
        if not reply:
            lines = self.process.stderr.read().strip().splitlines()
            raise Unusable(lines[-1] if lines else f"its process ended with {self.process.wait()}")
        return json.loads(reply)

    def note(self, question, reply):
        """Keeps what one round says of a question."""
        times = sorted(reply["ns"])
        # The tenth percentile: what else the machine does interrupts some answers of a round, and of long ones most.
        self.times.setdefault(question, []).append(times[len(times) // 10] / 1e6)
        spent, count = self.processor.get(question, (0, 0))
        self.processor[question] = spent + reply["processor_ms"], count + len(times)

    def end(self):
        self.process.stdin.close()
        self.process.wait()

    def disk(self):
        """Megabytes on disk."""
        files = (os.path.join(at, name) for at, _, names in os.walk(self.folder) for name in names)
        return sum(os.path.getsize(file) for file in files if not os.path.islink(file)) / 1e6
