"""CDXJ and CDX lines name records; what names none is told with its line, and nothing is left out in silence."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import InputError
from pipelines.model import Locator
from pipelines.warc import cdx_input, cdxj
from pipelines.warc.cdx_input import Entry, entries
from pipelines.warc.reader import read_at
from tests.warcs import capture, page, record_all

LINE = 'com,example)/ 20220910060000 {"url": "http://example.com/", "mime": "text/html", "status": "200", "digest": "X"'
ENTRY = Entry("a.warc.gz", 34, 1043, "http://example.com/", datetime(2022, 9, 10, 6, tzinfo=UTC), "text/html")


def parse(text: str | bytes) -> list[Entry]:
    data = text.encode() if isinstance(text, str) else text
    return list(entries(io.BytesIO(data), "x.cdxj"))


def test_our_own_index_names_our_records(tmp_path: Path):
    _, (path,), _ = record_all(tmp_path, [capture(1), capture(2, page(1)), capture(3)])
    found = parse("".join(f"{line}\n" for line in cdxj.index(path)))
    assert [entry.mime for entry in found] == ["text/html", "warc/revisit", "text/html"]
    for entry in found:
        assert entry.filename == path.name
        with path.open("rb") as file:
            file.seek(entry.offset)
            text = gzip.decompress(file.read(entry.length)).decode("utf-8", "replace")
        assert f"WARC-Target-URI: {entry.url}\r\n" in text
        record_id = text.partition("WARC-Record-ID: <")[2].partition(">")[0]
        record = read_at(path.parent, Locator(path.name, entry.offset, entry.length, record_id))
        assert (record.url, record.date.replace(microsecond=0)) == (entry.url, entry.date)


@pytest.mark.parametrize(
    "text",
    [
        LINE + ', "length": "1043", "offset": "34", "filename": "a.warc.gz"}',
        LINE + ', "length": 1043, "offset": 34, "filename": "a.warc.gz", "languages": "eng"}\r\n',  # Common Crawl's
        '!meta 0 {"format": "cdxj-gzip-1.0"}\n\n'
        + LINE
        + ', "length": "1043", "offset": "34", "filename": "a.warc.gz"}\n',
        " CDX N b a m s k r M S V g\ncom,example)/ 20220910060000 http://example.com/ text/html 200 X - - 1043 34 a.warc.gz\n",
    ],
)
@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())])
def test_the_spellings_of_one_record(text: str, pack):
    assert parse(pack(text)) == [ENTRY]


def test_an_index_in_blocks_is_many_gzip_members():
    line = LINE + ', "length": "1043", "offset": "%d", "filename": "a.warc.gz"}\n'
    data = b"".join(gzip.compress("".join(line % (n + i) for i in range(10)).encode()) for n in range(0, 100, 10))
    assert [entry.offset for entry in parse(data)] == list(range(100))


def test_what_an_index_may_leave_out():
    (entry,) = parse('k) 20220910060000123 {"url": "urn:x", "mime": "unk", "offset": "0", "filename": "a"}')
    assert (entry.length, entry.mime, entry.url) == (0, "", "urn:x")
    (entry,) = parse(" CDX N b a m s k r V g\nk 20220910060000 http://x/ warc/revisit - X - 7 a\n")
    assert (entry.offset, entry.length, entry.mime) == (7, 0, "warc/revisit")


GOOD = LINE + ', "length": "1", "offset": "34", "filename": "a.warc.gz"}\n'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (LINE + "}", "no field 'filename'"),
        (LINE + ', "offset": "34", "filename": ""}', "strings"),
        (LINE + ', "offset": "-1", "filename": "a"}', "no place"),
        (LINE + ', "offset": "99999999999999999999", "filename": "a"}', "no place"),
        (LINE + ', "offset": "many", "filename": "a"}', "invalid literal"),
        (LINE + ', "offset": "3', "Unterminated"),
        ("com,example)/ 2022 {}", "no field"),
        ("com,example)/ last-week " + GOOD.split(" ", 2)[2], "no time"),
        ("com,example)/ 20221310060000 " + GOOD.split(" ", 2)[2], "month"),
        ("com,example)/ 20220910060000 [1]", "attribute"),
        ("WARC/1.0", "unpack"),
        ("x" * (cdx_input.LINE_MAX + 1), "longer than"),
        ("\udc80", "decode"),
    ],
)
def test_a_line_that_is_none_is_told_with_its_number(line: str, said: str):
    data = (GOOD + GOOD + line).encode("utf-8", "surrogateescape")
    found = []
    with pytest.raises(InputError, match=r"^x\.cdxj:3: no line of CDXJ") as caught:
        found.extend(entries(io.BytesIO(data), "x.cdxj"))
    assert said in str(caught.value)
    cut = gzip.compress(GOOD.encode() * 999)[:-9]
    with pytest.raises(InputError, match="can't be read behind line"):
        parse(cut)


@given(
    st.text(min_size=1),
    st.integers(0, (1 << 62) - 1),
    st.integers(0, (1 << 62) - 1),
    st.datetimes(min_value=datetime(1000, 1, 1)),  # noqa: DTZ001  st.datetimes wants naive ones
)
def test_what_is_written_is_read(filename: str, offset: int, length: int, date: datetime):
    values = {"url": filename[::-1], "offset": str(offset), "length": str(length), "filename": filename}
    moment = date.replace(microsecond=0, tzinfo=UTC)
    (entry,) = parse(f"key) {moment:%Y%m%d%H%M%S} {json.dumps(values)}\n")
    assert entry == Entry(filename, offset, length, filename[::-1], moment, "")


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data: bytes):
    with contextlib.suppress(InputError):
        parse(data)
