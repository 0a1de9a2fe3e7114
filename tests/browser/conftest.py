"""The explorer in Chromium: stores that `kndb` makes, servers that show them, pages that Playwright opens.

Run by `cargo xtask browser`, which says where both programs are (KNDB, CHROMIUM). Every page that a test opens is watched: a request to
anywhere but its server, an error of the script or a refused style fails the test.
"""
import json
import os
import re
import subprocess

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

KNDB = os.environ.get("KNDB")
CHROMIUM = os.environ.get("CHROMIUM")
# What pages are read on: a telephone, a laptop, a large screen.
WIDTHS = (360, 1280, 2560)


def pytest_collection_modifyitems(items):
    if not (KNDB and CHROMIUM):
        for item in items:
            item.add_marker(pytest.mark.skip(reason="KNDB and CHROMIUM are not given: run `cargo xtask browser`"))


def kndb(*arguments, cwd=None):
    done = subprocess.run([KNDB, *map(str, arguments)], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Server:
    """`kndb serve`, until the tests end."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([KNDB, "serve", *map(str, arguments), "--port", "0"], stdout=subprocess.PIPE, text=True)
        said = self.process.stdout.readline()
        found = re.search(r"http://\S+?(?=/?(\s|$))", said)
        assert found, f"no address in {said!r}"
        self.url = found[0]

    def stop(self):
        self.process.terminate()
        assert self.process.wait(20) is not None


@pytest.fixture(scope="session")
def serve():
    servers = []

    def start(*arguments):
        servers.append(Server(*arguments))
        return servers[-1].url

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory):
    """The demo's store, made up: 60 countries with five relations each, in English and Chinese. The same with and without the engine."""
    path = tmp_path_factory.mktemp("demo") / "store"
    # Without the engine there is no other.
    kndb("demo", path, *(["--synthetic"] if "--synthetic" in kndb("demo", "--help") else []))
    return path


@pytest.fixture(scope="session")
def demo(serve, demo_store):
    return serve(demo_store)


# Facts of the large store, relations they are spread over, and the shape of the model that its scores would be of.
FACTS, RELATIONS, LAYERS, WIDTH = 10_000, 40, 12, 3_072


@pytest.fixture(scope="session")
def large_store(tmp_path_factory):
    """10,000 facts in English and Chinese, with 20 scores each: made up, the same each time."""
    folder = tmp_path_factory.mktemp("large")
    for lang, subject, object in (("en", "Subject {}", "Object {}"), ("zh", "主语 {}", "宾语 {}")):
        at = folder / "facts" / lang
        at.mkdir(parents=True)
        with open(folder / f"{lang}.jsonl", "w") as scores:
            rows = {}
            for fact in range(FACTS):
                relation = f"P{fact % RELATIONS + 1}"
                label = {"uuid": f"fact-{fact:05}", "sub_label": subject.format(fact), "obj_label": object.format(fact % 97)}
                rows.setdefault(relation, []).append(json.dumps(label))
                for rank in range(20):
                    # Half of them are those of the other language, too.
                    number = (fact * 7919 + rank * 104729 + (rank % 2) * len(lang.encode()) * (1 if lang == "en" else 31)) % (LAYERS * WIDTH)
                    row = {"fact": f"fact-{fact:05}", "lang": lang, "layer": number // WIDTH, "neuron": number % WIDTH, "score": 1 / (rank + 1)}
                    scores.write(json.dumps(row) + "\n")
            for relation, lines in rows.items():
                (at / f"{relation}.jsonl").write_text("\n".join(lines) + "\n")
    store = folder / "store"
    kndb("init", store)
    kndb("facts", store, folder / "facts")
    kndb("import", store, folder / "en.jsonl", folder / "zh.jsonl", "--run", "made-up", "--model", "none", "--layers", LAYERS, "--width", WIDTH)
    return store


@pytest.fixture(scope="session")
def large(serve, large_store):
    return serve(large_store)


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        # The sandbox of Chromium does not start for root, which is who tests where CI runs them.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def window(chromium):
    """Opens windows: `window(width=, dark=, script=)`; what goes wrong in them is raised in the end."""
    contexts, wrong = [], []

    def opened(width=1280, height=900, dark=False, script=True):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", java_script_enabled=script, locale="en-GB"
        )
        contexts.append(context)
        page = context.new_page()
        # What a server does not answer at once it shall say so: nothing here takes that long.
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        # Of a page that is not there, or a statement that is refused, the browser says so itself; which status is right, tests say.
        page.on(
            "console",
            lambda said: said.type == "error" and said.location["url"] != page.url and wrong.append(f"{page.url}: {said.text}"),
        )
        page.on("request", lambda asked: asked.url.startswith(("http://127.0.0.1:", "data:", "about:", "blob:")) or wrong.append(f"asks {asked.url}"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


def violations(page):
    """What axe-core finds in a page, as lines that say where."""
    found = Axe().run(page).response["violations"]
    return [f"{page.url}: {rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def overflow(page):
    """By how many pixels a page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
