"""WARCs by other people's programs: warcio, FastWARC, wget."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType
from warcio.statusandheaders import StatusAndHeaders

from tests import archives
from tests.foreign.shapes import DATE, WarcioWriter, url
from tests.warcs import response, sha1


def warcio(path: Path, first: int, *, gzipped: bool = True, version: str = "1.1") -> None:
    """A response, the request, a chunked response, a revisit, a redirect, a resource, warcinfo: warcio's own records."""
    with path.open("wb") as out:
        writer = WarcioWriter(out, gzip=gzipped, warc_version=version)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "warcio"}))

        def record(kind: str, name: str, payload: bytes, status: str, fields: Sequence[tuple[str, str]]) -> None:
            http = StatusAndHeaders(status, [("Content-Type", "text/html; charset=utf-8"), *fields], "HTTP/1.1")
            headers = {"WARC-Date": DATE}
            made = writer.create_warc_record(
                name, kind, payload=io.BytesIO(payload), http_headers=http, warc_headers_dict=headers
            )
            writer.write_record(made)

        body = archives.html(first)
        record("response", url(first), body, "200 OK", [("Content-Length", str(len(body)))])
        writer.write_record(
            writer.create_warc_record(
                url(first), "request", http_headers=StatusAndHeaders("GET / HTTP/1.1", [("Host", "x")], "HTTP/1.1")
            )
        )
        packed = gzip.compress(archives.html(first + 1))
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
        coding = [("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")]
        record("response", url(first + 1), chunked, "200 OK", coding)
        again = writer.create_revisit_record(url(first) + "?again", sha1(body), url(first), DATE)
        writer.write_record(again)
        record("response", url(first) + "/old", b"", "301 Moved Permanently", [("Location", url(first))])
        resource = writer.create_warc_record(
            url(first + 2), "resource", io.BytesIO(archives.html(first + 2)), warc_content_type="text/html"
        )
        writer.write_record(resource)


def fastwarc(path: Path, first: int) -> None:
    with path.open("wb") as out:
        for number in (first, first + 1):
            record = WarcRecord()
            record.init_headers(record_type=WarcRecordType.response)
            record.headers["WARC-Target-URI"] = url(number)
            record.headers["WARC-Date"] = DATE
            record.headers["Content-Type"] = "application/http; msgtype=response"
            record.set_bytes_content(response(archives.html(number)))
            writer = GzipWriter(out)
            record.write(writer, checksum_data=True)
            writer.finish()  # else all records share a member


@contextmanager
def news(first: int) -> Iterator[str]:
    """A web server with two stories, a redirect and a 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = urlsplit(self.path).path.strip("/")
            status, body, fields = 404, b"gone", {}
            if name.startswith("story-"):
                status, body = 200, archives.html(int(name.removeprefix("story-")))
            if name == "old":
                status, body, fields = 302, b"", {"Location": f"/story-{first}"}
            self.send_response(status)
            for key, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **fields}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """wget has its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def wget(folder: Path, first: int) -> str:
    """wget's WARC of the server's pages, whose address is returned; twice, with and without compression and digests."""
    program = shutil.which("wget")
    assert program
    with news(first) as site:
        addresses = [f"{site}/story-{first}", f"{site}/story-{first + 1}", f"{site}/old", f"{site}/gone"]
        for name, options in (("wget", []), ("wget-plain", ["--no-warc-compression", "--no-warc-digests"])):
            subprocess.run(
                [
                    program,
                    "--no-config",
                    "--no-proxy",
                    "-q",
                    "-O",
                    os.devnull,
                    f"--warc-file={name}",
                    *options,
                    *addresses,
                ],
                cwd=folder,
                env={"PATH": os.environ["PATH"], "HOME": str(folder)},
                check=False,  # 8: one of them is a 404
                timeout=60,
            )
    return site
