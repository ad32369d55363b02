"""Writing and reading WARCs beside warcio's and FastWARC's: `python tests/bench/warc.py [--pages N] [--repeats N]`.

Pages are those of `shared/corpora` beside the checkout where that is, else generated ones. Every figure is CPU
time, the contestants take turns, and ratios are medians over the turns. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from fastwarc.warc import ArchiveIterator as FastWarc  # noqa: E402 - the checkout comes first
from warcio.archiveiterator import ArchiveIterator as WarcioIterator  # noqa: E402
from warcio.statusandheaders import StatusAndHeaders  # noqa: E402
from warcio.warcwriter import WARCWriter  # noqa: E402

from pipelines.model import Capture, Found, Record, Route, TlsFacts  # noqa: E402
from pipelines.warc.facts import examine  # noqa: E402
from pipelines.warc.reader import read  # noqa: E402
from pipelines.warc.records import Draft, drafts, new_id  # noqa: E402
from pipelines.warc.verify import verify  # noqa: E402

CORPORA = ROOT.parent / "shared" / "corpora" / "html"
REQUEST = (
    b"GET /news/2022/09/10/7366956/ HTTP/1.1\r\nHost: www.example.org\r\n"
    b"User-Agent: warchronicle/0.1 (+https://example.org/crawl)\r\nFrom: crawl@example.org\r\n"
    b"Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Encoding: gzip, br\r\n\r\n"
)
WORDS = (
    "Kharkiv",
    "Kherson",
    "Izium",
    "Lyman",
    "army",
    "village",
    "river",
    "bridge",
    "the",
    "of",
    "and",
    "said",
    "was",
)


def pages(count: int) -> tuple[list[bytes], str]:
    """Pages of 20 to 300 KB, spread over all there are, and where they come from."""
    files = sorted(CORPORA.glob("*/*.html.gz"))
    random.Random(1).shuffle(files)
    found: list[bytes] = []
    for file in files:
        page = gzip.decompress(file.read_bytes())
        if 20_000 < len(page) < 300_000:
            found.append(page)
        if len(found) == count:
            break
    if found:
        return found, "shared/corpora"
    chance = random.Random(1)
    made = []
    for number in range(count):
        rows = [
            f'<div class="n{chance.randrange(40)}" id="{chance.getrandbits(64):x}"><p>{" ".join(chance.choices(WORDS, k=30))}</p></div>'
            for _ in range(400)
        ]
        made.append(f"<!DOCTYPE html><title>{number}</title>{''.join(rows)}".encode())
    return made, "generated"


def captures(bodies: list[bytes], coding: str) -> list[Capture]:
    done = []
    start = datetime(2022, 9, 10, tzinfo=UTC)
    for number, body in enumerate(bodies):
        entity = gzip.compress(body, 6, mtime=0) if coding else body
        head = (
            "HTTP/1.1 200 OK\r\nDate: Sat, 10 Sep 2022 06:00:00 GMT\r\nServer: nginx\r\nContent-Type: text/html; charset=utf-8\r\n"
            f"{coding}Content-Length: {len(entity)}\r\nCache-Control: max-age=60\r\nVary: Accept-Encoding\r\n\r\n"
        )
        url = f"https://www.example.org/news/2022/09/10/{number}/"
        found = Found(url, Route.FEED, source="example", via="https://www.example.org/feed", title=f"Story {number}")
        tls = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", "ab" * 32)
        done.append(
            Capture(
                url,
                start + timedelta(seconds=number),
                REQUEST,
                head.encode() + entity,
                peer="192.0.2.1",
                tls=tls,
                found=found,
            )
        )
    return done


def write_ours(exchanges: list[Capture]) -> bytes:
    """As the recorder composes: every fact, digest, field and record, without its thread, disk and index."""
    out = io.BytesIO()
    for exchange in exchanges:
        facts = examine(exchange)
        records: list[Draft] = drafts(
            exchange, facts, revisit=None, new_id=new_id, warcinfo_id="urn:uuid:0", run="bench"
        )
        for draft in records:
            out.write(draft.packed())
    return out.getvalue()


def write_warcio(exchanges: list[Capture]) -> bytes:
    """The same three records with warcio's defaults: gzip level 9, SHA-1 for block and payload."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    for exchange in exchanges:
        head, _, body = exchange.response.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        http = StatusAndHeaders(
            lines[0].split(" ", 1)[1], [tuple(line.split(": ", 1)) for line in lines[1:]], protocol="HTTP/1.1"
        )
        fields = {
            "WARC-IP-Address": exchange.peer,
            "WARC-Date": exchange.started_at.isoformat().replace("+00:00", "Z"),
            "WARC-Protocol": "http/1.1",
        }
        response = writer.create_warc_record(
            exchange.url, "response", payload=io.BytesIO(body), http_headers=http, warc_headers_dict=fields
        )
        writer.write_record(response)
        verb, *rest = REQUEST.decode().strip().split("\r\n")
        http = StatusAndHeaders(
            verb.split(" ", 1)[1], [tuple(line.split(": ", 1)) for line in rest], protocol="GET", is_http_request=True
        )
        concurrent = {"WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"), **fields}
        writer.write_record(
            writer.create_warc_record(exchange.url, "request", http_headers=http, warc_headers_dict=concurrent)
        )
        assert exchange.found is not None
        about = f"role: page\r\nrun: bench\r\nroute: feed\r\nvia: {exchange.found.via}\r\ntitle: {exchange.found.title}\r\n".encode()
        writer.write_record(
            writer.create_warc_record(
                exchange.url,
                "metadata",
                payload=io.BytesIO(about),
                length=len(about),
                warc_content_type="application/warc-fields",
                warc_headers_dict=concurrent,
            )
        )
    return out.getvalue()


def read_ours(path: Path, *, digests: bool = True) -> int:
    """Frames, CRC, lengths, block and payload digests; blocks as bytes."""
    return sum(map(len_of, read(path, digests=digests)))


def verify_ours(path: Path) -> int:
    """What `warchronicle verify` does to a file: all of the above, every payload digest, no record id twice."""
    found = verify(path)
    assert found.sound, found.damages
    return found.records.total()


def len_of(event: object) -> int:
    assert isinstance(event, Record), event
    return len(event.block)


def read_fastwarc(path: Path, *, digests: bool = True) -> int:
    """FastWARC with its block digests (it checks no payload digests in this mode); blocks as bytes."""
    with path.open("rb") as file:
        return sum(
            len(entry.reader.read())
            for entry in FastWarc(file, parse_http=False, verify_digests=digests, auto_decode="none")
        )


def read_fastwarc_facts(path: Path) -> int:
    """FastWARC, asked for what our records carry: id, type, date, URL, place, every field, and the block."""
    size = 0
    with path.open("rb") as file:
        for entry in FastWarc(file, parse_http=False, verify_digests=True, auto_decode="none"):
            _ = (entry.record_id, entry.record_type, entry.record_date, entry.stream_pos)
            _ = (entry.headers.get("WARC-Target-URI"), entry.headers.to_tuples())
            size += len(entry.reader.read())
    return size


def read_warcio(path: Path) -> int:
    """warcio with block and payload digests."""
    with path.open("rb") as file:
        return sum(len(entry.raw_stream.read()) for entry in WarcioIterator(file, check_digests="raise"))


def turns(contestants: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """CPU seconds of each in every turn; the order is another in each turn, and the first turn does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    order = list(contestants)
    for turn in range(repeats + 1):
        for name in order:
            start = time.process_time()
            contestants[name]()
            if turn:
                seconds[name].append(time.process_time() - start)
        order.append(order.pop(0))
    return seconds


def ratio(slow: list[float], fast: list[float]) -> float:
    return round(statistics.median(s / f for s, f in zip(slow, fast, strict=True)), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=150)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    bodies, origin = pages(options.pages)
    print(
        f"{len(bodies)} pages, {origin}, {sum(map(len, bodies)) / len(bodies) / 1000:.1f} KB on average; CPU time, {options.repeats} turns"
    )
    result: dict[str, object] = {"pages": origin}
    with tempfile.TemporaryDirectory() as folder:
        for name, coding in (("encoded", "Content-Encoding: gzip\r\n"), ("identity", "")):
            exchanges = captures(bodies, coding)
            megabytes = sum(len(each.response) + len(each.request) for each in exchanges) / 1e6
            files = {"ours": write_ours(exchanges), "warcio": write_warcio(exchanges)}
            writers = {"ours": partial(write_ours, exchanges), "warcio": partial(write_warcio, exchanges)}
            seconds = turns(writers, options.repeats)
            for writer, data in files.items():
                speed = megabytes / statistics.median(seconds[writer])
                print(f"write {name:9} {writer:10} {speed:8.1f} MB/s {len(data) / 1e6:8.2f} MB")
            result[f"write_vs_warcio_{name}"] = ratio(seconds["warcio"], seconds["ours"])
            result[f"size_vs_warcio_{name}"] = round(len(files["ours"]) / len(files["warcio"]), 3)
            path = Path(folder, f"{name}.warc.gz")
            for writer, data in files.items():
                path.write_bytes(data)
                readers: dict[str, Callable[[], object]] = {
                    "ours": partial(read_ours, path),
                    "ours, verify": partial(verify_ours, path),
                    "fastwarc": partial(read_fastwarc_facts, path),
                    "fastwarc, block only": partial(read_fastwarc, path),
                    "warcio": partial(read_warcio, path),
                    "ours, unverified": partial(read_ours, path, digests=False),
                    "fastwarc, unverified": partial(read_fastwarc, path, digests=False),
                }
                sizes = {
                    reader: readers[reader]() for reader in readers if reader not in {"warcio", "ours, verify"}
                }  # they count payloads only, and records
                assert len(set(sizes.values())) == 1, f"the readers disagree: {sizes}"
                seconds = turns(readers, options.repeats)
                for reader, spent in seconds.items():
                    print(
                        f"read  {name:9} {f'file of {writer}':16} {reader:21} {megabytes / statistics.median(spent):8.1f} MB/s"
                    )
                result[f"read_vs_fastwarc_{name}_{writer}"] = ratio(seconds["fastwarc"], seconds["ours"])
                result[f"read_vs_fastwarc_block_only_{name}_{writer}"] = ratio(
                    seconds["fastwarc, block only"], seconds["ours"]
                )
                result[f"verify_vs_fastwarc_{name}_{writer}"] = ratio(seconds["fastwarc"], seconds["ours, verify"])
                result[f"unverified_vs_fastwarc_{name}_{writer}"] = ratio(
                    seconds["fastwarc, unverified"], seconds["ours, unverified"]
                )
    # the least of all four: our files and warcio's, of either kind
    result["read_vs_fastwarc"] = min(
        float(str(value))
        for key, value in result.items()
        if key.startswith("read_vs_fastwarc_") and "block_only" not in key
    )
    result["verify_vs_fastwarc"] = min(
        float(str(value)) for key, value in result.items() if key.startswith("verify_vs_fastwarc_")
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
