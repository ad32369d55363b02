"""One WARC for each way in which archives are bad: between two good pages stands what is wrong."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path

from tests import reruns
from tests.warcs import member, record, record_id, response, sha1

MIB = 2**20
HTTP = "application/http; msgtype=response"


def page(number: int, **fields: str) -> bytes:
    """An article of its own."""
    return reruns.page(number, **fields)


def bomb(size: int, head: bytes = b"") -> bytes:
    """`size` zeros behind `head` as gzip, without holding them."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(head)]
    parts += [packer.compress(bytes(MIB)) for _ in range(size // MIB)]
    return b"".join([*parts, packer.flush()])


def coded(body: bytes, *fields: str) -> bytes:
    return response(body, "Content-Encoding: gzip", *fields)


def cut() -> list[bytes]:
    whole = member(page(3))
    return [member(page(1)), member(page(2)), whole[: len(whole) // 2]]


def lengths() -> list[bytes]:
    lies = ["900000", "40", "-5", "many"]
    wrong = [member(page(10 + n, Content_Length=lie)) for n, lie in enumerate(lies)]
    absent = member(record(20, drop="Content-Length"))
    return [member(page(1)), *wrong, absent, member(page(2))]


def bombs() -> list[bytes]:
    payload = record(10, coded(bomb(300 * MIB)))
    nested = record(11, coded(gzip.compress(bomb(300 * MIB)), "Content-Encoding: gzip"))
    frame = bomb(300 * MIB, record(12, b"", Content_Length=str(300 * MIB), end=b""))
    return [member(page(1)), member(payload), member(nested), frame, member(page(2))]


def heads() -> list[bytes]:
    line = record(10, X_Long="x" * (16 * MIB))
    many = record(11, **{f"X-{number}": "y" for number in range(10_000)})
    http = record(12, response(b"<html></html>", "X-Long: " + "x" * (16 * MIB)))
    return [member(page(1)), member(line), member(many), member(http), member(page(2))]


def schemes() -> list[bytes]:
    """Addresses that are none of the web's, and bodies that are none of HTTP's."""
    text = b"Kupiansk, a town on the river.\n"
    others = [
        "dns:news.test",
        "urn:uuid:12345678-1234-4000-8000-000000000000",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ]
    records = [record(10 + n, text, WARC_Target_URI=url, Content_Type="text/plain") for n, url in enumerate(others)]
    notes = record(20, text, WARC_Type="resource", WARC_Target_URI="urn:note", Content_Type="text/html")
    no_http = record(21, b"this is no HTTP at all", Content_Type=HTTP)
    return [member(page(1)), *map(member, [*records, notes, no_http]), member(page(2))]


def digests() -> list[bytes]:
    """A wrong block digest, a wrong payload digest, a bit flipped in each part of a member."""
    block = record(10, response(b"<p>one</p>"), WARC_Block_Digest=sha1(b"another"))
    payload = record(11, response(b"<p>two</p>"), WARC_Payload_Digest=sha1(b"another"))
    flipped = []
    for number, part in enumerate([b"WARC-Date: 2022", b"<article>"]):
        plain = page(12 + number)
        data = bytearray(gzip.compress(plain, 0, mtime=0))  # stored: the bytes stand as they are
        data[bytes(data).index(part) + 8] ^= 1
        flipped.append(bytes(data))
    return [member(page(1)), member(block), member(payload), *flipped, member(page(2))]


def revisit(number: int, refers: int | str, url: str) -> bytes:
    target = refers if isinstance(refers, str) else f"<{record_id(refers)}>"
    return record(
        number,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        WARC_Type="revisit",
        WARC_Target_URI=url,
        WARC_Profile="http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        WARC_Refers_To=target,
    )


def revisits() -> list[bytes]:
    """A circle of two, one that means itself, one whose original is nowhere, and a sound one."""
    return [
        member(page(1)),
        member(revisit(30, 31, "http://news.test/circle-a")),
        member(revisit(31, 30, "http://news.test/circle-b")),
        member(revisit(32, 32, "http://news.test/itself")),
        member(revisit(33, "<urn:uuid:00000000-0000-4000-8000-999999999999>", "http://news.test/nowhere")),
        member(revisit(34, 1, "http://news.test/sound")),
        member(page(2)),
    ]


def twins() -> list[bytes]:
    """Two records with one id, one address and one time; and the same record once more."""
    other = page(3, WARC_Record_ID=f"<{record_id(1)}>", WARC_Target_URI="https://news.test/2022/09/story-1")
    return [member(page(1)), member(other), member(page(1)), member(page(2))]


def dates() -> list[bytes]:
    wrong = ["last week", "2022-13-45T99:00:00Z", "", "20220910", "9999-12-31T23:59:59-23:59"]
    records = [page(10 + n, WARC_Date=date) for n, date in enumerate(wrong)]
    return [member(page(1)), *map(member, [*records, record(20, drop="WARC-Date")]), member(page(2))]


HOSTILE = [
    "http://news.test/../../../etc/passwd",
    "http://news.test/%00%2e%2e%2fx",
    "http://news.test/" + "a" * 3000,
    "http://../x",
    "http://news.test/CON/NUL.txt",
    "https://news.test/\u2028x\u202ey",
]


def names() -> list[bytes]:
    """Addresses, record ids and a WARC-Filename that mean to lead out of where things are put."""
    info = b"software: x\r\nisPartOf: ../../x\r\n"
    opening = record(
        9, info, WARC_Type="warcinfo", Content_Type="application/warc-fields", WARC_Filename="../../../x.gz"
    )
    pages = [page(10 + n, WARC_Target_URI=url) for n, url in enumerate(HOSTILE)]
    ids = [page(20 + n, WARC_Record_ID=f"<{name}>") for n, name in enumerate(["../../x", "urn:uuid:../../../x", "/x"])]
    return [member(opening), member(page(1)), *map(member, [*pages, *ids]), member(page(2))]


def trailing() -> list[bytes]:
    return [member(page(1)), b"garbage" * 100, member(page(3) + b"more"), bytes(5000), member(page(2)), b"\r\n\r\n" * 9]


def one_stream() -> list[bytes]:
    return [member(page(1) + page(2))]


FILES: dict[str, Callable[[], list[bytes]]] = {
    "cut": cut,
    "lengths": lengths,
    "bombs": bombs,
    "trailing": trailing,
    "one-stream": one_stream,
    "heads": heads,
    "names": names,
    "schemes": schemes,
    "digests": digests,
    "revisits": revisits,
    "twins": twins,
    "dates": dates,
}


def write(folder: Path) -> dict[str, int]:
    """Write each; returns how many members it has."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = {}
    for name, make in FILES.items():
        members = make()
        (folder / f"{name}.warc.gz").write_bytes(b"".join(members))
        counts[name] = len(members)
    (folder / "odd \u202e name;$(touch x).warc.gz").write_bytes(member(page(1)) + member(page(2)))
    return counts
