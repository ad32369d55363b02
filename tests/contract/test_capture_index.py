"""One suite over everything that claims to be a `CaptureIndex`: what the recorder may rely on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.model import Locator, Recorded, RecordKind, Truncation
from pipelines.store.catalog import Catalog
from pipelines.warc.recover import recover
from tests import warcs

NOW = datetime(2022, 9, 11, 8, 30, tzinfo=UTC)


@pytest.fixture(params=["catalog", "memory"])
def index(request, tmp_path):
    if request.param == "memory":
        yield warcs.Index()
        return
    catalog = Catalog(tmp_path / "catalog.sqlite")
    yield catalog
    catalog.close()


def recorded(number, **more):
    facts = {
        "locator": Locator("warc/a.warc.gz", number * 100, 100, f"urn:uuid:{number}"),
        "kind": RecordKind.RESPONSE,
        "url": "https://news.test/page",
        "captured_at": NOW + timedelta(seconds=number),
        "status": 200,
        "mime": "text/html",
        "payload_digest": f"sha1:{number}",
    }
    return Recorded(**(facts | more))


def test_an_empty_index_knows_nothing(index):
    assert index.original("sha1:x") is None
    assert index.latest("https://news.test/page") is None
    index.commit([])


def test_what_was_committed_comes_back_equal(index):
    first = recorded(1, etag='"x"', last_modified="Sun, 11 Sep 2022 08:00:00 GMT", source="ua-test", mime="text/html")
    index.commit([first, recorded(2, url="https://news.test/other")])
    assert index.original("sha1:1") == first
    assert index.latest("https://news.test/page") == first


def test_the_original_is_the_first_whole_response(index):
    cut = recorded(1, payload_digest="sha1:same", truncated=Truncation.DISCONNECT)
    revisit = recorded(2, payload_digest="sha1:same", kind=RecordKind.REVISIT_IDENTICAL, refers_to="urn:uuid:0")
    index.commit([cut, revisit])
    assert index.original("sha1:same") is None
    index.commit([recorded(3, payload_digest="sha1:same"), recorded(4, payload_digest="sha1:same")])
    assert index.original("sha1:same").locator.offset == 300


def test_the_latest_is_the_newest_by_capture_time_whatever_the_order_of_commits(index):
    index.commit([recorded(5), recorded(3)])
    index.commit([recorded(4)])
    assert index.latest("https://news.test/page").locator.offset == 500


def test_a_record_committed_again_is_there_once(index):
    index.commit([recorded(1)])
    index.commit([recorded(1), recorded(2)])
    assert index.original("sha1:1") == recorded(1)


def test_the_recorder_and_recovery_leave_the_same_index(index, tmp_path):
    """What a recorder commits is what recovery reads out of its files when the index was lost."""
    archive = tmp_path / "archive"
    archive.mkdir()
    captures = [warcs.capture(n, warcs.page(n % 3)) for n in range(5)]
    recorder = warcs.recorder(archive, index)
    done = [recorder.submit(capture).result(30) for capture in captures]
    recorder.close()
    assert [one.kind is RecordKind.RESPONSE for one in done] == [True, True, True, False, False]
    (sealed,) = archive.rglob("*.warc.gz")
    sealed.rename(sealed.with_name(sealed.name + ".open"))
    lost = Catalog(tmp_path / "new.sqlite")
    recover(archive, lost)
    for one in done:
        assert lost.capture(one.locator.record_id) == one
        assert index.original(one.payload_digest) == lost.original(one.payload_digest)
    lost.close()
