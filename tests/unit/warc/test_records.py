"""An exchange as records: their order, their fields, what becomes a revisit, and what other machines must not do to a head."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import RecordError
from pipelines.model import Capture, Record, RecordKind, Role, TlsFacts, Truncation
from pipelines.warc.facts import examine
from pipelines.warc.reader import read
from pipelines.warc.records import drafts, found_of, metadata
from tests.warcs import REQUEST, START, capture, page, record_all, response, sha1


def stored(tmp_path: Path, *captures: Capture) -> list[Record]:
    """The records of exchanges, as read back from a file; without warcinfo."""
    _, (path,), _ = record_all(tmp_path, captures)
    events = list(read(path, payloads=True))
    assert all(isinstance(event, Record) for event in events), events
    return [event for event in events if isinstance(event, Record) and event.type != "warcinfo"]


def values(record: Record) -> dict[str, str]:
    return dict(record.fields)


def test_answer_request_metadata(tmp_path: Path):
    exchange = capture(1)
    answer, request, about = stored(tmp_path, exchange)
    assert [answer.type, request.type, about.type] == ["response", "request", "metadata"]
    assert answer.block == exchange.response
    assert request.block == REQUEST
    assert {each.date for each in (answer, request, about)} == {exchange.started_at}
    assert {each.url for each in (answer, request, about)} == {exchange.url}
    assert {each.field("WARC-Concurrent-To") for each in (request, about)} == {f"<{answer.locator.record_id}>"}
    fields = values(answer)
    del fields["WARC-Record-ID"], fields["WARC-Block-Digest"], fields["WARC-Warcinfo-ID"]
    head, _, body = exchange.response.partition(b"\r\n\r\n")
    assert fields == {
        "WARC-Type": "response",
        "WARC-Date": "2022-09-10T06:00:01.001001Z",
        "WARC-Target-URI": "https://news.test/page-1",
        "WARC-IP-Address": "127.0.0.1",
        "WARC-Protocol": "tls/1.3",  # the second of two
        "WARC-Cipher-Suite": "TLS_AES_256_GCM_SHA384",
        "WARC-Payload-Digest": sha1(body),
        "WARC-Identified-Payload-Type": "text/html",
        "Content-Type": "application/http;msgtype=response",
        "Content-Length": str(len(head) + 4 + len(body)),
    }
    assert [value for name, value in answer.fields if name == "WARC-Protocol"] == ["http/1.1", "tls/1.3"]
    assert found_of(about) == exchange.found
    assert metadata(about) == {
        "role": "page",
        "run": "Run_1",
        "tls-version": "TLSv1.3",
        "tls-cipher": "TLS_AES_256_GCM_SHA384",
        "tls-certificate-sha256": "ab" * 32,
        "route": "feed",
        "source": "ua-test",
        "via": "https://news.test/feed",
        "title": "Заголовок 1",
    }


def test_the_file_opens_with_who_made_it(tmp_path: Path):
    info = {
        "software": "warchronicle 0.1",
        "operator": "Архів",
        "contact": "a@b.test\r\nWARC-Type: x",
        "robots": "classic",
        "empty": "",
    }
    _, (path,), _ = record_all(tmp_path, [capture()], info=info)
    first = next(iter(read(path)))
    assert isinstance(first, Record)
    assert (first.type, first.field("WARC-Filename"), first.url) == ("warcinfo", path.name, "")
    assert metadata(first) == {
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "isPartOf": "Run_1",
        "software": "warchronicle 0.1",
        "operator": "Архів",
        "contact": "a@b.test\\x0d\\x0aWARC-Type: x",
        "robots": "classic",
    }
    answer = list(read(path))[1]
    assert isinstance(answer, Record)
    assert answer.field("WARC-Warcinfo-ID") == f"<{first.locator.record_id}>"


def test_the_payload_digest_is_that_of_the_dechunked_entity(tmp_path: Path):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n"
    answer = stored(tmp_path, capture(response=head + b"6\r\n<html>\r\n7\r\n</html>\r\n0\r\n\r\n"))[0]
    assert answer.payload_digest == sha1(b"<html></html>")
    assert answer.block.endswith(b"0\r\n\r\n")


def test_the_same_payload_again_is_a_revisit(tmp_path: Path):
    first, again = capture(1), capture(2, page(1), tls=None)
    done, (path,), _ = record_all(tmp_path, [first, again])
    assert [each.kind for each in done] == [RecordKind.RESPONSE, RecordKind.REVISIT_IDENTICAL]
    assert done[1].refers_to == done[0].locator.record_id
    assert done[1].payload_digest == done[0].payload_digest
    revisit = next(event for event in read(path) if isinstance(event, Record) and event.type == "revisit")
    head = again.response.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert revisit.block == head
    assert revisit.field("WARC-Profile") == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert revisit.field("WARC-Refers-To") == f"<{done[0].locator.record_id}>"
    assert revisit.field("WARC-Refers-To-Target-URI") == first.url
    assert revisit.field("WARC-Refers-To-Date") == "2022-09-10T06:00:01.001001Z"
    assert revisit.payload_digest == done[0].payload_digest
    assert revisit.field("WARC-Truncated") == ""


def test_not_modified_refers_to_the_newest_whole_answer(tmp_path: Path):
    not_modified = b'HTTP/1.1 304 Not Modified\r\nETag: "b"\r\n\r\n'
    url = "https://news.test/page-1"
    exchanges = [
        capture(1),
        capture(2, url=url),
        capture(3, url=url, truncated=Truncation.LENGTH),
        capture(4, url=url, response=not_modified),
        capture(5, url="https://news.test/never-seen", response=not_modified),
    ]
    done, (path,), _ = record_all(tmp_path, exchanges)
    assert (done[3].kind, done[3].refers_to, done[3].status, done[3].etag) == (
        RecordKind.REVISIT_NOT_MODIFIED,
        done[1].locator.record_id,
        304,
        '"b"',
    )
    assert done[3].payload_digest == ""
    assert (done[4].kind, done[4].status) == (RecordKind.RESPONSE, 304)
    revisit = next(event for event in read(path) if isinstance(event, Record) and event.type == "revisit")
    assert revisit.field("WARC-Profile").endswith("/server-not-modified")
    assert revisit.block == not_modified
    assert revisit.field("WARC-Payload-Digest") == ""


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_cut_captures_are_neither_originals_nor_revisits(tmp_path: Path, order: tuple[int, int]):
    pair = [capture(1), capture(2, page(1), truncated=Truncation.TIME)]
    done, _, _ = record_all(tmp_path, [pair[place] for place in order])
    assert {each.kind for each in done} == {RecordKind.RESPONSE}


def test_a_message_that_says_itself_that_it_is_cut(tmp_path: Path):
    short = response(page(1))[:-10]
    done, (path,), _ = record_all(tmp_path, [capture(1, response=short), capture(2, response=short)])
    assert {(each.kind, each.truncated) for each in done} == {(RecordKind.RESPONSE, Truncation.UNSPECIFIED)}
    assert [event.field("WARC-Truncated") for event in read(path) if isinstance(event, Record)][1] == "unspecified"
    done, _, _ = record_all(
        tmp_path, [capture(1, request=b"HEAD / HTTP/1.1\r\n\r\n", response=response(page(1)).partition(b"<!")[0])]
    )
    assert (done[0].truncated, done[0].payload_digest) == (None, "")


def test_empty_payloads_are_stored_each_time(tmp_path: Path):
    done, _, _ = record_all(
        tmp_path, [capture(number, response=response(b"", status="404 Not Found")) for number in range(3)]
    )
    assert {(each.kind, each.payload_digest, each.status) for each in done} == {(RecordKind.RESPONSE, "", 404)}


def test_no_answer_at_all(tmp_path: Path):
    exchange = capture(1, response=b"", error="connection refused", truncated=Truncation.DISCONNECT)
    done, (path,), _ = record_all(tmp_path, [exchange])
    assert (done[0].kind, done[0].status, done[0].truncated) == (RecordKind.REQUEST_ONLY, 0, Truncation.DISCONNECT)
    request, about = [event for event in read(path) if isinstance(event, Record)][1:]
    assert (request.type, about.type) == ("request", "metadata")
    assert request.locator.record_id == done[0].locator.record_id
    assert request.field("WARC-Truncated") == ""  # the request is whole
    assert metadata(about)["error"] == "connection refused"


def test_no_byte_either_way(tmp_path: Path):
    done, (path,), _ = record_all(tmp_path, [capture(1, response=b"", request=b"", error="no such host")])
    (about,) = [event for event in read(path) if isinstance(event, Record)][1:]
    assert (about.type, about.locator.record_id) == ("metadata", done[0].locator.record_id)


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\x01 not HTTP at all",
        b"HTTP/1.1 200 OK\r\nContent-Ty",
        b"ICY 200 OK\r\n\r\nx",
        b"HTTP/1.1 2OO OK\r\n\r\n",
        b"\r\n",
    ],
)
def test_answers_that_are_hardly_http(tmp_path: Path, answer: bytes):
    assert stored(tmp_path, capture(1, response=answer, truncated=Truncation.DISCONNECT))[0].block == answer


def test_odd_facts_stand_in_the_metadata_where_a_head_has_no_place_for_them(tmp_path: Path):
    odd = capture(
        1,
        peer="fe80::1%eth0",
        tls=TlsFacts("unknown", "", ""),
        interim=b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
    )
    answer, _, about = stored(tmp_path, odd)
    assert answer.field("WARC-IP-Address") == ""
    assert metadata(about)["peer"] == "fe80::1%eth0"
    assert metadata(about)["interim"] == "HTTP/1.1 103 Early Hints\\r\\nLink: </a.css>\\r\\n\\r\\n"
    answer = stored(tmp_path / "6", capture(1, peer="2001:DB8::0:1"))[0]
    assert answer.field("WARC-IP-Address") == "2001:db8::1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://a.test/\r\nWARC-Type: x",
        "http://a.test/\x00",
        "http://a.test/a b",
        "http://a.test/<>",
        "http://a.test/\u2028",
    ],
)
def test_a_url_that_can_not_stand_in_a_record_is_refused_whole(url: str):
    exchange = Capture(url, START, REQUEST, response(b"x"))
    with pytest.raises(RecordError, match="nothing was written"):
        drafts(
            exchange, examine(exchange), revisit=None, new_id=lambda: "urn:uuid:1", warcinfo_id="urn:uuid:0", run="r"
        )


def test_what_feeds_and_servers_say_can_not_break_a_record(tmp_path: Path):
    found = capture(1).found
    assert found is not None
    evil = "x\r\n\r\nWARC/1.1\r\nWARC-Type: response\u2028\x00"
    nasty = type(found)(found.url, found.route, source=evil, via=evil, title=evil, published_raw=evil, language=evil)
    exchange = capture(
        1, found=nasty, error=evil, response=response(b"<html>", f"ETag: {chr(0)}\x0bx", mime="text/\x01html")
    )
    done, (path,), _ = record_all(tmp_path, [exchange], run="r\r\nun")
    records = [event for event in read(path) if isinstance(event, Record)]
    assert [each.type for each in records] == ["warcinfo", "response", "request", "metadata"]
    assert "\\x0d\\x0a" in metadata(records[3])["title"]
    assert done[0].mime == "text/\\x01html"
    assert done[0].etag == "\\x00\\x0bx"


def test_roles_reach_the_answer(tmp_path: Path):
    done, _, _ = record_all(tmp_path, [capture(1, role=Role.FEED), capture(2, found=None)])
    assert [(each.role, each.source) for each in done] == [(Role.FEED, "ua-test"), (Role.PAGE, "")]
