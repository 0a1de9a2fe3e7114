"""The pictures of docs/explorer.md. `cargo xtask browser --pictures` writes them anew; without it they are looked at, and not changed."""
import os
import re
import struct
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "pictures"
# Bytes of a picture: the repository keeps every one that it ever had.
MOST = 150_000
# Of each what is shown, its width and height, and whether it is dark.
PICTURES = {
    "home": ("/", 1280, 900, False),
    "fact": ("/fact/P36-FR", 1280, 1000, False),
    "fact-phone": ("/fact/P36-FR?tau=0.5", 360, 1250, True),
    "neuron": ("/neuron/synthetic/10:31?lang=en", 1280, 900, False),
    "layers": ("/layers?tau=0.5", 1280, 900, False),
    "ask": ("/q?q=likn%5Blang+in+(en%2C+zh)%5D+by+layer", 1280, 900, True),
    "relation-wide": ("/relation/P36", 2560, 1000, False),
}


def size(picture):
    """Width and height of a PNG, which are the first that it says."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", picture[16:24])


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_the_documentation_are_those_of_the_pages(demo, window, name):
    path, width, height, dark = PICTURES[name]
    page = window(width=width, height=height, dark=dark)
    assert page.goto(demo + path).status == 200
    # Where the store is and how long an answer took differ from machine to machine.
    page.evaluate(
        """() => {
            document.querySelectorAll('footer code').forEach(path => { path.textContent = 'my.kndb'; });
            document.querySelectorAll('footer b, body h1').forEach(name => { if (name.textContent === 'store') name.textContent = 'my'; });
            document.querySelectorAll('.said').forEach(said => { said.textContent = said.textContent.replace(/ in [0-9.]+ ms/, ''); });
        }"""
    )
    picture = page.screenshot(animations="disabled")
    assert size(picture) == (width, height) and len(picture) < MOST, len(picture)
    kept = FOLDER / f"{name}.png"
    if os.environ.get("KNDB_WRITE_PICTURES"):
        FOLDER.mkdir(exist_ok=True)
        kept.write_bytes(picture)
    # Letters differ with the fonts of a machine, so only the size is compared.
    assert size(kept.read_bytes()) == (width, height)


def test_the_documentation_shows_each_of_them_and_says_what_is_seen():
    shown = re.findall(r"!\[([^\]]+)\]\(pictures/([\w-]+)\.png\)", (ROOT / "docs" / "explorer.md").read_text())
    assert sorted(name for _, name in shown) == sorted(PICTURES) == sorted(path.stem for path in FOLDER.iterdir())
    assert all(len(told) > 20 for told, _ in shown)
