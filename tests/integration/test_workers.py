"""Worker processes: limits, crashes, kills, and rows that depend on nothing but the record."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.derive import DeriveSettings, derive, processing
from pipelines.errors import InputError
from pipelines.model import Capture, Found, Item, Outcome, Route
from pipelines.store.catalog import Catalog
from pipelines.warc.reader import read_at
from pipelines.warc.recorder import Recorder
from pipelines.worker import Setting, worked
from pipelines.workers import DerivePool
from tests.integration import pages_that_kill as kill
from tests.unit.extract.samples import EN, TEXTS, article, page

ROOT = Path(__file__).parents[2]
MIB = 2**20
SETTINGS = DeriveSettings()
FACTS = processing("run-1")


def pool_of(workers=1, timeout=30.0, memory=512 * MIB, archive=Path()):
    return DerivePool(workers, timeout, memory, SETTINGS, archive, FACTS)


@pytest.fixture(scope="module")
def pool():
    with pool_of(workers=2, timeout=3.0) as made:
        yield made


def flood(quote="'"):
    attributes = " ".join(f"a{number}={quote}<>{quote}" for number in range(50_000))
    return f"<html><head><title>T</title></head><body><div {attributes}><p>{' '.join(EN)}</p></div></body></html>"


def simple_flood():
    attributes = " ".join(f"a{number}='x'" for number in range(50_000))
    return f"<html><head><title>T</title></head><body><div {attributes}><p>{' '.join(EN)}</p></div></body></html>"


def links():
    return page(*EN, bottom="".join(f"<a href='/x{number}'>link {number}</a> " for number in range(100_000)))


def nest():
    return "<html><head><title>T</title></head><body>" + "<div>" * 1000 + f"<p>{' '.join(EN)}</p>" + "</div>" * 1000


def brackets():
    return page(*EN, bottom="<" * 500_000)


HOSTILE = {
    "attributes": (simple_flood, {Outcome.ARTICLE}),
    "attributes with brackets": (flood, {Outcome.EXTRACT_TIMEOUT}),
    "links": (links, {Outcome.EXTRACT_TIMEOUT, Outcome.ARTICLE}),
    "nesting": (nest, {Outcome.ARTICLE}),
    "brackets": (brackets, {Outcome.EXTRACT_TIMEOUT, Outcome.ARTICLE}),
}


def test_hostile_pages_end_in_their_bounds_and_the_good_between_them_come_out(pool):
    futures, good = {}, []
    begin = time.monotonic()
    for name, (make, _) in HOSTILE.items():
        futures[name] = pool.submit_html(make().encode(), id=name, url="")
        good += [pool.submit_html(article(code).encode(), id=code, url="") for code in TEXTS]
    for name, (_, expected) in HOSTILE.items():
        derived = futures[name].result(timeout=120).derived
        assert derived.outcome in expected, (name, derived.detail)
        assert derived.id == name
    for future in good:
        derived = future.result(timeout=120).derived
        assert derived.article.text == "\n".join(TEXTS[derived.id])
    assert time.monotonic() - begin < 90
    stopped = futures["attributes with brackets"].result().derived
    assert stopped.detail == "stopped after 3 s (derive.timeout_seconds)"


def spent(outcome, detail):
    return outcome, detail


def run(pool, function, *arguments):
    """A function in the place of a page."""
    return pool.call(function, arguments, spent)


def test_a_segfault_costs_that_page_only(pool):
    crashes = [run(pool, kill.segfault) for _ in range(2)]
    after = pool.submit_html(article("uk").encode(), id="after", url="")
    for crash in crashes:
        assert crash.result(timeout=90) == (
            Outcome.EXTRACT_CRASH,
            "the worker process was ended by SIGSEGV, 2 times; left alone",
        )
    assert after.result(timeout=60).derived.outcome is Outcome.ARTICLE


def test_a_page_is_tried_again_before_it_is_given_up(pool, tmp_path):
    assert run(pool, kill.segfault_once, str(tmp_path / "mark")).result(timeout=60) == "survived"


def test_a_worker_that_the_kernel_kills(pool):
    outcome, detail = run(pool, kill.killed).result(timeout=60)
    assert outcome is Outcome.EXTRACT_CRASH
    assert "SIGKILL" in detail


def test_a_worker_that_does_not_listen_is_stopped(pool):
    begin = time.monotonic()
    outcome, _ = run(pool, kill.deaf, 60).result(timeout=60)
    assert outcome is Outcome.EXTRACT_TIMEOUT
    assert time.monotonic() - begin < 20


def test_faults_have_an_outcome_with_their_place(pool):
    outcome, detail = run(pool, kill.wrong).result(timeout=60)
    assert outcome is Outcome.EXTRACT_CRASH
    assert detail.startswith("ValueError: a fault")
    assert "pages_that_kill.py:" in detail
    assert "\n" not in detail


def test_memory(tmp_path):
    with pool_of(memory=100 * MIB) as small:
        outcome, detail = run(small, kill.hungry, 150 * MIB).result(timeout=60)
        assert outcome is Outcome.EXTRACT_MEMORY
        assert detail == "needs more than 104,857,600 bytes (derive.memory_bytes)"
        assert run(small, kill.hungry, 50 * MIB).result(timeout=60) == 50 * MIB
        big = "<html><body>" + "<div><b>x</b></div>" * 400_000 + "</body></html>"
        assert small.submit_html(big.encode(), id="big", url="").result(timeout=60).derived.outcome in {
            Outcome.EXTRACT_MEMORY,
            Outcome.EXTRACT_CRASH,
        }
        assert (
            small.submit_html(article().encode(), id="a", url="").result(timeout=60).derived.outcome is Outcome.ARTICLE
        )


def test_what_earlier_pages_left_does_not_count_against_the_next():
    with pool_of(memory=200 * MIB) as one:
        first = run(one, kill.greedy_then, 90 * MIB).result(timeout=60)
        assert run(one, kill.hungry, 150 * MIB).result(timeout=60) == 150 * MIB
        assert run(one, kill.who).result(timeout=60)[0] != first  # it has been let go


def test_the_child_is_its_own_program(pool):
    pid, group, modules = run(pool, kill.who).result(timeout=60)
    assert pid != os.getpid()
    assert group != os.getpgid(0)  # a terminal's Ctrl-C does not reach it
    assert "pipelines.derive" in modules
    assert not [
        name for name in modules if name.split(".")[0] in {"scrapy", "twisted", "crawler", "sqlalchemy", "pytest"}
    ]
    os.kill(pid, signal.SIGINT)
    assert pool.submit_html(article().encode(), id="a", url="").result(timeout=60).derived.outcome is Outcome.ARTICLE


def test_cancelled_and_closed():
    one = pool_of()
    running = run(one, kill.asleep, 60)
    waiting = [run(one, kill.asleep, 0) for _ in range(3)]
    assert waiting[0].cancel()
    time.sleep(0.2)
    begin = time.monotonic()
    one.close()
    one.close()
    assert time.monotonic() - begin < 20
    for future in (running, *waiting):
        with pytest.raises(CancelledError):
            future.result(timeout=5)
    with pytest.raises(RuntimeError, match="closed"):
        one.submit_html(b"", id="x", url="")


PARENT = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from tests.integration import pages_that_kill as kill
from tests.integration.test_workers import pool_of, run
if __name__ == "__main__":
    pool = pool_of(workers=2)
    pids = {run(pool, kill.asleep, 0.3).result() for _ in range(2)} | {f.result() for f in [run(pool, kill.asleep, 0.5) for _ in range(2)]}
    busy = [run(pool, kill.asleep, 60) for _ in range(2)]
    try:
        print(*pids, flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        pool.close()
        print("closed", flush=True)
"""


@pytest.fixture
def parent():
    """A process of its own with a pool of two busy workers; its pid is its group's."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(ROOT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process, [int(pid) for pid in process.stdout.readline().split()]
        finally:
            process.kill()


def gone(pid, within=10.0):
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":  # dead, and its new parent slow
            return True
        time.sleep(0.05)
    return False


def test_workers_die_with_a_parent_that_is_killed(parent):
    process, pids = parent
    assert len(pids) == 2
    process.kill()
    process.wait()
    assert [pid for pid in pids if not gone(pid)] == []


def test_ctrl_c_says_nothing_of_workers(parent):
    process, pids = parent
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert out == "closed\n"
    assert err == ""
    assert all(gone(pid) for pid in pids)


# -- records ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Twelve pages as the recorder writes them."""
    folder = tmp_path_factory.mktemp("archive")
    start = datetime(2022, 9, 12, 8, 0, tzinfo=UTC)
    catalog = Catalog(folder / "catalog.sqlite")
    recorder = Recorder(folder, catalog, info={"software": "test"}, run="run-1", roll_bytes=4000)
    bodies = [article(code, bottom=f"<p>{EN[number]}</p>") for code in TEXTS for number in (0, 1)]
    futures = []
    for number, body in enumerate(bodies):
        url = f"https://news.example.org/{number}"
        encoded = body.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(encoded)}\r\n\r\n"
        request = f"GET /{number} HTTP/1.1\r\nHost: news.example.org\r\n\r\n".encode()
        found = Found(url, Route.FEED, source="x", published=start - timedelta(days=2))
        capture = Capture(url, start + timedelta(seconds=number), request, head.encode() + encoded, found=found)
        futures.append(recorder.submit(capture))
    items = [
        Item(future.result(timeout=30).locator, Found(f"https://news.example.org/{n}", Route.FEED))
        for n, future in enumerate(futures)
    ]
    recorder.close()
    catalog.close()
    return folder, items


def test_workers_read_the_record_back_and_make_the_row_of_the_record(archive):
    folder, items = archive
    with pool_of(workers=2, archive=folder) as pool:
        results = [future.result(timeout=60) for future in [pool.submit(item) for item in items]]
    for item, result in zip(items, results, strict=True):
        record = read_at(folder, item.locator)
        assert result == worked(derive(record, item.found, SETTINGS), Setting(SETTINGS, folder, FACTS, 0), item.found)
        assert result.derived.outcome is Outcome.ARTICLE
        assert result.found is item.found or result.found == item.found


def test_records_that_are_not_there(archive, pool):
    folder, items = archive
    wrong = Item(replace(items[0].locator, record_id="urn:uuid:00000000-0000-0000-0000-000000000000"), items[0].found)
    missing = Item(replace(items[0].locator, warc="warc/none.warc.gz"))
    with pool_of(archive=folder) as one:
        derived = one.submit(wrong).result(timeout=60).derived
        assert derived.outcome is Outcome.DAMAGED_RECORD
        assert derived.url == items[0].found.url
        assert "another record lies there" in derived.detail
        with pytest.raises(InputError, match=r"none\.warc\.gz"):
            one.submit(missing).result(timeout=60)


def test_a_stopped_record_has_the_name_that_its_article_would_have(archive):
    folder, items = archive
    with pool_of(archive=folder) as one:
        whole = one.submit(items[0]).result(timeout=60).derived
    with pool_of(archive=folder, timeout=1e-6) as hasty:
        stopped = hasty.submit(items[0]).result(timeout=60).derived
    assert stopped.outcome is Outcome.EXTRACT_TIMEOUT
    assert (stopped.id, stopped.url, stopped.provenance) == (whole.id, whole.url, whole.provenance)


ROWS = """
import random, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from pipelines.model import Item, Record
from pipelines.warc.reader import read
from tests.integration.test_workers import pool_of
if __name__ == "__main__":
    folder, workers, seed = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    items = []
    for path in sorted(folder.glob("warc/**/*.warc.gz")):
        for record in read(path, str(path.relative_to(folder)), types=frozenset({"response"})):
            items.append(Item(record.locator))
    random.Random(seed).shuffle(items)
    with pool_of(workers=workers, archive=folder) as pool:
        rows = [future.result().row for future in [pool.submit(item) for item in items]]
    sys.stdout.buffer.write(b"\\n".join(sorted(rows)))
"""


def test_rows_depend_on_nothing_but_the_record(archive):
    """One worker or two, any order, hash seed, zone, locale: the same bytes."""
    folder, items = archive
    outputs = []
    for workers, seed, environment in (
        (1, 1, {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}),
        (2, 2, {"PYTHONHASHSEED": "123", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "uk_UA.UTF-8"}),
    ):
        done = subprocess.run(
            [sys.executable, "-c", ROWS, str(ROOT), str(folder), str(workers), str(seed)],
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert outputs[0].count(b"\n") == len(items) - 1
