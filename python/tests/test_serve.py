"""A store as pages in a browser, shown by this process."""

from __future__ import annotations

import os
import socket
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

import kndb


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def test_pages_are_shown_until_they_are_stopped(db: kndb.Database) -> None:
    with db.serve(port=0) as served:
        assert served.running and served.url == f"http://127.0.0.1:{served.port}/"
        assert "France" in page(served.url + "search?s=France")
        assert served.url in served._repr_html_() and "stopped" not in repr(served)
    assert not served.running and "stopped" in repr(served)
    served.stop()
    with pytest.raises(urllib.error.URLError):
        page(served.url)


def test_what_is_written_meanwhile_is_there_at_the_next_look(db: kndb.Database) -> None:
    served = db.serve(port=0)
    before = page(served.url)
    with db.run("second", model="toy", layers=2, width=4, keep="all") as run:
        run.append("f1", "en", np.full((2, 4), 0.5, dtype=np.float32))
    assert "second" not in before and "second" in page(served.url)


def test_a_second_call_takes_the_port_of_the_first_and_shows_what_is_attached_by_then(db: kndb.Database, tmp_path: Path) -> None:
    first = db.serve(port=0)
    kndb.create(tmp_path / "beside.kndb")
    db.attach(tmp_path / "beside.kndb", "b")
    second = db.serve()
    assert not first.running and second.running and second.url == first.url
    assert "store=beside" in page(second.url)


def test_closing_the_store_ends_its_pages(db: kndb.Database) -> None:
    served = db.serve(port=0)
    db.close()
    assert not served.running
    with pytest.raises(ValueError, match="is closed"):
        db.serve()


def test_a_port_that_is_taken_is_told(db: kndb.Database) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(kndb.KndbError, match=f"port {port}"):
            db.serve(port=port)


def test_an_address_that_others_reach_is_warned_of(db: kndb.Database) -> None:
    with pytest.warns(UserWarning, match="can read the stores"):
        served = db.serve(host="0.0.0.0", port=0)
    assert served.url.startswith("http://127.0.0.1:")
    served.stop()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_no_pages_and_ends_none(db: kndb.Database) -> None:
    served = db.serve(port=0)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            served.stop()
            code = 3 if served.running else 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert served.running and "France" in page(served.url + "search?s=France")
    served.stop()
