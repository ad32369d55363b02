"""Small values of a WARC: dates, digests, heads, cipher names, media types by their bytes."""

from __future__ import annotations

import base64
import gzip
import hashlib
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import urls
from pipelines.errors import RecordError
from pipelines.warc.cipher import iana_name
from pipelines.warc.compress import is_compressed, member, stored_member
from pipelines.warc.fields import VERSION, agrees, lines, parse, parse_date, sha1, sha256
from pipelines.warc.sniff import identify

TEN = datetime(2022, 9, 10, 6, 5, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-09-10T06:05:04Z", TEN),
        ("2022-09-10T06:05:04.5Z", TEN.replace(microsecond=500_000)),
        ("2022-09-10T06:05:04.123456789Z", TEN.replace(microsecond=123_456)),
        ("2022-09-10T08:05:04+02:00", TEN),
        ("2022-09-10T03:05:04-0300", TEN),
        ("20220910060504", TEN),
        ("2022-09-10 06:05:04", TEN),
        ("2022-09", datetime(2022, 9, 1, tzinfo=UTC)),
        ("2022", datetime(2022, 1, 1, tzinfo=UTC)),
    ],
)
def test_dates_of_all_writers(text, expected):
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2022-13-01T00:00:00Z", "0000-01-01", "2022-09-10T25:00:00Z", "٢٠٢٢"]
)
def test_what_is_no_date(text):
    assert parse_date(text) is None


@given(st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_written_date_is_read_back(moment):
    assert parse_date(urls.timestamp(moment)) == moment


@given(st.binary(max_size=200), st.sampled_from(["sha1", "sha256", "md5", "sha512"]))
def test_digests_in_every_notation(data, algorithm):
    raw = hashlib.new(algorithm, data).digest()
    for value in (
        base64.b32encode(raw).decode(),
        raw.hex(),
        raw.hex().upper(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    ):
        assert agrees(f"{algorithm}:{value}", data) is True
        assert agrees(f"{algorithm}:{value}", data + b"x") is False
    assert sha1(data) == f"sha1:{base64.b32encode(hashlib.sha1(data).digest()).decode()}"
    assert sha256(data) == f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_a_digest_that_can_not_be_judged():
    assert agrees("tiger:ABCDEF", b"") is None
    assert agrees("sha1:not a digest", b"") is False


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["WARC-Type", "X-Odd"]),
            st.text(st.characters(min_codepoint=32, exclude_categories=["Cc", "Cs", "Zl", "Zp"])).map(str.strip),
        ),
        min_size=1,
    )
)
def test_heads_round_trip(fields):
    head = VERSION + lines(fields).encode() + b"\r\n"
    assert head.startswith(b"WARC/1.1\r\n")
    assert head.endswith(b"\r\n\r\n")
    assert list(parse(head[10:-4])) == fields


@pytest.mark.parametrize(
    "value", ["a\r\nWARC-Type: response", "a\nb", "a\rb", "a\x00b", "a\u2028b", "a\x85b", "\ud800"]
)
def test_a_value_that_would_break_the_head_is_refused(value):
    with pytest.raises(RecordError, match="WARC-Target-URI"):
        lines([("WARC-Target-URI", value)])


def test_heads_of_other_writers():
    assert parse("A: 1\r\nB:\t2\r\n  more\r\nnot a field\r\nC : ü".encode()) == (
        ("A", "1"),
        ("B", "2 more"),
        ("C", "ü"),
    )
    assert parse(b"A: \xfc") == (("A", "ü"),)
    for bad in (b"A: " + b"x" * 70_000, b"A: 1\r\n" * 1001, b"", b"nothing"):
        with pytest.raises(RecordError):
            parse(bad)


def test_cipher_names_are_those_of_openssl_itself():
    known = {
        "TLS_AES_256_GCM_SHA384": "TLS_AES_256_GCM_SHA384",
        "ECDHE-RSA-AES128-GCM-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305": "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "AES256-SHA": "TLS_RSA_WITH_AES_256_CBC_SHA",
        "DES-CBC3-SHA": "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        "ECDHE-ARIA256-GCM-SHA384": "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384",
        "something else": "something else",
    }
    assert {name: iana_name(name) for name in known} == known
    if openssl := shutil.which("openssl"):
        listed = subprocess.run(
            [openssl, "ciphers", "-stdname", "ALL"], capture_output=True, text=True, check=True
        ).stdout
        pairs = [(line.split()[2], line.split()[0]) for line in listed.splitlines()]
        # no HTTPS server negotiates these with us: they need a shared secret
        pairs = [(ours, iana) for ours, iana in pairs if "PSK" not in ours and "SRP" not in ours]
        assert len(pairs) > 20
        assert [(ours, iana_name(ours)) for ours, _ in pairs] == pairs


@pytest.mark.parametrize(
    ("payload", "mime"),
    [
        (b"<!DOCTYPE html><html>", "text/html"),
        (b" \r\n<!doctype HTML PUBLIC>", "text/html"),
        (b"<!-- saved --><html>", "text/html"),
        (b"<p>Ukraine</p>", "text/html"),
        (b"\xef\xbb\xbf<html>", "text/html"),
        ("\ufeff<html><body>".encode("utf-16-le"), "text/html"),
        (b'<?xml version="1.0"?>\n<!-- x --><rss version="2.0">', "application/rss+xml"),
        (b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">', "application/atom+xml"),
        (b'<?xml version="1.0"?><rdf:RDF xmlns:rdf="x">', "application/rdf+xml"),
        (b'<?xml version="1.0"?><urlset xmlns="x">', "text/xml"),
        (b'<?xml version="1.0"?><!DOCTYPE html><html xmlns="x">', "application/xhtml+xml"),
        (b'<rss version="2.0"><channel>', "application/rss+xml"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "application/json"),
        (b"[1, 2]", "application/json"),
        (b"[see below]", "text/plain"),
        (b"User-agent: *\nDisallow: /", "text/plain"),
        ("Ізюм звільнено".encode("cp1251"), "text/plain"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x01\x02\x03", ""),
        (b"<pre>", "text/plain"),
        (b"", ""),
    ],
)
def test_media_types_by_their_bytes(payload, mime):
    assert identify(payload) == mime


@given(st.binary(max_size=300))
def test_any_bytes_have_some_type(payload):
    assert isinstance(identify(payload), str)


@given(st.binary(max_size=5000), st.sampled_from([1, 30, 200]))
def test_a_member_is_gzip_of_the_record(data, times):
    record = data * times
    assert gzip.decompress(member(record)) == record
    assert gzip.decompress(stored_member(data, record)) == data + record + b"\r\n\r\n"


@pytest.mark.parametrize("size", [0, 1, 65530, 65531, 65532, 65535, 131062, 131063, 200_000])
def test_stored_members_of_every_length(size):
    body = bytes(range(256)) * (size // 256 + 1)
    packed = stored_member(b"head", body[:size])
    assert gzip.decompress(packed) == b"head" + body[:size] + b"\r\n\r\n"
    assert len(packed) < size + 60 + 5 * (size // 65000)


def test_what_counts_as_compressed():
    assert is_compressed(("br",), "text/html")
    assert not is_compressed(("br",), "")  # it says so, and is not
    assert is_compressed((), "image/jpeg")
    assert not is_compressed(("identity",), "text/html")
    assert not is_compressed((), "image/svg+xml")
