"""What holds on every page: nothing is asked of elsewhere, nothing sticks out, everybody can read it, with a script and without."""
import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from conftest import WIDTHS, overflow, violations

# Of the demo's store, and of the large one: a page of each kind.
DEMO = (
    "/",
    "/search?s=France",
    "/search?s=%E6%B3%95%E5%9B%BD",
    "/search?s=nothing-is-called-so",
    "/fact/P36-FR",
    "/fact/P36-FR?lang=zh",
    "/fact/P36-FR?tau=0.5",
    "/fact/no-such-fact",
    "/neuron/synthetic/10:31",
    "/neuron/synthetic/10:31?tau=0.9&lang=en",
    "/neuron/synthetic/12:0",
    "/relation/P36",
    "/languages",
    "/languages?a=en&b=zh&show=neurons",
    "/runs",
    "/runs?run=synthetic",
    "/runs?run=synthetic&show=neurons",
    "/layers",
    "/layers?kind=likn&tau=0.5",
    "/layers?kind=dkn",
    "/q",
    "/q?q=likn%5Blang+in+(en%2C+zh)%5D+by+layer",
    "/q?q=similarity(kn%5Blang%3Den%5D)+between+relation",
    "/q?q=explain+kn+by+layer",
    "/q?q=kn%5Blang%3Den%2C",
    "/api",
)
# What these are answered with; all others are there.
REFUSED = {"/fact/no-such-fact": 404, "/neuron/synthetic/12:0": 404, "/q?q=kn%5Blang%3Den%2C": 400}
LARGE = ("/", "/search?s=Object", "/fact/fact-05000", "/neuron/made-up/9:852", "/relation/P7", "/languages", "/runs", "/layers", "/q?q=kn")


def looked_at(page, base, path):
    """Opens a page."""
    answer = page.goto(base + path)
    assert answer.status == REFUSED.get(path, 200), f"{path}: {answer.status}"
    assert page.locator("h1").count() == 1, f"{path}: one heading"


@pytest.mark.parametrize("dark", (False, True), ids=("light", "dark"))
@pytest.mark.parametrize("path", DEMO)
def test_axe_finds_nothing(demo, window, path, dark):
    page = window(dark=dark)
    looked_at(page, demo, path)
    assert violations(page) == []


@pytest.mark.parametrize("path", LARGE)
def test_axe_finds_nothing_on_pages_of_a_large_store(large, window, path):
    page = window()
    looked_at(page, large, path)
    assert violations(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out(demo, large, window, width):
    page = window(width=width)
    wide = {}
    for base, paths in ((demo, DEMO), (large, LARGE)):
        for path in paths:
            looked_at(page, base, path)
            if overflow(page) > 0:
                wide[path] = overflow(page)
    assert wide == {}


def test_every_page_is_whole_without_a_script(demo, window):
    with_script, without = window(), window(script=False)
    for path in DEMO:
        texts = []
        for page in (with_script, without):
            looked_at(page, demo, path)
            # How long it took differs from time to time.
            texts.append(re.sub(r" in [\d.]+ ms", "", page.locator("main").inner_text()))
        # A script may add to a page: buttons that copy, a slider. It takes nothing.
        lines = set(texts[0].splitlines())
        assert [line for line in texts[1].splitlines() if line not in lines] == [], path


def test_every_link_of_a_page_leads_somewhere(demo, window):
    page = window(script=False)
    seen, wrong, kinds = set(), [], Counter()
    for path in ("/", "/fact/P36-FR", "/neuron/synthetic/10:31", "/relation/P36", "/languages", "/runs", "/runs?run=synthetic", "/layers", "/api"):
        looked_at(page, demo, path)
        for link in page.eval_on_selector_all("a[href]", "all => all.map(a => new URL(a.getAttribute('href'), location).href)"):
            where = urlsplit(link)
            # Of links to pages of one kind some are tried.
            kind = re.sub("/[^/]*[0-9-][^/]*$", "", where.path)
            if link in seen or kinds[kind] >= 25:
                continue
            seen.add(link)
            kinds[kind] += 1
            status = page.request.get(link).status if link.startswith(demo) else "elsewhere"
            if status != 200:
                wrong.append(f"{path} leads to {link}: {status}")
    assert wrong == []
    assert {"/", "/fact", "/neuron/synthetic", "/relation", "/languages", "/layers", "/runs", "/q", "/api"} <= set(kinds), kinds


def test_a_page_can_be_used_with_the_keyboard_alone(demo, window):
    page = window()
    for path in ("/", "/fact/P36-FR", "/layers", "/q?q=kn"):
        looked_at(page, demo, path)
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            found = page.evaluate(
                """() => {
                    const at = document.activeElement, style = getComputedStyle(at);
                    return [at.tagName + (at.id && '#' + at.id), style.outlineStyle !== 'none' || style.boxShadow !== 'none'];
                }"""
            )
            reached.add(found[0])
            assert found[1] or found[0] == "BODY", f"{path}: {found[0]} does not show that it has the focus"
        assert any(name.startswith("INPUT") for name in reached) and "A" in reached, path
