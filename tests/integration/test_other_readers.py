"""Other people's readers on our files: warcio, its `check`, FastWARC and cdxj-indexer see what we see."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import zlib
from pathlib import Path

import brotli
import pytest
from cdxj_indexer.main import CDXJIndexer
from fastwarc.warc import ArchiveIterator as FastWarcIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from pipelines.message import decode_content, entity, parse_head
from pipelines.model import Capture, Record, Role, Truncation
from pipelines.warc import cdxj
from pipelines.warc.reader import read
from tests.warcs import capture, page, record_all, response

WARCIO = [sys.executable, "-c", "import sys; from warcio.cli import main; sys.exit(main())", "check"]
REDIRECT = response(b"", "Location: /page-1", status="301 Moved Permanently")
NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'


def exchanges() -> list[Capture]:
    """One of each kind that goes over a wire with its length stated."""
    big = page(9, 300_000)
    return [
        capture(1),
        capture(2, page(1)),  # a revisit
        capture(3, response=response(page(3))),
        capture(5, response=REDIRECT),
        capture(6, response=response(page(6), status="404 Not Found")),
        capture(7, response=NOT_MODIFIED, url="https://news.test/page-1"),
        capture(8, response=NOT_MODIFIED),
        capture(9, response=response(big)),
        capture(10, response=response(gzip.compress(big, 0), "Content-Encoding: gzip")),
        capture(11, response=response(page(11))[:-30], truncated=Truncation.LENGTH),
        capture(12, response=b"", error="timeout"),
        capture(13, response=response(b"User-agent: *\n", mime="text/plain"), role=Role.ROBOTS, found=None),
        capture(14, response=b"HTTP/1.0 200 OK\nContent-Type: Text/HTML; x\n\n<html>no length</html>"),
        capture(15, url="https://news.test/%D0%86%D0%B7%D1%8E%D0%BC?b=2&a=1&utm_source=x", response=response(page(15))),
        capture(16, url="http://NEWS.test:8080/A/../b", response=response(page(16))),
        capture(17, response=response(b"\x89PNG\r\n\x1a\n" + bytes(500), mime="image/png")),
        capture(18, response=b"HTTP/1.1 200 OK\r\nno colon\r\nA: 1\r\n\tfolded\r\nContent-Length: 4\r\n\r\nbody"),
    ]


def kind_of(entry: object) -> str:
    return str(entry.record_type).rpartition(".")[2]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    _, (path,), _ = record_all(tmp_path_factory.mktemp("archive"), exchanges())
    return path


@pytest.fixture(scope="module")
def ours(archive: Path) -> list[Record]:
    return [event for event in read(archive, payloads=True) if isinstance(event, Record)]


def payload(record: Record) -> bytes:
    head = parse_head(record.block)
    if record.type == "response" and head is not None:
        return decode_content(entity(record.block, head)[0], head.codings, 10**7)
    return record.block


def test_gzip_reads_the_whole(archive: Path, ours: list[Record]):
    text = gzip.decompress(archive.read_bytes())
    assert text.count(b"WARC/1.1\r\n") == len(ours)


def test_warcio_agrees(archive: Path, ours: list[Record]):
    seen = []
    with archive.open("rb") as file:
        iterator = WarcioIterator(file, check_digests="raise")
        for entry in iterator:
            content = entry.content_stream().read()
            if entry.digest_checker.passed is not None:
                assert entry.digest_checker.passed is True, entry.digest_checker.problems
            record_id = entry.rec_headers.get_header("WARC-Record-ID").strip("<>")
            place = (iterator.get_record_offset(), iterator.get_record_length())
            seen.append((record_id, entry.rec_type, entry.rec_headers.get_header("WARC-Target-URI") or "", place))
            mine = ours[len(seen) - 1]
            if mine.type == "response":
                assert content == payload(mine)
            elif mine.type == "metadata":
                assert content == mine.block
    assert seen == [
        (each.locator.record_id, each.type, each.url, (each.locator.offset, each.locator.length)) for each in ours
    ]


def test_warcio_check_is_clean(archive: Path):
    done = subprocess.run([*WARCIO, "-v", str(archive)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "digest pass" in done.stdout
    assert "failed" not in done.stdout


def test_fastwarc_agrees(archive: Path, ours: list[Record]):
    with archive.open("rb") as file:
        seen = []
        for entry in FastWarcIterator(file, parse_http=False, auto_decode="none"):
            assert entry.verify_block_digest()
            seen.append(
                (
                    entry.record_id.strip("<>").removeprefix("urn:uuid:"),
                    kind_of(entry),
                    entry.stream_pos,
                    entry.reader.read(),
                )
            )
    assert seen == [
        (each.locator.record_id.removeprefix("urn:uuid:"), each.type, each.locator.offset, each.block) for each in ours
    ]
    with archive.open("rb") as file:
        checked = [kind_of(entry) for entry in FastWarcIterator(file, verify_digests=True)]
        assert len(checked) == len(ours)
    with archive.open("rb") as file:
        for entry in FastWarcIterator(file, parse_http=True, auto_decode="none"):
            # a head that ends its lines with LF alone is none to FastWARC
            if entry.http_headers and kind_of(entry) == "response" and entry.headers.get("WARC-Payload-Digest"):
                assert entry.verify_payload_digest()


def test_cdxj_indexer_writes_the_same_lines(archive: Path):
    out = io.StringIO()
    with archive.open("rb") as file:
        indexer = CDXJIndexer(None, [])
        indexer.process_one(file, out, archive.name)
    if indexer.writer:
        indexer.writer.out.close()  # it leaves a temporary file open
    theirs = sorted(out.getvalue().splitlines())
    mine = archive.with_name(archive.name + ".cdxj").read_text("utf-8").splitlines()
    assert mine == cdxj.index(archive)
    assert mine == sorted(mine)
    assert [differences(*pair) for pair in zip(mine, theirs, strict=True)] == [{}] * len(theirs)


def differences(mine: str, theirs: str) -> dict[str, tuple[object, object]]:
    (key, time, entry), (their_key, their_time, their_entry) = (line.split(" ", 2) for line in (mine, theirs))
    assert (key, time) == (their_key, their_time)
    left, right = json.loads(entry), json.loads(their_entry)
    return {name: (left.get(name), right.get(name)) for name in left | right if left.get(name) != right.get(name)}


def test_chunked_bodies_are_the_one_known_quarrel(tmp_path: Path):
    """WARC 1.1 wants the digest of the entity; warcio and FastWARC hash the chunk sizes with it (webrecorder/warcio#74)."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n"
    _, (path,), _ = record_all(tmp_path, [capture(1, response=head + b"6\r\n<html>\r\n0\r\n\r\n")])
    done = subprocess.run([*WARCIO, str(path)], capture_output=True, text=True, check=False)
    problems = [line.strip() for line in done.stdout.splitlines() if "failed" in line]
    assert len(problems) == 1
    assert problems[0].startswith("payload digest failed")
    with path.open("rb") as file:
        bodies = [entry.content_stream().read() for entry in WarcioIterator(file) if entry.rec_type == "response"]
    assert bodies == [b"<html>"]
    with path.open("rb") as file:
        assert all(entry.verify_block_digest() for entry in FastWarcIterator(file, parse_http=False))


def test_every_member_ends_where_the_next_begins(archive: Path, ours: list[Record]):
    data = archive.read_bytes()
    end = 0
    for each in ours:
        assert each.locator.offset == end
        stream = zlib.decompressobj(31)
        stream.decompress(data[end:])
        assert stream.eof
        end = len(data) - len(stream.unused_data)
        assert each.locator.length == end - each.locator.offset
    assert end == len(data)


def test_brotli_bodies_read_back_everywhere_but_in_warcio(tmp_path: Path):
    """warcio wants brotlipy's interface; with the brotli package its content_stream and `check` break on such records."""
    _, (path,), _ = record_all(
        tmp_path, [capture(4, response=response(brotli.compress(page(4)), "Content-Encoding: br"))]
    )
    answer = [event for event in read(path, payloads=True) if isinstance(event, Record)][1]
    assert payload(answer) == page(4)
    with path.open("rb") as file:
        raw = [
            entry.raw_stream.read()
            for entry in WarcioIterator(file, check_digests="raise")
            if entry.rec_type == "response"
        ]
    assert [brotli.decompress(body) for body in raw] == [page(4)]
    with path.open("rb") as file:
        assert len(list(FastWarcIterator(file, verify_digests=True))) == 4
