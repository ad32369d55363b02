"""Any exchange survives its records: capture -> file -> capture, and the recorder's answer -> the recovery's."""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.message import clean_field
from pipelines.model import Capture, Damage, Found, Locator, Record, Role, Route, TlsFacts, Truncation
from pipelines.warc.facts import examine
from pipelines.warc.reader import read
from pipelines.warc.records import capture_of, drafts, recorded, recorded_of

moments = st.datetimes(datetime(1000, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - aware by `timezones`
texts = st.text(max_size=40)
addresses = st.ip_addresses().map(str)
founds = st.builds(
    Found,
    url=st.sampled_from(["https://a.test/1", "https://a.test/elsewhere"]),
    route=st.sampled_from(Route),
    source=texts,
    via=texts,
    title=texts,
    published=st.none() | moments,
    published_raw=texts,
    modified=st.none() | moments,
    language=texts,
)
bodies = st.binary(max_size=300) | st.sampled_from(
    [b"<html>", b"5\r\nhello\r\n0\r\n\r\n", b"\x1f\x8b\x08", b"a" * 70_000]
)
heads = st.lists(
    st.sampled_from(
        [
            b"Content-Length: 6",
            b"Transfer-Encoding: chunked",
            b"Content-Encoding: gzip",
            b'ETag: "\xff"',
            b"no colon",
            b" fold",
        ]
    ),
    max_size=4,
).map(lambda lines: b"HTTP/1.1 200 OK\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n")
captures = st.builds(
    Capture,
    url=st.just("https://a.test/1"),
    started_at=moments,
    request=st.sampled_from([b"", b"GET / HTTP/1.1\r\n\r\n", b"HEAD / HTTP/1.1\r\n\r\n"]) | st.binary(max_size=100),
    response=st.builds(bytes.__add__, heads, bodies) | st.binary(max_size=60),
    interim=st.sampled_from([b"", b"HTTP/1.1 103 Early\xff Hints\r\nLink: <\\x>\r\n\r\n"]),
    peer=st.just("") | addresses,
    tls=st.none() | st.builds(TlsFacts, st.sampled_from(["TLSv1.3", "TLSv1.2", "odd"]), texts, texts),
    truncated=st.none() | st.sampled_from(Truncation),
    error=texts,
    role=st.sampled_from(Role),
    found=st.none() | founds,
)


def cleaned(capture: Capture) -> Capture:
    """A capture as it may be expected back: values as clean lines, what says nothing gone."""
    found = capture.found
    if found is not None:
        names = ("source", "via", "title", "published_raw", "language")
        found = replace(found, **{name: clean_field(getattr(found, name)) for name in names})
    tls = capture.tls and TlsFacts(
        *(clean_field(getattr(capture.tls, name)) for name in ("version", "cipher", "certificate_sha256"))
    )
    truncated = examine(capture).truncated if capture.response else capture.truncated
    return replace(capture, found=found, tls=tls, truncated=truncated, error=clean_field(capture.error))


@settings(max_examples=200, deadline=None)
@given(captures)
def test_a_capture_comes_back_from_its_records(capture: Capture) -> None:
    ids = iter(f"urn:uuid:{number}" for number in range(10))
    facts = examine(capture)
    made = drafts(capture, facts, revisit=None, new_id=lambda: next(ids), warcinfo_id="urn:uuid:info", run="run")
    data = b"".join(draft.packed() for draft in made)
    records: dict[str, Record] = {}
    for event in read(io.BytesIO(data), "w", payloads=True):
        assert isinstance(event, Record), event
        records[event.type] = event
    assert list(records) == [draft.type for draft in made]
    assert capture_of(records.get("response"), records.get("request"), records["metadata"]) == cleaned(capture)
    first = records[made[0].type]
    locator = Locator("w", 0, len(made[0].packed()), made[0].record_id)
    assert recorded_of(first, records["metadata"]) == recorded(capture, facts, None, locator)


@settings(max_examples=150, deadline=None)
@given(st.lists(captures, min_size=1, max_size=4), st.data())
def test_no_damage_makes_reading_raise_or_invent(exchanges: list[Capture], data: st.DataObject) -> None:
    count = iter(range(1000))
    members: list[bytes] = []
    for exchange in exchanges:
        made = drafts(
            exchange,
            examine(exchange),
            revisit=None,
            new_id=lambda: f"urn:uuid:{next(count)}",
            warcinfo_id="i",
            run="r",
        )
        members += [draft.packed() for draft in made]
    whole = b"".join(members)
    sound = {
        event.locator.record_id: event.block for event in read(io.BytesIO(whole), "w") if isinstance(event, Record)
    }
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, max(len(broken) - 1, 0)))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "drop"])):
            case "flip" if broken:
                broken[place] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del broken[place:]
            case "insert":
                broken[place:place] = data.draw(st.binary(min_size=1, max_size=40))
            case "drop":
                del broken[place : place + data.draw(st.integers(1, 40))]
    kept = 0
    for event in read(io.BytesIO(bytes(broken)), "w"):
        if isinstance(event, Damage):
            assert 0 <= event.offset <= len(broken)
            assert event.offset + event.length <= len(broken)
        else:
            kept += 1
            assert event.block == sound[event.locator.record_id]
    assert kept <= len(sound)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_at_all_make_reading_raise(noise: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "noise.warc.gz")
        for data in (
            noise,
            b"\x1f\x8b\x08\x00" + noise,
            b"WARC/1.0\r\n" + noise,
            b"\x28\xb5\x2f\xfd" + noise,
            b"filedesc:" + noise,
        ):
            path.write_bytes(data)
            for event in read(path):
                assert isinstance(event, Damage)
