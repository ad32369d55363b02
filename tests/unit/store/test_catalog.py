"""The catalog: the ledger's states, the recorder's index, rows and runs; over real files, threads and processes."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import urls
from pipelines.errors import BusyError, InputError, OperatorError, StorageError
from pipelines.model import (
    Derived,
    Found,
    Locator,
    Outcome,
    Provenance,
    Recorded,
    RecordKind,
    Role,
    Route,
    Truncation,
)
from pipelines.store import catalog_engine
from pipelines.store.catalog import Catalog, LedgerState, RunState
from pipelines.store.catalog_schema import moment_text

NOW = datetime(2022, 9, 11, 8, 30, tzinfo=UTC)


@pytest.fixture
def catalog(tmp_path):
    catalog = Catalog(tmp_path / "catalog.sqlite")
    yield catalog
    catalog.close()


def found(number, **more):
    return Found(f"https://outlet.test/news/{number}", Route.FEED, **{"source": "outlet", **more})


def recorded(number, status=200, at=NOW, **more):
    facts = {
        "locator": Locator("warc/2022/09/11/a.warc.gz", number * 100, 100, f"urn:uuid:{number:032x}-{status}"),
        "kind": RecordKind.RESPONSE,
        "url": f"https://outlet.test/news/{number}",
        "captured_at": at,
        "status": status,
        "mime": "text/html",
        "payload_digest": f"sha1:{number}",
        "source": "outlet",
    }
    return Recorded(**(facts | more))


def derived(capture, outcome=Outcome.ARTICLE, **more):
    digest = capture.payload_digest
    row_id = urls.article_id(capture.url, capture.captured_at, digest)
    return Derived(
        row_id, capture.url, outcome, provenance=Provenance(capture.locator, digest, capture.captured_at), **more
    )


def row(number):
    return json.dumps({"n": number}).encode()


# -- the ledger ---------------------------------------------------------------------------------------------------


def test_new_urls_wait_in_the_order_of_discovery_and_known_ones_keep_their_state(catalog):
    items = [found(3), found(1, title="Заголовок", published=NOW, published_raw="11.09", hops=1), found(2)]
    assert catalog.found(items, NOW) == 3
    assert catalog.found([found(1, title="other"), found(4)], NOW) == 1
    assert catalog.waiting(None, NOW) == [*items, found(4)]


def test_two_spellings_are_one_url(catalog):
    assert catalog.found([found("1?utm_source=x"), found("1#top"), found(1)], NOW) == 1
    assert catalog.state("https://OUTLET.test/news/1").state is LedgerState.WAITING


def test_waiting_by_source_host_limit_and_cursor(catalog):
    items = [
        Found(f"https://{host}.test/{source}/{number}", Route.FEED, source=source)
        for number in range(4)
        for host in ("a", "b")
        for source in ("one", "two")
    ]
    assert catalog.found(items, NOW) == len(items)
    ones = [item for item in items if item.source == "one"]
    assert catalog.waiting(["one"], NOW) == ones
    assert catalog.waiting(["one", "none"], NOW, host="a.test") == [i for i in ones if urls.host_of(i.url) == "a.test"]
    assert catalog.waiting(["none"], NOW) == []
    first = catalog.waiting(None, NOW, 2)
    assert first + catalog.waiting(None, NOW, after=first[-1]) == catalog.waiting(None, NOW)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"), st.sampled_from("xyz"), st.sampled_from(["wait", "due", "later", "refused"])
        ),
        max_size=25,
    ),
    st.sets(st.sampled_from("xyz")),
)
@settings(max_examples=30, deadline=None)
def test_hosts_that_wait_are_those_of_the_rows_that_wait(tmp_path_factory, rows, sources):
    catalog = Catalog(tmp_path_factory.mktemp("hosts") / "catalog.sqlite")
    for number, (host, source, state) in enumerate(rows):
        item = Found(f"https://{host}.test/{number}", Route.FEED, source=source)
        catalog.found([item], NOW)
        if state != "wait":
            retry = {"due": NOW, "later": NOW + timedelta(seconds=1), "refused": None}[state]
            catalog.settle(item.url, Outcome.TIMEOUT, retry_at=retry)
    chosen = sorted(sources)
    expected = {
        f"{h}.test" for h, source, state in rows if state in ("wait", "due") and (not sources or source in sources)
    }
    assert catalog.waiting_hosts(chosen, NOW) == sorted(expected)
    waiting = catalog.waiting(chosen, NOW)
    assert {urls.host_of(item.url) for item in waiting} == expected
    for host in expected:
        assert catalog.waiting(chosen, NOW, host=host) == [i for i in waiting if urls.host_of(i.url) == host]
    catalog.close()


def test_what_is_no_url_of_ours_is_refused_and_not_forgotten(catalog):
    assert catalog.found([Found("javascript:alert(1)", Route.LINK), found(1)], NOW) == 1
    known = catalog.state("javascript:alert(1)")
    assert (known.state, known.outcome) == (LedgerState.REFUSED, Outcome.BAD_URL)
    assert "scheme" in known.detail


def test_a_retry_waits_until_it_is_due(catalog):
    catalog.found([found(1)], NOW)
    later = NOW + timedelta(minutes=5)
    catalog.settle(found(1).url, Outcome.TIMEOUT, "no answer in time", later)
    catalog.settle(found(1).url, Outcome.DNS_ERROR, "no such host", later)
    known = catalog.state(found(1).url)
    assert (known.state, known.outcome, known.attempts, known.retry_at) == (
        LedgerState.RETRY,
        Outcome.DNS_ERROR,
        2,
        later,
    )
    assert catalog.waiting(None, NOW) == []
    assert catalog.waiting(None, later) == [found(1)]
    assert catalog.waiting_hosts(None, later) == ["outlet.test"]
    catalog.settle(found(1).url, Outcome.DNS_ERROR, "gave up")
    assert catalog.state(found(1).url).state is LedgerState.REFUSED
    assert catalog.waiting(None, later) == []


def test_a_refusal_of_an_unnamed_url_gets_a_row(catalog):
    catalog.settle("https://other.test/x", Outcome.BLOCKED_ADDRESS, "10.0.0.1")
    known = catalog.state("https://other.test/x")
    assert (known.found.route, known.outcome) == (Route.UNKNOWN, Outcome.BLOCKED_ADDRESS)


def test_out_of_window_is_a_wish_and_robots_a_rule(catalog):
    assert catalog.refuse([(found(1), "of 2021"), (found(2), "of 2021")], Outcome.OUT_OF_WINDOW, NOW) == 2
    catalog.settle(found(3).url, Outcome.ROBOTS_DISALLOWED)
    assert catalog.refuse([(found(3), "of 2021")], Outcome.OUT_OF_WINDOW, NOW) == 0
    assert catalog.found([found(2), found(3)], NOW) == 1
    assert [catalog.state(found(n).url).state for n in (1, 2, 3)] == [
        LedgerState.REFUSED,
        LedgerState.WAITING,
        LedgerState.REFUSED,
    ]
    assert catalog.reopen([Outcome.ROBOTS_DISALLOWED]) == 1
    assert catalog.state(found(3).url).outcome is None


# -- captures and rows --------------------------------------------------------------------------------------------


def test_a_url_goes_from_waiting_to_captured_to_done(catalog):
    catalog.found([found(1, title="as the feed has it")], NOW)
    capture = recorded(1)
    catalog.commit([capture])
    catalog.commit([capture])  # recovery may name a record again
    assert catalog.state(capture.url).state is LedgerState.CAPTURED
    assert catalog.captured(capture.url)
    assert catalog.waiting(None, NOW) == []
    (item,) = catalog.underived()
    assert (item.locator, item.found) == (capture.locator, found(1, title="as the feed has it"))
    catalog.keep(derived(capture), row(1), "text/x.txt", run="r")
    known = catalog.state(capture.url)
    assert (known.state, known.outcome, known.run) == (LedgerState.DONE, Outcome.ARTICLE, "r")
    assert list(catalog.underived()) == []


@pytest.mark.parametrize(
    "capture",
    [
        recorded(1, 503),
        recorded(1, 429),
        recorded(1, 408),
        recorded(1, 0, kind=RecordKind.REQUEST_ONLY),
        recorded(1, role=Role.FEED),
    ],
)
def test_answers_that_may_pass_do_not_end_a_url(catalog, capture):
    catalog.found([found(1)], NOW)
    catalog.commit([capture])
    assert catalog.waiting(None, NOW) == [found(1)]
    assert not catalog.captured(found(1).url)


def test_a_page_retried_after_503_ends_as_what_it_became(catalog):
    catalog.found([found(1)], NOW)
    first, second = recorded(1, 503), recorded(1, 200, NOW + timedelta(minutes=1))
    catalog.commit([first])
    catalog.settle(first.url, Outcome.HTTP_5XX, retry_at=NOW)
    catalog.keep(derived(first, Outcome.HTTP_5XX), row(1))
    assert catalog.waiting(None, NOW) == [found(1)]
    catalog.commit([second])
    catalog.keep(derived(second), row(2))
    known = catalog.state(first.url)
    assert (known.state, known.outcome, known.retry_at) == (LedgerState.DONE, Outcome.ARTICLE, None)
    assert catalog.counts() == {"article": 1, "http_5xx": 1}


def test_what_settle_said_outlives_the_row_and_a_row_outlives_a_late_settle(catalog):
    catalog.found([found(1), found(2)], NOW)
    catalog.commit([recorded(1, 302), recorded(2)])
    catalog.settle(found(1).url, Outcome.OVER_BUDGET, "more than 10 redirects")
    catalog.keep(derived(recorded(1, 302), Outcome.REDIRECT, location="https://outlet.test/next"), row(1))
    catalog.keep(derived(recorded(2)), row(2))
    catalog.settle(found(2).url, Outcome.TRUNCATED)
    assert catalog.state(found(1).url).outcome is Outcome.OVER_BUDGET
    assert catalog.state(found(2).url).outcome is Outcome.ARTICLE
    assert catalog.state("https://outlet.test/next") is None  # over the limit: not followed by the back door


def test_a_redirect_that_nobody_followed_is_followed_after_the_crash(catalog):
    catalog.found([found(1, title="t", published=NOW)], NOW)
    catalog.commit([recorded(1, 301)])
    catalog.keep(derived(recorded(1, 301), Outcome.REDIRECT, location="https://outlet.test/next"), row(1))
    (target,) = catalog.waiting(None, NOW)
    assert target == Found(
        "https://outlet.test/next", Route.FEED, "outlet", via=found(1).url, title="t", published=NOW, hops=1
    )
    assert catalog.state(found(1).url).outcome is Outcome.REDIRECT


def test_underived_is_pages_only_bounded_and_in_order(catalog):
    catalog.commit([recorded(n) for n in range(1100)])
    catalog.commit([recorded(2000, role=Role.ROBOTS), recorded(2001, 0, kind=RecordKind.REQUEST_ONLY)])
    offsets = [item.locator.offset for item in catalog.underived()]
    assert offsets == [n * 100 for n in range(1100)]
    assert [item.locator.offset for item in catalog.underived(limit=600)] == offsets[:600]
    assert next(catalog.underived()).found is None


def test_the_recorder_finds_originals_and_validators(catalog):
    cut = recorded(1, payload_digest="sha1:same", truncated=Truncation.LENGTH)
    whole = recorded(2, payload_digest="sha1:same", etag='"a"', last_modified="Sun, 11 Sep 2022 08:00:00 GMT")
    again = recorded(
        3, payload_digest="sha1:same", kind=RecordKind.REVISIT_IDENTICAL, refers_to=whole.locator.record_id
    )
    catalog.commit([cut, whole, again])
    assert catalog.original("sha1:same") == whole
    assert catalog.original("sha1:other") is None
    assert catalog.original("") is None
    newer = recorded(2, 200, NOW + timedelta(hours=1), locator=Locator("b.warc.gz", 0, 9, "urn:uuid:newer"))
    error = recorded(2, 404, NOW + timedelta(hours=2))
    catalog.commit([newer, error])
    assert catalog.latest(whole.url) == newer
    assert catalog.latest("https://outlet.test/news/1") is None


def test_a_batch_is_committed_whole_or_not_at_all(catalog):
    good = recorded(1)
    with pytest.raises(ValueError, match="no time zone"):
        catalog.commit([good, recorded(2, at=datetime(2022, 9, 11))])  # noqa: DTZ001 - a naive time is the fault
    assert catalog.original(good.payload_digest) is None


def test_rows_come_back_whole_and_in_capture_order(catalog):
    captures = [recorded(n, at=NOW + timedelta(seconds=n % 7)) for n in range(450)]
    catalog.commit(captures)
    for number in reversed(range(450)):
        outcome = Outcome.ARTICLE if number % 3 else Outcome.NO_TEXT
        catalog.keep(derived(captures[number], outcome), row(number), run="b" if number % 2 else "a")
    in_order = sorted(captures, key=lambda c: (c.captured_at, derived(c).id))
    numbers = [c.locator.offset // 100 for c in in_order]
    assert list(catalog.rows()) == [row(n) for n in numbers]
    assert list(catalog.rows("a", Outcome.ARTICLE)) == [row(n) for n in numbers if n % 3 and not n % 2]
    assert catalog.counts("b") == {"article": 150, "no_text": 75}


def test_deriving_again_replaces_the_row(catalog):
    catalog.commit([recorded(1)])
    catalog.keep(derived(recorded(1), Outcome.EXTRACT_TIMEOUT), row(1), run="a")
    catalog.keep(derived(recorded(1)), row(2), run="b")
    assert list(catalog.rows()) == [row(2)]
    assert catalog.counts("a") == {}


def test_same_page_at_the_same_moment_in_two_records_keeps_both(catalog):
    twin = Locator("warc/b.warc.gz", 0, 100, "urn:uuid:twin")
    captures = [recorded(1), recorded(1, locator=twin)]
    catalog.commit(captures)
    for number, capture in enumerate(captures):
        catalog.keep(derived(capture), row(number))
    assert len(list(catalog.rows())) == 2
    assert list(catalog.underived()) == []


def test_counts_and_skipped_name_every_end_once(catalog):
    catalog.run_started("r", NOW)
    catalog.found([found(n) for n in range(5)], NOW)
    catalog.commit([recorded(0), recorded(1, 404), recorded(2, 500)])
    catalog.keep(derived(recorded(0)), row(0))
    catalog.keep(derived(recorded(1, 404), Outcome.HTTP_4XX, detail="gone"), row(1))
    catalog.keep(derived(recorded(2, 500), Outcome.HTTP_5XX), row(2))
    catalog.settle(found(2).url, Outcome.HTTP_5XX, retry_at=NOW)
    catalog.settle(found(3).url, Outcome.ROBOTS_DISALLOWED, "by /news")
    catalog.settle(found(4).url, Outcome.TIMEOUT, retry_at=NOW + timedelta(hours=1))
    assert catalog.counts("r") == {
        "article": 1,
        "http_4xx": 1,
        "http_5xx": 1,
        "robots_disallowed": 1,
        "timeout": 1,
    }
    skipped = {s.url.rpartition("/")[2]: s for s in catalog.skipped("r")}
    assert sorted(skipped) == ["1", "2", "3", "4"]
    assert (skipped["1"].detail, skipped["1"].offset) == ("gone", 100)
    assert (skipped["3"].outcome, skipped["3"].warc) == ("robots_disallowed", "")
    assert skipped["4"].retry_at == moment_text(NOW + timedelta(hours=1))
    assert catalog.ledger_states(NOW) == {
        "waiting": 0,
        "captured": 0,
        "done": 2,
        "refused": 1,
        "retry": 2,
        "due": 1,
    }


# -- visits and runs ----------------------------------------------------------------------------------------------


def test_validators_outlive_304_and_errors(catalog):
    feed = "https://outlet.test/feed"
    assert catalog.visit(feed) is None
    catalog.visited(feed, NOW, 200, '"a"', "Sun")
    catalog.visited(feed, NOW + timedelta(hours=1), 304)
    catalog.visited(feed, NOW + timedelta(hours=2), 503)
    last = catalog.visit(feed)
    assert (last.at, last.status, last.etag, last.last_modified) == (NOW + timedelta(hours=2), 503, '"a"', "Sun")
    catalog.visited(feed, NOW + timedelta(hours=3), 200)
    assert (catalog.visit(feed).etag, catalog.visit(feed).last_modified) == ("", "")


def test_runs_say_what_they_were(catalog):
    catalog.run_started("a", NOW, spider="news", config_digest="sha256:x")
    catalog.run_ended("a", NOW + timedelta(minutes=1))
    catalog.run_started("b", NOW + timedelta(hours=1))
    catalog.run_ended("b", None, "shutdown", note="n")
    a, b = catalog.runs()
    assert (a.id, a.state, a.info) == ("a", RunState.FINISHED, {"spider": "news", "config_digest": "sha256:x"})
    assert (b.state, b.reason, b.ended, b.info) == (RunState.STOPPED, "shutdown", None, {"note": "n"})
    with pytest.raises(ValueError, match="never started"):
        catalog.run_ended("c", NOW)


# -- the file -----------------------------------------------------------------------------------------------------


def test_a_newer_schema_is_refused(tmp_path):
    path = tmp_path / "catalog.sqlite"
    Catalog(path).close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    database.close()
    with pytest.raises(OperatorError, match=r"schema 99.*newer warchronicle"):
        Catalog(path)


def test_a_database_of_another_program_is_refused_untouched(tmp_path):
    path = tmp_path / "catalog.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE bookmarks (url TEXT)")
    database.close()
    with pytest.raises(StorageError, match="no catalog of warchronicle"):
        Catalog(path)
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
    database.close()


def test_damage_is_seen_at_open_and_said_how_to_go_on(tmp_path):
    path = tmp_path / "catalog.sqlite"
    catalog = Catalog(path)
    catalog.found([found(n) for n in range(3000)], NOW)
    catalog.close()
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2 // 4096 * 4096
    raw[middle : middle + 4096 * 8] = os.urandom(4096 * 8)
    path.write_bytes(raw)
    with pytest.raises(StorageError, match=r"damaged.*WARCs hold it.*aside"):
        Catalog(path)
    path.write_bytes(b"this is no database, and long enough to be told apart from an empty one" * 20)
    with pytest.raises(StorageError, match="damaged"):
        Catalog(path)


def test_reading_wants_a_file_and_changes_nothing(tmp_path, catalog):
    with pytest.raises(InputError, match="no catalog here"):
        Catalog(tmp_path / "none" / "catalog.sqlite", readonly=True)
    catalog.found([found(1)], NOW)
    reader = Catalog(tmp_path / "catalog.sqlite", readonly=True)  # while the writer is at work
    assert reader.waiting(None, NOW) == [found(1)]
    with pytest.raises(StorageError, match="readonly"):
        reader.found([found(2)], NOW)
    reader.close()
    catalog.close()
    before = (tmp_path / "catalog.sqlite").read_bytes()
    reader = Catalog(tmp_path / "catalog.sqlite", readonly=True)
    assert reader.ledger_states(NOW)["waiting"] == 1
    reader.close()
    assert [p.name for p in tmp_path.iterdir()] == ["catalog.sqlite"]
    assert (tmp_path / "catalog.sqlite").read_bytes() == before


def test_odd_folder_names_are_no_part_of_the_database_address(tmp_path):
    folder = tmp_path / "a?mode=memory #1 %20;ä"
    folder.mkdir()
    catalog = Catalog(folder / "catalog.sqlite")
    catalog.found([found(1)], NOW)
    catalog.close()
    assert [p.name for p in folder.iterdir()] == ["catalog.sqlite"]


def test_a_lock_that_is_not_let_go_ends_in_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog_engine, "BUSY_SECONDS", 0.1)
    catalog = Catalog(tmp_path / "catalog.sqlite")
    holder = sqlite3.connect(tmp_path / "catalog.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError, match="another process"):
        catalog.found([found(1)], NOW)
    assert catalog.waiting(None, NOW) == []  # reading goes on
    holder.execute("ROLLBACK")
    holder.close()
    assert catalog.found([found(1)], NOW) == 1
    catalog.close()


def test_a_full_disk_ends_in_a_clear_error_and_loses_nothing_before(tmp_path):
    catalog = Catalog(tmp_path / "catalog.sqlite")
    catalog.found([found(1)], NOW)
    with catalog._read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
        with pytest.raises(StorageError, match=r"full.*free space"):
            catalog_fill(catalog, connection)
    assert catalog.waiting(None, NOW) == [found(1)]
    catalog.close()


def catalog_fill(catalog, connection):
    """Write on the very connection whose size is limited: the limit is the connection's own."""
    with catalog._border():
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            for number in range(10_000):
                connection.exec_driver_sql("INSERT INTO meta VALUES (?, ?)", (f"n{number}", "x" * 500))
        finally:
            connection.rollback()


def test_threads_share_one_catalog(catalog):
    catalog.found([found(n) for n in range(300)], NOW)
    faults = []

    def work(part):
        try:
            for number in range(part, 300, 3):
                catalog.commit([recorded(number)])
                catalog.keep(derived(recorded(number)), row(number))
                catalog.original(f"sha1:{number}")
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            faults.append(error)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert catalog.counts() == {"article": 300}
    assert catalog.ledger_states(NOW)["done"] == 300


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pipelines.model import Found, Route
from pipelines.store.catalog import Catalog

catalog = Catalog(Path(sys.argv[1]))
number = 0
while True:
    batch = [Found(f"https://outlet.test/{number + i}", Route.FEED) for i in range(7)]
    catalog.found(batch, datetime.now(UTC))
    number += 7
    print(number, flush=True)
"""


def test_a_killed_process_loses_nothing_that_it_was_told_is_stored(tmp_path):
    path = tmp_path / "catalog.sqlite"
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        told = [int(process.stdout.readline()) for _ in range(15)]
        process.kill()
        rest = process.stdout.read().split()
        process.stdout.close()
        process.wait()
        last = int(rest[-1]) if rest else told[-1]
        catalog = Catalog(path)
        waiting = len(catalog.waiting(None, NOW, 10**6))
        assert waiting >= last
        assert waiting % 7 == 0  # no batch in part
        catalog.close()


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])))
def test_moments_sort_as_text(moment):
    text = moment_text(moment)
    assert len(text) == 27
    assert abs(datetime.fromisoformat(text) - moment.replace(tzinfo=UTC)) <= timedelta(hours=14)
    assert (moment_text(NOW) < text) == (datetime.fromisoformat(text) > NOW)


def test_naive_moments_are_refused(tmp_path):
    with pytest.raises(ValueError, match="time zone"):
        moment_text(datetime(2022, 9, 11))  # noqa: DTZ001 - that is the fault


@pytest.mark.parametrize("path", [Path("/dev/null/catalog.sqlite"), Path("/proc/catalog.sqlite")])
def test_a_place_that_cannot_hold_it_is_named(path):
    with pytest.raises(OperatorError, match=str(path)):
        Catalog(path)
