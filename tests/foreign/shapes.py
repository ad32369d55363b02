"""WARCs in the shape that crawlers give their records, written by hand where the crawler itself is not at hand."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from pathlib import Path

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests import archives
from tests.warcs import member, response, sha1

HOST = "http://foreign.test"
DATE = "2022-09-10T06:00:00Z"


class WarcioWriter(WARCWriter):
    """warcio's, with the temporary files closed that it leaves open."""

    def write_record(self, record: ArcWarcRecord, params: object = None) -> None:
        super().write_record(record, params)
        if isinstance(record.raw_stream, tempfile.SpooledTemporaryFile):
            record.raw_stream.close()


def url(number: int) -> str:
    return f"{HOST}/story-{number}"


def head(kind: str, target: str, mime: str, block: bytes, *fields: str, version: str = "1.0", number: int = 0) -> bytes:
    known = [
        f"WARC/{version}",
        f"WARC-Type: {kind}",
        *([f"WARC-Target-URI: {target}"] if target else []),
        f"WARC-Date: {DATE}",
        f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012d}>",
        f"Content-Type: {mime}",
        *fields,
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join([*known, "", ""]).encode() + block + b"\r\n\r\n"


def heritrix(path: Path, first: int) -> None:
    """Heritrix 3: WARC/1.0, dns: records, addresses in angle brackets (as its older versions wrote), outlinks, revisits."""
    page = response(archives.html(first))
    http = "application/http; msgtype=response"
    body = page.partition(b"\r\n\r\n")[2]
    seen = page.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    outlinks = b"via: http://foreign.test/\r\nhopsFromSeed: L\r\nfetchTimeMs: 92\r\n" + b"".join(
        b"outlink: http://foreign.test/%d L a/@href\r\n" % n for n in range(50)
    )
    path.write_bytes(
        b"".join(
            map(
                member,
                [
                    head("warcinfo", "", "application/warc-fields", b"software: Heritrix/3.4.0\r\n", number=1),
                    head(
                        "response",
                        "dns:foreign.test",
                        "text/dns",
                        b"20220910060000\nforeign.test. 5 IN A 192.0.2.1\n",
                        number=9,
                    ),
                    head(
                        "response",
                        f"<{url(first)}>",
                        http,
                        page,
                        "WARC-IP-Address: 192.0.2.1",
                        f"WARC-Payload-Digest: {sha1(body)}",
                        number=2,
                    ),
                    head(
                        "request",
                        f"<{url(first)}>",
                        "application/http; msgtype=request",
                        b"GET / HTTP/1.0\r\n\r\n",
                        number=3,
                    ),
                    head(
                        "metadata",
                        url(first),
                        "application/warc-fields",
                        outlinks,
                        "WARC-Concurrent-To: <urn:uuid:00000000-0000-4000-8000-000000000002>",
                        number=4,
                    ),
                    head(
                        "revisit",
                        url(first) + "?b",
                        http,
                        seen,
                        "WARC-Truncated: length",
                        "WARC-Profile: http://netpreserve.org/warc/1.0/revisit/identical-payload-digest",
                        f"WARC-Payload-Digest: {sha1(body)}",
                        number=5,
                    ),
                    head("response", "whois:foreign.test", "text/plain", b"whois record", number=6),
                    head("response", "ftp://foreign.test/x", "application/octet-stream", b"listing", number=7),
                ],
            )
        )
    )


def scrapy_webarchive(path: Path, first: int) -> None:
    """scrapy-webarchive 0.5.3: a status line without reason, headers made again, bodies decoded under the old length."""
    sent = gzip.compress(archives.html(first))
    with path.open("wb") as out:
        writer = WarcioWriter(out, gzip=True, warc_version="WARC/1.1")
        fields = [("Content-Type", "text/html"), ("Content-Length", str(len(sent)))]
        http = StatusAndHeaders(statusline="HTTP/1.0 200", headers=fields, is_http_request=True)
        stated = [
            ("WARC-Type", "response"),
            ("WARC-Target-URI", url(first)),
            ("WARC-Date", DATE),
            ("WARC-Record-ID", "<urn:uuid:8a0b3c2e-3a39-11ed-8d4b-0242ac120002>"),
        ]
        made = writer.create_warc_record(
            uri=url(first),
            record_type="response",
            payload=io.BytesIO(archives.html(first)),
            http_headers=http,
            warc_headers=StatusAndHeaders("", stated, protocol="WARC/1.1"),
            warc_content_type="application/http; msgtype=response",
        )
        writer.write_record(made)


def crau(path: Path, first: int) -> None:
    """crau 0.3.3: the request first and without a body, then what Scrapy decoded, under the length of what was sent."""
    sent = gzip.compress(archives.html(first))
    with path.open("wb") as out:
        writer = WarcioWriter(out, gzip=True)
        asked = StatusAndHeaders("GET / HTTP/1.1", [("Accept", "text/html")], is_http_request=True)
        writer.write_record(writer.create_warc_record(url(first), "request", http_headers=asked))
        fields = [("Content-Type", "text/html"), ("Content-Length", str(len(sent)))]
        http = StatusAndHeaders("200 OK", fields, protocol="HTTP/1.1", is_http_request=False)
        made = writer.create_warc_record(
            url(first), "response", payload=io.BytesIO(archives.html(first)), http_headers=http,
            warc_headers_dict={"WARC-Date": DATE},
        )  # fmt: skip
        writer.write_record(made)


def browsertrix(path: Path, first: int) -> None:
    """Browsertrix: decoded bodies, the coding under another name, urn: resources with text and facts of a page."""
    body = archives.html(first)
    coded = response(body, "x-orig-content-encoding: br")
    kept = response(body, "Content-Encoding: br")  # its older versions left the name
    http = "application/http; msgtype=response"
    facts = json.dumps({"pageid": "x", "url": url(first), "urls": {}}).encode()
    records = [
        head("warcinfo", "", "application/warc-fields", b"software: Browsertrix-Crawler 1.0\r\n", version="1.1"),
        head("response", url(first), http, coded, f"WARC-Payload-Digest: {sha1(body)}", version="1.1", number=1),
        head("response", url(first + 1), http, kept, f"WARC-Payload-Digest: {sha1(body)}", version="1.1", number=2),
        head("resource", f"urn:pageinfo:{url(first)}", "application/json", facts, version="1.1", number=3),
        head("resource", f"urn:text:{url(first)}", "text/plain", b"the text of it", version="1.1", number=4),
        head("resource", f"urn:view:{url(first)}", "image/png", b"\x89PNG\r\n\x1a\n", version="1.1", number=5),
    ]
    path.write_bytes(b"".join(map(member, records)))


def common_crawl(folder: Path, first: int) -> None:
    """Common Crawl: the WARC, with the old length and coding under names of its own, and the WET and WAT made of it."""
    body = archives.html(first)
    http = "application/http; msgtype=response"
    page = response(body, "X-Crawl-Content-Encoding: gzip", "X-Crawl-Content-Length: 4711")
    info = head("warcinfo", "", "application/warc-fields", b"isPartOf: CC-MAIN-2022-40\r\npublisher: Common Crawl\r\n")
    fields = (f"WARC-Payload-Digest: {sha1(body)}", f"WARC-Block-Digest: {sha1(page)}", "WARC-Truncated: length")
    records = [
        info,
        head("request", url(first), "application/http; msgtype=request", b"GET /\r\n\r\n", number=1),
        head("response", url(first), http, page, *fields[:2], "WARC-Identified-Payload-Type: text/html", number=2),
        head("metadata", url(first), "application/warc-fields", b'languages-cld2: {"reliable":true}\r\n', number=3),
        head("response", url(first) + "?cut", http, page, *fields, number=4),
    ]
    (folder / "cc.warc.gz").write_bytes(b"".join(map(member, records)))
    text = b"Kupiansk station reopens\nThe first train left.\n"
    wet = [info, *(head("conversion", url(n), "text/plain", text, number=n) for n in range(first, first + 3))]
    (folder / "cc.wet.warc.gz").write_bytes(b"".join(map(member, wet)))
    facts = json.dumps({"Envelope": {"Format": "WARC"}}).encode()
    wat = [info, *(head("metadata", url(n), "application/json", facts, number=n) for n in range(first, first + 3))]
    (folder / "cc.wat.warc.gz").write_bytes(b"".join(map(member, wat)))


def arc(path: Path, first: int, *, gzipped: bool) -> None:
    """ARC 1.0, as the Internet Archive wrote until 2008."""
    body = response(archives.html(first))
    version = b"1 0 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n"
    opening = b"filedesc://a.arc 0.0.0.0 20020910060504 text/plain %d\n%s\n" % (len(version), version)
    page = b"%s 192.0.2.1 20220910060504 text/html %d\n%s\n" % (url(first).encode(), len(body), body)
    path.write_bytes(member(opening) + member(page) if gzipped else opening + page)
