"""HTTP messages: odd heads as Scrapy accepts them, chunked and cut bodies, content codings and their bombs."""

from __future__ import annotations

import gzip
import random
import sys
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import DocumentError
from pipelines.message import clean_field, decode_content, decode_prefix, entity, parse_head

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMIT = 1 << 20
TEXT = ("Ізюм, 10 вересня. " * 400).encode()


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
    "identity": bytes,
}


def chunked(body: bytes, sizes: list[int], extension: bytes = b"", trailer: bytes = b"") -> bytes:
    out = b""
    for size in sizes:
        part, body = body[:size], body[size:]
        if part:
            out += b"%x%s\r\n%s\r\n" % (len(part), extension, part)
    if body:
        out += b"%X\r\n%s\r\n" % (len(body), body)
    return out + b"0\r\n" + trailer + b"\r\n"


def head_of(message: bytes):
    head = parse_head(message)
    assert head is not None
    return head


def test_a_plain_head():
    message = b'HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; Charset="windows-1251"\r\nX: 1\r\nx: 2\r\n\r\nbody'
    head = head_of(message)
    assert (head.version, head.status, head.reason) == ("HTTP/1.1", 200, "OK")
    assert (head.mime, head.charset) == ("text/html", "windows-1251")
    assert head.all("X") == ["1", "2"]
    assert head.get("absent") == ""
    assert message[head.length :] == b"body"


@pytest.mark.parametrize(
    ("message", "status", "reason", "fields"),
    [
        (b"HTTP/1.1 404\r\n\r\n", 404, "", ()),
        (b"HTTP/1.0 200 All right\nA: 1\n\n", 200, "All right", ((b"A", b"1"),)),
        (b"HTTP/2.0 200 OK\r\n\r\n", 200, "OK", ()),
        (b"HTTP/1.1 200 OK\r\nno colon here\r\nA: 1\r\n\r\n", 200, "OK", ((b"A", b"1"),)),
        (b"HTTP/1.1 200 OK\r\nA: 1\r\n\t2\r\n  3\r\nB:4\r\n\r\n", 200, "OK", ((b"A", b"1 2 3"), (b"B", b"4"))),
        (b"HTTP/1.1 200 OK\r\n folded first\r\nA: 1\r\n\r\n", 200, "OK", ((b"A", b"1"),)),
        (b"HTTP/1.1 200 OK\r\nN\xe4me : v\xe4lue \r\n\r\n", 200, "OK", ((b"N\xe4me", b"v\xe4lue"),)),
        (b"HTTP/1.1 200 \xd0\x9e\xd0\x9a\r\n\r\n", 200, "\xd0\x9e\xd0\x9a", ()),
    ],
)
def test_odd_heads(message, status, reason, fields):
    head = head_of(message)
    assert (head.status, head.reason, head.fields, head.length) == (status, reason, fields, len(message))


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: 1\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"<html>\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_head(message):
    assert parse_head(message) is None


def test_every_cut_of_a_head_is_no_head():
    message = b"HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n"
    assert [parse_head(message[:end]) for end in range(len(message) - 1)] == [None] * (len(message) - 1)


@pytest.mark.parametrize(
    ("fields", "body", "expected"),
    [
        (b"Content-Length: 4\r\n", b"body", (b"body", True)),
        (b"Content-Length: 4\r\nContent-Length: 4\r\n", b"body", (b"body", True)),
        (b"Content-Length: 4, 4\r\n", b"body", (b"body", True)),
        (b"Content-Length: 9\r\n", b"body", (b"body", False)),
        (b"Content-Length: 2\r\n", b"body", (b"bo", True)),
        (b"Content-Length: -2\r\n", b"body", (b"body", True)),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n", b"body", (b"body", True)),
        (b"", b"body", (b"body", True)),
        (b"Transfer-Encoding: chunked\r\n", b"4\r\nbody\r\n0\r\n\r\n", (b"body", True)),
        (b"Transfer-Encoding: gzip, Chunked\r\nContent-Length: 1\r\n", b"4\r\nbody\r\n0\r\n\r\n", (b"body", True)),
        (b"Transfer-Encoding: chunked\r\n", b"4;x=y\nbody\n0\nT: 1\n\nrest", (b"body", True)),
        (b"Transfer-Encoding: chunked\r\n", b"4\r\nbody\r\n0\r\n", (b"body", False)),
        (b"Transfer-Encoding: chunked\r\n", b"4\r\nbody\r\n", (b"body", False)),
        (b"Transfer-Encoding: chunked\r\n", b"4\r\nbo", (b"bo", False)),
        (b"Transfer-Encoding: chunked\r\n", b"4\r\nbodyXX0\r\n\r\n", (b"body", False)),
        (b"Transfer-Encoding: chunked\r\n", b"4\r\nbody\r\nzz\r\n\r\n", (b"body", False)),
        (b"Transfer-Encoding: chunked\r\n", b"", (b"", False)),
        (b"Transfer-Encoding: chunked\r\n", b"<html>stored decoded</html>", (b"<html>stored decoded</html>", True)),
        (b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", (b"", True)),
    ],
)
def test_entities(fields, body, expected):
    message = b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + body
    assert entity(message, head_of(message)) == expected


@pytest.mark.parametrize("status", [204, 304])
def test_answers_that_have_no_entity(status):
    message = b"HTTP/1.1 %d X\r\nContent-Length: 500\r\n\r\n" % status
    assert entity(message, head_of(message)) == (b"", True)


@given(st.binary(max_size=2000), st.lists(st.integers(1, 300), max_size=12), st.sampled_from([b"", b"A: 1\r\n"]))
def test_chunked_round_trip_and_every_cut_is_seen(body, sizes, trailer):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    stream = chunked(body, sizes, trailer=trailer)
    assert entity(head + stream, head_of(head)) == (body, True)
    for end in {0, 1, len(stream) // 2, len(stream) - 2}:
        part, whole = entity(head + stream[:end], head_of(head))
        assert not whole
        assert body.startswith(part)


@given(st.binary(max_size=400))
def test_no_bytes_make_reading_raise(noise):
    for message in (
        noise,
        b"HTTP/1.1 200 OK\r\n" + noise,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + noise,
    ):
        head = parse_head(message)
        if head is not None:
            assert 0 < head.length <= len(message)
            assert len(entity(message, head)[0]) <= len(message)


@given(st.lists(st.sampled_from(sorted(ENCODERS)), max_size=4), st.binary(max_size=3000))
def test_content_coding_chains_round_trip(codings, data):
    body = data
    for coding in codings:
        body = ENCODERS[coding](body)
    assert decode_content(body, codings, LIMIT) == data


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_every_cut_of_a_coded_body_is_refused(coding):
    body = ENCODERS[coding](TEXT)
    for end in range(1, len(body), max(1, len(body) // 40)):
        with pytest.raises(DocumentError) as caught:
            decode_content(body[:end], [coding], LIMIT)
        assert caught.value.reason in {"cut", "coding"}


@pytest.mark.parametrize(("coding", "encode"), [*ENCODERS.items(), ("deflate", raw_deflate)])
def test_the_limit_is_exact(coding, encode):
    body = encode(TEXT)
    assert decode_content(body, [coding], len(TEXT)) == TEXT
    with pytest.raises(DocumentError, match="bomb"):
        decode_content(body, [coding], len(TEXT) - 1)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_stopped_at_the_limit(coding):
    bomb = ENCODERS[coding](bytes(50 << 20))
    assert len(bomb) < 100_000
    with pytest.raises(DocumentError) as caught:
        decode_content(bomb, [coding], LIMIT)
    assert caught.value.reason == "bomb"


def test_members_and_padding_behind_a_gzip_stream():
    assert decode_content(gzip.compress(b"one") + gzip.compress(b"two"), ["gzip"], LIMIT) == b"onetwo"
    assert decode_content(gzip.compress(b"one") + bytes(100), ["gzip"], LIMIT) == b"one"


@pytest.mark.parametrize(
    ("codings", "reason"),
    [(["lzma"], "coding"), (["gzip"], "coding"), (["br"], "coding"), (["zstd"], "coding"), (["gzip"] * 5, "bomb")],
)
def test_what_can_not_be_undone(codings, reason):
    with pytest.raises(DocumentError) as caught:
        decode_content(random.Random(3).randbytes(500), codings, LIMIT)
    assert caught.value.reason == reason


def test_an_empty_entity_has_no_coding():
    assert decode_content(b"", ["gzip"], LIMIT) == b""


@given(st.text())
def test_a_cleaned_field_is_one_line_that_encodes(text):
    cleaned = clean_field(text)
    assert len(f"A: {cleaned}".splitlines()) == 1
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")
    assert clean_field(cleaned) == cleaned


def test_cleaning_is_visible():
    assert clean_field("Title\r\nWARC-Type: response\x00 ") == "Title\\x0d\\x0aWARC-Type: response\\x00"


@pytest.mark.parametrize("coding", sorted(ENCODERS))
def test_a_prefix_of_any_coding(coding):
    page = random.Random(1).randbytes(300).hex().encode() * 400
    body = ENCODERS[coding](page)
    assert page.startswith(decode_prefix(body, [coding], 512))
    assert len(decode_prefix(body, [coding], 512)) >= 300
    assert page.startswith(decode_prefix(body[: len(body) // 2], [coding], 512))
    if coding != "identity":
        assert decode_prefix(b"<html>no such coding", [coding], 512) == b""
    assert decode_prefix(ENCODERS[coding](body), [coding, coding], 512)[:100] == page[:100]
    assert decode_prefix(body, ["lzma"], 512) == b""
