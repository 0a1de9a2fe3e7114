"""Ways through the pages, as people go them."""
import re
import subprocess
import time
from urllib.parse import unquote

from conftest import KNDB, kndb


def test_search_finds_chinese_names_while_one_types(demo, window):
    page = window()
    page.goto(demo)
    page.keyboard.press("/")
    page.keyboard.insert_text("法国")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/fact/"))
    assert "法国" in page.locator("main").inner_text()
    page.go_back()
    assert page.url.rstrip("/") == demo
    page.go_forward()
    page.wait_for_url(re.compile("/fact/"))


def test_search_of_a_large_store_shows_what_one_typed(large, window):
    page = window()
    page.goto(large)
    page.fill("#s", "主语 4321")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/search"))
    assert page.get_by_role("link", name=re.compile("主语 4321|Subject 4321")).count() >= 1


def test_ten_clicks_from_the_demo_lead_to_what_a_newcomer_asks(demo, window):
    """Which neurons English and Chinese share for France's capital; which facts use the strongest; is it chance; and at 0.5."""
    page, clicks = window(), 0
    page.goto(demo)
    page.fill("#s", "France")
    page.keyboard.press("Enter")
    clicks += 1
    page.get_by_role("link", name=re.compile("Paris")).first.click()
    clicks += 1
    page.wait_for_url(re.compile("/fact/"))
    expected = kndb_rows(demo, 'likn[fact="P36-FR", lang in (en, zh)]')
    text = page.locator("main").inner_text()
    assert expected, "the demo's model shares neurons for France's capital"
    for row in expected:
        assert re.search(rf"\b{row['layer']}:{row['neuron']}\b", text), f"{row} is not on the page of the fact"
    strongest = page.locator("a[href*='/neuron/']").first
    strongest.click()
    clicks += 1
    page.wait_for_url(re.compile("/neuron/"))
    layer, neuron = re.search(r"/neuron/[^/]+/(\d+):(\d+)", unquote(page.url)).groups()
    facts = kndb_rows(demo, f"facts of (kn & neurons({layer}:{neuron}))")
    text = page.locator("main").inner_text()
    assert str(len(facts)) in text
    assert re.search("chance", text), "the page says what chance gives"
    page.go_back()
    clicks += 1
    page.get_by_label(re.compile("τ|tau", re.I)).first.fill("0.5")
    page.keyboard.press("Enter")
    clicks += 1
    page.wait_for_url(re.compile("tau=0.5"))
    high = kndb_rows(demo, 'likn[fact="P36-FR", lang in (en, zh), tau=0.5]')
    assert len(high) <= len(expected)
    assert clicks <= 10


def kndb_rows(base, statement):
    """What the interface answers: the same server, the language of kndb."""
    import json
    import urllib.parse
    import urllib.request

    with urllib.request.urlopen(f"{base}/api/query?format=json&q={urllib.parse.quote(statement)}") as answer:
        return json.load(answer)


def test_a_moved_threshold_changes_the_figure_and_the_address_without_loading_the_page(demo, window):
    page = window()
    page.goto(f"{demo}/layers?tau=0.2")
    page.evaluate("window.isTheSame = true")
    before = page.locator("main figure, main table").first.inner_html()
    slider = page.locator("input[type=range]").first
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => !location.search.includes('tau=0.2&') && !location.search.endsWith('tau=0.2')")
    page.wait_for_function("before => document.querySelector('main figure, main table').innerHTML !== before", arg=before)
    assert page.evaluate("window.isTheSame") is True
    # The address is the state: opened anew, it shows the same.
    shown, address = page.locator("main table").first.inner_text(), page.url
    page.goto(address)
    assert page.locator("main table").first.inner_text() == shown


def test_an_answer_is_sorted_and_paged_by_links(large, window):
    page = window(script=False)
    page.goto(f"{large}/q?q=kn%5Blang%3Den%2C+layer%3D9%5D+by+neuron")
    units = lambda: [int(text.replace(",", "")) for text in page.locator("main table tbody tr td:nth-child(2)").all_inner_texts()]
    first = units()[0]
    for _ in range(2):
        page.locator("main table thead a", has_text="neuron").first.click()
    # Upwards, then downwards: of all rows, and not of those of the page alone.
    assert "sort=-neuron" in page.url and units() == sorted(units(), reverse=True) and units()[0] > first
    least = units()[-1]
    page.get_by_role("link", name=re.compile("next", re.I)).first.click()
    assert "page=2" in page.url and "sort=-neuron" in page.url and units()[0] < least


def test_the_editor_completes_and_an_error_has_its_caret(demo, window):
    page = window()
    page.goto(f"{demo}/q")
    editor = page.locator("textarea")
    editor.fill("kn[la")
    editor.press("End")
    page.get_by_role("option", name=re.compile("lang")).first.wait_for()
    page.keyboard.press("Escape")
    editor.fill("kn[lang=en, tua=0.3]")
    page.get_by_role("button", name=re.compile("ask|run", re.I)).first.click()
    page.wait_for_url(re.compile("q="))
    text = page.locator("main").inner_text()
    assert "tua" in text and "tau" in text
    assert page.locator("[role=alert]").count() == 1


def test_new_entries_are_told_of_while_a_page_is_open(serve, tmp_path, window):
    store, rows = tmp_path / "store", tmp_path / "rows.jsonl"
    rows.write_text('{"fact": "f1", "lang": "en", "layer": 1, "neuron": 2, "score": 0.5}\n')
    kndb("init", store)
    arguments = ["--run", "r", "--model", "m", "--layers", "2", "--width", "4"]
    kndb("import", store, rows, *arguments)
    page = window()
    page.goto(serve(store))
    newer = page.locator("#newer")
    assert not newer.is_visible()
    more = tmp_path / "more.jsonl"
    more.write_text('{"fact": "f2", "lang": "en", "layer": 0, "neuron": 3, "score": 0.5}\n')
    subprocess.run([KNDB, "import", str(store), str(more), *arguments], check=True, capture_output=True)
    newer.wait_for(state="visible", timeout=15_000)
    newer.get_by_role("link").or_(newer).first.click()
    time.sleep(0.2)
    assert "2" in page.locator("main").inner_text()
